// What all workers together know of one endpoint: relaxed atomics, so that a call costs no lock. Two workers may read one
// of two values that belong together a moment late; nothing here is worse for it than one call sent by old knowledge.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ambassador::balance {

/// Times are steady-clock nanoseconds, handed in; 0 is never. On a cache line of its own: every call writes it.
struct alignas(64) EndpointState {
  std::atomic<std::uint32_t> in_flight{0};        ///< calls under way, of all workers; the shell counts
  std::atomic<std::uint32_t> errors_in_row{0};    ///< since the last success or ejection
  std::atomic<std::int64_t> latency_ns{0};        ///< moving average, see ewma.hpp
  std::atomic<std::int64_t> latency_at_ns{0};     ///< when it was last told one
  std::atomic<std::int64_t> ejected_until_ns{0};  ///< stays after its end, from which ejections are forgotten
  std::atomic<std::int64_t> returned_at_ns{0};    ///< from when on it slowly gets its share again; may lie ahead
  std::atomic<std::uint32_t> ejections{0};        ///< n of "30 s x n", as of the last one
  std::atomic<bool> failing_checks{false};        ///< by active checks
};

inline constexpr std::int64_t second_ns = 1'000'000'000;

/// For how long the share of an endpoint that came back rises, and from what: caches and pools are cold.
inline constexpr std::int64_t slow_start_ns = 10 * second_ns;
inline constexpr double slow_start_least = 0.1;

inline bool is_ejected(EndpointState const& state, std::int64_t now_ns) noexcept {
  return now_ns < state.ejected_until_ns.load(std::memory_order_relaxed);
}

inline bool is_available(EndpointState const& state, std::int64_t now_ns) noexcept {
  return !state.failing_checks.load(std::memory_order_relaxed) && !is_ejected(state, now_ns);
}

/// From `slow_start_least` to 1, by the time since it came back.
inline double slow_start_share(EndpointState const& state, std::int64_t now_ns) noexcept {
  auto const returned = state.returned_at_ns.load(std::memory_order_relaxed);
  auto const since = now_ns - returned;
  if (returned == 0 || since < 0 || since >= slow_start_ns) return 1;
  auto const risen = static_cast<double>(since) / static_cast<double>(slow_start_ns);
  return slow_start_least + (1 - slow_start_least) * risen;
}

/// After active checks made it unhealthy.
inline void mark_failing(EndpointState& state) noexcept { state.failing_checks.store(true, std::memory_order_relaxed); }

/// After active checks made it healthy again. What it was ejected for lies before that, so that an ejection ends too.
inline void mark_healthy(EndpointState& state, std::int64_t now_ns) noexcept {
  if (is_ejected(state, now_ns)) state.ejected_until_ns.store(now_ns, std::memory_order_relaxed);
  state.errors_in_row.store(0, std::memory_order_relaxed);
  state.returned_at_ns.store(now_ns, std::memory_order_relaxed);
  state.failing_checks.store(false, std::memory_order_relaxed);
}

/// An endpoint in a set from which one is chosen.
struct Candidate {
  EndpointState* state = nullptr;
  std::uint32_t weight = 1;  ///< relative; 0: never, unless all are 0
  /// What stays the same when the set changes, such as `stable_hash` of its address: Policy::hash keeps its keys by it. 0:
  /// none, its place in the set counts.
  std::uint64_t id = 0;
};

}  // namespace ambassador::balance
