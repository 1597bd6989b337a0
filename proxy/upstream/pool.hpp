// The connections of one worker to one upstream, which may have many endpoints: opened when needed, lent for one exchange,
// kept idle last in first out. A connection that comes back is clean, or it is closed. `balance::PoolState` decides; here are
// the sockets, the waits and the clock.
#pragma once

#include "balance/pool_state.hpp"
#include "base/uri.hpp"
#include "net/tls.hpp"
#include "upstream/attempt.hpp"
#include "upstream/connection.hpp"
#include "upstream/discovery.hpp"
#include "upstream/egress.hpp"
#include "upstream/upstream_endpoints.hpp"
#include "upstream/wish.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace ambassador::upstream {

inline constexpr std::chrono::seconds pending_limit{3};  ///< a call waits this long for a connection, at most

class Pool;

/// One connection, for as long as an exchange needs it. Given back by `give_back`, else closed.
class Lease {
 public:
  Lease() = default;
  Lease(Pool& pool, std::unique_ptr<Connection> connection, bool reused) noexcept
      : pool_{&pool}, connection_{std::move(connection)}, reused_{reused} {}
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { drop(); }

  [[nodiscard]] explicit operator bool() const noexcept { return connection_ != nullptr; }
  [[nodiscard]] net::Stream& stream() noexcept { return connection_->stream; }
  [[nodiscard]] EndpointPtr const& endpoint() const noexcept { return connection_->endpoint; }
  [[nodiscard]] bool reused() const noexcept { return reused_; }

  /// The exchange is complete and nothing is left unread. `keep_alive_seconds`: what the server said of its idle time.
  void give_back(SteadyTime now, std::uint64_t keep_alive_seconds);
  /// Closes the connection.
  void drop() noexcept;

 private:
  Pool* pool_ = nullptr;
  std::unique_ptr<Connection> connection_;
  bool reused_ = false;
};

/// What a pool needs of its worker.
struct PoolContext {
  net::Executor executor;
  net::TimerWheel& wheel;
  Discovery& discovery;
  std::vector<boost::asio::ip::tcp::endpoint> const& own_addresses;  ///< never connected to
};

class Pool {
 public:
  /// Shares `egress`, or borrows one that is not shared.
  Pool(PoolContext const& context, Authority upstream, Egress const& egress, std::shared_ptr<balance::UpstreamCounts> counts);

  /// The addresses that may be connected to, as far as they are known now; asks for them anew, without waiting, if that is due.
  /// None if the name is not resolved yet, or no longer: then `resolve` says why.
  EndpointList const& endpoints(SteadyTime now) { return endpoints_.current(now); }
  /// The same without asking.
  [[nodiscard]] EndpointList const& known_endpoints() const noexcept { return endpoints_.known(); }
  /// Another number whenever `endpoints` gives others.
  [[nodiscard]] std::uint64_t generation() const noexcept { return endpoints_.generation(); }
  /// Waits until the name is resolved. Fails if it has no address, or none that may be reached.
  net::Task<Result<void>> resolve(SteadyTime limit, Attempt& attempt, Wish& wish);

  /// An idle connection that looks alive, to `endpoint` or (null) to any, without waiting; empty if there is none.
  /// `last_look`: the kernel is asked once more, for a call that cannot be sent again. Else what the worker has heard of is
  /// enough.
  Lease take_idle(SteadyTime now, bool last_look, Endpoint const* endpoint = nullptr);
  /// A new connection, or one that came back while this call waited its turn. The endpoints are tried in this order (none: all
  /// that the upstream has, each call beginning with another), by Happy Eyeballs, until `limit` has passed since that
  /// turn. `wish` ends it early, with operation_aborted.
  net::Task<Result<Lease>> open(Milliseconds limit, std::vector<EndpointPtr> endpoints, Attempt& attempt, Wish& wish);

  /// Closes what idled too long or was closed by the server, and lets calls that wait look again. Every second.
  void sweep(SteadyTime now);
  /// Closes what idles.
  void give_up_idle() noexcept { state_.give_up_idle(); }
  [[nodiscard]] Egress const& egress() const noexcept { return egress_; }
  /// Whether nothing idles, nothing is in use and no call waits.
  [[nodiscard]] bool unused() const noexcept { return state_.idle() == 0 && state_.in_use() == 0 && state_.waiting() == 0; }

 private:
  friend class Lease;

  /// A call that waits its turn.
  struct Waiter {
    explicit Waiter(net::Executor executor) : turn{executor} {}
    void take_turn(std::unique_ptr<Connection> handed) {
      connection = std::move(handed);
      turn.set();
    }

    net::Event turn;
    std::unique_ptr<Connection> connection;
  };

  net::Task<Result<Lease>> wait_for_turn(Wish& wish);
  net::Task<Result<std::unique_ptr<Connection>>> connect(SteadyTime limit, EndpointList endpoints, Attempt& attempt,
                                                         Wish& wish);
  [[nodiscard]] balance::IdleInput look_at(Connection& connection) const;
  void put(std::unique_ptr<Connection> connection, SteadyTime now, std::uint64_t keep_alive_seconds);

  PoolContext const& context_;
  Authority upstream_;
  Egress const& egress_;
  std::shared_ptr<Egress const> egress_kept_;  ///< null if the egress is not shared, as in tests
  std::shared_ptr<balance::UpstreamCounts> counts_;
  UpstreamEndpoints endpoints_;
  net::TlsSessionSlot tls_session_;  ///< to be resumed
  balance::PoolState<Connection, Waiter> state_;
};

}  // namespace ambassador::upstream
