// One connection's TLS: between a Stream's callers, who see the bytes inside, and its socket, over which records go. OpenSSL
// reads and writes by way of the Stream (a BIO of our own), so that what is known of the socket's readiness stays true.
#pragma once

#include "net/tls_context.hpp"
#include "net/tls_session_slot.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

struct ssl_st;

namespace ambassador::net {

class Stream;
struct Io;

/// The server that we want to speak to.
struct TlsPeer {
  std::string server_name;           ///< a host name (then also the SNI) or an IP address: what its certificate must be for
  TlsSessionSlot* resume = nullptr;  ///< taken from and added to
};

/// What was agreed on.
struct TlsInfo {
  std::string_view version;  ///< such as "TLSv1.3"
  std::string_view cipher;
  std::string server_name;  ///< the SNI: asked for, or got; empty: none
  std::string alpn;         ///< empty: none
  std::string peer_name;    ///< the subject of the peer's certificate; empty: it gave none
  bool resumed = false;
};

class Tls {
 public:
  /// The most that one record holds: what is written goes in pieces of this size.
  static constexpr std::size_t record_bytes = 16 * 1024;

  static std::unique_ptr<Tls> client(Stream& stream, std::shared_ptr<TlsContext const> context, TlsPeer const& peer);
  /// `already_read`: what was read from the socket before, and belongs to the handshake.
  static std::unique_ptr<Tls> server(Stream& stream, std::shared_ptr<TlsContext const> context, std::string already_read);
  ~Tls();
  Tls(Tls const&) = delete;
  Tls& operator=(Tls const&) = delete;

  enum class Step : unsigned char { done, wants_to_read, wants_to_write, failed };

  /// Goes on with the handshake as far as it can without waiting.
  [[nodiscard]] Step handshake();
  /// Why the handshake or a read failed: a code of Errc, or the socket's.
  [[nodiscard]] boost::system::error_code failure() const noexcept { return failure_; }
  /// The same as a sentence for the log; empty where nothing failed.
  [[nodiscard]] std::string const& detail() const noexcept { return detail_; }
  /// Null until the handshake is done.
  [[nodiscard]] TlsInfo const* info() const noexcept { return info_.get(); }

  // As Stream's, whose documentation holds.
  [[nodiscard]] Io read_some(char* data, std::size_t size);
  [[nodiscard]] Io write_some(std::span<iovec const> parts);
  [[nodiscard]] bool has_input();
  /// Whether the peer has said that it sends no more. What waits must have been looked at: `has_input()`.
  [[nodiscard]] bool peer_has_ended() const noexcept;

  /// Says that we send no more. False where the socket takes no byte now: ask again when it does.
  [[nodiscard]] bool send_end();

  /// The stream, for as long as this lives: for who may be called after the end.
  [[nodiscard]] std::weak_ptr<Stream> stream_while_alive();

  /// Has the context's connections call their Tls. Its verify mode must have been set.
  static void attach(ssl_ctx_st& context);

 private:
  struct Callbacks;  ///< OpenSSL's, which come back here

  Tls(Stream& stream, std::shared_ptr<TlsContext const> context);

  void name_server(TlsPeer const& peer);
  void note_agreement();
  [[nodiscard]] Io receive(char* data, std::size_t size) noexcept;
  /// What the socket said, before an operation that it may fail.
  void forget_errors() noexcept;
  void fail(boost::system::error_code code, std::string detail);
  /// By what OpenSSL and the socket said; `ended` where the socket has just ended.
  void fail(boost::system::error_code ended);
  /// After a read or a peek that brought nothing.
  [[nodiscard]] boost::system::error_code read_outcome(int result);
  [[nodiscard]] boost::system::error_code write_failure();

  Stream& stream_;
  std::shared_ptr<TlsContext const> context_;
  ssl_st* ssl_ = nullptr;
  TlsSessionSlot* slot_ = nullptr;
  std::unique_ptr<TlsInfo> info_;
  boost::system::error_code failure_;
  std::string detail_;
  std::string asked_name_;
  std::string already_read_;
  std::string bad_certificate_;  ///< what is wrong with the peer's, as a sentence
  boost::system::error_code socket_error_;
  std::size_t blocked_ = 0;     ///< bytes of the write that waits for room: the next must be the same
  std::shared_ptr<void> life_;  ///< made when somebody asks
  bool socket_ended_ = false;
  bool only_what_showed_ = false;       ///< the socket is asked only where it is known to have something
  bool asked_for_certificate_ = false;  ///< we were, as a client
  bool end_sent_ = false;
};

}  // namespace ambassador::net
