// An endpoint that says when to come again (Retry-After, RFC 9110 section 10.2.3) is believed.
#pragma once

#include "balance/endpoint.hpp"

#include <algorithm>
#include <span>

namespace ambassador::balance {

inline constexpr std::int64_t longest_hold_off_ns = 60 * second_ns;  ///< whatever the endpoint asks for

/// It gets no calls for `wait_ns`, as if it were ejected, but that is not counted as an ejection. Whether it is so now: not
/// where it is the last of `all` that is available, and not where it gets none for longer already.
inline bool hold_off(EndpointState& state, std::span<Candidate const> all, std::int64_t wait_ns, std::int64_t now_ns) noexcept {
  auto const until = now_ns + std::clamp<std::int64_t>(wait_ns, 0, longest_hold_off_ns);
  if (until <= now_ns || until <= state.ejected_until_ns.load(std::memory_order_relaxed)) return false;
  bool const others = std::any_of(all.begin(), all.end(), [&](Candidate const& candidate) {
    return candidate.state != &state && candidate.weight != 0 && is_available(*candidate.state, now_ns);
  });
  if (others) state.ejected_until_ns.store(until, std::memory_order_relaxed);
  return others;
}

}  // namespace ambassador::balance
