#include "session/client_session.hpp"

#include "net/now.hpp"
#include "net/original_destination.hpp"
#include "session/sessions.hpp"
#include "wire/first_bytes.hpp"
#include "wire/proxy_protocol.hpp"
#include "wire/tls/client_hello.hpp"

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

/// How long a redirected client may stay silent before it is taken for one that waits for the server to speak first.
constexpr Milliseconds silence_time{200};

constexpr char tls_handshake = 0x16;  // the type of a ClientHello's record, RFC 8446 section 5.1

/// A ClientHello is no request with a fault in it.
wire::http::Fault fault_of(MessageReader::Head const& head, ListenerInfo const& listener) {
  if (listener.tls != nullptr || !head.bytes.starts_with(tls_handshake)) return head.fault;
  return {Errc::bad_message, "this is TLS, and the listener speaks plain HTTP"};
}

std::string to_text(wire::ProxyEnd const& end) {
  auto const address = to_string(end.address);
  return (end.address.is_v4() ? address : '[' + address + ']') + ':' + std::to_string(end.port);
}

/// Whether it cannot be told yet what a client with these first bytes wants.
bool wants_more(std::string_view first) {
  switch (wire::look_at_first_bytes(first)) {
    case wire::FirstBytes::need_more: return true;
    case wire::FirstBytes::tls:
      return first.size() < wire::tls::max_client_hello &&
             wire::tls::read_client_hello(first).state == wire::tls::ClientHelloRead::State::need_more;
    case wire::FirstBytes::http:
    case wire::FirstBytes::other: break;
  }
  return false;
}

}  // namespace

ClientSession::ClientSession(Sessions& sessions, int descriptor, std::string client, ListenerInfo const& listener)
    : sessions_{sessions},
      listener_{listener},
      kept_{listener.protocol == config::ListenProtocol::tcp ? sessions.context_.policy : nullptr},
      stream_{sessions.context_.executor, sessions.context_.wheel, descriptor},
      address_{std::move(client)},
      begun_{listener.protocol == config::ListenProtocol::http && listener.tls == nullptr && !listener.proxy_protocol} {}

void ClientSession::start() {
  // Where the server may speak first nothing is waited for.
  bool const may_be_silent = config::server_may_begin(listener_.protocol) && !listener_.proxy_protocol;
  if (!may_be_silent) return wait();
  begin_running();
}

void ClientSession::begin_running() {
  running_ = true;
  sessions_.call_began();
  boost::asio::co_spawn(context().executor, run(), boost::asio::detached);
}

Context& ClientSession::context() const noexcept { return sessions_.context_; }

/// Idle: one pending wait, and the keep-alive deadline.
void ClientSession::wait() {
  stream_.expires_at(net::now() + context().policy->rules.settings().timeout.keepalive);
  stream_.on_readable([this](bool aborted) { woken(aborted); });
}

void ClientSession::woken(bool aborted) {
  // A drain may come together with a request, which is served.
  if (aborted && (stream_.expired() || !stream_.has_input())) {
    context().metrics.connection_closed(listener_.index);
    return sessions_.end(*this);
  }
  begin_running();
}

/// Calls, until there is nothing to do for the present, or for good.
net::Task<void> ClientSession::run() {
  workspace_ = sessions_.stock_.take();
  auto& reader = attach();
  auto after = After::keep;
  if (!std::exchange(begun_, true)) after = co_await begin();
  for (bool more = after == After::keep; more;) {
    after = co_await next_call(reader);
    workspace_->end_call();
    if (after == After::tunnel) {
      tunnel_ = std::make_unique<Authority>(workspace_->asked());
      after = After::keep;
    }
    more = after == After::keep;
    // On its own: behind `&&` GCC 12 would await it in any case.
    if (more && !reader.has_left_over()) more = co_await next_comes_soon();
  }
  workspace_->end_call();
  sessions_.stock_.put(std::move(workspace_));
  // A close with bytes unread would be a reset, and the client could lose what it was told.
  if (after == After::linger || (after == After::close && stream_.has_input())) co_await linger();
  running_ = false;
  sessions_.call_ended();
  if (after == After::keep && !sessions_.draining_ && !is_over()) co_return wait();
  if (after == After::reset) stream_.reset();
  context().metrics.connection_closed(listener_.index);
  sessions_.end(*this);  // this object is gone: only the coroutine's frame is left
}

MessageReader& ClientSession::attach() {
  workspace_->attach(stream_, address_, redirected_);
  workspace_->client.last_call = retired_;
  return workspace_->client.reader;
}

/// What comes before the first call. After::keep: calls follow; else the connection was none of HTTP, and is over.
net::Task<After> ClientSession::begin() {
  // One that only looked whether somebody listens, as a load balancer does: no call, and nothing to say of it.
  bool const says_nothing = listener_.protocol == config::ListenProtocol::http && stream_.has_ended_in_silence();
  if (says_nothing) co_return After::close;
  stream_.expires_at(net::now() + context().policy->rules.settings().timeout.head);
  if (auto const failure = co_await begin_layers()) {
    workspace_->refuse_connection(*failure, stream_.tls_detail(), context(), listener_);
    co_return After::reset;
  }
  stream_.never_expires();
  switch (listener_.protocol) {
    case config::ListenProtocol::http: break;
    case config::ListenProtocol::tcp: co_return co_await serve_tcp();
    case config::ListenProtocol::transparent: co_return co_await begin_redirected();
  }
  co_return After::keep;
}

/// The PROXY header and the TLS handshake, where the listener has them.
net::Task<std::optional<Failure>> ClientSession::begin_layers() {
  std::string early;  // what came behind the header
  if (listener_.proxy_protocol) {
    if (auto const code = co_await read_proxy_header(early)) co_return Failure{code, Side::client, Stage::accept, false};
  }
  auto& reader = attach();
  if (listener_.tls == nullptr) {
    reader.put_back(std::move(early));
    co_return std::nullopt;
  }
  auto const tls = listener_.tls->get();
  if (!tls) co_return Failure{Errc::tls_no_context, Side::local, Stage::handshake, false};
  auto const code = co_await stream_.start_tls_server(tls, std::move(early));
  if (code) co_return Failure{code, Side::client, Stage::handshake, false};
  co_return std::nullopt;
}

/// Whose connection it is that was handed on. `early` is what came behind the header.
net::Task<boost::system::error_code> ClientSession::read_proxy_header(std::string& early) {
  using State = wire::ProxyHeaderRead::State;
  auto read = wire::read_proxy_header(early);
  while (read.state == State::need_more) {
    auto const have = early.size();
    early.resize(have + wire::max_proxy_header);
    auto const io = stream_.read_some(early.data() + have, wire::max_proxy_header);
    early.resize(have + io.bytes);
    if (io.blocked()) co_await stream_.readable();
    if ((io.code && !io.blocked()) || stream_.expired()) co_return make_error_code(Errc::bad_proxy_header);
    read = wire::read_proxy_header(early);
  }
  if (read.state == State::malformed) co_return make_error_code(Errc::bad_proxy_header);
  if (read.connection) address_ = to_text(read.connection->source);
  early.erase(0, read.size);
  co_return boost::system::error_code{};
}

net::Task<After> ClientSession::serve_tcp() {
  auto& connection = workspace_->begin_tcp(context(), *kept_, listener_);
  auto first = workspace_->client.reader.take_left_over();
  co_return co_await connection.serve_source(std::move(first));
}

/// A connection that the kernel brought here: HTTP goes on as calls, all else by its name or its address.
net::Task<After> ClientSession::begin_redirected() {
  redirected_ = net::original_destination(stream_.descriptor());
  if (!redirected_) {
    workspace_->refuse_connection({Errc::not_redirected, Side::client, Stage::accept, false}, {}, context(), listener_);
    co_return After::reset;
  }
  auto& reader = attach();
  auto first = co_await read_first_bytes();
  auto const sni = wire::tls::read_client_hello(first).hello.server_name.value_or(std::string{});
  bool const is_http = wire::look_at_first_bytes(first) == wire::FirstBytes::http;
  if (is_http) {
    reader.put_back(std::move(first));
    co_return After::keep;
  }
  auto& connection = workspace_->begin_tcp(context(), *context().policy, listener_);
  co_return co_await connection.serve_redirected(*redirected_, sni, std::move(first));
}

/// What the client says first, as much as tells what it wants; nothing where it waits for the server.
net::Task<std::string> ClientSession::read_first_bytes() {
  std::string first;
  stream_.expires_at(net::now() + silence_time);
  while (wants_more(first)) {
    auto const have = first.size();
    first.resize(wire::tls::max_client_hello);
    auto const io = stream_.read_some(first.data() + have, first.size() - have);
    first.resize(have + io.bytes);
    if (have == 0 && io.bytes != 0) stream_.expires_at(net::now() + context().policy->rules.settings().timeout.head);
    if (io.code && !io.blocked()) break;
    if (io.blocked()) co_await stream_.readable();
    if (stream_.expired()) break;
  }
  stream_.never_expires();
  co_return first;
}

/// Waits a little for the next call.
net::Task<bool> ClientSession::next_comes_soon() {
  if (sessions_.draining_ || retired_ || !sessions_.begin_rest()) co_return false;
  stream_.expires_at(net::now() + rest_time);
  resting_ = true;
  co_await stream_.readable();
  resting_ = false;
  sessions_.end_rest();
  // A drain may come together with a request, which is served.
  co_return stream_.has_shown_input();
}

/// Waits for a whole head, then serves it.
net::Task<After> ClientSession::next_call(MessageReader& reader) {
  auto& stream = stream_;
  stream.never_expires();
  for (bool timed = false;;) {
    auto const got = reader.read_head(stream, context().scratch, context().policy->head_limits, request_read_bytes);
    switch (got.got) {
      case Got::some: had_call_ = true; co_return co_await begin_exchange().serve(got.bytes, tunnel_.get());
      case Got::faulty:
        if (tunnel_ && got.bytes.starts_with(tls_handshake)) co_return co_await begin_exchange().refuse_tls(*tunnel_);
        co_return co_await begin_exchange().refuse(fault_of(got, listener_), got.bytes);
      case Got::ended:
        if (!reader.has_left_over()) co_return After::close;
        co_return co_await begin_exchange().refuse({Errc::bad_message, "the connection was closed in the middle of the head"},
                                                   reader.left_over());
      case Got::failed: co_return After::close;
      case Got::blocked: break;
    }
    // Woken, but nothing of a request has come: back to idle.
    if (!reader.has_left_over()) co_return After::keep;
    if (!std::exchange(timed, true)) stream.expires_at(net::now() + context().policy->rules.settings().timeout.head);
    co_await stream.readable();
    if (stream.expired()) {
      co_return co_await begin_exchange().refuse({Errc::timed_out, "the head did not come in time"}, reader.left_over());
    }
  }
}

Exchange& ClientSession::begin_exchange() { return workspace_->begin_exchange(context(), *context().policy, listener_); }

/// Ours has ended; what the client still sends is thrown away for a while, or its kernel would throw our reply away.
net::Task<void> ClientSession::linger() {
  auto& stream = stream_;
  stream.shutdown_send();
  stream.expires_at(net::now() + linger_time);
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

void ClientSession::drain() {
  if (!running_ || resting_) stream_.cancel();
}

/// A connection that was not used yet may still have its call: the client may just be sending it.
void ClientSession::retire(Policy& policy) {
  if (std::exchange(retired_, true)) return;
  if (kept_ == nullptr) kept_ = &policy;
  if (workspace_) workspace_->client.last_call = true;
  if (is_over()) drain();
}

void ClientSession::shut_down() {
  if (auto* const attempts = workspace_ ? workspace_->attempts() : nullptr) attempts->shut_down();
  stream_.shutdown_both();
}

void ClientSession::find_out_if_gone() {
  auto* const attempts = workspace_ ? workspace_->attempts() : nullptr;
  if (attempts != nullptr && stream_.is_gone()) attempts->abandon();
}

}  // namespace ambassador::session
