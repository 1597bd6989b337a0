// Lets callgrind count the instructions of operations: nothing is timed, and each is done a fixed number of times.
#pragma once

#include "operation.hpp"

namespace ambassador::micro {

/// Does each operation `times` times, after as many that are not counted, and has callgrind write a dump named after it.
/// False where callgrind does not run this program.
bool count(Operations const& operations, std::size_t times);

}  // namespace ambassador::micro
