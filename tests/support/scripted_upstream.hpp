// A server that does what a test says: each connection it accepts runs the script on a thread of its own.
#pragma once

#include "support/http_text.hpp"
#include "support/socket.hpp"

#include <algorithm>
#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ambassador::support {

/// Waits for `condition`; false where patience ends first.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = patience) {
  auto const until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

/// The next whole request, or what there is of it where the peer ends first.
inline std::string read_request(Socket& socket) {
  std::size_t end = incomplete;
  socket.receive_until([&](std::string_view bytes) { return (end = message_end(bytes)) != incomplete; });
  return socket.take(std::min(end, socket.pending().size()));
}

/// The head of the next request; the body is left.
inline std::string read_head(Socket& socket) {
  std::size_t end = incomplete;
  socket.receive_until([&](std::string_view bytes) { return (end = bytes.find("\r\n\r\n")) != incomplete; });
  return end == incomplete ? std::string{} : socket.take(end + 4);
}

class ScriptedUpstream {
 public:
  /// `nth` counts connections from 0. The connection is closed when the script returns.
  using Script = std::function<void(Socket& client, std::size_t nth)>;

  explicit ScriptedUpstream(Script script, int receive_buffer = 0) : script_{std::move(script)} {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0) ::setsockopt(listening_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listening_, 128) != 0) {
      throw std::runtime_error{"listen"};
    }
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread{[this] { accept(); }};
  }

  ~ScriptedUpstream() {
    ::shutdown(listening_, SHUT_RDWR);
    accepting_.join();
    {
      std::lock_guard const lock{mutex_};
      for (auto& connection : connections_) {
        if (!connection->done) connection->socket.shutdown_both();
      }
    }
    for (auto& connection : connections_) connection->thread.join();
    ::close(listening_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

  [[nodiscard]] std::size_t accepted() const {
    std::lock_guard const lock{mutex_};
    return connections_.size();
  }

  /// What each connection received, in the order they came; of those whose script has ended.
  [[nodiscard]] std::vector<std::string> received() const {
    std::lock_guard const lock{mutex_};
    std::vector<std::string> all;
    for (auto const& connection : connections_) all.push_back(connection->done ? connection->socket.received() : std::string{});
    return all;
  }

  /// The same as one text.
  [[nodiscard]] std::string all_received() const {
    std::string all;
    for (auto const& bytes : received()) all += bytes;
    return all;
  }

  /// Waits until every connection's script has ended.
  bool wait_until_done(std::chrono::milliseconds limit = patience) const {
    return eventually(
        [this] {
          std::lock_guard const lock{mutex_};
          return std::all_of(connections_.begin(), connections_.end(), [](auto const& connection) { return connection->done; });
        },
        limit);
  }

 private:
  struct Connection {
    explicit Connection(int descriptor) : socket{descriptor} {}
    Socket socket;
    std::thread thread;
    bool done = false;  // guarded by mutex_
  };

  void accept() {
    for (;;) {
      int const descriptor = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) return;
      std::lock_guard const lock{mutex_};
      auto const nth = connections_.size();
      auto& connection = *connections_.emplace_back(std::make_unique<Connection>(descriptor));
      connection.thread = std::thread{[this, &connection, nth] {
        script_(connection.socket, nth);
        std::lock_guard const ended{mutex_};
        connection.socket.close();
        connection.done = true;
      }};
    }
  }

  Script script_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::thread accepting_;
};

/// Answers every request with the same bytes, until the peer ends.
inline ScriptedUpstream::Script always(std::string response) {
  return [response = std::move(response)](Socket& socket, std::size_t) {
    while (socket.end() == End::open) {
      if (read_request(socket).empty() || socket.end() != End::open) return;
      if (!socket.send(response)) return;
    }
  };
}

}  // namespace ambassador::support
