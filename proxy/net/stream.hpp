// One connection's bytes. Reading and writing never wait: the caller asks, and where the answer is "would block" it
// awaits `readable()` or `writable()`. A stream has one deadline, which is the reader's; when it passes, the waits under
// way end, and `expired()` says why. A wait may also end for nothing: who waits asks again.
//
// A connected stream becomes one of TLS by `start_tls_client` or `start_tls_server`. From there on its bytes are those inside,
// and everything else here means the same.
#pragma once

#include "net/edge_set.hpp"
#include "net/timer_wheel.hpp"
#include "net/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

namespace ambassador::net {

template <class T>
using Task = boost::asio::awaitable<T, Executor>;

/// How asynchronous operations are awaited: they yield a tuple that begins with an error_code, and never throw.
inline constexpr boost::asio::as_tuple_t<boost::asio::deferred_t> awaiting{boost::asio::deferred};

/// The outcome of one read or write.
struct Io {
  std::size_t bytes = 0;
  boost::system::error_code code;  ///< would_block: wait and ask again; Errc::end_of_stream: the peer sends no more

  [[nodiscard]] bool blocked() const noexcept { return code == boost::asio::error::would_block; }
  [[nodiscard]] bool ended() const noexcept { return code == Io::end(); }
  static boost::system::error_code end() noexcept;
};

class SplicePipe;

class Stream {
 public:
  /// To be connected.
  Stream(Executor executor, TimerWheel& wheel) : readiness_{EdgeSet::of(executor)}, wheel_{wheel} {}
  /// Takes a connected descriptor, which must be non-blocking.
  Stream(Executor executor, TimerWheel& wheel, int descriptor);
  ~Stream() { close(); }

  /// TLS: Errc::tls_truncated where the connection ends without the close_notify that says it was all.
  [[nodiscard]] Io read_some(char* data, std::size_t size) noexcept;
  /// TLS: after `would_block` the next call begins with the same bytes, and brings no fewer.
  [[nodiscard]] Io write_some(std::string_view bytes) noexcept;
  [[nodiscard]] Io write_some(std::span<iovec const> parts) noexcept;

  /// Await one of these: it yields a tuple of one error_code. Aborted by the deadline, `cancel()` and `close()`.
  [[nodiscard]] auto readable() {
    return boost::asio::async_initiate<decltype(awaiting), void(boost::system::error_code)>(
        [this](auto&& handler) { readiness_.wait_readable(std::forward<decltype(handler)>(handler)); }, awaiting);
  }
  [[nodiscard]] auto writable() {
    return boost::asio::async_initiate<decltype(awaiting), void(boost::system::error_code)>(
        [this](auto&& handler) { readiness_.wait_writable(std::forward<decltype(handler)>(handler)); }, awaiting);
  }

  /// Calls `then(aborted)` when there is something to read, or when the wait was aborted. For a wait without a coroutine.
  template <class Then>
  void on_readable(Then then) {
    readiness_.wait_readable(
        [then = std::move(then)](boost::system::error_code const& failed) mutable { then(failed.failed()); });
  }

  /// Writes all of it, waiting where it must. `bytes` is kept by the call. Errc::timed_out where the peer takes nothing for
  /// `patience`, 0 is never; operation_aborted after `cancel()`. The stream's own deadline is left alone.
  Task<boost::system::error_code> write_all(std::string bytes, Milliseconds patience);

  /// Connects; the deadline in force applies.
  Task<boost::system::error_code> connect(boost::asio::ip::tcp::endpoint endpoint);

  /// Speaks TLS as the client from here on; the deadline in force applies to the handshake. Fails with Errc::tls_expired,
  /// tls_wrong_name, tls_unknown_ca, tls_protocol, tls_client_refused or tls_failed, with Errc::timed_out, with
  /// operation_aborted after `cancel()` and `close()`, or with the socket's error. What follows a failure is `close()`.
  /// With TLS 1.3 a server that refuses our certificate says so later: a read fails with Errc::tls_client_refused.
  Task<boost::system::error_code> start_tls_client(std::shared_ptr<TlsContext const> context, TlsPeer peer);
  /// The same as the server. `already_read`: what was read here before, and belongs to the handshake.
  Task<boost::system::error_code> start_tls_server(std::shared_ptr<TlsContext const> context, std::string already_read = {});
  /// What was agreed on; null for a plain stream, and until the handshake is done.
  [[nodiscard]] TlsInfo const* tls() const noexcept { return tls_ ? tls_->info() : nullptr; }
  /// The last failure of TLS as a sentence for the log: OpenSSL's reason, whose certificate, its dates. Until `close()`.
  [[nodiscard]] std::string const& tls_detail() const noexcept;

  void expires_at(SteadyTime when) noexcept { deadline_.set(wheel_, when); }
  void never_expires() noexcept { deadline_.clear(); }
  [[nodiscard]] bool expired() const noexcept { return deadline_.expired(); }

  /// Whether a byte, an end or an error waits to be read, found without waiting.
  [[nodiscard]] bool has_input() const noexcept;
  /// The same as far as it has been heard of: without a system call, and perhaps a moment late.
  [[nodiscard]] bool has_shown_input() const noexcept {
    if (!readiness_.readable()) return false;
    return tls_ == nullptr || tls_->has_input();  // what came may be no more than a session ticket
  }
  /// Whether the peer sends no more, found without waiting.
  [[nodiscard]] bool peer_has_ended() const noexcept;
  /// The same, and nothing it sent waits to be read. Of the socket's own bytes, before TLS begins.
  [[nodiscard]] bool has_ended_in_silence() const noexcept;
  /// Whether the connection is gone in both directions: reset, or closed by the peer's kernel.
  [[nodiscard]] bool is_gone() const noexcept;

  /// Moves what there is to read into a pipe, which must be empty. No bytes and no code: an end, or urgent data; read_some
  /// tells which. A code that `cannot_splice()` says nothing of the connection.
  [[nodiscard]] Io splice_to(SplicePipe& pipe) noexcept;
  /// Sends what the pipe holds, as far as it goes.
  [[nodiscard]] Io splice_from(SplicePipe& pipe) noexcept;

  /// No more bytes from us; the peer's may still come. TLS: with a close_notify, which is sent later where it must wait.
  void shutdown_send() noexcept;
  /// No more bytes in either direction: both sides see an end, TLS a truncated one.
  void shutdown_both() noexcept;
  /// Ends the waits under way, and `write_all` for good.
  void cancel() noexcept;
  /// TLS: after a close_notify, if there is room for it.
  void close() noexcept;
  /// Closes so that the peer sees a reset: what it got so far cannot be taken for all.
  void reset() noexcept;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] Executor executor() const noexcept { return readiness_.edges().executor(); }

 private:
  friend class Tls;

  static void expire(void* stream) { static_cast<Stream*>(stream)->readiness_.cancel(); }
  /// The socket's own bytes.
  [[nodiscard]] Io receive(char* data, std::size_t size) noexcept;
  [[nodiscard]] Io send(std::string_view bytes) noexcept;
  template <class Send>
  [[nodiscard]] Io write_by(Send send) noexcept;
  [[nodiscard]] boost::system::error_code begin_to_connect(boost::asio::ip::tcp::endpoint const& endpoint) noexcept;
  [[nodiscard]] boost::system::error_code connect_outcome() const noexcept;
  /// Bytes that the kernel took from us and the peer's has not acknowledged.
  [[nodiscard]] int queued_to_send() const noexcept;
  Task<boost::system::error_code> shake_hands();
  void end_tls() noexcept;

  static constexpr int closed = -1;

  int descriptor_ = closed;
  Readiness readiness_;
  TimerWheel& wheel_;
  Deadline deadline_{this, &Stream::expire};
  unsigned cancels_ = 0;      ///< so far
  std::unique_ptr<Tls> tls_;  ///< null: a plain stream
};

/// `address:port`, IPv6 in brackets.
std::string to_text(boost::asio::ip::tcp::endpoint const& endpoint);

}  // namespace ambassador::net
