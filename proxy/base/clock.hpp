// Time as values. Nothing pure reads a clock: the shell does, and hands the time in.
#pragma once

#include <chrono>

namespace ambassador {

using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

}  // namespace ambassador
