// The only place that reads the steady clock. Pure code gets the time as an argument. tests/layers checks both.
#pragma once

#include "base/clock.hpp"

namespace ambassador::net {

[[nodiscard]] inline SteadyTime now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace ambassador::net
