#include "app/machine/service_manager.hpp"

#include "base/error.hpp"
#include "net/now.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace ambassador::app::machine {
namespace {

using boost::system::error_code;

std::string message(ServiceState state) {
  switch (state) {
    case ServiceState::ready: return "READY=1";
    case ServiceState::reloading: {
      // The clock that the manager compares with its own, so that it takes no earlier reload for this one.
      auto const now = net::now().time_since_epoch();
      return fmt::format("RELOADING=1\nMONOTONIC_USEC={}", std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    }
    case ServiceState::stopping: return "STOPPING=1";
  }
  return {};
}

}  // namespace

error_code tell_service_manager(std::string_view address, ServiceState state) {
  if (address.empty()) return {};
  if (address.front() != '/' && address.front() != '@') return errno_code(EAFNOSUPPORT);
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (address.size() >= sizeof where.sun_path) return errno_code(ENAMETOOLONG);
  std::copy(address.begin(), address.end(), where.sun_path);
  if (address.front() == '@') where.sun_path[0] = '\0';
  auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());

  int const descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return errno_code(errno);
  auto const text = message(state);
  auto const sent =
      ::sendto(descriptor, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr const*>(&where), length);
  auto const result = sent < 0 ? errno_code(errno) : error_code{};
  ::close(descriptor);
  return result;
}

}  // namespace ambassador::app::machine
