// The life of the connections that one worker has to one upstream, without a socket: how many there may be, which calls wait
// for one and in which order, which connections idle, which of these are lent again and which are closed. The shell hands in
// the time and what it finds on a connection, and opens a connection when the state has given it room.
// Invariant: every connection that is in use or idles has room, and so has every one that is being opened.
#pragma once

#include "balance/idle_limit.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace ambassador::balance {

inline constexpr std::size_t max_idle_connections = 32;  ///< kept per upstream and worker, beyond a burst
/// For how long a sweep leaves an idle connection alone that is one of too many: the burst may go on.
inline constexpr std::chrono::seconds burst_pause{1};

/// What all workers together hold of one upstream.
struct UpstreamCounts {
  std::atomic<std::size_t> connections{0};  ///< the room taken
  std::atomic<std::size_t> pending{0};      ///< calls that wait for a connection
};

/// The greatest that UpstreamCounts may become.
struct PoolLimits {
  std::size_t connections = 0;
  std::size_t pending = 0;

  bool operator==(PoolLimits const&) const = default;
};

/// What the shell finds on a connection that idles.
enum class IdleInput : std::uint8_t {
  none,   ///< nothing, or nothing that matters to the next call
  stray,  ///< the server has sent bytes that answer no request
  end,    ///< the server has closed the connection
};

/// What the state knows of a connection: its endpoint, which is `gone` if the upstream no longer has it, the generation of
/// the TLS files that it was made with, and since when it idles.
template <class T>
concept PooledConnection = requires(T& connection, SteadyTime now) {
  { connection.endpoint->gone } -> std::convertible_to<bool>;
  { connection.tls_generation } -> std::convertible_to<std::uint64_t>;
  connection.idle_since = now;
};

/// A connection is closed by its destructor. `Waiter` is a call that waits: its `take_turn(std::unique_ptr<Connection>)` is
/// called once, with the connection that it gets, or with null if it gets the room for one. It must not call the state.
template <PooledConnection Connection, class Waiter>
class PoolState {
 public:
  using Handle = std::unique_ptr<Connection>;
  using Endpoint = std::remove_cvref_t<decltype(*std::declval<Connection&>().endpoint)>;

  /// `counts` are shared with other workers, and outlive this.
  PoolState(PoolLimits limits, UpstreamCounts& counts) noexcept : limits_{limits}, counts_{counts} {}

  // ---- A call wants a connection.

  /// Lends the idle connection to `endpoint` (null: to any) that was used last; returns null if there is none. Closes those
  /// that it meets and that may not be lent. `look(connection)` returns the IdleInput of one that may be lent otherwise.
  template <class Look>
  Handle take_idle(Endpoint const* endpoint, std::uint64_t tls_generation, SteadyTime now, Look look) {
    for (auto place = idle_.size(); place-- != 0;) {
      if (endpoint != nullptr && idle_[place]->endpoint != endpoint) continue;
      auto connection = std::move(idle_[place]);
      idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(place));
      bool const outdated = connection->endpoint->gone || connection->tls_generation != tls_generation;
      if (!outdated && now - connection->idle_since < idle_limit_ && is_clean(*connection, look(*connection), now)) {
        ++in_use_;
        return connection;
      }
      connection.reset();
      free_room();
    }
    return nullptr;
  }

  /// Takes room for a connection, which is in use from now on. Returns false if there is none.
  [[nodiscard]] bool take_room() noexcept {
    if (!count_connection()) return false;
    ++in_use_;
    return true;
  }

  /// Lets the call wait behind the others. Returns false if as many wait as may.
  [[nodiscard]] bool enqueue(Waiter& waiter) {
    if (counts_.pending.load(std::memory_order_relaxed) >= limits_.pending) return false;
    counts_.pending.fetch_add(1, std::memory_order_relaxed);
    waiting_.push_back(&waiter);
    return true;
  }

  /// The call, whose turn has not come, waits no more.
  void dequeue(Waiter& waiter) { counts_.pending.fetch_sub(std::erase(waiting_, &waiter), std::memory_order_relaxed); }

  /// Returns whether a connection that idled, on which `found` was found, may be lent. Learns from an end.
  [[nodiscard]] bool is_clean(Connection const& connection, IdleInput found, SteadyTime now) noexcept {
    if (found == IdleInput::end) {
      idle_limit_ = learn_from_close(idle_limit_, std::chrono::duration_cast<Milliseconds>(now - connection.idle_since));
    }
    return found == IdleInput::none;
  }

  // ---- A call is done with its connection.

  /// Lends the connection to the call that has waited longest, or lets it idle; closes it if its endpoint is gone. Nothing on
  /// it is left unread. `keep_alive_seconds` is what the server said of its idle time, or 0.
  void give_back(Handle connection, SteadyTime now, std::uint64_t keep_alive_seconds) {
    --in_use_;
    connection->idle_since = now;
    if (keep_alive_seconds != 0) idle_limit_ = learn_from_header(idle_limit_, keep_alive_seconds);
    if (connection->endpoint->gone) {
      connection.reset();
      return free_room();
    }
    if (!waiting_.empty()) return hand_over(std::move(connection));
    idle_.push_back(std::move(connection));
  }

  /// A connection in use is closed, or could not be opened.
  void release() noexcept {
    --in_use_;
    free_room();
  }

  // ---- Time passes.

  /// Closes what idled too long, is too much beyond a burst, or is not clean by `look(connection)`. Hands the room that other
  /// workers have freed to calls that wait here; if none waits here but there, gives up what idles. Every second.
  template <class Look>
  void sweep(SteadyTime now, Look look) {
    auto const too_many = idle_.size() - std::min(idle_.size(), max_idle_connections);
    std::size_t place = 0;
    auto const closed = std::erase_if(idle_, [&](Handle const& connection) {
      auto const idled = now - connection->idle_since;
      bool const surplus = place++ < too_many && idled >= burst_pause;
      return connection->endpoint->gone || surplus || idled >= idle_limit_ || !is_clean(*connection, look(*connection), now);
    });
    counts_.connections.fetch_sub(closed, std::memory_order_relaxed);
    while (!waiting_.empty() && count_connection()) hand_over(nullptr);
    if (waiting_.empty() && counts_.pending.load(std::memory_order_relaxed) != 0) give_up_idle();
  }

  /// Closes what idles.
  void give_up_idle() noexcept {
    counts_.connections.fetch_sub(idle_.size(), std::memory_order_relaxed);
    idle_.clear();
  }

  /// Connections in use, those that are being opened included.
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
  [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  /// How long a connection may idle, as far as it is known.
  [[nodiscard]] Milliseconds idle_limit() const noexcept { return idle_limit_; }

 private:
  bool count_connection() noexcept {
    auto held = counts_.connections.load(std::memory_order_relaxed);
    while (held < limits_.connections) {
      if (counts_.connections.compare_exchange_weak(held, held + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  /// The room of a connection that is closed: for the call that has waited longest, or for any worker.
  void free_room() noexcept {
    if (!waiting_.empty()) return hand_over(nullptr);
    counts_.connections.fetch_sub(1, std::memory_order_relaxed);
  }

  /// Gives room, and with it `connection` unless that is null, to the call that has waited longest: no call that came later can
  /// take it.
  void hand_over(Handle connection) {
    auto& waiter = *waiting_.front();
    waiting_.pop_front();
    counts_.pending.fetch_sub(1, std::memory_order_relaxed);
    ++in_use_;
    waiter.take_turn(std::move(connection));
  }

  PoolLimits limits_;
  UpstreamCounts& counts_;
  std::vector<Handle> idle_;  ///< the one used last is the last
  std::deque<Waiter*> waiting_;
  std::size_t in_use_ = 0;
  Milliseconds idle_limit_ = first_idle_limit;
};

}  // namespace ambassador::balance
