// Endpoints for tests: their states, and candidates that point to them.
#pragma once

#include "balance/picker.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace ambassador::balance {

inline constexpr std::int64_t ms = 1'000'000;
inline constexpr std::int64_t start = 1000 * second_ns;

struct Endpoints {
  std::deque<EndpointState> states;
  std::vector<Candidate> candidates;

  explicit Endpoints(std::size_t count) : Endpoints(std::vector<std::uint32_t>(count, 1)) {}

  explicit Endpoints(std::vector<std::uint32_t> const& weights) {
    for (auto const weight : weights) candidates.push_back({&states.emplace_back(), weight, mix(candidates.size() + 1)});
  }

  /// How often each is picked, of so many calls that end at once.
  std::vector<std::size_t> picks(Picker& picker, std::size_t calls, std::int64_t now = start) const {
    std::vector<std::size_t> counts(candidates.size());
    for (std::size_t call = 0; call < calls; ++call) ++counts[picker.pick({.now_ns = now, .hash = mix(call)}).value()];
    return counts;
  }
};

}  // namespace ambassador::balance
