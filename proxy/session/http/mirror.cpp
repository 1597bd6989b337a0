#include "session/http/mirror.hpp"

#include "net/now.hpp"
#include "wire/http1/head_parser.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace ambassador::session {
namespace {

using Got = MessageReader::Got;

}  // namespace

Mirrors::~Mirrors() {
  calls_.clear_and_dispose([](Call* call) { delete call; });
}

void Mirrors::send(Copy copy) {
  if (calls_.size() >= max_under_way) return context_.metrics.mirrored(copy.series, observe::Mirrored::skipped);
  auto* const call = new Call{std::move(copy)};
  calls_.push_back(*call);
  boost::asio::co_spawn(context_.executor, run(*call), boost::asio::detached);
}

net::Task<void> Mirrors::run(Call& call) {
  bool const answered = co_await exchange(call);
  context_.metrics.mirrored(call.copy.series, answered ? observe::Mirrored::answered : observe::Mirrored::failed);
  calls_.erase_and_dispose(calls_.iterator_to(call), [](Call* ended) { delete ended; });
}

net::Task<bool> Mirrors::exchange(Call& call) {
  call.lease = call.copy.pool->take_idle(net::now(), true);
  if (!call.lease) {
    std::vector<upstream::EndpointPtr> any;
    auto opened = co_await call.copy.pool->open(call.copy.timeout.connect, std::move(any), call.attempt, call.wish);
    if (!opened) co_return false;
    call.lease = std::move(*opened);
  }
  auto const sent = co_await call.lease.stream().write_all(std::move(call.copy.request), call.copy.timeout.response);
  if (sent) co_return false;
  co_return co_await drain_response(call);
}

/// Reads the answer to its end, so that the connection can be used again.
net::Task<bool> Mirrors::drain_response(Call& call) {
  auto& stream = call.lease.stream();
  wire::http::ResponseHead head;
  bool in_body = false;
  stream.expires_at(net::now() + call.copy.timeout.response);
  for (;;) {
    bool blocked = false;
    if (in_body) {
      auto const piece = call.reader.read_body(stream, context_.scratch, context_.read_bytes());
      if (piece.last && piece.got == Got::some) break;
      if (piece.got != Got::some && piece.got != Got::blocked) co_return false;
      blocked = piece.got == Got::blocked;
    } else {
      auto const got = call.reader.read_head(stream, context_.scratch, context_.policy->head_limits, context_.read_bytes());
      if (got.got != Got::some && got.got != Got::blocked) co_return false;
      blocked = got.got == Got::blocked;
      if (got.got == Got::some) {
        auto const fault =
            wire::http1::parse_response_head(got.bytes, context_.policy->head_limits, call.copy.method, context_.fields, head);
        if (fault || head.status == 101) co_return false;
        auto const piece = call.reader.begin_body(head.status < 200 ? wire::http::Framing{} : head.body);
        in_body = head.status >= 200;
        if (in_body && piece.last) break;
      }
    }
    if (!blocked) continue;
    co_await stream.readable();
    if (stream.expired()) co_return false;
    if (in_body && call.copy.timeout.idle.count() != 0) stream.expires_at(net::now() + call.copy.timeout.idle);
  }
  bool const reusable =
      head.keeps_alive() && head.body.kind != wire::http::BodyKind::until_close && !call.reader.has_left_over();
  if (reusable) call.lease.give_back(net::now(), head.keep_alive_timeout);
  co_return true;
}

}  // namespace ambassador::session
