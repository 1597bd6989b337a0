#include "session/tcp/connection.hpp"

#include "base/bytes.hpp"
#include "config/protocol.hpp"
#include "net/addresses.hpp"
#include "wire/proxy_protocol.hpp"

#include <utility>

namespace ambassador::session {
namespace {

/// Of `address:port`, as we write it.
wire::ProxyEnd end_of(std::string_view text) {
  auto const colon = text.rfind(':');
  auto const port = parse_decimal(text.substr(colon + 1)).value_or(0);
  return {parse_ip_address(text.substr(0, colon)).value_or(IpAddress{}), static_cast<std::uint16_t>(port)};
}

}  // namespace

TcpConnection::TcpConnection(Context& context, Policy& policy, ListenerInfo const& listener, net::Stream& client,
                             std::string_view address, CallStorage& storage)
    : call_{context, policy, listener, address, storage}, tunnel_{call_, attempts_, client} {
  call_.record().protocol = CallProtocol::tcp;
  call_.record().method.assign(name(CallProtocol::tcp));
}

net::Task<After> TcpConnection::serve_source(std::string first) {
  auto& record = call_.record();
  auto const source = call_.listener().mapping;
  auto const& mapping = call_.settings().map[source];
  record.source.assign(mapping.source_text);
  record.target.assign(mapping.targets.front().text);
  call_.decide_by_listener(source);
  if (call_.work_is_refused()) {
    record.refused = true;
    co_return close_with(near_memory_limit());
  }
  if (auto problem = call_.take_place()) co_return close_with(std::move(*problem));
  co_return co_await pass_on(std::move(first));
}

net::Task<After> TcpConnection::serve_redirected(boost::asio::ip::tcp::endpoint meant, std::string_view sni,
                                                 std::string first) {
  auto& record = call_.record();
  auto& url = call_.url();
  record.sni.assign(sni);
  url.form = route::TargetForm::authority;
  url.scheme = route::Scheme::http;
  url.authority.host.assign(sni.empty() ? net::host_text(meant.address()) : std::string{sni});
  url.authority.port = meant.port();
  record.source.assign(config::uri_prefix(config::TargetScheme::tcp));
  url.append_text(record.source);
  call_.decide("CONNECT", {}, 0);
  if (call_.is_mapped()) {
    record.decision = observe::Decision::blocked;
    co_return close_with(
        {.reason = observe::Reason::tls_in_tunnel, .what = "no plain HTTP, where the source is an http one", .to_do = {}});
  }
  if (call_.decision().verdict == route::Verdict::blocked) co_return close_with(call_.explain_block("CONNECT", {}));
  co_return co_await pass_on(std::move(first));
}

net::Task<After> TcpConnection::pass_on(std::string first) {
  say_who_connects();
  auto const opened = co_await tunnel_.open();
  if (!opened) co_return close_with(call_.explain(opened.error(), attempts_.detail()));
  net::RelayOptions options{.idle = call_.timeout().tunnel_idle, .first_up = std::move(first), .first_bytes = {}};
  co_return co_await tunnel_.relay(std::move(options));
}

void TcpConnection::say_who_connects() {
  auto const* const mapping = call_.mapping();
  if (mapping == nullptr || mapping->proxy_protocol == config::ProxyProtocol::off) return;
  wire::ProxiedConnection const connection{end_of(call_.record().client), end_of(call_.listener().text)};
  auto const append =
      mapping->proxy_protocol == config::ProxyProtocol::v1 ? wire::append_proxy_line : wire::append_proxy_header;
  std::string preamble;
  append(preamble, connection);
  attempts_.set_preamble(std::move(preamble));
}

After TcpConnection::close_with(Problem problem) {
  call_.note(std::move(problem));
  return After::reset;
}

}  // namespace ambassador::session
