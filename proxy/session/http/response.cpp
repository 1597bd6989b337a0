// The response's way down: the head that was waited for, the body as it comes, or another protocol.
#include "base/bytes.hpp"
#include "net/now.hpp"
#include "session/hash_key.hpp"
#include "session/http/exchange.hpp"
#include "session/http/forwarded_head.hpp"
#include "session/tcp/tunnel.hpp"
#include "wire/http1/head_parser.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>

namespace ambassador::session {
namespace {

using Got = MessageReader::Got;
using wire::http::BodyKind;

/// Answers that say that the endpoint, not the app, has failed.
constexpr std::array<unsigned, 3> gateway_failures{502, 503, 504};

/// RFC 9110 section 10.2.3. Returns nullopt if there is none; a date is rare, and counts as none.
std::optional<std::chrono::seconds> retry_after(std::span<wire::http::Field const> fields) {
  auto const value = field_value(fields, "retry-after");
  auto const seconds = value ? parse_decimal(*value) : std::nullopt;
  if (!seconds || *seconds == 0) return std::nullopt;
  return std::chrono::seconds{std::min<std::uint64_t>(*seconds, INT32_MAX)};
}

/// Whether the protocol switched to is one that the client offered, RFC 9110 section 7.8.
bool offers(std::string_view offered, std::string_view chosen) {
  bool found = false;
  for_each_list_element(offered, [&](std::string_view protocol) { found = found || iequals(protocol, chosen); });
  return found;
}

}  // namespace

net::Task<Result<After>> Exchange::receive() {
  Response response;
  for (;;) {
    // Before each wait, for an upload may have failed at once; and before what a cut connection says is believed.
    if (is_interrupted()) co_return interruption(Stage::response_head);
    auto const came = take_response(response);
    if (!came) co_return came.error();
    switch (*came) {
      case Came::nothing: co_await attempts_.lease().stream().readable(); break;
      case Came::final: co_return co_await relay_body(response);
      case Came::other_protocol: co_return co_await relay_upgraded();
      case Came::interim:
        if (auto const failed = co_await send_to_client({}, true, {}))
          co_return Failure{failed, Side::client, Stage::response_head, false};
    }
  }
}

/// The next head, if it has come: written for the client, not sent yet. `response` is set if it is final.
Result<Exchange::Came> Exchange::take_response(Response& response) {
  auto& stream = attempts_.lease().stream();
  auto& reader = upstream_.reader;
  // No read before the first byte is announced: it would find nothing.
  bool const something = stream.has_shown_input() || reader.has_left_over();
  auto const got = something ? reader.read_head(stream, context_.scratch, call_.policy().head_limits, context_.read_bytes())
                             : MessageReader::Head{};
  shown_.came = shown_.came || got.got == Got::some || got.got == Got::faulty || reader.has_left_over();
  switch (got.got) {
    case Got::some: return take_response_head(got.bytes, response);
    case Got::blocked:
      if (!stream.expired()) return Came::nothing;
      try_.per_try_over = attempts_.per_try().has_value() && net::now() < try_.sent_at + call_.timeout().response;
      return attempts_.upstream_failure(Errc::timed_out, Stage::response_head);
    case Got::ended:
      return attempts_.upstream_failure(reader.has_left_over() ? Errc::incomplete_message : Errc::end_of_stream,
                                        Stage::response_head);
    case Got::failed: return attempts_.upstream_failure(got.code, Stage::response_head);
    case Got::faulty: break;
  }
  return attempts_.upstream_failure(got.fault.code, Stage::response_head);
}

Result<Exchange::Came> Exchange::take_response_head(std::string_view bytes, Response& response) {
  wire::http::ResponseHead head;
  auto const& limits = call_.policy().head_limits;
  if (auto const fault = wire::http1::parse_response_head(bytes, limits, request_.method, context_.fields, head)) {
    return attempts_.upstream_failure(fault->code, Stage::response_head);
  }
  if (head.status == 101) return take_switch(head);
  if (head.status < 200) return take_interim(head);
  report_answer(head);
  if (choose_another(head)) return attempts_.upstream_failure(Errc::bad_answer, Stage::response_head);
  take_final(head, response);
  return Came::final;
}

/// What the head of an answer says of its endpoint.
void Exchange::report_answer(wire::http::ResponseHead const& head) {
  if (!attempts_.has_choice()) return;
  auto const time = net::now();
  if (std::find(gateway_failures.begin(), gateway_failures.end(), head.status) != gateway_failures.end()) {
    attempts_.report_failure(time);
  } else {
    attempts_.report_success(time - try_.sent_at, time);
  }
  if (head.status != 503 && head.status != 429) return;
  if (auto const wait = retry_after(head.fields)) attempts_.hold_off(*wait, time);
}

/// Whether another endpoint is asked instead. It is chosen here: if no other may be asked, this answer is the best there is.
bool Exchange::choose_another(wire::http::ResponseHead const& head) {
  if (head.status < 400 || !attempts_.has_choice()) return false;
  auto const request = attempts_.complete(tried_request());
  auto const verdict = balance::judge_retry_status(head.status, request, attempts_.retry_policy());
  return verdict == balance::RetryVerdict::elsewhere && attempts_.choose_another();
}

/// 1xx heads go on as they come, but not to HTTP/1.0 clients (RFC 9110 section 15.2).
Result<Exchange::Came> Exchange::take_interim(wire::http::ResponseHead const& head) {
  if (++shown_.interim > max_interim_responses) return attempts_.upstream_failure(Errc::too_many_interim, Stage::response_head);
  auto& out = client_.writer.begin({});
  if (request_.minor_version != 0) {
    append_forwarded(out, head, {.body = {}, .pseudonym = context_.pseudonym, .date = context_.date});
  }
  upstream_.reader.begin_body({});
  return Came::interim;
}

/// The next wait on `stream` may last `timeout.idle`; 0 is never.
void Exchange::wait_idle(net::Stream& stream) const {
  if (call_.timeout().idle.count() == 0) return stream.never_expires();
  stream.expires_at(net::now() + call_.timeout().idle);
}

/// A body whose length is not known is chunked, and for an HTTP/1.0 client ends with the connection.
wire::http::Framing Exchange::framing_to_client(wire::http::ResponseHead const& head) const noexcept {
  if (head.body.kind == BodyKind::none || head.body.kind == BodyKind::sized) return head.body;
  return {request_.minor_version == 0 ? BodyKind::until_close : BodyKind::chunked, 0};
}

/// What the source changes in responses; null: nothing.
config::HeaderRules const* Exchange::response_rules() const noexcept {
  auto const* const mapping = call_.mapping();
  return mapping != nullptr && !mapping->response_headers.empty() ? &mapping->response_headers : nullptr;
}

void Exchange::take_final(wire::http::ResponseHead const& head, Response& response) {
  auto const framing = framing_to_client(head);
  shown_.until_close = framing.kind == BodyKind::until_close;
  bool const uploading = upload_ && !upload_->done.happened();
  // What came behind an offer to switch that was turned down may be HTTP no longer.
  response.keep = request_.keep_alive && !shown_.until_close && !uploading && request_.upgrade_wanted.empty() &&
                  client_.reader.body_done() && !is_last();
  response.reusable = head.keeps_alive() && head.body.kind != BodyKind::until_close;
  response.keep_alive_timeout = head.keep_alive_timeout;
  record().status = static_cast<int>(head.status);
  record().upstream_duration = net::now() - try_.sent_at;
  append_forwarded(client_.writer.begin(framing), head,
                   {.body = framing,
                    .keep_alive = response.keep,
                    .to_http10 = request_.minor_version == 0,
                    .pseudonym = context_.pseudonym,
                    .date = context_.date,
                    .mapping = call_.mapping(),
                    .mapping_target = call_.decision().target,
                    .asked = &call_.url().authority,
                    .asked_https = call_.url().scheme == route::Scheme::https,
                    .rules = response_rules()});
  response.first_piece = upstream_.reader.begin_body(head.body);
}

/// The body to its end, and what becomes of both connections. No wait comes before the first piece, which is in the
/// scratch, has been sent.
net::Task<Result<After>> Exchange::relay_body(Response const& response) {
  auto& lease = attempts_.lease();
  auto piece = response.first_piece;
  for (unsigned pieces = 1;; ++pieces) {
    if (is_interrupted()) co_return interruption(Stage::response_body);
    if (piece.got == Got::blocked) {
      wait_idle(lease.stream());
      co_await lease.stream().readable();
      if (lease.stream().expired()) co_return attempts_.upstream_failure(Errc::timed_out, Stage::response_body);
      piece = upstream_.reader.read_body(lease.stream(), context_.scratch, context_.read_bytes());
      continue;
    }
    auto sent = pass_on(piece);
    if (!sent) co_return sent.error();
    if (!sent->remainder.empty()) {
      sent->code = co_await client_.stream->write_all(std::move(sent->remainder), call_.timeout().idle);
    }
    if (sent->code) co_return Failure{sent->code, Side::client, Stage::response_body, false};
    if (piece.last) break;
    if (pieces % net::pieces_at_once == 0) co_await boost::asio::post(context_.executor, net::awaiting);
    piece = upstream_.reader.read_body(lease.stream(), context_.scratch, context_.read_bytes());
  }
  bool const uploaded = !upload_ || (upload_->done.happened() && !upload_->failure);
  if (upload_) co_await end_upload();
  if (response.reusable && uploaded && !upstream_.reader.has_left_over()) {
    lease.give_back(net::now(), response.keep_alive_timeout);
  } else {
    lease.drop();
  }
  if (response.keep) co_return After::keep;
  co_return client_.reader.body_done() ? After::close : After::linger;
}

/// A piece of the body to the client, as far as it takes it at once.
Result<Sent> Exchange::pass_on(MessageReader::Piece const& piece) {
  if (piece.got == Got::ended) return attempts_.upstream_failure(Errc::incomplete_message, Stage::response_body);
  if (piece.got == Got::failed) return attempts_.upstream_failure(piece.code, Stage::response_body);
  if (piece.got == Got::faulty) return attempts_.upstream_failure(piece.fault.code, Stage::response_body);
  record().bytes_out += piece.payload.size();
  if (!piece.last) return send_now(piece.payload, false, {});
  auto const trailers = trailers_of(upstream_.reader, Side::upstream);
  if (!trailers) return trailers.error();
  return send_now(piece.payload, true, *trailers);
}

/// Sends what is in the client's writer, and a piece of the body behind it, as far as the client takes it at once.
Sent Exchange::send_now(std::string_view payload, bool last, std::span<wire::http::Field const> trailers) {
  auto sent = client_.writer.send(*client_.stream, payload, last, trailers);
  // What is left over is sent by who called.
  shown_.begun = shown_.begun || (record().status != 0 && (sent.any_byte_sent || !sent.remainder.empty()));
  return sent;
}

/// The same, to its end.
net::Task<boost::system::error_code> Exchange::send_to_client(std::string_view payload, bool last,
                                                              std::span<wire::http::Field const> trailers) {
  auto sent = send_now(payload, last, trailers);
  if (!sent.code && !sent.remainder.empty()) {
    sent.code = co_await client_.stream->write_all(std::move(sent.remainder), call_.timeout().idle);
  }
  co_return sent.code;
}

/// A 101 that was asked for; with it may have come the first bytes of the other protocol.
Result<Exchange::Came> Exchange::take_switch(wire::http::ResponseHead const& head) {
  if (request_.upgrade_wanted.empty() || !offers(request_.upgrade_wanted, head.upgrade))
    return attempts_.upstream_failure(Errc::unexpected_switch, Stage::response_head);
  record().status = 101;
  shown_.until_close = true;
  record().upstream_duration = net::now() - try_.sent_at;
  auto& out = client_.writer.begin({});
  append_forwarded(
      out, head,
      {.body = {}, .pseudonym = context_.pseudonym, .date = context_.date, .upgraded = true, .rules = response_rules()});
  upstream_.reader.begin_body({});
  auto const early = upstream_.reader.take_left_over();
  out.append(early);
  record().bytes_out += early.size();
  return Came::other_protocol;
}

/// The connection is no longer HTTP: its bytes go both ways until both sides end.
net::Task<Result<After>> Exchange::relay_upgraded() {
  if (auto const failed = co_await send_to_client({}, true, {})) co_return Failure{failed, Side::client, Stage::tunnel, false};
  auto const first = client_.reader.take_left_over();
  auto const& idle = call_.timeout().idle;
  if (auto const failed = co_await attempts_.lease().stream().write_all(first, idle)) {
    co_return attempts_.upstream_failure(failed, Stage::tunnel);
  }
  record().bytes_in += first.size();
  Tunnel tunnel{call_, attempts_, *client_.stream};
  net::RelayOptions options{.idle = idle, .first_up = {}, .first_bytes = {}};
  co_return co_await tunnel.relay(std::move(options));
}

}  // namespace ambassador::session
