// Opens connections, makes one call on each, and keeps them all open without another: what an idle client costs a proxy.
#pragma once

#include "load/options.hpp"
#include "load/tally.hpp"

#include <chrono>
#include <cstddef>

namespace ambassador::bench {

/// Calls under way at a time, so that the proxy needs no more connections to the upstream than this.
inline constexpr std::size_t opening_at_once = 32;
inline constexpr std::chrono::seconds opening_limit{60};

/// Says `held N` on standard output when all are open, and returns when standard input has ended.
Tally hold(Options const& options);

}  // namespace ambassador::bench
