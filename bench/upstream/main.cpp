// ambassador-upstream [PORT [CERTIFICATE KEY]]: the server that all contestants of the bench stand before. One thread, loopback
// only, answers from memory, no log. It says `listening PORT` on standard output when it is ready, and runs until it is ended.
#include "net/descriptor.hpp"
#include "net/poller.hpp"
#include "net/transport.hpp"
#include "upstream/answers.hpp"
#include "upstream/session.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace ambassador::bench {
namespace {

constexpr int backlog = 4096;
constexpr std::size_t read_at_once = 64 * 1024;

[[noreturn]] void fail(char const* what) { throw std::system_error{errno, std::system_category(), what}; }

Descriptor listen_on(std::uint16_t port) {
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket.is_open()) fail("socket");
  int const on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(socket.get(), backlog) != 0) fail("listen");
  return socket;
}

std::uint16_t port_of(Descriptor const& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

class Upstream {
 public:
  Upstream(std::uint16_t port, std::optional<Tls> tls) : tls_{std::move(tls)}, listener_{listen_on(port)} {
    poller_.add(listener_.get(), EPOLLIN, nullptr);
  }

  [[nodiscard]] std::uint16_t port() const { return port_of(listener_); }

  [[noreturn]] void run() {
    for (;;) {
      for (auto const& event : poller_.wait(std::nullopt)) {
        if (event.data.ptr == nullptr) {
          accept_all();
        } else if (auto* session = static_cast<Session*>(event.data.ptr); !session->on_ready(scratch_)) {
          sessions_.erase(session);
        }
      }
    }
  }

 private:
  void accept_all() {
    for (;;) {
      Descriptor socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (!socket.is_open()) return;
      int const on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto session = std::make_unique<Session>(Transport{std::move(socket), tls_ ? &*tls_ : nullptr}, poller_, answers_);
      auto* const key = session.get();
      sessions_.emplace(key, std::move(session));
    }
  }

  std::optional<Tls> tls_;
  Answers answers_;
  Poller poller_;
  Descriptor listener_;
  std::vector<char> scratch_ = std::vector<char>(read_at_once);
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
};

std::uint16_t read_port(char const* text) {
  std::uint16_t port = 0;
  auto const* const end = text + std::strlen(text);
  auto const [stopped, failed] = std::from_chars(text, end, port);
  if (failed != std::errc{} || stopped != end) throw std::invalid_argument{"a port is a number up to 65535"};
  return port;
}

}  // namespace
}  // namespace ambassador::bench

int main(int count, char** words) {
  // A client may go in the middle of an answer, and sendfile has no flag that says so quietly.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    using namespace ambassador::bench;
    std::optional<Tls> tls;
    if (count > 3) tls = Tls::server(words[2], words[3]);
    Upstream upstream{count > 1 ? read_port(words[1]) : std::uint16_t{0}, std::move(tls)};
    std::printf("listening %d\n", upstream.port());
    std::fflush(stdout);
    upstream.run();
  } catch (std::exception const& error) {
    std::fprintf(stderr, "ambassador-upstream: %s\n", error.what());
    return 1;
  }
}
