#include "load/histogram.hpp"
#include "load/schedule.hpp"
#include "load/tally.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace ambassador::bench::load_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Histogram, is_exact_where_there_is_nothing_to_estimate) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.99), nanoseconds{0});
  histogram.add(nanoseconds{77});
  EXPECT_EQ(histogram.percentile(0.5), nanoseconds{77});
  EXPECT_EQ(histogram.percentile(0.999), nanoseconds{77});
  EXPECT_EQ(histogram.max(), nanoseconds{77});
}

TEST(Histogram, is_right_to_one_percent_at_any_size) {
  for (auto const unit : {nanoseconds{1}, nanoseconds{997}, nanoseconds{1'000'003}, nanoseconds{1'000'000'007}}) {
    Histogram histogram;
    for (int value = 1; value <= 1000; ++value) histogram.add(unit * value);
    for (auto const share : {0.5, 0.9, 0.99, 0.999}) {
      auto const exact = static_cast<double>((unit * static_cast<int>(share * 1000)).count());
      EXPECT_NEAR(static_cast<double>(histogram.percentile(share).count()), exact, exact / 100) << unit.count() << ' ' << share;
    }
  }
}

TEST(Histogram, never_says_more_than_the_longest) {
  Histogram histogram;
  histogram.add(nanoseconds{1'000'000'001});
  EXPECT_EQ(histogram.percentile(0.99), histogram.max());
}

TEST(Histogram, takes_what_is_longer_than_anything_else) {
  Histogram histogram;
  histogram.add(nanoseconds::max());
  EXPECT_EQ(histogram.percentile(1), nanoseconds::max());
}

TEST(Schedule, has_a_call_due_at_each_interval_and_none_after_its_end) {
  SteadyTime const begin{};
  Schedule schedule{100, begin, begin + seconds{1}};
  for (int call = 0; call < 100; ++call) {
    ASSERT_TRUE(schedule.has_more());
    EXPECT_FALSE(schedule.is_due(schedule.next() - nanoseconds{1}));
    EXPECT_TRUE(schedule.is_due(schedule.next()));
    EXPECT_NEAR(std::chrono::duration<double>(schedule.next() - begin).count(), call * 0.01, 1e-8);
    schedule.take();
  }
  EXPECT_FALSE(schedule.is_due(begin + seconds{2}));
}

// What coordinated omission would hide: nothing was taken for half a second, and each call of it still has its own due time.
TEST(Schedule, forgets_no_call_that_fell_into_a_stall) {
  SteadyTime const begin{};
  Schedule schedule{1000, begin, begin + seconds{1}};
  auto const now = begin + milliseconds{500};
  int late = 0;
  nanoseconds longest{0};
  for (; schedule.is_due(now); schedule.take()) {
    longest = std::max(longest, nanoseconds{now - schedule.next()});
    ++late;
  }
  EXPECT_EQ(late, 501);
  EXPECT_EQ(longest, milliseconds{500});
}

TEST(Tally, names_each_kind_of_failure) {
  Tally tally;
  tally.calls = tally.in_time = 30;
  tally.elapsed = seconds{2};
  tally.latencies.add(std::chrono::microseconds{100});
  tally.add(Failure::timeout);
  EXPECT_EQ(tally.failed(), 1U);
  EXPECT_EQ(to_json(tally),
            "{\"calls\": 30, \"seconds\": 2, \"rate\": 15, \"bytes\": 0, \"reconnects\": 0, \"unsent\": 0, "
            "\"failures\": {\"connect\": 0, \"broken\": 0, \"status\": 0, \"length\": 0, \"malformed\": 0, \"timeout\": 1}, "
            "\"latency\": {\"p50\": 100, \"p90\": 100, \"p99\": 100, \"p999\": 100, \"max\": 100}}");
}

}  // namespace
}  // namespace ambassador::bench::load_test
