#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ambassador::bench {

namespace {

constexpr int precision_bits = 7;
constexpr std::uint64_t steps = 1U << precision_bits;  ///< buckets for each doubling
constexpr std::size_t doublings = 64 - precision_bits + 1;

/// Values below `steps` have a bucket each; above, what counts are the first bits and how many there are.
std::size_t bucket_of(std::uint64_t value) noexcept {
  if (value < steps) return value;
  auto const shift = static_cast<unsigned>(std::bit_width(value)) - precision_bits - 1;
  return (shift + 1) * steps + ((value >> shift) - steps);
}

/// The largest value that the bucket holds.
std::uint64_t end_of(std::size_t bucket) noexcept {
  if (bucket < steps) return bucket;
  auto const shift = bucket / steps - 1;
  return ((steps + bucket % steps + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(doublings * steps) {}

void Histogram::add(std::chrono::nanoseconds latency) noexcept {
  auto const known = std::max(latency, std::chrono::nanoseconds{0});
  ++buckets_[bucket_of(static_cast<std::uint64_t>(known.count()))];
  ++count_;
  max_ = std::max(max_, known);
}

std::chrono::nanoseconds Histogram::percentile(double share) const noexcept {
  auto const rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    passed += buckets_[bucket];
    if (passed != 0 && passed >= rank) return std::min(max_, std::chrono::nanoseconds{end_of(bucket)});
  }
  return max_;
}

}  // namespace ambassador::bench
