// The request's way up: a connection, the head, and the body as it comes.
#include "net/now.hpp"
#include "route/forwarding.hpp"
#include "session/exchange.hpp"
#include "session/mirror.hpp"
#include "wire/http1/head_parser.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace ambassador::session {
namespace {

using Got = MessageReader::Got;

/// In each `timeout.body` this much of a body must come, or its end.
constexpr std::uint64_t least_progress = 1024;

/// An upload that the upstream cut short may still be answered, and the answer says why.
bool ends_the_call(Failure const& upload) noexcept { return upload.side == Side::client || upload.code == Errc::timed_out; }

}  // namespace

/// A copy of the call for another target, without the secret that is meant for the first.
void Exchange::mirror(wire::http::RequestHead const& head, std::size_t head_bytes) {
  auto const index = decision_.match.index;
  auto const& mapping = *decision_.match.mapping;
  if (!body_kept_ || !upgrade_wanted_.empty()) return context_.metrics.mirrored(record_.mapping, observe::Mirrored::skipped);
  auto decision = decision_;
  decision.target = &mapping.mirror->target;
  std::string url;
  auto const path_begins = route::append_target_url(url, decision, url_);
  route::ForwardedRequest forwarded{.target = std::string_view{url}.substr(path_begins),
                                    .host = mapping.mirror->target.host_header,
                                    .pseudonym = context_.pseudonym,
                                    .upgrade = {}};
  if (!mapping.request_headers.empty()) forwarded.rules = &mapping.request_headers;
  auto const& way = policy_->egress.of_mirror(index);
  Mirrors::Copy copy{.series = record_.mapping,
                     .pool = context_.pools.of(upstream::authority_of(mapping.mirror->target), way),
                     .request = {},
                     .method = method_,
                     .timeout = *timeout_};
  route::append_forwarded(copy.request, head, forwarded);
  copy.request.append(up_writer_.kept().substr(head_bytes));
  context_.mirrors.send(std::move(copy));
}

/// Why the call must not go on, after a wait has ended.
std::optional<Failure> Exchange::interrupted(Stage stage) const noexcept {
  if (abandoned_) return Failure{Errc::end_of_stream, Side::client, stage, false};
  if (shut_down_) return Failure{Errc::shutting_down, Side::local, stage, false};
  if (upload_ && upload_->failure && ends_the_call(*upload_->failure)) return upload_->failure;
  return std::nullopt;
}

Failure Exchange::upstream_failure(boost::system::error_code code, Stage stage) const noexcept {
  return {code, Side::upstream, stage, lease_ && lease_.reused()};
}

net::Task<Result<After>> Exchange::try_once() {
  any_byte_sent_ = per_try_over_ = false;
  try_began_ = record_.tries == 1 ? began_ + delayed_ : net::now();
  bool const replayable = wire::http::is_idempotent(method_) && body_kept_;
  // No other time has passed. Later tries are not made on a connection that idled: it may have gone the same way.
  if (record_.tries == 1 && (endpoints_ == nullptr || choice_)) {
    lease_ = pool_->take_idle(began_ + delayed_, !replayable, choice_ ? choice_->endpoint.get() : nullptr);
  }
  if (!lease_) {
    if (auto const connected = co_await connect(); !connected) co_return connected.error();
  }
  record_.upstream.assign(lease_.endpoint()->text);
  up_reader_.restart();
  auto sent = up_writer_.send_kept(lease_.stream());
  any_byte_sent_ = sent.any_byte_sent;
  if (!sent.code && !sent.remainder.empty()) {
    any_byte_sent_ = true;
    sent.code = co_await lease_.stream().write_all(std::move(sent.remainder), timeout_->response);
    if (auto const failure = interrupted(Stage::send)) co_return *failure;
  }
  // What broke off half-way may have been answered nevertheless.
  if (sent.code && (!any_byte_sent_ || sent.code == Errc::timed_out)) co_return upstream_failure(sent.code, Stage::send);
  sent_at_ = net::now();
  if (body_kept_ || sent.code) {
    lease_.stream().expires_at(response_due());
  } else {
    lease_.stream().never_expires();  // the response is due when the body has gone up
    upload_.emplace(context_.executor);
    boost::asio::co_spawn(context_.executor, upload(), boost::asio::detached);
  }
  co_return co_await receive();
}

/// When the try's response head must have come.
SteadyTime Exchange::response_due() const noexcept {
  auto const due = sent_at_ + timeout_->response;
  auto const per_try = this->per_try();
  return per_try ? std::min(due, try_began_ + *per_try) : due;
}

std::optional<Milliseconds> Exchange::per_try() const noexcept {
  return endpoints_ != nullptr ? decision_.match.mapping->retry.per_try : std::nullopt;
}

net::Task<Result<void>> Exchange::connect() {
  if (endpoints_ != nullptr && !choice_) {
    auto const resolved = co_await resolve_endpoint();
    if (!resolved) co_return resolved.error();
  }
  std::vector<upstream::EndpointPtr> order;
  if (choice_) order = endpoints_->connecting_order(choice_, net::now());
  auto const limit = std::min(timeout_->connect, per_try().value_or(timeout_->connect));
  auto opened = co_await pool_->open(limit, std::move(order), attempt_, wish_);
  record_.upstream.assign(attempt_.address);
  if (auto const failure = interrupted(Stage::connect)) co_return *failure;
  if (!opened) co_return opened.error();
  lease_ = std::move(*opened);
  if (choice_) choice_ = endpoints_->moved(std::move(choice_), lease_.endpoint());
  co_return Result<void>{};
}

net::Task<void> Exchange::upload() {
  auto const outcome = co_await upload_pieces();
  if (!outcome) upload_->failure = outcome.error();
  if (!outcome && ends_the_call(outcome.error())) {
    lease_.stream().cancel();  // wakes the wait for the response, which is no longer due
  } else if (!response_begun_) {
    sent_at_ = net::now();
    lease_.stream().expires_at(response_due());
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
      if (record_.bytes_in - upload_->window_began_with < least_progress) {
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
  uploaded_beyond_kept_ = true;
  record_.bytes_in += piece.payload.size();
  std::span<wire::http::Field const> trailers;
  if (piece.last) {
    auto const parsed = trailers_of(client_.reader, Side::client);
    if (!parsed) co_return parsed.error();
    trailers = *parsed;
  }
  auto sent = up_body_writer_.send(lease_.stream(), piece.payload, piece.last, trailers);
  if (!sent.code && !sent.remainder.empty()) {
    sent.code =
        co_await lease_.stream().write_all(std::move(sent.remainder), response_begun_ ? timeout_->idle : timeout_->response);
    restart_upload_window();  // it was not the client that held it up
  }
  if (sent.code) co_return upstream_failure(sent.code, Stage::send);
  co_return Result<void>{};
}

void Exchange::restart_upload_window() noexcept {
  upload_->window_ends = net::now() + timeout_->body;
  upload_->window_began_with = record_.bytes_in;
}

/// Stops an upload that is under way, and waits for its end: it uses this object.
net::Task<void> Exchange::end_upload() {
  if (!upload_) co_return;
  upload_->stopped = true;
  if (!upload_->done.happened()) {
    client_.stream->cancel();
    lease_.stream().cancel();
  }
  while (!upload_->done.happened()) co_await upload_->done.wait();
  upload_.reset();
}

/// The fields of a trailer section, parsed and judged; in the worker's storage.
Result<std::span<wire::http::Field const>> Exchange::trailers_of(MessageReader const& reader, Side side) const {
  if (reader.trailers().empty()) return std::span<wire::http::Field const>{};
  auto const fault = wire::http1::parse_trailers(reader.trailers(), policy_->head_limits, context_.fields);
  if (fault) return Failure{fault->code, side, side == Side::client ? Stage::body : Stage::response_body, false};
  return std::span<wire::http::Field const>{context_.fields};
}

}  // namespace ambassador::session
