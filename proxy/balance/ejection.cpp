#include "balance/ejection.hpp"

#include "balance/ewma.hpp"

#include <algorithm>

namespace ambassador::balance {
namespace {

/// Whether there are enough others.
bool may_eject(EndpointState const& state, std::span<Candidate const> all, std::int64_t now_ns) noexcept {
  bool const weighted = std::any_of(all.begin(), all.end(), [](Candidate const& one) { return one.weight > 0; });
  std::size_t count = 0;
  std::size_t ejected = 0;
  bool other_available = false;
  for (auto const& candidate : all) {
    if (weighted && candidate.weight == 0) continue;
    ++count;
    if (candidate.state == &state) continue;
    if (is_ejected(*candidate.state, now_ns)) ++ejected;
    other_available = other_available || is_available(*candidate.state, now_ns);
  }
  return other_available && ejected < std::max<std::size_t>(count / candidates_per_ejection, 1);
}

/// The n of the next ejection, from the last one's and the sweeps since its end.
std::uint32_t next_ejection(EndpointState const& state, std::int64_t now_ns) noexcept {
  auto const ended = state.ejected_until_ns.load(std::memory_order_relaxed);
  auto const sweeps = std::min<std::int64_t>((now_ns - ended) / sweep_ns, most_ejections);
  auto const last = std::min(state.ejections.load(std::memory_order_relaxed), most_ejections);
  auto const left = last - std::min(last, static_cast<std::uint32_t>(sweeps));
  return std::min(left + 1, most_ejections);
}

}  // namespace

void report_success(EndpointState& state, std::int64_t latency_ns, std::int64_t now_ns) noexcept {
  if (state.errors_in_row.load(std::memory_order_relaxed) != 0) state.errors_in_row.store(0, std::memory_order_relaxed);
  observe_latency(state, latency_ns, now_ns);
}

Ejection report_failure(EndpointState& state, std::span<Candidate const> all, std::int64_t now_ns) noexcept {
  observe_failure(state, now_ns);
  auto const errors = state.errors_in_row.fetch_add(1, std::memory_order_relaxed) + 1;
  auto until = state.ejected_until_ns.load(std::memory_order_relaxed);
  if (errors < errors_to_eject || now_ns < until || !may_eject(state, all, now_ns)) return {};
  auto const ejections = next_ejection(state, now_ns);
  auto const time = ejections * ejection_ns;
  if (!state.ejected_until_ns.compare_exchange_strong(until, now_ns + time, std::memory_order_relaxed)) return {};
  state.returned_at_ns.store(now_ns + time, std::memory_order_relaxed);
  state.ejections.store(ejections, std::memory_order_relaxed);
  state.errors_in_row.store(0, std::memory_order_relaxed);
  return {true, std::chrono::nanoseconds{time}};
}

}  // namespace ambassador::balance
