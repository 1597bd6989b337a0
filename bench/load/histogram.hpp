// Latencies, counted in buckets that are as wide as 1/128 of what they hold: a percentile is right to 0.8 %, at any size,
// and adding one costs the same however many there are.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ambassador::bench {

class Histogram {
 public:
  Histogram();

  void add(std::chrono::nanoseconds latency) noexcept;
  /// The smallest latency that `share` (0 to 1) of all do not exceed; zero when there are none.
  [[nodiscard]] std::chrono::nanoseconds percentile(double share) const noexcept;
  [[nodiscard]] std::chrono::nanoseconds max() const noexcept { return max_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds max_{0};
};

}  // namespace ambassador::bench
