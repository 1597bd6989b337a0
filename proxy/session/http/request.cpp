// The request's way up: a connection, the head, and the body as it comes.
#include "net/now.hpp"
#include "session/http/exchange.hpp"
#include "wire/http1/head_parser.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace ambassador::session {
namespace {

using Got = MessageReader::Got;

/// In each `timeout.body` this much of a body must come, or its end.
constexpr std::uint64_t least_progress = 1024;

}  // namespace

balance::TriedRequest Exchange::tried_request() const noexcept {
  return {.idempotent = wire::http::is_idempotent(request_.method),
          .any_byte_sent = try_.any_byte_sent,
          .replayable = !outgoing_.uploaded_beyond_kept,
          .response_begun = shown_.came,
          .per_try_expired = try_.per_try_over};
}

net::Task<Result<After>> Exchange::try_once() {
  try_ = {};
  // No time has passed since a call began that was not delayed.
  bool const first = record().tries == 0;
  attempts_.begin_try(first ? call_.began() + delayed_ : net::now());
  bool const replayable = wire::http::is_idempotent(request_.method) && outgoing_.body_kept;
  if (!attempts_.take_idle(!replayable)) {
    if (auto const connected = co_await connect(); !connected) co_return connected.error();
  }
  auto& lease = attempts_.lease();
  record().upstream.assign(lease.endpoint()->text);
  upstream_.reader.restart();
  auto sent = upstream_.writer.send_kept(lease.stream());
  try_.any_byte_sent = sent.any_byte_sent;
  if (!sent.code && !sent.remainder.empty()) {
    try_.any_byte_sent = true;
    sent.code = co_await lease.stream().write_all(std::move(sent.remainder), call_.timeout().response);
    if (is_interrupted()) co_return interruption(Stage::send);
  }
  // What broke off half-way may have been answered nevertheless.
  if (sent.code && (!try_.any_byte_sent || sent.code == Errc::timed_out)) {
    co_return attempts_.upstream_failure(sent.code, Stage::send);
  }
  try_.sent_at = net::now();
  if (outgoing_.body_kept || sent.code) {
    lease.stream().expires_at(response_due());
  } else {
    lease.stream().never_expires();  // the response is due when the body has gone up
    upload_.emplace(context_.executor);
    boost::asio::co_spawn(context_.executor, upload(), boost::asio::detached);
  }
  co_return co_await receive();
}

net::Task<Result<void>> Exchange::connect() {
  auto const resolved = co_await attempts_.resolve();
  follow_target();
  if (!resolved) co_return resolved.error();
  co_return co_await attempts_.connect();
}

/// When the try's response head must have come.
SteadyTime Exchange::response_due() const noexcept {
  auto const due = try_.sent_at + call_.timeout().response;
  auto const per_try = attempts_.per_try();
  return per_try ? std::min(due, attempts_.try_began() + *per_try) : due;
}

net::Task<void> Exchange::upload() {
  auto const outcome = co_await upload_pieces();
  if (!outcome) upload_->failure = outcome.error();
  if (upload_->failure && upload_->ends_the_call()) {
    attempts_.lease().stream().cancel();  // wakes the wait for the response, which is no longer due
  } else if (!shown_.begun) {
    try_.sent_at = net::now();
    attempts_.lease().stream().expires_at(response_due());
  }
  upload_->done.set();
}

/// Until the body's end, or until nobody wants it any more.
net::Task<Result<void>> Exchange::upload_pieces() {
  auto& client = client_;
  restart_upload_window();
  for (unsigned pieces = 1; !upload_->stopped; ++pieces) {
    auto const piece = client.reader.read_body(*client.stream, context_.scratch, context_.read_bytes());
    if (piece.got == Got::blocked) {
      client.stream->expires_at(upload_->window_ends);
      co_await client.stream->readable();
      if (net::now() < upload_->window_ends) continue;
      if (record().bytes_in - upload_->window_began_with < least_progress) {
        co_return Failure{Errc::slow_body, Side::client, Stage::body, false};
      }
      restart_upload_window();
      continue;
    }
    bool const last = piece.last;
    if (auto const sent = co_await upload_piece(piece); !sent) co_return sent.error();
    if (last) break;
    if (pieces % net::pieces_at_once == 0) co_await boost::asio::post(context_.executor, net::awaiting);
  }
  client.stream->never_expires();
  co_return Result<void>{};
}

net::Task<Result<void>> Exchange::upload_piece(MessageReader::Piece piece) {
  if (piece.got == Got::ended) co_return Failure{Errc::incomplete_message, Side::client, Stage::body, false};
  if (piece.got == Got::failed) co_return Failure{piece.code, Side::client, Stage::body, false};
  if (piece.got == Got::faulty) co_return Failure{piece.fault.code, Side::client, Stage::body, false};
  outgoing_.uploaded_beyond_kept = true;
  record().bytes_in += piece.payload.size();
  std::span<wire::http::Field const> trailers;
  if (piece.last) {
    auto const parsed = trailers_of(client_.reader, Side::client);
    if (!parsed) co_return parsed.error();
    trailers = *parsed;
  }
  auto& upstream = attempts_.lease().stream();
  auto sent = upstream_.body_writer.send(upstream, piece.payload, piece.last, trailers);
  if (!sent.code && !sent.remainder.empty()) {
    auto const& timeout = call_.timeout();
    sent.code = co_await upstream.write_all(std::move(sent.remainder), shown_.begun ? timeout.idle : timeout.response);
    restart_upload_window();  // it was not the client that held it up
  }
  if (sent.code) co_return attempts_.upstream_failure(sent.code, Stage::send);
  co_return Result<void>{};
}

void Exchange::restart_upload_window() noexcept {
  upload_->window_ends = net::now() + call_.timeout().body;
  upload_->window_began_with = record().bytes_in;
}

/// Stops an upload that is under way, and waits for its end: it uses this object.
net::Task<void> Exchange::end_upload() {
  if (!upload_) co_return;
  upload_->stopped = true;
  if (!upload_->done.happened()) {
    client_.stream->cancel();
    attempts_.lease().stream().cancel();
  }
  while (!upload_->done.happened()) co_await upload_->done.wait();
  upload_.reset();
}

/// The fields of a trailer section, parsed and judged; in the worker's storage.
Result<std::span<wire::http::Field const>> Exchange::trailers_of(MessageReader const& reader, Side side) const {
  if (reader.trailers().empty()) return std::span<wire::http::Field const>{};
  auto const fault = wire::http1::parse_trailers(reader.trailers(), call_.policy().head_limits, context_.fields);
  if (fault) return Failure{fault->code, side, side == Side::client ? Stage::body : Stage::response_body, false};
  return std::span<wire::http::Field const>{context_.fields};
}

}  // namespace ambassador::session
