// What all workers counted since the start for calls that no mapping decided, by what became of them.
#pragma once

#include "observe/metrics.hpp"

namespace ambassador::observe {

/// From any thread. Only reads.
CallCounts unmapped_counts(Metrics& metrics, Unmapped fate);

}  // namespace ambassador::observe
