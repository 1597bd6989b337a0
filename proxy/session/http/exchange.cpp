#include "session/http/exchange.hpp"

#include "route/forwarding.hpp"
#include "session/hash_key.hpp"
#include "wire/http1/head_parser.hpp"

namespace ambassador::session {
namespace {

using observe::Reason;
using wire::http::Method;

bool prefers_json(wire::http::RequestHead const& head) noexcept {
  for (auto const& field : head.fields) {
    if (field.id == wire::http::FieldId::accept) return field.value.starts_with("application/json");
  }
  return false;
}

}  // namespace

Exchange::Exchange(Context& context, Policy& policy, ListenerInfo const& listener, ClientLeg& client, UpstreamLeg& upstream,
                   CallStorage& storage)
    : context_{context}, client_{client}, upstream_{upstream}, call_{context, policy, listener, client.address, storage} {}

net::Task<After> Exchange::serve(std::string_view bytes, Authority const* tunnel) {
  if (auto const local = take_request(bytes, tunnel)) co_return co_await reply(std::move(*local));
  if (call_.url().form == route::TargetForm::authority) {
    if (call_.is_mapped()) co_return co_await answer_connect();
    co_return co_await serve_connect();
  }
  if (auto const injection = roll_fault()) {
    if (auto const ended = co_await inject(*injection)) co_return *ended;
  }
  for (;;) {
    auto const outcome = co_await try_once();
    if (outcome) co_return *outcome;
    auto const failure = outcome.error();
    auto const verdict = attempts_.judge(failure, tried_request());
    co_await end_upload();
    bool const again = co_await attempts_.begin_again(verdict, failure);
    follow_target();
    if (again) continue;
    // Two statements: GCC 12 evaluates both sides of a `?:` within a co_await.
    if (is_interrupted()) co_return co_await fail(interruption(failure.stage));
    co_return co_await fail(failure);
  }
}

net::Task<After> Exchange::refuse(wire::http::Fault fault, std::string_view raw) {
  take_malformed(raw);
  co_return co_await reply(reply_to(fault));
}

net::Task<After> Exchange::refuse_tls(Authority const& tunnel) {
  record().method.assign("CONNECT");
  record().source.assign(tunnel.text(0));
  record().refused = true;
  client_.reader.begin_body({wire::http::BodyKind::until_close, 0});
  co_return co_await reply(reply_to(wire::http::Fault{Errc::tls_in_tunnel, "TLS inside a tunnel to a plain http source"}));
}

// Before anything is sent: everything here is done without a wait, while the head's views hold.

/// Returns null if the request can go on, else our reply to it.
std::unique_ptr<Reply> Exchange::take_request(std::string_view bytes, Authority const* tunnel) {
  wire::http::RequestHead head;
  if (auto const fault = wire::http1::parse_request_head(bytes, call_.policy().head_limits, context_.fields, head)) {
    take_malformed(bytes);
    return std::make_unique<Reply>(reply_to(*fault));
  }
  auto local = prepare(head, tunnel);
  if (!local) return nullptr;
  if (!attempts_.has_begun()) client_.reader.begin_body(head.body);  // so that it is known whether more is to come
  return std::make_unique<Reply>(std::move(*local));
}

/// What can be said of a request that could not be understood.
void Exchange::take_malformed(std::string_view raw) {
  auto const line = raw.substr(0, raw.find('\r'));
  auto const blank = std::min(line.find(' '), line.size());
  record().method.assign(line.substr(0, blank));
  auto const target = line.substr(std::min(blank + 1, line.size()));
  record().source.assign(target.substr(0, target.rfind(' ')));
  record().refused = true;
  client_.reader.begin_body({wire::http::BodyKind::until_close, 0});  // nobody knows where it would end
}

/// Decides, and writes the request as it goes upstream. A reply of our own ends the call here.
std::optional<Reply> Exchange::prepare(wire::http::RequestHead const& head, Authority const* tunnel) {
  auto refused = judge_head(head, tunnel);
  if (!refused && call_.work_is_refused()) {
    request_.keep_alive = false;
    refused = reply_to(near_memory_limit());
  }
  record().refused = refused.has_value();
  if (refused) return refused;
  if (auto local = local_answer(head)) return local;
  call_.decide(head.method_text, head.fields, client_.redirected ? std::uint16_t{0} : call_.listener().port);
  if (call_.decision().verdict == route::Verdict::blocked) {
    return blocked_reply(call_.explain_block(head.method_text, head.fields), record().method + ' ' + record().source,
                         call_.settings());
  }
  if (call_.url().form == route::TargetForm::authority) return std::nullopt;
  if (auto problem = call_.take_place()) return reply_to(std::move(*problem));
  if (auto problem = call_.block_literal()) return reply_to(std::move(*problem));
  if (auto const failure = write_request(head)) {
    request_.keep_alive = false;
    return reply_to(*failure, explain(*failure, record().target));
  }
  return std::nullopt;
}

std::optional<Reply> Exchange::judge_head(wire::http::RequestHead const& head, Authority const* tunnel) {
  request_.method = head.method;
  request_.minor_version = head.minor_version;
  request_.keep_alive = head.keeps_alive();
  request_.wants_json = prefers_json(head);
  if (head.minor_version == 0) record().protocol = CallProtocol::http10;
  record().method.assign(head.method_text);
  take_ids(head);
  route::Arrival const arrival{.tunnel = tunnel,
                               .tls = call_.listener().tls != nullptr,
                               .redirected_port = client_.redirected ? client_.redirected->port() : std::uint16_t{0}};
  if (auto const fault = route::read_request_url(head, arrival, call_.url())) {
    record().source.assign(head.target);
    request_.keep_alive = false;
    return reply_to(wire::http::Fault{Errc::bad_message, *fault});
  }
  call_.url().append_text(record().source);
  if (route::went_through(head, context_.pseudonym)) return loop_reply();
  if (head.expects_unknown) return expectation_reply();
  return std::nullopt;
}

void Exchange::take_ids(wire::http::RequestHead const& head) {
  auto& ids = call_.ids();
  route::take_ids(ids, call_.settings().trace, head, context_.random);
  record().trace_id.assign(ids.trace_id);
  record().request_id.assign(ids.request_id);
}

/// OPTIONS and TRACE that end here, RFC 9110 sections 7.6.2 and 9.3.7.
std::optional<Reply> Exchange::local_answer(wire::http::RequestHead const& head) const {
  if (head.max_forwards != 0) return std::nullopt;
  if (head.method == Method::options) return options_reply();
  if (head.method == Method::trace) return trace_reply();
  return std::nullopt;
}

// The end.

/// The call failed for good: say so to the client, if it can still be told.
net::Task<After> Exchange::fail(Failure failure) {
  auto problem = call_.explain(failure, attempts_.detail());
  bool const broke_off_by_client = failure.side == Side::client;
  bool const stopped_reading = broke_off_by_client && failure.stage != Stage::body;
  if (broke_off_by_client) request_.keep_alive = false;
  if (!shown_.begun && !stopped_reading && problem.reason != Reason::client_gone) {
    co_return co_await reply(reply_to(failure, std::move(problem)));
  }
  if (shown_.begun && problem.reason == Reason::upstream_closed) problem.reason = Reason::response_incomplete;
  if (shown_.begun && problem.reason == Reason::response_timeout) problem.reason = Reason::idle_timeout;
  call_.note(std::move(problem));
  co_return shown_.until_close || stopped_reading ? After::reset : After::close;
}

/// A reply of our own. The connection goes on if the request was read to its end.
net::Task<After> Exchange::reply(Reply reply) {
  bool const all_read = client_.reader.body_done();
  bool const keep = request_.keep_alive && all_read && !is_last();
  record().status = static_cast<int>(reply.status);
  auto const& problem = reply.problem;
  if (problem.reason != Reason::none) record().reason_code = problem.reason;
  if (!problem.what.empty()) record().reason = problem.what;
  append_reply(client_.writer.begin({}), reply,
               {.date = context_.date,
                .json = request_.wants_json,
                .head_only = request_.method == Method::head,
                .keep_alive = keep,
                .to_http10 = request_.minor_version == 0,
                .request_id = record().request_id});
  auto const failed = co_await send_to_client({}, true, {});
  if (failed) co_return After::close;
  if (keep) co_return After::keep;
  co_return all_read ? After::close : After::linger;
}

}  // namespace ambassador::session
