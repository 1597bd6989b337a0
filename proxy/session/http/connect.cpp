// CONNECT, RFC 9110 section 9.3.6: to a destination that is allowed as it is, or to a mapped origin, whose calls come inside.
#include "session/http/exchange.hpp"
#include "session/tcp/server_name.hpp"
#include "session/tcp/tunnel.hpp"

namespace ambassador::session {
namespace {

/// Judges the first bytes in the tunnel of this call, and notes what is wrong with them.
net::Verdict judge_first_bytes(Call& call, std::string_view bytes, bool ended) {
  auto const& url = call.url();
  auto const& decision = call.decision();
  auto& record = call.record();
  auto check = check_server_name(bytes, ended, url.authority.host, url.port());
  if (check.verdict == net::Verdict::need_more) return check.verdict;
  if (check.server_name) record.sni.assign(*check.server_name);
  bool const any_name = decision.allow != nullptr && decision.allow->any_sni;
  if (any_name || check.verdict == net::Verdict::pass) return net::Verdict::pass;
  call.note({.reason = check.reason, .what = check.what.append("; `sni: any` in its allow entry lets it pass"), .to_do = {}});
  if (decision.verdict == route::Verdict::reported) return net::Verdict::pass;
  record.decision = observe::Decision::blocked;
  return net::Verdict::refuse;
}

}  // namespace

/// Answers a CONNECT to a mapped origin: the calls inside are logged, not the tunnel.
net::Task<After> Exchange::answer_connect() {
  call_.leave_unlogged();
  client_.writer.begin({}).append("HTTP/1.1 200 OK\r\n\r\n");
  client_.reader.begin_body({});
  auto sent = client_.writer.send(*client_.stream, {}, true, {});
  if (!sent.remainder.empty()) {
    sent.code = co_await client_.stream->write_all(std::move(sent.remainder), call_.timeout().idle);
  }
  co_return sent.code ? After::close : After::tunnel;
}

/// A CONNECT to a destination that is allowed as it is.
net::Task<After> Exchange::serve_connect() {
  client_.reader.begin_body({});  // what follows is the tunnel's
  Tunnel tunnel{call_, attempts_, *client_.stream};
  auto const opened = co_await tunnel.open();
  if (!opened) {
    request_.keep_alive = request_.keep_alive && !client_.reader.has_left_over();
    co_return co_await fail(opened.error());
  }
  client_.writer.begin({}).append("HTTP/1.1 200 OK\r\n\r\n");
  record().status = 200;
  if (auto const code = co_await send_to_client({}, true, {})) {
    attempts_.lease().drop();
    call_.note(call_.explain({code, Side::client, Stage::tunnel, false}, attempts_.detail()));
    co_return After::reset;
  }
  net::RelayOptions options{.idle = call_.timeout().tunnel_idle,
                            .first_up = client_.reader.take_left_over(),
                            .first_bytes = {},
                            .head = call_.settings().timeout.head};
  options.first_bytes = [this](std::string_view bytes, bool ended) { return judge_first_bytes(call_, bytes, ended); };
  co_return co_await tunnel.relay(std::move(options));
}

}  // namespace ambassador::session
