// How long a connection may idle before the server closes it under us: learned from what the server says and does.
#pragma once

#include "base/clock.hpp"

#include <cstdint>

namespace ambassador::balance {

/// Until the server's own idle time is known: below Node's 5 s, the shortest in wide use.
inline constexpr Milliseconds first_idle_limit{4000};
inline constexpr Milliseconds least_idle_limit{500};
inline constexpr Milliseconds greatest_idle_limit{60'000};
/// How much earlier than the server we give a connection up.
inline constexpr Milliseconds idle_margin{1000};

/// After the server said `Keep-Alive: timeout=N`.
Milliseconds learn_from_header(Milliseconds present, std::uint64_t seconds) noexcept;

/// After the server closed a connection that had idled for `idled`.
Milliseconds learn_from_close(Milliseconds present, Milliseconds idled) noexcept;

}  // namespace ambassador::balance
