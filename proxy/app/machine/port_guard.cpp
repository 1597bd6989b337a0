#include "app/machine/port_guard.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace ambassador::app::machine {
namespace {

/// A Unix socket bound to an abstract name (unix(7)): it goes with the process, and no file is left. -1 where it cannot
/// be had; errno says why.
int bind_name(std::uint16_t port) {
  auto const name = "ambassador/port/" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), address.sun_path + 1);
  auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  int const descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  if (::bind(descriptor, reinterpret_cast<sockaddr const*>(&address), size) == 0) return descriptor;
  int const why = errno;
  ::close(descriptor);
  errno = why;
  return -1;
}

}  // namespace

PortGuard::~PortGuard() {
  for (auto const& [port, descriptor] : held_) ::close(descriptor);
}

bool PortGuard::hold(std::uint16_t port) {
  if (held_.contains(port)) return true;
  int const descriptor = bind_name(port);
  // Where Unix sockets are not to be had at all, the probe of the port itself must do.
  if (descriptor < 0) return errno != EADDRINUSE;
  held_.emplace(port, descriptor);
  return true;
}

void PortGuard::release(std::uint16_t port) {
  auto const held = held_.find(port);
  if (held == held_.end()) return;
  ::close(held->second);
  held_.erase(held);
}

bool PortGuard::is_held(std::uint16_t port) {
  int const descriptor = bind_name(port);
  if (descriptor < 0) return errno == EADDRINUSE;
  ::close(descriptor);
  return false;
}

}  // namespace ambassador::app::machine
