#include "upstream/pool.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::upstream {
namespace asio = boost::asio;
using asio::ip::tcp;

std::shared_ptr<Shared> SharedUpstreams::of(std::string const& authority) {
  std::lock_guard const lock{mutex_};
  auto& known = known_[authority];
  auto shared = known.lock();
  if (!shared) known = shared = std::make_shared<Shared>();
  return shared;
}

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

Pool::Pool(PoolContext const& context, Authority upstream, config::Limits const& limits, std::shared_ptr<Shared> shared)
    : context_{context}, upstream_{std::move(upstream)}, limits_{limits}, shared_{std::move(shared)} {}

bool Pool::is_spoilt(Connection const& connection, SteadyTime now) noexcept {
  if (!connection.stream.has_input()) return false;
  idle_limit_ = balance::learn_from_close(idle_limit_, std::chrono::duration_cast<Milliseconds>(now - connection.idle_since));
  return true;
}

Lease Pool::take_idle(SteadyTime now) {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (now - connection->idle_since < idle_limit_ && !is_spoilt(*connection, now)) {
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
  idle_.push_back(std::move(connection));
  if (!waiting_.empty()) {
    // Who waits opens a connection of its own or takes this one: it looks at the idle ones first.
    waiting_.front()->set();
    waiting_.pop_front();
  }
}

bool Pool::take_room() noexcept {
  auto held = shared_->connections.load(std::memory_order_relaxed);
  while (held < limits_.connections) {
    if (shared_->connections.compare_exchange_weak(held, held + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

void Pool::free_room() noexcept {
  shared_->connections.fetch_sub(1, std::memory_order_relaxed);
  if (waiting_.empty()) return;
  waiting_.front()->set();
  waiting_.pop_front();
}

/// Waits its turn until there is room for one more connection, or an idle one to take.
net::Task<Result<void>> Pool::wait_for_room() {
  if (shared_->pending.load(std::memory_order_relaxed) >= limits_.pending) {
    co_return Failure{Errc::pool_exhausted, Side::upstream, Stage::connect, false};
  }
  shared_->pending.fetch_add(1, std::memory_order_relaxed);
  net::Event turn{context_.executor};
  turn.give_up_at(std::chrono::steady_clock::now() + pending_limit);
  waiting_.push_back(&turn);
  co_await turn.wait();
  shared_->pending.fetch_sub(1, std::memory_order_relaxed);
  if (turn.happened()) co_return Result<void>{};
  std::erase(waiting_, &turn);
  co_return Failure{Errc::pending_timed_out, Side::upstream, Stage::connect, false};
}

net::Task<Result<Lease>> Pool::open(SteadyTime limit, std::string& address) {
  while (!take_room()) {
    auto const waited = co_await wait_for_room();
    if (!waited) co_return waited.error();
    if (auto idle = take_idle(std::chrono::steady_clock::now())) {
      address = idle.address();
      co_return std::move(idle);
    }
  }
  ++lent_;
  auto opened = co_await connect(limit, address);
  if (!opened) {
    --lent_;
    free_room();
  }
  co_return std::move(opened);
}

bool Pool::is_own(tcp::endpoint const& endpoint) const noexcept {
  return std::any_of(context_.own_addresses.begin(), context_.own_addresses.end(), [&](tcp::endpoint const& own) {
    if (own.port() != endpoint.port()) return false;
    return own.address() == endpoint.address() || (own.address().is_unspecified() && endpoint.address().is_loopback());
  });
}

net::Task<Result<Lease>> Pool::connect(SteadyTime limit, std::string& address) {
  auto const addresses = co_await context_.discovery.lookup(upstream_.host, limit);
  if (!addresses) co_return addresses.error();
  auto const count = (*addresses)->size();
  auto const first = turn_++;
  Failure failure{Errc::no_address, Side::upstream, Stage::resolve, false};
  for (std::size_t tried = 0; tried < count; ++tried) {
    tcp::endpoint const endpoint{(**addresses)[(first + tried) % count], upstream_.port};
    address = net::to_text(endpoint);
    if (is_own(endpoint)) {
      failure = {Errc::own_address, Side::local, Stage::connect, false};
      continue;
    }
    auto const now = std::chrono::steady_clock::now();
    if (now >= limit) co_return Failure{Errc::timed_out, Side::upstream, Stage::connect, false};
    auto connection = std::make_unique<Connection>(context_.executor, context_.wheel);
    // An address that does not answer leaves time for the others.
    connection->stream.expires_at(now + (limit - now) / static_cast<long>(count - tried));
    if (auto const refused = co_await connection->stream.connect(endpoint)) {
      failure = {refused, Side::upstream, Stage::connect, false};
      continue;
    }
    connection->address = address;
    co_return Lease{*this, std::move(connection), false};
  }
  co_return failure;
}

void Pool::sweep(SteadyTime now) {
  auto const too_many = idle_.size() > balance::max_idle_connections ? idle_.size() - balance::max_idle_connections : 0;
  std::size_t position = 0;
  std::erase_if(idle_, [&](std::unique_ptr<Connection> const& connection) {
    bool const settled = now - connection->idle_since >= std::chrono::seconds{1};
    bool const goes = (settled && position < too_many) || now - connection->idle_since >= idle_limit_ || is_spoilt(*connection, now);
    ++position;
    if (goes) shared_->connections.fetch_sub(1, std::memory_order_relaxed);
    return goes;
  });
  // Another worker may have freed room: this one hears of it here.
  if (!waiting_.empty() && shared_->connections.load(std::memory_order_relaxed) < limits_.connections) {
    waiting_.front()->set();
    waiting_.pop_front();
  }
}

Pools::Pools(PoolContext context, config::Limits const& limits, SharedUpstreams& shared)
    : context_{context}, limits_{limits}, shared_{shared} {}

Pool& Pools::of(Authority const& upstream) {
  key_.assign(upstream.host).append(":").append(std::to_string(upstream.port));
  if (auto const found = pools_.find(key_); found != pools_.end()) return *found->second;
  if (pools_.size() >= max_pools) std::erase_if(pools_, [](auto const& item) { return item.second->unused(); });
  return *pools_.emplace(key_, std::make_unique<Pool>(context_, upstream, limits_, shared_.of(key_))).first->second;
}

void Pools::sweep(SteadyTime now) {
  for (auto& [key, pool] : pools_) pool->sweep(now);
}

}  // namespace ambassador::upstream
