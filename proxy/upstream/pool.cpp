#include "upstream/pool.hpp"

#include "base/error.hpp"
#include "net/addresses.hpp"
#include "net/now.hpp"
#include "upstream/connect_race.hpp"
#include "upstream/via_tunnel.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::upstream {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// The address that connecting to `address` reaches: a mapped IPv4 one is itself, and the unspecified one is loopback.
asio::ip::address plain(asio::ip::address const& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return plain(asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()));
  if (!address.is_unspecified()) return address;
  return address.is_v6() ? asio::ip::address{asio::ip::address_v6::loopback()}
                         : asio::ip::address{asio::ip::address_v4::loopback()};
}

/// Whether one of our own listeners would take the connection.
bool is_own(std::vector<tcp::endpoint> const& own_addresses, tcp::endpoint const& endpoint) {
  auto const address = plain(endpoint.address());
  return std::any_of(own_addresses.begin(), own_addresses.end(), [&](tcp::endpoint const& own) {
    if (own.port() != endpoint.port()) return false;
    return own.address().is_unspecified() ? address.is_loopback() || net::is_of_this_machine(address)
                                          : own.address() == address;
  });
}

/// Of a name with SRV records the part that certificates are made for: without `_service._proto.` (RFC 6125 section 6.5).
std::string service_name(std::string_view host) {
  while (host.starts_with('_') && host.find('.') != std::string_view::npos) host.remove_prefix(host.find('.') + 1);
  return std::string{host};
}

}  // namespace

std::shared_ptr<Shared> SharedUpstreams::of(std::string const& authority) {
  std::lock_guard const lock{mutex_};
  if (known_.size() >= max_known) std::erase_if(known_, [](auto const& item) { return item.second.expired(); });
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

Pool::Pool(PoolContext const& context, Authority upstream, Egress const& egress, std::shared_ptr<Shared> shared)
    : context_{context},
      upstream_{std::move(upstream)},
      egress_{egress},
      egress_kept_{egress.self.lock()},
      rules_{egress.options.addresses},
      shared_{std::move(shared)},
      name_{context.discovery.of(egress.options.via ? egress.options.via->authority.host : upstream_.host)} {
  if (rules_.policy == balance::AddressPolicy::mapped) rules_.literal = parse_ip_address(upstream_.host);
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
  auto held = shared_->connections.load(std::memory_order_relaxed);
  while (held < egress_.options.limits.connections) {
    if (shared_->connections.compare_exchange_weak(held, held + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

void Pool::free_room() noexcept {
  if (!waiting_.empty()) return hand_over(nullptr);
  shared_->connections.fetch_sub(1, std::memory_order_relaxed);
}

/// Waits until there is room for one more connection, or a connection comes back: an empty lease is the room.
net::Task<Result<Lease>> Pool::wait_for_turn(Wish& wish) {
  if (shared_->pending.load(std::memory_order_relaxed) >= egress_.options.limits.pending) {
    co_return Failure{Errc::pool_exhausted, Side::upstream, Stage::connect, false};
  }
  shared_->pending.fetch_add(1, std::memory_order_relaxed);
  Waiter waiter{context_.executor};
  waiter.turn.give_up_at(net::now() + pending_limit);
  waiting_.push_back(&waiter);
  wish.waits_for(waiter.turn);
  co_await waiter.turn.wait();
  wish.waits_no_more();
  shared_->pending.fetch_sub(1, std::memory_order_relaxed);
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
  if (!opened) {
    --lent_;
    free_room();
  }
  co_return std::move(opened);
}

/// Why the endpoint must not be connected to, or nothing.
std::optional<Pool::Refusal> Pool::refused(tcp::endpoint const& endpoint) const {
  Refusal refusal{{Errc::own_address, Side::local, Stage::connect, false},
                  {.preamble = {}, .address = net::to_text(endpoint), .detail = {}}};
  if (is_own(context_.own_addresses, endpoint)) return refusal;
  if (egress_.options.via) return std::nullopt;  // the configuration names it, and its network is often private
  auto const kind = balance::refusal(net::ip_address(endpoint.address()), rules_);
  if (!kind) return std::nullopt;
  refusal.failure.code = Errc::address_refused;
  refusal.attempt.detail = refusal.attempt.address + " is " + std::string{balance::name(*kind)};
  return refusal;
}

/// An address that a parent proxy would be asked for a tunnel to.
std::optional<Failure> Pool::refused_literal(Attempt& attempt) const {
  auto const kind = egress_.options.tunnelled ? refused_to_parent(egress_.options, upstream_.host) : std::nullopt;
  if (!kind) return std::nullopt;
  attempt.address = upstream_.text(0);
  attempt.detail = attempt.address + " is " + std::string{balance::name(*kind)};
  return Failure{Errc::address_refused, Side::local, Stage::connect, false};
}

EndpointPtr Pool::known(tcp::endpoint const& address) const {
  auto const found =
      std::find_if(endpoints_.begin(), endpoints_.end(), [&](auto const& one) { return one->address == address; });
  return found == endpoints_.end() ? nullptr : *found;
}

/// Endpoints that stay are the same objects. What idles to one that is gone is closed.
void Pool::take_addresses(AddressList const& addresses) {
  auto const port = egress_.options.via ? egress_.options.via->authority.port : upstream_.port;
  EndpointList next;
  refusal_.reset();
  bool const may_bring_ports = rules_.policy == balance::AddressPolicy::mapped;  // an allow entry names the ports itself
  for (auto const& found : addresses ? *addresses : std::vector<net::ResolvedAddress>{}) {
    tcp::endpoint const address{found.address, found.port != 0 && may_bring_ports ? found.port : port};
    if (auto refusal = refused(address)) {
      if (!refusal_) refusal_ = std::move(refusal);
      continue;
    }
    auto endpoint = known(address);
    if (!endpoint) endpoint = new Endpoint{address, net::to_text(address), found.weight};
    endpoint->weight = found.weight;
    next.push_back(std::move(endpoint));
  }
  for (auto const& endpoint : endpoints_) endpoint->gone = true;
  for (auto const& endpoint : next) endpoint->gone = false;
  endpoints_ = std::move(next);
  ++generation_;
}

EndpointList const& Pool::endpoints(SteadyTime now) {
  auto const& addresses = name_->current(now);
  bool const lost = !addresses && !endpoints_.empty();
  if (lost || (addresses && (name_->generation() != name_generation_ || (endpoints_.empty() && !refusal_)))) {
    name_generation_ = name_->generation();
    take_addresses(addresses);
  }
  return endpoints_;
}

net::Task<Result<void>> Pool::resolve(SteadyTime limit, Attempt& attempt, Wish& wish) {
  if (auto const failure = refused_literal(attempt)) co_return *failure;
  if (!endpoints(net::now()).empty()) co_return Result<void>{};
  auto const answer = co_await name_->lookup(limit, wish);
  if (!answer) {
    attempt.detail = name_->detail(net::now());
    co_return answer.error();
  }
  if (!endpoints(net::now()).empty()) co_return Result<void>{};
  if (!refusal_) co_return Failure{Errc::no_address, Side::upstream, Stage::resolve, false};
  attempt.address = refusal_->attempt.address;
  attempt.detail = refusal_->attempt.detail;
  co_return refusal_->failure;
}

/// All endpoints, each call beginning with another.
std::vector<EndpointPtr> Pool::in_turn() {
  std::vector<EndpointPtr> all;
  all.reserve(endpoints_.size());
  auto const first = turn_++;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) all.push_back(endpoints_[(first + i) % endpoints_.size()]);
  return all;
}

net::Task<Result<Lease>> Pool::connect(SteadyTime limit, std::vector<EndpointPtr> endpoints, Attempt& attempt, Wish& wish) {
  if (auto const resolved = co_await resolve(limit, attempt, wish); !resolved) co_return resolved.error();
  if (endpoints.empty()) endpoints = in_turn();
  Failure failure{Errc::no_address, Side::upstream, Stage::resolve, false};
  std::erase_if(endpoints, [&](EndpointPtr const& endpoint) {  // our own addresses may be others than when it was resolved
    auto const refusal = refused(endpoint->address);
    if (refusal) failure = refusal->failure;
    return refusal.has_value();
  });
  while (!endpoints.empty()) {
    if (wish.given_up()) co_return Failure{asio::error::operation_aborted, Side::upstream, Stage::connect, false};
    auto connected = co_await connect_first(endpoints, limit, attempt, wish);
    if (!connected) co_return connected.error();
    auto connection = std::move(*connected);
    connection->stream.expires_at(limit);
    wish.waits_for(connection->stream);
    auto const begun = co_await begin(*connection, attempt);
    wish.waits_no_more();
    if (begun) {
      connection->stream.never_expires();
      attempt.detail.clear();
      co_return Lease{*this, std::move(connection), false};
    }
    failure = begun.error();
    std::erase(endpoints, connection->endpoint);
  }
  co_return failure;
}

/// A connection to one of the endpoints, without what comes before the call's bytes.
net::Task<Result<std::unique_ptr<Connection>>> Pool::connect_first(std::vector<EndpointPtr> const& endpoints, SteadyTime limit,
                                                                   Attempt& attempt, Wish& wish) {
  attempt.detail.clear();
  auto tried = endpoints.front();
  if (endpoints.size() > 1) {
    ConnectRace race{context_.executor, context_.wheel};
    auto won = co_await race.run(endpoints, limit, wish, tried);
    attempt.address = tried->text;
    co_return std::move(won);
  }
  attempt.address = tried->text;
  auto connection = std::make_unique<Connection>(context_.executor, context_.wheel, tried);
  connection->stream.expires_at(limit);
  wish.waits_for(connection->stream);
  auto const code = co_await connection->stream.connect(tried->address);
  wish.waits_no_more();
  if (code) co_return Failure{code, Side::upstream, Stage::connect, false};
  co_return std::move(connection);
}

/// The parent's tunnel, the preamble and the TLS, as far as each is asked for.
net::Task<Result<void>> Pool::begin(Connection& connection, Attempt& attempt) {
  if (egress_.options.via && egress_.options.tunnelled) {
    auto const credentials = egress_.options.via_credentials != nullptr ? egress_.options.via_credentials->get() : nullptr;
    std::string_view const authorization = credentials ? std::string_view{*credentials} : std::string_view{};
    auto const tunnel = co_await open_via_tunnel(connection.stream, upstream_, authorization, attempt.detail);
    if (!tunnel) co_return tunnel.error();
  }
  if (!attempt.preamble.empty()) {
    auto const code = co_await connection.stream.write_all(attempt.preamble, Milliseconds{0});
    if (code) co_return Failure{code, Side::upstream, Stage::connect, false};
  }
  if (egress_.options.tls != nullptr) co_return co_await begin_tls(connection, attempt);
  co_return Result<void>{};
}

net::Task<Result<void>> Pool::begin_tls(Connection& connection, Attempt& attempt) {
  connection.tls_generation = egress_.options.tls->generation();
  auto const context = egress_.options.tls->get();
  if (!context) co_return Failure{Errc::tls_no_context, Side::local, Stage::handshake, false};
  // Named, as all that is handed to a coroutine and has a destructor: GCC 12 would destroy a braced temporary twice.
  net::TlsPeer peer{egress_.options.server_name.empty() ? service_name(upstream_.host) : egress_.options.server_name,
                    &tls_session_};
  auto const code = co_await connection.stream.start_tls_client(context, std::move(peer));
  if (!code) co_return Result<void>{};
  attempt.detail = connection.stream.tls_detail();
  co_return Failure{code, Side::upstream, Stage::handshake, false};
}

void Pool::sweep(SteadyTime now) {
  auto const too_many = idle_.size() > balance::max_idle_connections ? idle_.size() - balance::max_idle_connections : 0;
  std::size_t position = 0;
  std::erase_if(idle_, [&](std::unique_ptr<Connection> const& connection) {
    bool const settled = now - connection->idle_since >= std::chrono::seconds{1};
    bool const goes = connection->endpoint->gone || (settled && position < too_many) ||
                      now - connection->idle_since >= idle_limit_ || is_spoilt(*connection, now);
    ++position;
    if (goes) shared_->connections.fetch_sub(1, std::memory_order_relaxed);
    return goes;
  });
  // Room that another worker freed is heard of here; and another one's calls wait for what idles here.
  while (!waiting_.empty() && take_room()) hand_over(nullptr);
  if (waiting_.empty() && shared_->pending.load(std::memory_order_relaxed) != 0) give_up_idle();
}

void Pool::give_up_idle() noexcept {
  shared_->connections.fetch_sub(idle_.size(), std::memory_order_relaxed);
  idle_.clear();
}

Pools::Pools(PoolContext context, SharedUpstreams& shared) : context_{context}, shared_{shared} {}

std::shared_ptr<Pool> const& Pools::of(Authority const& upstream, Egress const& egress) {
  key_.assign(upstream.host).append(":").append(std::to_string(upstream.port));
  if (egress.id != 0) key_.append("/").append(std::to_string(egress.id));
  if (auto const found = pools_.find(key_); found != pools_.end()) return found->second;
  if (pools_.size() >= max_pools)
    std::erase_if(pools_, [](auto const& item) { return item.second.use_count() == 1 && item.second->unused(); });
  return pools_.emplace(key_, std::make_shared<Pool>(context_, upstream, egress, shared_.of(key_))).first->second;
}

void Pools::sweep(SteadyTime now) {
  for (auto& [key, pool] : pools_) pool->sweep(now);
}

}  // namespace ambassador::upstream
