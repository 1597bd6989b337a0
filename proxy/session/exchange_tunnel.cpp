// Connections whose bytes are not looked into: a CONNECT to an allowed destination, a tcp:// source, and what the kernel
// redirected here that is no HTTP. One log line each.
#include "base/bytes.hpp"
#include "net/addresses.hpp"
#include "net/now.hpp"
#include "session/exchange.hpp"
#include "wire/proxy_protocol.hpp"
#include "wire/tls/client_hello.hpp"

namespace ambassador::session {
namespace {

using observe::Reason;

constexpr std::uint16_t https_port = 443;

constexpr std::size_t max_shown_name = 128;

/// Of `address:port`, as we write it.
wire::ProxyEnd end_of(std::string_view text) {
  auto const colon = text.rfind(':');
  auto const port = parse_decimal(text.substr(colon + 1)).value_or(0);
  return {parse_ip_address(text.substr(0, colon)).value_or(IpAddress{}), static_cast<std::uint16_t>(port)};
}

}  // namespace

/// A CONNECT to a destination that is allowed as it is.
net::Task<After> Exchange::serve_connect() {
  client_.reader.begin_body({});  // what follows is the tunnel's
  auto const opened = co_await open_upstream();
  if (!opened) {
    keep_alive_ = keep_alive_ && !client_.reader.has_left_over();
    co_return co_await fail(opened.error());
  }
  client_.writer.begin({}).append("HTTP/1.1 200 OK\r\n\r\n");
  record_.status = 200;
  if (auto const code = co_await send_to_client({}, true, {})) {
    lease_.drop();
    co_return give_up({code, Side::client, Stage::tunnel, false});
  }
  co_return co_await relay_connection(client_.reader.take_left_over());
}

net::Task<After> Exchange::serve_tcp(ListenerInfo const& listener, Policy& policy) {
  begin(listener);
  policy_ = &policy;
  auto const& mapping = policy_->rules.settings().map[listener.mapping];
  record_.protocol = config::row_of(mapping.source.scheme).call;
  record_.method.assign(name(record_.protocol));
  record_.source.assign(mapping.source_text);
  record_.target.assign(mapping.targets.front().text);
  decision_ = {route::Verdict::mapped, {&mapping, listener.mapping, 0}, &mapping.targets.front(), nullptr};
  take_decision();
  if (context_.refusing_work.load(std::memory_order_relaxed)) {
    record_.refused = true;
    co_return close_with(refuse_work());
  }
  if (auto over = judge_limits()) co_return close_with(std::move(*over));
  co_return co_await serve_connection();
}

net::Task<After> Exchange::serve_redirected(std::string_view sni, ListenerInfo const& listener) {
  begin(listener);
  auto const& meant = *client_.redirected;
  record_.protocol = CallProtocol::tcp;
  record_.method.assign(name(record_.protocol));
  record_.sni.assign(sni);
  url_.form = route::TargetForm::authority;
  url_.scheme = route::Scheme::http;
  url_.authority.host.assign(sni.empty() ? net::host_text(meant.address()) : std::string{sni});
  url_.authority.port = meant.port();
  record_.source.assign(config::uri_prefix(config::TargetScheme::tcp));
  url_.append_text(record_.source);
  decide("CONNECT", {});
  if (decision_.verdict == route::Verdict::mapped) {
    record_.decision = observe::Decision::blocked;
    co_return close_with({.status = 403,
                          .reason = Reason::tls_in_tunnel,
                          .proxy_status = {},
                          .what = "no plain HTTP, where the source is an http one",
                          .to_do = {},
                          .allow = {}});
  }
  if (decision_.verdict == route::Verdict::blocked) co_return close_with(block("CONNECT", {}));
  co_return co_await serve_connection();
}

/// A connection that is all the client's: what fails cannot be told, only logged.
net::Task<After> Exchange::serve_connection() {
  say_who_connects();
  auto const opened = co_await open_upstream();
  if (!opened) co_return give_up(opened.error());
  co_return co_await relay_connection(client_.reader.take_left_over());
}

void Exchange::say_who_connects() {
  auto const* const mapping = decision_.match.mapping;
  if (mapping == nullptr || mapping->proxy_protocol == config::ProxyProtocol::off) return;
  wire::ProxiedConnection const connection{end_of(client_.address), end_of(listener_->text)};
  auto const append =
      mapping->proxy_protocol == config::ProxyProtocol::v1 ? wire::append_proxy_line : wire::append_proxy_header;
  append(attempt_.preamble, connection);
}

net::Task<Result<void>> Exchange::open_upstream() {
  choose_endpoint({});
  if (is_connection(record_.protocol) && decision_.verdict == route::Verdict::mapped)
    record_.target.assign(decision_.target->text);
  for (;;) {
    ++record_.tries;
    auto const connected = co_await connect();
    if (connected) {
      if (choice_) endpoints_->succeeded(*choice_, net::now() - try_began_, net::now());
      co_return connected;
    }
    auto const failure = connected.error();
    bool const again = co_await begin_again(judge(failure), failure);
    if (!again) co_return failure;
  }
}

net::Task<After> Exchange::relay_connection(std::string first) {
  auto& client = *client_.stream;
  auto& upstream = lease_.stream();
  net::RelayOptions options{.idle = timeout_->tunnel_idle,
                            .may_splice = client.tls() == nullptr && upstream.tls() == nullptr,
                            .first_up = std::move(first),
                            .first_bytes = {},
                            .head = policy_->rules.settings().timeout.head,
                            .traffic = &context_.tunnel_traffic};
  bool const asked_by_name = !is_connection(record_.protocol);
  if (asked_by_name)
    options.first_bytes = [this](std::string_view bytes, bool ended) { return judge_first_bytes(bytes, ended); };
  auto const relayed = co_await net::relay(client, upstream, context_.scratch.first(context_.read_bytes()), std::move(options));
  auto const after = take_end(relayed);
  finish();
  co_return after;
}

/// The TLS in a tunnel must ask for the host that the CONNECT named: else a client that is allowed one name could reach
/// another at the same address.
net::Verdict Exchange::judge_first_bytes(std::string_view bytes, bool ended) {
  using State = wire::tls::ClientHelloRead::State;
  auto const read = wire::tls::read_client_hello(bytes);
  if (read.state == State::need_more && !ended) return net::Verdict::need_more;
  if (read.hello.server_name) record_.sni.assign(*read.hello.server_name);
  if (decision_.allow != nullptr && decision_.allow->any_sni) return net::Verdict::pass;
  auto const& host = url_.authority.host;
  if (read.state == State::complete) {
    bool const by_address = parse_ip_address(host).has_value();
    if (read.hello.server_name ? *read.hello.server_name == host : by_address) return net::Verdict::pass;
    return object(Reason::sni_mismatch,
                  "the TLS inside asks for " +
                      (record_.sni.empty() ? std::string{"no name"} : escape(record_.sni, max_shown_name)) + ", not for " +
                      host);
  }
  if (read.state == State::need_more && !bytes.empty()) {
    return object(Reason::not_tls, "the TLS inside broke off, or was not there in time, before it said for whom it is");
  }
  if (bytes.empty()) return net::Verdict::pass;  // a connection opened in advance, and not used
  if (read.state == State::not_tls && url_.port() != https_port) return net::Verdict::pass;
  return object(Reason::not_tls, read.state == State::malformed ? "the TLS inside is malformed: " + std::string{read.why}
                                                                : std::string{"no TLS in a tunnel to port 443"});
}

/// What is wrong with the bytes in a tunnel: said where `unmapped` only reports, else the tunnel's end.
net::Verdict Exchange::object(Reason reason, std::string what) {
  record_.reason_code = reason;
  record_.reason = std::move(what);
  record_.reason.append("; `sni: any` in its allow entry lets it pass");
  if (decision_.verdict == route::Verdict::reported) return net::Verdict::pass;
  record_.decision = observe::Decision::blocked;
  return net::Verdict::refuse;
}

/// How a relay ended, for the record and the client.
After Exchange::take_end(net::Relayed const& relayed) {
  record_.bytes_in += relayed.from_client;
  record_.bytes_out += relayed.from_upstream;
  if (relayed.first_end) record_.first_end = *relayed.first_end == Side::client ? "client" : "upstream";
  if (relayed.end != net::RelayEnd::closed) lease_.stream().reset();
  lease_.drop();
  if (shut_down_) {
    record_.reason_code = Reason::shutting_down;
    record_.reason = "the tunnel was cut: shutting down";
    return After::close;
  }
  switch (relayed.end) {
    case net::RelayEnd::closed: return After::close;
    case net::RelayEnd::refused: break;
    case net::RelayEnd::idle:
      record_.reason_code = Reason::idle_timeout;
      record_.reason = "the tunnel was idle for too long";
      break;
    case net::RelayEnd::head_timeout:
      record_.reason_code = Reason::head_timeout;
      record_.reason = "the TLS inside the tunnel did not begin in time";
      break;
    case net::RelayEnd::client_failed:
      record_.reason_code = Reason::client_gone;
      record_.reason = "the client broke off the tunnel";
      break;
    case net::RelayEnd::upstream_failed:
      record_.reason_code = Reason::upstream_closed;
      record_.reason = "the upstream broke off the tunnel";
      break;
  }
  return After::reset;  // what was cut must not look complete, to either side
}

/// Ends a connection that cannot be answered.
After Exchange::give_up(Failure const& failure) {
  auto answer = error_reply(failure, record_.target.empty() ? record_.source : record_.target, attempt_.detail);
  if (failure.code == Errc::address_refused) record_.decision = observe::Decision::blocked;
  return close_with(std::move(answer));
}

After Exchange::close_with(ErrorReply reply) {
  record_.reason_code = reply.reason;
  record_.reason = std::move(reply.what);
  finish();
  return After::reset;
}

void Exchange::refuse_connection(Failure const& failure, std::string const& detail, ListenerInfo const& listener) {
  begin(listener);
  record_.refused = true;
  auto answer = error_reply(failure, {}, detail);
  record_.reason_code = answer.reason;
  record_.reason = std::move(answer.what);
  finish();
}

}  // namespace ambassador::session
