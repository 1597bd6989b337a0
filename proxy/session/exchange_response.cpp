// The response's way down: the head that was waited for, the body as it comes, or another protocol.
#include "base/bytes.hpp"
#include "net/now.hpp"
#include "net/relay.hpp"
#include "route/forwarding.hpp"
#include "session/exchange.hpp"
#include "wire/http1/head_parser.hpp"

#include <boost/asio/post.hpp>

namespace ambassador::session {
namespace {

using Got = MessageReader::Got;
using wire::http::BodyKind;

/// Whether the protocol switched to is one that the client offered, RFC 9110 section 7.8.
bool offers(std::string_view offered, std::string_view chosen) {
  bool found = false;
  for_each_list_element(offered, [&](std::string_view protocol) { found = found || iequals(protocol, chosen); });
  return found;
}

}  // namespace

net::Task<Result<After>> Exchange::receive() {
  for (;;) {
    // Before each wait, for an upload may have failed at once; and before what a cut connection says is believed.
    if (auto const failure = interrupted(Stage::response_head)) co_return *failure;
    auto const came = take_response();
    if (!came) co_return came.error();
    switch (*came) {
      case Came::nothing: co_await lease_.stream().readable(); break;
      case Came::final: co_return co_await relay_body();
      case Came::other_protocol: co_return co_await relay_tunnel();
      case Came::interim:
        if (auto const failed = co_await send_to_client({}, true, {}))
          co_return Failure{failed, Side::client, Stage::response_head, false};
    }
  }
}

/// The next head, where it has come: written for the client, not sent yet.
Result<Exchange::Came> Exchange::take_response() {
  auto& stream = lease_.stream();
  // No read before the first byte is announced: it would find nothing.
  bool const something = stream.has_shown_input() || up_reader_.has_left_over();
  auto const got = something ? up_reader_.read_head(stream, context_.scratch, policy_->head_limits, context_.read_bytes())
                             : MessageReader::Head{};
  response_came_ = response_came_ || got.got == Got::some || got.got == Got::faulty || up_reader_.has_left_over();
  switch (got.got) {
    case Got::some: return take_response_head(got.bytes);
    case Got::blocked:
      if (stream.expired()) {
        per_try_over_ = per_try().has_value() && net::now() < sent_at_ + timeout_->response;
        return upstream_failure(Errc::timed_out, Stage::response_head);
      }
      return Came::nothing;
    case Got::ended:
      return upstream_failure(up_reader_.has_left_over() ? Errc::incomplete_message : Errc::end_of_stream,
                              Stage::response_head);
    case Got::failed: return upstream_failure(got.code, Stage::response_head);
    case Got::faulty: break;
  }
  return upstream_failure(got.fault.code, Stage::response_head);
}

Result<Exchange::Came> Exchange::take_response_head(std::string_view bytes) {
  wire::http::ResponseHead head;
  if (auto const fault = wire::http1::parse_response_head(bytes, policy_->head_limits, method_, context_.fields, head)) {
    return upstream_failure(fault->code, Stage::response_head);
  }
  if (head.status == 101) return take_switch(head);
  if (head.status < 200) return take_interim(head);
  report_answer(head);
  if (choose_another(head)) return upstream_failure(Errc::bad_answer, Stage::response_head);
  take_final(head);
  return Came::final;
}

/// 1xx heads go on as they come, but not to HTTP/1.0 clients (RFC 9110 section 15.2).
Result<Exchange::Came> Exchange::take_interim(wire::http::ResponseHead const& head) {
  if (++interim_ > max_interim_responses) return upstream_failure(Errc::too_many_interim, Stage::response_head);
  auto& out = client_.writer.begin({});
  if (minor_version_ != 0) {
    route::append_forwarded(out, head, {.body = {}, .pseudonym = context_.pseudonym, .date = context_.date});
  }
  up_reader_.begin_body({});
  return Came::interim;
}

/// The next wait on `stream` may last `timeout.idle`; 0 is never.
void Exchange::wait_idle(net::Stream& stream) const {
  if (timeout_->idle.count() == 0) return stream.never_expires();
  stream.expires_at(net::now() + timeout_->idle);
}

/// A body whose length is not known is chunked, and for an HTTP/1.0 client ends with the connection.
wire::http::Framing Exchange::framing_to_client(wire::http::ResponseHead const& head) const noexcept {
  if (head.body.kind == BodyKind::none || head.body.kind == BodyKind::sized) return head.body;
  return {minor_version_ == 0 ? BodyKind::until_close : BodyKind::chunked, 0};
}

/// What the source changes in responses; null: nothing.
config::HeaderRules const* Exchange::response_rules() const noexcept {
  auto const* const mapping = decision_.match.mapping;
  return mapping != nullptr && !mapping->response_headers.empty() ? &mapping->response_headers : nullptr;
}

void Exchange::take_final(wire::http::ResponseHead const& head) {
  auto& client = client_;
  auto const framing = framing_to_client(head);
  until_close_ = framing.kind == BodyKind::until_close;
  bool const uploading = upload_ && !upload_->done.happened();
  // What came behind an offer to switch that was turned down may be HTTP no longer.
  keep_ = keep_alive_ && !until_close_ && !uploading && upgrade_wanted_.empty() && client.reader.body_done() && !is_last();
  reusable_ = head.keeps_alive() && head.body.kind != BodyKind::until_close;
  keep_alive_timeout_ = head.keep_alive_timeout;
  auto const* const mapping = decision_.match.mapping;
  record_.status = static_cast<int>(head.status);
  record_.upstream_duration = net::now() - sent_at_;
  route::append_forwarded(client.writer.begin(framing), head,
                          {.body = framing,
                           .keep_alive = keep_,
                           .to_http10 = minor_version_ == 0,
                           .pseudonym = context_.pseudonym,
                           .date = context_.date,
                           .mapping = mapping,
                           .mapping_target = decision_.target,
                           .asked = &url_.authority,
                           .asked_https = url_.scheme == route::Scheme::https,
                           .rules = response_rules()});
  first_piece_ = up_reader_.begin_body(head.body);
}

/// The body to its end, and what becomes of both connections. No wait comes before the first piece, which is in the
/// scratch, has been sent.
net::Task<Result<After>> Exchange::relay_body() {
  auto piece = first_piece_;
  for (unsigned pieces = 1;; ++pieces) {
    if (auto const failure = interrupted(Stage::response_body)) co_return *failure;
    if (piece.got == Got::blocked) {
      wait_idle(lease_.stream());
      co_await lease_.stream().readable();
      if (lease_.stream().expired()) co_return upstream_failure(Errc::timed_out, Stage::response_body);
      piece = up_reader_.read_body(lease_.stream(), context_.scratch, context_.read_bytes());
      continue;
    }
    auto sent = pass_on(piece);
    if (!sent) co_return sent.error();
    if (!sent->remainder.empty()) {
      sent->code = co_await client_.stream->write_all(std::move(sent->remainder), timeout_->idle);
    }
    if (sent->code) co_return Failure{sent->code, Side::client, Stage::response_body, false};
    if (piece.last) break;
    if (pieces % net::pieces_at_once == 0) co_await boost::asio::post(context_.executor, net::awaiting);
    piece = up_reader_.read_body(lease_.stream(), context_.scratch, context_.read_bytes());
  }
  bool const uploaded = !upload_ || (upload_->done.happened() && !upload_->failure);
  if (upload_) co_await end_upload();
  if (reusable_ && uploaded && !up_reader_.has_left_over()) {
    lease_.give_back(net::now(), keep_alive_timeout_);
  } else {
    lease_.drop();
  }
  if (keep_) co_return After::keep;
  co_return client_.reader.body_done() ? After::close : After::linger;
}

/// A piece of the body to the client, as far as it takes it at once.
Result<Sent> Exchange::pass_on(MessageReader::Piece const& piece) {
  if (piece.got == Got::ended) return upstream_failure(Errc::incomplete_message, Stage::response_body);
  if (piece.got == Got::failed) return upstream_failure(piece.code, Stage::response_body);
  if (piece.got == Got::faulty) return upstream_failure(piece.fault.code, Stage::response_body);
  record_.bytes_out += piece.payload.size();
  if (!piece.last) return send_now(piece.payload, false, {});
  auto const trailers = trailers_of(up_reader_, Side::upstream);
  if (!trailers) return trailers.error();
  return send_now(piece.payload, true, *trailers);
}

/// Sends what is in the client's writer, and a piece of the body behind it, as far as the client takes it at once.
Sent Exchange::send_now(std::string_view payload, bool last, std::span<wire::http::Field const> trailers) {
  auto sent = client_.writer.send(*client_.stream, payload, last, trailers);
  // What is left over is sent by who called.
  response_begun_ = response_begun_ || (record_.status != 0 && (sent.any_byte_sent || !sent.remainder.empty()));
  return sent;
}

/// The same, to its end.
net::Task<boost::system::error_code> Exchange::send_to_client(std::string_view payload, bool last,
                                                              std::span<wire::http::Field const> trailers) {
  auto sent = send_now(payload, last, trailers);
  if (!sent.code && !sent.remainder.empty()) {
    sent.code = co_await client_.stream->write_all(std::move(sent.remainder), timeout_->idle);
  }
  co_return sent.code;
}

/// A 101 that was asked for; with it may have come the first bytes of the other protocol.
Result<Exchange::Came> Exchange::take_switch(wire::http::ResponseHead const& head) {
  if (upgrade_wanted_.empty() || !offers(upgrade_wanted_, head.upgrade))
    return upstream_failure(Errc::unexpected_switch, Stage::response_head);
  record_.status = 101;
  until_close_ = true;
  record_.upstream_duration = net::now() - sent_at_;
  auto& out = client_.writer.begin({});
  route::append_forwarded(
      out, head,
      {.body = {}, .pseudonym = context_.pseudonym, .date = context_.date, .upgraded = true, .rules = response_rules()});
  up_reader_.begin_body({});
  auto const early = up_reader_.take_left_over();
  out.append(early);
  record_.bytes_out += early.size();
  return Came::other_protocol;
}

/// The connection is no longer HTTP: a tunnel, both ways, until both sides end.
net::Task<Result<After>> Exchange::relay_tunnel() {
  auto& client = client_;
  if (auto const failed = co_await send_to_client({}, true, {})) co_return Failure{failed, Side::client, Stage::tunnel, false};
  auto const first = client.reader.take_left_over();
  if (auto const failed = co_await lease_.stream().write_all(first, timeout_->idle))
    co_return upstream_failure(failed, Stage::tunnel);

  record_.bytes_in += first.size();
  bool const plain = client.stream->tls() == nullptr && lease_.stream().tls() == nullptr;
  net::RelayOptions options{
      .idle = timeout_->idle, .may_splice = plain, .first_up = {}, .first_bytes = {}, .traffic = &context_.tunnel_traffic};
  auto const relayed =
      co_await net::relay(*client.stream, lease_.stream(), context_.scratch.first(context_.read_bytes()), std::move(options));
  co_return take_end(relayed);
}

}  // namespace ambassador::session
