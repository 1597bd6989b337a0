// `fault`: what is done to a call on purpose, so that an app can be tested. Pure: the dice are handed in.
#pragma once

#include "base/random.hpp"
#include "config/settings/settings.hpp"

#include <optional>

namespace ambassador::route {

/// What becomes of one call: it waits first, and then is answered, or goes on.
struct InjectedFault {
  Milliseconds delay{0};
  unsigned abort = 0;  ///< the status; 0: the call goes on
};

/// Returns nullopt if the call is spared. `dice` is even over all 64 bits.
constexpr std::optional<InjectedFault> draw_fault(config::Fault const& fault, std::uint64_t dice) noexcept {
  if (to_share(dice) >= fault.share) return std::nullopt;
  return InjectedFault{fault.delay, fault.abort};
}

}  // namespace ambassador::route
