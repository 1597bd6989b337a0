// How fast an endpoint answers: an average whose memory fades with time, not with the number of answers, and which rises
// at once to any slower answer (the "peak EWMA" of Finagle and Linkerd): who becomes slow is believed at once, who becomes
// fast only after a while. Without answers it falls towards 0, so that nobody is left out for ever.
#pragma once

#include "balance/endpoint.hpp"

#include <cstdint>

namespace ambassador::balance {

inline constexpr std::int64_t ewma_decay_ns = 10 * second_ns;  ///< in which the past's weight falls to 1/e

/// A failure counts as an answer this much slower than the average, within these bounds: a single one does not banish an
/// endpoint, several do, but not for much longer than an ejection. It never makes the average better.
inline constexpr std::int64_t failure_slowdown = 4;
inline constexpr std::int64_t least_failure_ns = 10'000'000;
inline constexpr std::int64_t greatest_failure_ns = second_ns;

/// Of one that has not answered yet and has calls under way: as slow as nearly any other.
inline constexpr std::int64_t unknown_latency_ns = second_ns;

/// Answers that end at the same moment on two workers may count as one.
void observe_latency(EndpointState& state, std::int64_t latency_ns, std::int64_t now_ns) noexcept;

void observe_failure(EndpointState& state, std::int64_t now_ns) noexcept;

/// In nanoseconds; 0 where there was no answer yet.
double latency_at(EndpointState const& state, std::int64_t now_ns) noexcept;

}  // namespace ambassador::balance
