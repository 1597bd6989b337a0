#include "observe/unmapped_counts.hpp"

namespace ambassador::observe {

CallCounts unmapped_counts(Metrics& metrics, Unmapped fate) {
  CallCounts sum;
  for (std::size_t i = 0; i < metrics.workers(); ++i) {
    auto const& counters = metrics.worker(i).unmapped(fate);
    sum.calls += counters.calls.value();
    sum.failed += counters.failed.value();
    sum.retries += counters.retries.value();
    sum.bytes_in += counters.bytes_in.value();
    sum.bytes_out += counters.bytes_out.value();
    for (std::size_t bucket = 0; bucket < sum.durations.size(); ++bucket) {
      sum.durations[bucket] += counters.duration.bucket(bucket);
    }
  }
  return sum;
}

}  // namespace ambassador::observe
