// Time as values. Nothing pure reads a clock: the shell does, and hands the time in.
#pragma once

#include <chrono>
#include <cstdint>

namespace ambassador {

using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// Returns the time in nanoseconds since the clock's epoch: the unit in which `balance` keeps time.
[[nodiscard]] inline std::int64_t nanoseconds(SteadyTime time) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace ambassador
