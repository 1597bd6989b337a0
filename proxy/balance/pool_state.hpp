// How long a connection may idle before the server closes it under us, and how many there may be. Pure: the pool acts.
#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ambassador::balance {

/// Until the server's own idle time is known: below Node's 5 s, the shortest in wide use.
inline constexpr Milliseconds first_idle_limit{4000};
inline constexpr Milliseconds least_idle_limit{500};
inline constexpr Milliseconds greatest_idle_limit{60'000};
/// How much earlier than the server we give a connection up.
inline constexpr Milliseconds idle_margin{1000};

inline constexpr std::size_t max_idle_connections = 32;  ///< kept per upstream and worker, beyond a burst

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

/// After the server said `Keep-Alive: timeout=N`.
Milliseconds learn_from_header(Milliseconds present, std::uint64_t seconds) noexcept;

/// After the server closed a connection that had idled for `idled`.
Milliseconds learn_from_close(Milliseconds present, Milliseconds idled) noexcept;

}  // namespace ambassador::balance
