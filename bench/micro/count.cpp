#include "count.hpp"

#include <valgrind/callgrind.h>

namespace ambassador::micro {

bool count(Operations const& operations, std::size_t times) {
  if (RUNNING_ON_VALGRIND == 0) return false;
  for (auto const& operation : operations) {
    auto const loop = operation.prepare();
    loop(times);
    CALLGRIND_ZERO_STATS;
    loop(times);
    CALLGRIND_DUMP_STATS_AT(operation.name.c_str());
  }
  return true;
}

}  // namespace ambassador::micro
