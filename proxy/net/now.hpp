// Where the I/O layers read the steady clock; observe, which is below net, has its own. Pure code gets the time as an
// argument. tests/layers checks both.
#pragma once

#include "base/clock.hpp"

namespace ambassador::net {

[[nodiscard]] inline SteadyTime now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace ambassador::net
