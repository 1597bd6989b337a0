#include "upstream/pool.hpp"

#include "base/error.hpp"
#include "net/now.hpp"
#include "upstream/opening.hpp"

#include <algorithm>
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
  --pool_->lent_;
  pool_->free_room();
}

Pool::Pool(PoolContext const& context, Authority upstream, Egress const& egress,
           std::shared_ptr<balance::UpstreamCounts> counts)
    : context_{context},
      upstream_{std::move(upstream)},
      egress_{egress},
      egress_kept_{egress.self.lock()},
      counts_{std::move(counts)},
      endpoints_{context.discovery, context.own_addresses, upstream_, egress.options} {}

net::Task<Result<void>> Pool::resolve(SteadyTime limit, Attempt& attempt, Wish& wish) {
  return endpoints_.resolve(limit, attempt, wish);
}

bool Pool::is_spoilt(Connection const& connection, SteadyTime now) noexcept {
  if (!connection.stream.has_input()) return false;
  if (!connection.stream.peer_has_ended()) return true;  // stray bytes tell nothing of the server's idle time
  idle_limit_ = balance::learn_from_close(idle_limit_, std::chrono::duration_cast<Milliseconds>(now - connection.idle_since));
  return true;
}

Lease Pool::take_idle(SteadyTime now, bool last_look, Endpoint const* endpoint) {
  if (endpoint == nullptr) endpoints(now);  // what is gone is not taken
  for (auto place = idle_.size(); place-- != 0;) {
    if (endpoint != nullptr && idle_[place]->endpoint.get() != endpoint) continue;
    auto connection = std::move(idle_[place]);
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(place));
    bool const look = last_look || connection->stream.has_shown_input();
    bool const outdated = connection->endpoint->gone ||
                          (egress_.options.tls != nullptr && connection->tls_generation != egress_.options.tls->generation());
    if (!outdated && now - connection->idle_since < idle_limit_ && !(look && is_spoilt(*connection, now))) {
      ++lent_;
      return Lease{*this, std::move(connection), true};
    }
    connection.reset();
    free_room();
  }
  return {};
}

void Pool::put(std::unique_ptr<Connection> connection, SteadyTime now, std::uint64_t keep_alive_seconds) {
  --lent_;
  connection->stream.never_expires();
  connection->idle_since = now;
  idle_limit_ = balance::learn_from_header(idle_limit_, keep_alive_seconds);
  if (connection->endpoint->gone) {
    connection.reset();
    return free_room();
  }
  if (!waiting_.empty()) return hand_over(std::move(connection));
  idle_.push_back(std::move(connection));
}

/// To the call that has waited longest: room for a connection, and with it the connection where there is one.
void Pool::hand_over(std::unique_ptr<Connection> connection) {
  auto& waiter = *waiting_.front();
  waiting_.pop_front();
  ++lent_;
  waiter.connection = std::move(connection);
  waiter.turn.set();
}

bool Pool::take_room() noexcept {
  auto held = counts_->connections.load(std::memory_order_relaxed);
  while (held < egress_.options.limits.connections) {
    if (counts_->connections.compare_exchange_weak(held, held + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

void Pool::free_room() noexcept {
  if (!waiting_.empty()) return hand_over(nullptr);
  counts_->connections.fetch_sub(1, std::memory_order_relaxed);
}

/// Waits until there is room for one more connection, or a connection comes back: an empty lease is the room.
net::Task<Result<Lease>> Pool::wait_for_turn(Wish& wish) {
  if (counts_->pending.load(std::memory_order_relaxed) >= egress_.options.limits.pending) {
    co_return Failure{Errc::pool_exhausted, Side::upstream, Stage::connect, false};
  }
  counts_->pending.fetch_add(1, std::memory_order_relaxed);
  Waiter waiter{context_.executor};
  waiter.turn.give_up_at(net::now() + pending_limit);
  waiting_.push_back(&waiter);
  wish.waits_for(waiter.turn);
  co_await waiter.turn.wait();
  wish.waits_no_more();
  counts_->pending.fetch_sub(1, std::memory_order_relaxed);
  if (!waiter.turn.happened()) {
    std::erase(waiting_, &waiter);
    boost::system::error_code code = Errc::pending_timed_out;
    if (wish.given_up()) code = asio::error::operation_aborted;
    co_return Failure{code, Side::upstream, Stage::connect, false};
  }
  if (waiter.connection && !is_spoilt(*waiter.connection, net::now())) {
    co_return Lease{*this, std::move(waiter.connection), true};
  }
  co_return Lease{};
}

net::Task<Result<Lease>> Pool::open(Milliseconds limit, std::vector<EndpointPtr> endpoints, Attempt& attempt, Wish& wish) {
  wish.make();
  if (take_room()) {
    ++lent_;
  } else {
    auto turn = co_await wait_for_turn(wish);
    if (!turn || *turn) co_return std::move(turn);
  }
  auto opened = co_await connect(net::now() + limit, std::move(endpoints), attempt, wish);
  if (opened) co_return Lease{*this, std::move(*opened), false};
  --lent_;
  free_room();
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
  auto const too_many = idle_.size() > balance::max_idle_connections ? idle_.size() - balance::max_idle_connections : 0;
  std::size_t position = 0;
  std::erase_if(idle_, [&](std::unique_ptr<Connection> const& connection) {
    bool const settled = now - connection->idle_since >= std::chrono::seconds{1};
    bool const goes = connection->endpoint->gone || (settled && position < too_many) ||
                      now - connection->idle_since >= idle_limit_ || is_spoilt(*connection, now);
    ++position;
    if (goes) counts_->connections.fetch_sub(1, std::memory_order_relaxed);
    return goes;
  });
  // Room that another worker freed is heard of here; and another one's calls wait for what idles here.
  while (!waiting_.empty() && take_room()) hand_over(nullptr);
  if (waiting_.empty() && counts_->pending.load(std::memory_order_relaxed) != 0) give_up_idle();
}

void Pool::give_up_idle() noexcept {
  counts_->connections.fetch_sub(idle_.size(), std::memory_order_relaxed);
  idle_.clear();
}

}  // namespace ambassador::upstream
