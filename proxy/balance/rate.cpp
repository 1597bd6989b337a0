#include "balance/rate.hpp"

#include "balance/endpoint.hpp"

#include <algorithm>

namespace ambassador::balance {
namespace {

/// 73 years: sums of a time, an interval and a tolerance stay within 64 bits.
constexpr std::int64_t longest_ns = INT64_MAX / 4;

}  // namespace

RateLimit rate_limit(std::uint64_t requests, std::chrono::nanoseconds per, std::uint64_t burst) noexcept {
  auto const window = static_cast<std::uint64_t>(std::clamp<std::int64_t>(per.count(), 1, longest_ns));
  auto const calls = std::max<std::uint64_t>(requests, 1);
  auto const interval = window / calls + (window % calls != 0 ? 1 : 0);
  auto const ahead = std::max<std::uint64_t>(burst, 1) - 1;
  auto const most = static_cast<std::uint64_t>(longest_ns);
  auto const tolerance = ahead > most / interval ? most : ahead * interval;
  return {static_cast<std::int64_t>(interval), static_cast<std::int64_t>(tolerance)};
}

bool take(std::atomic<std::int64_t>& state, RateLimit limit, std::int64_t now_ns) noexcept {
  auto due = state.load(std::memory_order_relaxed);
  for (;;) {
    if (due - limit.tolerance_ns > now_ns) return false;
    auto const next = std::max(due, now_ns) + limit.interval_ns;
    if (state.compare_exchange_weak(due, next, std::memory_order_relaxed)) return true;
  }
}

std::int64_t retry_after_seconds(std::atomic<std::int64_t> const& state, RateLimit limit, std::int64_t now_ns) noexcept {
  auto const wait = state.load(std::memory_order_relaxed) - limit.tolerance_ns - now_ns;
  return wait <= second_ns ? 1 : wait / second_ns + (wait % second_ns != 0 ? 1 : 0);
}

}  // namespace ambassador::balance
