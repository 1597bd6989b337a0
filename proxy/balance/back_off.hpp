// How long to wait before a call is made again.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace ambassador::balance {

inline constexpr Milliseconds first_back_off{25};
inline constexpr Milliseconds greatest_back_off{250};

/// Anything from nothing to the retry's limit, which doubles with each: "full jitter", so that those who failed together do not
/// come back together. `retry` counts from 1; `random` is from 0 to 1.
constexpr Milliseconds back_off(unsigned retry, double random) noexcept {
  constexpr unsigned doublings = 4;  // beyond which the greatest holds
  auto const limit = std::min(first_back_off * (1U << std::min(retry > 0 ? retry - 1 : 0, doublings)), greatest_back_off);
  return Milliseconds{static_cast<std::int64_t>(static_cast<double>(limit.count()) * random)};
}

}  // namespace ambassador::balance
