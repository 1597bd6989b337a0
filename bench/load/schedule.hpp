// When calls are due at a fixed rate. A call counts from its due time, whether or not a connection was free for it then: a
// proxy that stalls does not make the load wait with it, and every call that fell into the stall is seen to be late
// (coordinated omission). Pure: the time is handed in.
#pragma once

#include <chrono>
#include <cstdint>

namespace ambassador::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

class Schedule {
 public:
  /// `rate` calls a second, the first at `begin`, none from `end` on.
  Schedule(double rate, SteadyTime begin, SteadyTime end) noexcept : rate_{rate}, begin_{begin}, end_{end} {}

  /// When the next call is due.
  [[nodiscard]] SteadyTime next() const noexcept {
    auto const offset = std::chrono::duration<double>{static_cast<double>(taken_) / rate_};
    return begin_ + std::chrono::duration_cast<std::chrono::nanoseconds>(offset);
  }
  [[nodiscard]] bool has_more() const noexcept { return next() < end_; }
  [[nodiscard]] bool is_due(SteadyTime now) const noexcept { return has_more() && next() <= now; }
  void take() noexcept { ++taken_; }

 private:
  double rate_;
  SteadyTime begin_;
  SteadyTime end_;
  std::uint64_t taken_ = 0;
};

}  // namespace ambassador::bench
