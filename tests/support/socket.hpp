// A blocking TCP socket for tests, with bounded waits. It remembers all that it received, and how the stream ended.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace ambassador::support {

/// Longer than anything here should take; a wait that lasts this long is a failure.
inline constexpr std::chrono::milliseconds patience{10'000};

enum class End : std::uint8_t { open, closed, reset };

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_{descriptor} {
    int const on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept
      : descriptor_{std::exchange(other.descriptor_, -1)},
        end_{other.end_},
        received_{std::move(other.received_)},
        taken_{other.taken_} {}
  Socket& operator=(Socket&&) = delete;

  /// `receive_buffer`: SO_RCVBUF, for a peer that takes little.
  static Socket connect(std::uint16_t port, int receive_buffer = 0) {
    int const descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0) ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error{"connect"};
    return Socket{descriptor};
  }

  /// False where the peer takes no more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto const sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// As much as the kernel takes without waiting.
  std::size_t send_now(std::string_view bytes) {
    auto const sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  /// Receives until `enough(bytes not taken yet)`, the end, or `limit`; false where it was not enough.
  bool receive_until(std::function<bool(std::string_view)> const& enough, std::chrono::milliseconds limit = patience) {
    auto const until = std::chrono::steady_clock::now() + limit;
    while (!enough(pending())) {
      if (end_ != End::open || !receive_some(until)) return false;
    }
    return true;
  }

  /// Everything up to the end of the stream.
  std::string receive_all(std::chrono::milliseconds limit = patience) {
    receive_until([](std::string_view) { return false; }, limit);
    return take(pending().size());
  }

  /// Exactly so many bytes, or fewer where the stream ends or time passes.
  std::string receive_exactly(std::size_t size, std::chrono::milliseconds limit = patience) {
    receive_until([size](std::string_view bytes) { return bytes.size() >= size; }, limit);
    return take(std::min(size, pending().size()));
  }

  /// Whether nothing comes for so long, neither a byte nor an end.
  bool is_quiet(std::chrono::milliseconds time) {
    auto const before = received_.size();
    receive_until([before, this](std::string_view) { return received_.size() != before; }, time);
    return received_.size() == before && end_ == End::open;
  }

  /// Received, and not taken yet.
  [[nodiscard]] std::string_view pending() const { return std::string_view{received_}.substr(taken_); }
  std::string take(std::size_t size) {
    auto taken = std::string{pending().substr(0, size)};
    taken_ += size;
    return taken;
  }
  /// Gives up what came so far: for streams that are long.
  void forget() {
    received_.clear();
    taken_ = 0;
  }
  /// All that ever came.
  [[nodiscard]] std::string const& received() const { return received_; }
  [[nodiscard]] End end() const { return end_; }

  /// Another descriptor of the same connection, so that one thread sends while another receives.
  [[nodiscard]] int share() const { return ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0); }

  /// Waits until the peer has gone, and reads nothing meanwhile.
  void wait_for_end(std::chrono::milliseconds limit = patience) {
    pollfd entry{descriptor_, POLLRDHUP, 0};
    ::poll(&entry, 1, static_cast<int>(limit.count()));
  }

  void shutdown_send() { ::shutdown(descriptor_, SHUT_WR); }
  void shutdown_both() { ::shutdown(descriptor_, SHUT_RDWR); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void reset() {
    linger const now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  [[nodiscard]] std::uint16_t local_port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

 private:
  bool receive_some(std::chrono::steady_clock::time_point until) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd entry{descriptor_, POLLIN, 0};
    if (left.count() < 0 || ::poll(&entry, 1, static_cast<int>(left.count()) + 1) <= 0) return false;
    char buffer[64 * 1024];
    auto const got = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
    if (got == 0) end_ = End::closed;
    if (got < 0 && errno != EINTR) end_ = End::reset;
    return true;
  }

  int descriptor_;
  End end_ = End::open;
  std::string received_;
  std::size_t taken_ = 0;
};

}  // namespace ambassador::support
