// The bytes of one connection, plain or in TLS, asked for as of a socket that does not block: -1 and EAGAIN where it would.
#pragma once

#include "net/descriptor.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

struct ssl_st;
struct ssl_ctx_st;

namespace ambassador::bench {

/// What one side of TLS needs, for all of its connections. Throws std::runtime_error where a file is not what it should be.
class Tls {
 public:
  /// Connects; the server must have a certificate for `name` that `ca`, a file, has signed. Nothing is resumed.
  static Tls client(std::string const& ca, std::string name);
  /// Accepts, with the certificate and the key of these files.
  static Tls server(std::string const& certificate, std::string const& key);

  [[nodiscard]] ssl_ctx_st* context() const noexcept { return context_.get(); }
  /// Whom a client expects; a server expects nobody.
  [[nodiscard]] std::string const& name() const noexcept { return name_; }

 private:
  explicit Tls(std::string name);

  std::shared_ptr<ssl_ctx_st> context_;
  std::string name_;
};

class Transport {
 public:
  Transport() = default;
  /// Over a socket that is connected, or about to be. The handshake is made by the first bytes either way.
  Transport(Descriptor socket, Tls const* tls);
  ~Transport() { close(); }
  Transport(Transport&&) noexcept = default;
  Transport& operator=(Transport&& other) noexcept;

  /// Says that it was all, and closes.
  void close() noexcept;

  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
  /// Bytes may flow: without TLS always, else after the handshake.
  [[nodiscard]] bool is_ready() const noexcept;
  /// Came already, and the socket does not show it.
  [[nodiscard]] bool has_more() const noexcept;
  /// What a send that would block waits for: room, rather than the peer's part of a handshake.
  [[nodiscard]] bool waits_for_room() const noexcept { return waits_for_room_; }
  /// Bytes can be dropped, or sent from a file, inside the kernel.
  [[nodiscard]] bool is_plain() const noexcept { return tls_ == nullptr; }

  ssize_t send(std::string_view bytes, bool more = false) noexcept;
  ssize_t receive(std::span<char> into) noexcept;
  /// Takes so many bytes off the socket without copying them: tcp(7), MSG_TRUNC. Plain only.
  ssize_t discard(std::size_t bytes) noexcept;

 private:
  struct Free {
    void operator()(ssl_st* tls) const noexcept;
  };
  ssize_t outcome(int result) noexcept;

  Descriptor socket_;
  std::unique_ptr<ssl_st, Free> tls_;
  bool waits_for_room_ = true;
};

}  // namespace ambassador::bench
