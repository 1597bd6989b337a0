#include "balance/idle_limit.hpp"

#include <algorithm>

namespace ambassador::balance {

Milliseconds learn_from_header(Milliseconds present, std::uint64_t seconds) noexcept {
  if (seconds == 0) return present;
  auto const told = Milliseconds{std::chrono::seconds{std::min<std::uint64_t>(seconds, 3600)}};
  return std::clamp(told - idle_margin, least_idle_limit, greatest_idle_limit);
}

Milliseconds learn_from_close(Milliseconds present, Milliseconds idled) noexcept {
  return std::clamp(std::min(present, idled - idle_margin), least_idle_limit, greatest_idle_limit);
}

}  // namespace ambassador::balance
