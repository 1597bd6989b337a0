#include "balance/ewma.hpp"

#include <algorithm>
#include <cmath>

namespace ambassador::balance {
namespace {

/// How much of the past is left after a time.
double remaining(std::int64_t since_ns) noexcept {
  auto const since = static_cast<double>(std::max<std::int64_t>(since_ns, 0));
  return std::exp(-since / static_cast<double>(ewma_decay_ns));
}

}  // namespace

void observe_latency(EndpointState& state, std::int64_t latency_ns, std::int64_t now_ns) noexcept {
  auto const told = state.latency_at_ns.load(std::memory_order_relaxed);
  auto const past = static_cast<double>(state.latency_ns.load(std::memory_order_relaxed));
  auto const present = static_cast<double>(latency_ns);
  auto const weight = told == 0 || present > past ? 0 : remaining(now_ns - told);
  state.latency_ns.store(std::llround(past * weight + present * (1 - weight)), std::memory_order_relaxed);
  state.latency_at_ns.store(now_ns, std::memory_order_relaxed);
}

void observe_failure(EndpointState& state, std::int64_t now_ns) noexcept {
  auto const past = state.latency_ns.load(std::memory_order_relaxed);
  auto const slower = std::min(past, greatest_failure_ns) * failure_slowdown;
  observe_latency(state, std::max(past, std::clamp(slower, least_failure_ns, greatest_failure_ns)), now_ns);
}

double latency_at(EndpointState const& state, std::int64_t now_ns) noexcept {
  auto const latency = static_cast<double>(state.latency_ns.load(std::memory_order_relaxed));
  return latency * remaining(now_ns - state.latency_at_ns.load(std::memory_order_relaxed));
}

}  // namespace ambassador::balance
