// Counters with one writer and any number of readers: a plain load and store, no locked instruction. A reader sees a
// recent value; sums over several counters may be a call apart.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ambassador::observe {

class Counter {
 public:
  void add(std::uint64_t n) noexcept { value_.store(value() + n, std::memory_order_relaxed); }
  /// For what is counted up and down.
  void subtract(std::uint64_t n) noexcept { value_.store(value() - n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Upper bounds of the buckets of both histograms, in microseconds; above them is +Inf.
inline constexpr std::array<std::uint32_t, 16> duration_bounds{
    500,     1'000,   2'500,     5'000,     10'000,    25'000,     50'000,     100'000,
    250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};

class DurationHistogram {
 public:
  void observe(std::chrono::nanoseconds duration) noexcept;

  /// Calls in bucket `i` alone; the last is above all bounds.
  [[nodiscard]] std::uint64_t bucket(std::size_t i) const noexcept { return buckets_[i].value(); }
  [[nodiscard]] std::uint64_t sum_nanoseconds() const noexcept { return sum_.value(); }

  static constexpr std::size_t bucket_count = duration_bounds.size() + 1;

 private:
  std::array<Counter, bucket_count> buckets_;
  Counter sum_;
};

inline void DurationHistogram::observe(std::chrono::nanoseconds duration) noexcept {
  auto const nanoseconds = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
  std::size_t i = 0;
  while (i < duration_bounds.size() && nanoseconds > std::uint64_t{duration_bounds[i]} * 1000) ++i;
  buckets_[i].add(1);
  sum_.add(nanoseconds);
}

}  // namespace ambassador::observe
