// How the process ends: what runs is finished within a limit, and a second signal ends it at once.
#pragma once

#include "base/clock.hpp"

#include <cstddef>

namespace ambassador::app {

inline constexpr std::chrono::seconds drain_limit{25};  ///< a Pod's 30 s less 5
inline constexpr Milliseconds drain_look{20};           ///< how often the state is looked at

struct DrainState {
  std::size_t open_connections = 0;  ///< of clients
  SteadyTime::duration elapsed{0};   ///< since the first signal
  bool second_signal = false;
};

enum class DrainStep : std::uint8_t {
  wait,    ///< calls are under way
  finish,  ///< all is done
  cut,     ///< end what still runs, then finish
};

DrainStep next_step(DrainState const& state) noexcept;

}  // namespace ambassador::app
