#include "session/exchange.hpp"

#include "base/bytes.hpp"
#include "net/now.hpp"
#include "route/forwarding.hpp"
#include "route/nearest_miss.hpp"
#include "route/suggestion.hpp"
#include "wire/http1/head_parser.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace ambassador::session {
namespace {

using observe::Reason;
using wire::http::Method;
using Got = MessageReader::Got;

bool prefers_json(wire::http::RequestHead const& head) noexcept {
  for (auto const& field : head.fields) {
    if (field.id == wire::http::FieldId::accept) return field.value.starts_with("application/json");
  }
  return false;
}

observe::Decision recorded(route::Verdict verdict) noexcept {
  switch (verdict) {
    case route::Verdict::mapped: return observe::Decision::mapped;
    case route::Verdict::allowed: return observe::Decision::allowed;
    case route::Verdict::reported: return observe::Decision::reported;
    case route::Verdict::blocked: return observe::Decision::blocked;
  }
  return observe::Decision::blocked;
}

/// The source's `rate` is used up.
ErrorReply over_rate(config::Mapping const& mapping, unsigned retry_after) {
  return {.status = 429,
          .reason = Reason::rate_limited,
          .proxy_status = "connection_limit_reached",
          .what = "more calls than the rate of " + mapping.source_text,
          .to_do = "Try again later, or raise the source's rate.",
          .allow = {},
          .retry_after = retry_after};
}

ErrorReply too_many_requests(config::Mapping const& mapping) {
  return {.status = 503,
          .reason = Reason::too_many_requests,
          .proxy_status = "connection_limit_reached",
          .what = "as many calls are under way as limits.requests of " + mapping.source_text,
          .to_do = "The upstream is slow, or the source's limits.requests is too low.",
          .allow = {},
          .retry_after = 1};
}

ErrorReply credential_missing(config::Mapping const& mapping) {
  return {.status = 502,
          .reason = Reason::credential_missing,
          .proxy_status = "proxy_configuration_error",
          .what = "the credential of " + mapping.source_text + " cannot be read",
          .to_do = "Is its file mounted? See the proxy's own messages.",
          .allow = {}};
}

}  // namespace

// Before anything is sent: everything here is done without a wait, while the head's views hold.

ClientLeg& Exchange::attach(net::Stream& stream, std::string_view address,
                            std::optional<boost::asio::ip::tcp::endpoint> const& redirected) {
  client_.stream = &stream;
  client_.address = address;
  client_.redirected = redirected;
  client_.last_call = false;
  client_.reader.restart();
  return client_;
}

void Exchange::detach() noexcept {
  policy_ = nullptr;
  client_.stream = nullptr;
  client_.address = {};
  client_.reader.shrink();
  up_reader_.shrink();
}

void Exchange::begin(ListenerInfo const& listener) {
  listener_ = &listener;
  policy_ = context_.policy;
  began_ = net::now();
  record_.clear();
  record_.time = std::chrono::system_clock::now();
  record_.listener = listener.text;
  record_.client.assign(client_.address);
  record_.protocol = "HTTP/1.1";
  delayed_ = Milliseconds{0};
  timeout_ = &policy_->rules.settings().timeout;
  pool_ = nullptr;
  decision_ = {};
  attempt_.clear();
  body_kept_ = any_byte_sent_ = uploaded_beyond_kept_ = response_came_ = false;
  interim_ = 0;
  response_begun_ = until_close_ = abandoned_ = shut_down_ = false;
  endpoints_ = nullptr;
  per_try_over_ = false;
  wants_json_ = false;
  upgrade_wanted_.clear();
  method_ = Method::unknown;
  minor_version_ = 1;
  keep_alive_ = false;
}

std::optional<ErrorReply> Exchange::judge_head(wire::http::RequestHead const& head, Authority const* tunnel) {
  method_ = head.method;
  minor_version_ = head.minor_version;
  keep_alive_ = head.keeps_alive();
  wants_json_ = prefers_json(head);
  record_.protocol = head.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
  record_.method.assign(head.method_text);
  take_ids(head);
  route::Arrival const arrival{.tunnel = tunnel,
                               .tls = listener_->tls != nullptr,
                               .redirected_port = client_.redirected ? client_.redirected->port() : std::uint16_t{0}};
  if (auto const fault = route::read_request_url(head, arrival, url_)) {
    record_.source.assign(head.target);
    keep_alive_ = false;
    return error_reply(wire::http::Fault{Errc::bad_message, *fault});
  }
  url_.append_text(record_.source);
  if (route::went_through(head, context_.pseudonym)) {
    return ErrorReply{.status = 508,
                      .reason = Reason::loop,
                      .proxy_status = "proxy_loop_detected",
                      .what = "the request has come back to this proxy",
                      .to_do = "A target leads back here: check the map.",
                      .allow = {}};
  }
  if (head.expects_unknown) {
    return ErrorReply{.status = 417,
                      .reason = Reason::bad_request,
                      .proxy_status = "http_request_error",
                      .what = "an Expect other than 100-continue",
                      .to_do = {},
                      .allow = {}};
  }
  return std::nullopt;
}

void Exchange::take_ids(wire::http::RequestHead const& head) {
  route::take_ids(ids_, policy_->rules.settings().trace, head, context_.random);
  record_.trace_id.assign(ids_.trace_id);
  record_.request_id.assign(ids_.request_id);
}

/// OPTIONS and TRACE that end here, RFC 9110 sections 7.6.2 and 9.3.7.
std::optional<ErrorReply> Exchange::answer_locally(wire::http::RequestHead const& head) {
  bool const options = head.method == Method::options;
  if (options && head.max_forwards == 0) {
    return ErrorReply{.status = 200,
                      .reason = Reason::none,
                      .proxy_status = {},
                      .what = {},
                      .to_do = {},
                      .empty_body = true,
                      .allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT"};
  }
  if (head.method == Method::trace && head.max_forwards == 0) {
    return ErrorReply{.status = 405,
                      .reason = Reason::bad_request,
                      .proxy_status = "http_request_error",
                      .what = "TRACE ends here, and is not answered",
                      .to_do = {},
                      .allow = "GET"};
  }
  return std::nullopt;
}

ErrorReply Exchange::block(std::string_view method, std::span<wire::http::Field const> fields) {
  auto const& settings = policy_->rules.settings();
  auto const miss = route::find_nearest_miss(policy_->rules, url_, method, fields, listener_->port);
  ErrorReply reply{
      .status = settings.reject_status, .reason = Reason::not_in_map, .proxy_status = "http_request_denied", .allow = {}};
  reply.call = record_.method + ' ' + record_.source + " is blocked";
  reply.what = route::describe_block(miss, url_, method);
  reply.to_do = "To let it pass, add to the configuration:\n\n" + route::lines_to_paste(url_, listener_->port);
  reply.empty_body = settings.reject_status < 300;
  return reply;
}

/// Near the memory limit what runs goes on, and nothing new is begun.
ErrorReply Exchange::refuse_work() {
  keep_alive_ = false;
  return {.status = 503,
          .reason = Reason::memory_ceiling,
          .proxy_status = "connection_limit_reached",
          .what = "the proxy is near its memory limit",
          .to_do = "Try again, or raise the memory limit of its container.",
          .allow = {},
          .retry_after = 1};
}

void Exchange::decide(std::string_view method, std::span<wire::http::Field const> fields) {
  decision_ = policy_->rules.decide(url_, method, fields, client_.redirected ? std::uint16_t{0} : listener_->port);
  take_decision();
}

std::size_t Exchange::index_of(config::AllowRule const& rule) const noexcept {
  return static_cast<std::size_t>(&rule - policy_->rules.settings().allow.data());
}

/// What the decision means for the record and the waits.
void Exchange::take_decision() {
  record_.decision = recorded(decision_.verdict);
  if (decision_.verdict == route::Verdict::reported) {
    record_.reason_code = Reason::not_in_map;
    record_.reason.assign("not in the map");
  }
  if (decision_.verdict == route::Verdict::mapped) {
    auto const& mapping = *decision_.match.mapping;
    timeout_ = &mapping.timeout;
    record_.mapping = policy_->series.mappings[decision_.match.index];
    record_.rule = mapping.source_text;
  } else if (decision_.allow != nullptr) {
    record_.rule = decision_.allow->text;
    record_.allow_rule = policy_->series.allowed[index_of(*decision_.allow)];
  }
}

/// How the call leaves.
upstream::Egress const& Exchange::egress() const noexcept {
  if (decision_.verdict == route::Verdict::mapped) return policy_->egress.of_mapping(decision_.match.index);
  auto const scheme = route::target_scheme(decision_, url_);
  if (decision_.allow == nullptr) return policy_->egress.of_unmapped(scheme);
  return policy_->egress.of_allowed(index_of(*decision_.allow), scheme);
}

/// The source's own limits, and the secret that its calls need.
std::optional<ErrorReply> Exchange::judge_limits() {
  if (decision_.verdict != route::Verdict::mapped) return std::nullopt;
  auto const& mapping = *decision_.match.mapping;
  auto const index = decision_.match.index;
  if (auto const wait = policy_->source_limits.over_rate(index, began_)) return over_rate(mapping, *wait);
  if (!policy_->source_limits.begin_call(index)) return too_many_requests(mapping);
  counted_ = true;
  if (mapping.credential && policy_->credentials.of(index) == nullptr) return credential_missing(mapping);
  return std::nullopt;
}

/// An address that a parent proxy would be asked for in absolute form: its connections are for calls to anywhere, so that
/// the pool does not see it.
std::optional<ErrorReply> Exchange::judge_literal() {
  auto const& options = egress().options;
  auto const& host = url_.authority.host;
  auto const kind =
      options.tunnelled || decision_.verdict == route::Verdict::mapped ? std::nullopt : refused_to_parent(options, host);
  if (!kind) return std::nullopt;
  record_.decision = observe::Decision::blocked;
  return error_reply({Errc::address_refused, Side::local, Stage::connect, false}, {},
                     host + " is " + std::string{balance::name(*kind)});
}

/// Decides, and writes the request as it goes upstream. A reply of our own ends the call here.
std::optional<ErrorReply> Exchange::prepare(wire::http::RequestHead const& head, Authority const* tunnel) {
  auto refused = judge_head(head, tunnel);
  if (!refused && context_.refusing_work.load(std::memory_order_relaxed)) refused = refuse_work();
  record_.refused = refused.has_value();
  if (refused) return refused;
  if (auto local = answer_locally(head)) return local;
  decide(head.method_text, head.fields);
  if (decision_.verdict == route::Verdict::blocked) return block(head.method_text, head.fields);
  if (url_.form == route::TargetForm::authority) return std::nullopt;
  if (auto over = judge_limits()) return over;
  if (auto refusal = judge_literal()) return refusal;
  if (auto const failure = write_request(head)) {
    keep_alive_ = false;
    return error_reply(*failure, record_.target);
  }
  return std::nullopt;
}

/// The URL that the call goes to, and what of it the request says: all where a parent proxy is asked.
Exchange::Start Exchange::request_start() {
  auto const path_begins = route::append_target_url(record_.target, decision_, url_);
  std::string_view const url = record_.target;
  auto const host_begins = url.find("//") + 2;
  Start start{url.substr(path_begins), url.substr(host_begins, path_begins - host_begins)};
  if (url_.whole_server && start.target == "/") start.target = "*";
  if (upstream::goes_by_parent(egress())) start.target = url;
  return start;
}

/// The head, and what there is of the body, into the buffer that is sent, and sent again on a retry.
std::optional<Failure> Exchange::write_request(wire::http::RequestHead const& head) {
  choose_endpoint(head.fields);
  auto const start = request_start();
  auto const* const mapping = decision_.match.mapping;
  auto const& way = egress();
  auto const upgrade = route::wanted_upgrade(head);
  upgrade_wanted_.assign(upgrade);
  route::ForwardedRequest forwarded{
      .target = start.target, .host = start.host, .pseudonym = context_.pseudonym, .upgrade = upgrade};
  if (!ids_.traceparent.empty()) forwarded.ids = &ids_;
  if (mapping != nullptr && !mapping->request_headers.empty()) forwarded.rules = &mapping->request_headers;
  if (mapping != nullptr && mapping->credential) {
    forwarded.credential_name = mapping->credential->header;
    forwarded.credential_value = *policy_->credentials.of(decision_.match.index);
  }
  std::shared_ptr<std::string const> via_credentials;
  if (upstream::goes_by_parent(way)) {
    if (way.options.via_credentials != nullptr) via_credentials = way.options.via_credentials->get();
    if (via_credentials) forwarded.proxy_authorization = *via_credentials;
  }
  start_bytes_ = route::append_forwarded(up_writer_.begin(head.body), head, forwarded);
  auto const head_bytes = up_writer_.kept_bytes();
  up_body_writer_.begin(head.body);
  auto const failure = keep_body(head.body);
  bool const copied = mapping != nullptr && mapping->mirror && to_share(context_.random()) < mapping->mirror->share;
  if (!failure && copied) mirror(head, head_bytes);
  return failure;
}

/// What came of the body with the head goes into the same send.
std::optional<Failure> Exchange::keep_body(wire::http::Framing framing) {
  auto const piece = client_.reader.begin_body(framing);
  if (piece.got == Got::faulty) return Failure{piece.fault.code, Side::client, Stage::body, false};
  record_.bytes_in += piece.payload.size();
  body_kept_ = piece.last;
  if (!piece.last) {
    up_writer_.append(piece.payload, false, {});
    return std::nullopt;
  }
  auto const trailers = trailers_of(client_.reader, Side::client);
  if (!trailers) return trailers.error();
  up_writer_.append(piece.payload, true, *trailers);
  return std::nullopt;
}

/// A request as it came: null where it can go on, else our reply.
std::unique_ptr<ErrorReply> Exchange::take_request(std::string_view bytes, Authority const* tunnel) {
  wire::http::RequestHead head;
  if (auto const fault = wire::http1::parse_request_head(bytes, policy_->head_limits, context_.fields, head)) {
    take_malformed(bytes);
    return std::make_unique<ErrorReply>(error_reply(*fault));
  }
  auto local = prepare(head, tunnel);
  if (!local) return nullptr;
  if (pool_ == nullptr) client_.reader.begin_body(head.body);  // so that it is known whether more is to come
  return std::make_unique<ErrorReply>(std::move(*local));
}

net::Task<After> Exchange::serve(std::string_view bytes, ListenerInfo const& listener, Authority const* tunnel) {
  begin(listener);
  if (auto const local = take_request(bytes, tunnel)) co_return co_await reply(std::move(*local));
  if (url_.form == route::TargetForm::authority) {
    if (decision_.verdict == route::Verdict::mapped) co_return co_await open_tunnel();
    co_return co_await serve_connect();
  }
  if (auto const injection = roll_fault()) {
    if (auto const ended = co_await inject(*injection)) co_return *ended;
  }
  for (;;) {
    ++record_.tries;
    auto const outcome = co_await try_once();
    if (outcome) {
      finish();
      co_return *outcome;
    }
    auto const failure = outcome.error();
    auto const verdict = judge(failure);
    co_await end_upload();
    if (lease_ && attempt_.detail.empty()) attempt_.detail = lease_.stream().tls_detail();
    lease_.drop();
    bool const again = co_await begin_again(verdict, failure);
    if (!again) co_return co_await fail(interrupted(failure.stage).value_or(failure));
  }
}

/// Answers a CONNECT to a mapped origin: the calls inside are logged, not the tunnel.
net::Task<After> Exchange::open_tunnel() {
  auto& client = client_;
  client.writer.begin({}).append("HTTP/1.1 200 OK\r\n\r\n");
  client.reader.begin_body({});
  auto sent = client.writer.send(*client.stream, {}, true, {});
  if (!sent.remainder.empty()) sent.code = co_await client.stream->write_all(std::move(sent.remainder), timeout_->idle);
  co_return sent.code ? After::close : After::tunnel;
}

// The end.

/// The call failed for good: say so to the client, if it can still be told.
net::Task<After> Exchange::fail(Failure failure) {
  auto answer = error_reply(failure, record_.target.empty() ? record_.source : record_.target, attempt_.detail);
  if (failure.code == Errc::address_refused) record_.decision = observe::Decision::blocked;
  bool const broke_off_by_client = failure.side == Side::client;
  bool const stopped_reading = broke_off_by_client && failure.stage != Stage::body;
  if (broke_off_by_client) keep_alive_ = false;
  if (!response_begun_ && !stopped_reading && answer.reason != Reason::client_gone) co_return co_await reply(std::move(answer));
  if (response_begun_ && answer.reason == Reason::upstream_closed) answer.reason = Reason::response_incomplete;
  if (response_begun_ && answer.reason == Reason::response_timeout) answer.reason = Reason::idle_timeout;
  record_.reason = std::move(answer.what);
  record_.reason_code = answer.reason;
  finish();
  co_return until_close_ || stopped_reading ? After::reset : After::close;
}

/// A reply of our own. The connection goes on where the request was read to its end.
net::Task<After> Exchange::reply(ErrorReply reply) {
  auto& client = client_;
  bool const all_read = client.reader.body_done();
  bool const keep = keep_alive_ && all_read && !is_last();
  record_.status = static_cast<int>(reply.status);
  if (reply.reason != Reason::none) record_.reason_code = reply.reason;
  if (!reply.what.empty()) record_.reason = reply.what;
  append_reply(client.writer.begin({}), reply,
               {.date = context_.date,
                .json = wants_json_,
                .head_only = method_ == Method::head,
                .keep_alive = keep,
                .to_http10 = minor_version_ == 0,
                .request_id = record_.request_id});
  auto const failed = co_await send_to_client({}, true, {});
  finish();
  if (failed) co_return After::close;
  if (keep) co_return After::keep;
  co_return all_read ? After::close : After::linger;
}

/// What can be said of a request that could not be understood.
void Exchange::take_malformed(std::string_view raw) {
  auto const line = raw.substr(0, raw.find('\r'));
  auto const blank = std::min(line.find(' '), line.size());
  record_.method.assign(line.substr(0, blank));
  auto const target = line.substr(std::min(blank + 1, line.size()));
  record_.source.assign(target.substr(0, target.rfind(' ')));
  record_.refused = true;
  client_.reader.begin_body({wire::http::BodyKind::until_close, 0});  // nobody knows where it would end
}

net::Task<After> Exchange::refuse(wire::http::Fault fault, std::string_view raw, ListenerInfo const& listener) {
  begin(listener);
  take_malformed(raw);
  co_return co_await reply(error_reply(fault));
}

net::Task<After> Exchange::refuse_tls(Authority const& tunnel, ListenerInfo const& listener) {
  begin(listener);
  record_.method.assign("CONNECT");
  record_.source.assign(tunnel.text(0));
  record_.refused = true;
  client_.reader.begin_body({wire::http::BodyKind::until_close, 0});
  co_return co_await reply(error_reply(wire::http::Fault{Errc::tls_in_tunnel, "TLS inside a tunnel to a plain http source"}));
}

void Exchange::abandon() noexcept {
  abandoned_ = true;
  wish_.give_up();
  if (lease_) lease_.stream().cancel();
}

void Exchange::shut_down() noexcept {
  shut_down_ = true;
  wish_.give_up();
  if (lease_) lease_.stream().shutdown_both();
}

void Exchange::finish() noexcept {
  if (std::exchange(counted_, false)) policy_->source_limits.end_call(decision_.match.index);
  choice_.reset();
  next_choice_.reset();
  tried_.clear();
  record_.duration = net::now() - began_;
  bool const blocked_by_map = record_.decision == observe::Decision::blocked && record_.reason_code == Reason::not_in_map;
  if (blocked_by_map || record_.decision == observe::Decision::reported) {
    context_.metrics.seen().saw(route::seen_destination(url_, listener_->port), record_.time);
  }
  context_.metrics.record(record_);
  context_.log.append(record_);
  up_writer_.shrink();
  up_body_writer_.shrink();
  client_.writer.shrink();
}

}  // namespace ambassador::session
