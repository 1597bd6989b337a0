// The one place where the I/O half reads the steady clock. Pure code gets the time as an argument.
#pragma once

#include "base/clock.hpp"

namespace ambassador::net {

[[nodiscard]] inline SteadyTime now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace ambassador::net
