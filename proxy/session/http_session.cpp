#include "session/http_session.hpp"

#include "session/sessions.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <utility>

namespace ambassador::session {
namespace {

using Got = MessageReader::Got;

/// What a client may still send after its last reply, and for how long, before the connection is closed on it.
constexpr std::size_t linger_bytes = 16 * 1024 * 1024;
constexpr std::chrono::seconds linger_time{1};

/// After a call the next one often follows: for so long the session waits for it as it is, before it gives everything back.
constexpr Milliseconds rest_time{100};

constexpr char tls_handshake = 0x16;  // the type of a ClientHello's record, RFC 8446 section 5.1

SteadyTime now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace

HttpSession::HttpSession(Sessions& sessions, int descriptor, std::string client, ListenerInfo const& listener)
    : sessions_{sessions},
      listener_{listener},
      stream_{sessions.context_.executor, sessions.context_.wheel, descriptor},
      address_{std::move(client)} {}

Context& HttpSession::context() const noexcept { return sessions_.context_; }

/// Idle: one pending wait, and the keep-alive deadline.
void HttpSession::wait() {
  stream_.expires_at(now() + context().rules.settings().timeout.keepalive);
  stream_.on_readable([this](bool aborted) { woken(aborted); });
}

void HttpSession::woken(bool aborted) {
  // A drain may come together with a request, which is served.
  if (aborted && (stream_.expired() || !stream_.has_input())) {
    context().metrics.connection_closed(listener_.index);
    return sessions_.end(*this);
  }
  running_ = true;
  sessions_.call_began();
  boost::asio::co_spawn(context().executor, run(), boost::asio::detached);
}

/// Calls, until there is nothing to do for the present, or for good.
net::Task<void> HttpSession::run() {
  exchange_ = sessions_.stock_.take();
  auto& reader = exchange_->attach(stream_, address_).reader;
  auto after = After::keep;
  for (bool more = true; more;) {
    after = co_await next_call(reader);
    if (after == After::tunnel) {
      tunnel_ = std::make_unique<Authority>(exchange_->tunnel_authority());
      after = After::keep;
    }
    more = after == After::keep;
    // On its own: behind `&&` GCC 12 would await it in any case.
    if (more && !reader.has_left_over()) more = co_await next_comes_soon();
  }
  sessions_.stock_.put(std::move(exchange_));
  // A close with bytes unread would be a reset, and the client could lose what it was told.
  if (after == After::linger || (after == After::close && stream_.has_input())) co_await linger();
  running_ = false;
  sessions_.call_ended();
  if (after == After::keep && !context().draining) co_return wait();
  if (after == After::reset) stream_.reset();
  context().metrics.connection_closed(listener_.index);
  sessions_.end(*this);  // this object is gone: only the coroutine's frame is left
}

/// Waits a little for the next call.
net::Task<bool> HttpSession::next_comes_soon() {
  if (context().draining || !sessions_.begin_rest()) co_return false;
  stream_.expires_at(now() + rest_time);
  resting_ = true;
  co_await stream_.readable();
  resting_ = false;
  sessions_.end_rest();
  // A drain may come together with a request, which is served.
  co_return stream_.has_shown_input();
}

/// Waits for a whole head, then serves it.
net::Task<After> HttpSession::next_call(MessageReader& reader) {
  auto& stream = stream_;
  stream.never_expires();
  for (bool timed = false;;) {
    auto const got = reader.read_head(stream, context().scratch, context().head_limits, request_read_bytes);
    switch (got.got) {
      case Got::some: co_return co_await exchange_->serve(got.bytes, listener_, tunnel_.get());
      case Got::faulty:
        if (tunnel_ && got.bytes.starts_with(tls_handshake)) co_return co_await exchange_->refuse_tls(*tunnel_, listener_);
        co_return co_await exchange_->refuse(got.fault, got.bytes, listener_);
      case Got::ended:
        if (!reader.has_left_over()) co_return After::close;
        co_return co_await exchange_->refuse({Errc::bad_message, "the connection was closed in the middle of the head"},
                                             reader.left_over(), listener_);
      case Got::failed: co_return After::close;
      case Got::blocked: break;
    }
    // Woken, but nothing of a request has come: back to idle.
    if (!reader.has_left_over()) co_return After::keep;
    if (!std::exchange(timed, true)) stream.expires_at(now() + context().rules.settings().timeout.head);
    co_await stream.readable();
    if (stream.expired()) {
      co_return co_await exchange_->refuse({Errc::timed_out, "the head did not come in time"}, reader.left_over(), listener_);
    }
  }
}

/// Ours has ended; what the client still sends is thrown away for a while, or its kernel would throw our reply away.
net::Task<void> HttpSession::linger() {
  auto& stream = stream_;
  stream.shutdown_send();
  stream.expires_at(now() + linger_time);
  std::size_t thrown_away = 0;
  while (thrown_away < linger_bytes && !stream.expired()) {
    auto const io = stream.read_some(context().scratch.data(), context().scratch.size());
    thrown_away += io.bytes;
    if (io.blocked()) {
      co_await stream.readable();
    } else if (io.code) {
      co_return;
    }
  }
}

void HttpSession::drain() {
  if (!running_ || resting_) stream_.cancel();
}

void HttpSession::shut_down() {
  if (exchange_) exchange_->shut_down();
  stream_.shutdown_both();
}

void HttpSession::find_out_if_gone() {
  if (exchange_ && stream_.is_gone()) exchange_->abandon();
}

}  // namespace ambassador::session
