#include "upstream/pool.hpp"

#include "base/error.hpp"
#include "net/now.hpp"
#include "upstream/opening.hpp"

#include <utility>

namespace ambassador::upstream {
namespace asio = boost::asio;

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    drop();
    pool_ = other.pool_;
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
  }
  return *this;
}

void Lease::give_back(SteadyTime now, std::uint64_t keep_alive_seconds) {
  if (connection_) pool_->put(std::move(connection_), now, keep_alive_seconds);
}

void Lease::drop() noexcept {
  if (!connection_) return;
  connection_.reset();
  pool_->state_.release();
}

Pool::Pool(PoolContext const& context, Authority upstream, Egress const& egress,
           std::shared_ptr<balance::UpstreamCounts> counts)
    : context_{context},
      upstream_{std::move(upstream)},
      egress_{egress},
      egress_kept_{egress.self.lock()},
      counts_{std::move(counts)},
      endpoints_{context.discovery, context.own_addresses, upstream_, egress.options},
      state_{egress.options.limits, *counts_} {}

net::Task<Result<void>> Pool::resolve(SteadyTime limit, Attempt& attempt, Wish& wish) {
  return endpoints_.resolve(limit, attempt, wish);
}

/// Asks the kernel, and for bytes without an end the protocol.
balance::IdleInput Pool::look_at(Connection& connection) const {
  if (!connection.stream.has_input()) return balance::IdleInput::none;
  if (connection.stream.peer_has_ended()) return balance::IdleInput::end;
  return egress_.options.take_idle_input(connection.stream) ? balance::IdleInput::none : balance::IdleInput::stray;
}

Lease Pool::take_idle(SteadyTime now, bool last_look, Endpoint const* endpoint) {
  if (endpoint == nullptr) endpoints(now);  // what is gone is not taken
  auto const tls_generation = egress_.options.tls != nullptr ? egress_.options.tls->generation() : 0;
  auto connection = state_.take_idle(endpoint, tls_generation, now, [&](Connection& idle) {
    return last_look || idle.stream.has_shown_input() ? look_at(idle) : balance::IdleInput::none;
  });
  if (!connection) return {};
  return {*this, std::move(connection), true};
}

void Pool::put(std::unique_ptr<Connection> connection, SteadyTime now, std::uint64_t keep_alive_seconds) {
  connection->stream.never_expires();
  state_.give_back(std::move(connection), now, keep_alive_seconds);
}

/// Waits until there is room for one more connection, or a connection comes back: an empty lease is the room.
net::Task<Result<Lease>> Pool::wait_for_turn(Wish& wish) {
  Waiter waiter{context_.executor};
  if (!state_.enqueue(waiter)) co_return Failure{Errc::pool_exhausted, Side::upstream, Stage::connect, false};
  waiter.turn.give_up_at(net::now() + pending_limit);
  wish.waits_for(waiter.turn);
  co_await waiter.turn.wait();
  wish.waits_no_more();
  if (!waiter.turn.happened()) {
    state_.dequeue(waiter);
    boost::system::error_code code = Errc::pending_timed_out;
    if (wish.given_up()) code = asio::error::operation_aborted;
    co_return Failure{code, Side::upstream, Stage::connect, false};
  }
  if (waiter.connection && state_.is_clean(*waiter.connection, look_at(*waiter.connection), net::now())) {
    co_return Lease{*this, std::move(waiter.connection), true};
  }
  co_return Lease{};
}

net::Task<Result<Lease>> Pool::open(Milliseconds limit, std::vector<EndpointPtr> endpoints, Attempt& attempt, Wish& wish) {
  wish.make();
  if (!state_.take_room()) {
    auto turn = co_await wait_for_turn(wish);
    if (!turn || *turn) co_return std::move(turn);
  }
  auto opened = co_await connect(net::now() + limit, std::move(endpoints), attempt, wish);
  if (opened) co_return Lease{*this, std::move(*opened), false};
  state_.release();
  co_return opened.error();
}

net::Task<Result<std::unique_ptr<Connection>>> Pool::connect(SteadyTime limit, EndpointList endpoints, Attempt& attempt,
                                                             Wish& wish) {
  if (auto const resolved = co_await resolve(limit, attempt, wish); !resolved) co_return resolved.error();
  if (endpoints.empty()) endpoints = endpoints_.in_turn();
  auto const refused = endpoints_.remove_refused(endpoints);
  if (endpoints.empty() && refused) co_return *refused;
  Opening const opening{context_.executor, context_.wheel, upstream_, egress_.options, tls_session_};
  co_return co_await open_connection(opening, std::move(endpoints), limit, attempt, wish);
}

void Pool::sweep(SteadyTime now) {
  state_.sweep(now, [this](Connection& connection) { return look_at(connection); });
}

}  // namespace ambassador::upstream
