// How often calls may go: the generic cell rate algorithm (ATM Forum TM 4.0, annex C), which is a token bucket without a
// bucket. All its state is the time at which the next call would be due at the even rate; a call may come before that by
// at most the tolerance. One atomic word for the whole process: no lock, and no time but the one handed in.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ambassador::balance {

/// In nanoseconds. No more than `tolerance / interval + 1` calls go at once, and one per interval in the long run.
struct RateLimit {
  std::int64_t interval_ns = 1;   ///< between two calls at the even rate; at least 1
  std::int64_t tolerance_ns = 0;  ///< how far calls may be ahead of it
};

/// `requests` per `per`, at most `burst` at once; each is at least 1. Where they do not divide evenly, slightly less.
RateLimit rate_limit(std::uint64_t requests, std::chrono::nanoseconds per, std::uint64_t burst) noexcept;

/// Whether a call may go at `now_ns`, which is not negative; where it may, it is counted. `state` begins as 0, and is shared
/// by all threads; their clocks need not agree.
bool take(std::atomic<std::int64_t>& state, RateLimit limit, std::int64_t now_ns) noexcept;

/// After how many whole seconds a call that was turned away may come again: Retry-After; at least 1.
std::int64_t retry_after_seconds(std::atomic<std::int64_t> const& state, RateLimit limit, std::int64_t now_ns) noexcept;

}  // namespace ambassador::balance
