// What a rate promises, whatever comes when: never more than the burst and the rate, never less where calls wait.
#include "balance/rate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <thread>
#include <vector>

namespace ambassador::balance::rate_test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t second = 1'000'000'000;

struct Row {
  std::uint64_t requests;
  std::chrono::nanoseconds per;
  std::uint64_t burst;

  friend std::ostream& operator<<(std::ostream& out, Row const& row) {
    return out << row.requests << " per " << row.per.count() << " ns, burst " << row.burst;
  }
};

class Rate : public testing::TestWithParam<Row> {
 protected:
  RateLimit const limit = rate_limit(GetParam().requests, GetParam().per, GetParam().burst);
  std::atomic<std::int64_t> state{0};

  /// How many of `calls` at `now` go.
  std::uint64_t go(std::uint64_t calls, std::int64_t now) {
    std::uint64_t gone = 0;
    for (std::uint64_t i = 0; i < calls; ++i) gone += take(state, limit, now) ? 1 : 0;
    return gone;
  }
};

TEST_P(Rate, lets_the_burst_go_at_once_and_no_more) {
  EXPECT_EQ(go(GetParam().burst + 10, 5 * second), GetParam().burst);
  EXPECT_EQ(go(1, 5 * second), 0U);
}

TEST_P(Rate, has_the_whole_burst_again_after_a_rest) {
  go(GetParam().burst, 5 * second);
  auto const rested = 5 * second + static_cast<std::int64_t>(GetParam().burst) * limit.interval_ns;
  EXPECT_EQ(go(GetParam().burst + 1, rested), GetParam().burst);
}

TEST_P(Rate, never_exceeds_burst_and_rate_in_any_window) {
  std::mt19937_64 random{7};
  for (int round = 0; round < 20; ++round) {
    std::vector<std::int64_t> gone;
    state = 0;
    std::int64_t now = second;
    // From a flood to a trickle, with rests between.
    std::uniform_int_distribution<std::int64_t> step{0, limit.interval_ns * (1 + round % 4) / 2};
    for (int call = 0; call < 500; ++call) {
      now += call % 97 == 0 ? limit.interval_ns * 20 : step(random);
      if (take(state, limit, now)) gone.push_back(now);
    }
    for (std::size_t first = 0; first < gone.size(); ++first) {
      for (std::size_t last = first; last < gone.size(); ++last) {
        auto const allowed = GetParam().burst + static_cast<std::uint64_t>((gone[last] - gone[first]) / limit.interval_ns);
        ASSERT_LE(last - first + 1, allowed) << "round " << round;
      }
    }
  }
}

TEST_P(Rate, gives_all_that_it_promises_to_those_who_keep_asking) {
  std::int64_t const begins = second;
  std::uint64_t gone = 0;
  constexpr std::uint64_t intervals = 200;
  for (std::uint64_t i = 0; i <= intervals * 4; ++i) {
    gone += go(1, begins + static_cast<std::int64_t>(i) * limit.interval_ns / 4);
  }
  // Those who ask four times an interval use the burst up, and then have one call an interval.
  auto const asked = intervals * 4 + 1;
  EXPECT_EQ(gone, std::min(asked, GetParam().burst + intervals));
}

TEST_P(Rate, never_turns_away_who_keeps_to_it) {
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(take(state, limit, second + i * limit.interval_ns)) << i;
}

TEST_P(Rate, says_when_to_come_again_and_keeps_its_word) {
  std::int64_t now = 3 * second;
  go(GetParam().burst, now);
  ASSERT_FALSE(take(state, limit, now));
  auto const after = retry_after_seconds(state, limit, now);
  EXPECT_GE(after, 1);
  EXPECT_TRUE(take(state, limit, now + after * second));
  EXPECT_LE((after - 1) * second, limit.interval_ns) << "longer than needed";
}

TEST_P(Rate, is_kept_by_threads_together) {
  constexpr int threads = 4;
  std::atomic<std::uint64_t> gone{0};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      for (std::uint64_t i = 0; i < GetParam().burst + 100; ++i) {
        if (take(state, limit, second)) gone.fetch_add(1);
      }
    });
  }
  for (auto& thread : running) thread.join();
  EXPECT_EQ(gone.load(), GetParam().burst);
}

INSTANTIATE_TEST_SUITE_P(Limits, Rate,
                         testing::Values(Row{1, 1s, 1}, Row{100, 1s, 200}, Row{3, 1s, 3}, Row{7, 1min, 2}, Row{1, 1h, 5},
                                         Row{1'000'000, 1s, 10}, Row{1, 1ms, 1000}));

TEST(RateLimit, never_lets_more_go_than_was_said_where_it_does_not_divide) {
  EXPECT_EQ(rate_limit(3, 1s, 1).interval_ns, 333'333'334);
  EXPECT_EQ(rate_limit(2'000'000'000, 1s, 1).interval_ns, 1);
}

TEST(RateLimit, of_absurd_values_neither_overflows_nor_stops) {
  auto const limit = rate_limit(UINT64_MAX, std::chrono::nanoseconds::max(), UINT64_MAX);
  std::atomic<std::int64_t> state{0};
  EXPECT_TRUE(take(state, limit, second));
  auto const slow = rate_limit(1, std::chrono::nanoseconds::max(), UINT64_MAX);
  std::atomic<std::int64_t> slow_state{0};
  EXPECT_TRUE(take(slow_state, slow, second));
  EXPECT_TRUE(take(slow_state, slow, second));
  EXPECT_FALSE(take(slow_state, slow, second));
  EXPECT_GE(retry_after_seconds(slow_state, slow, second), 1);
  auto const none = rate_limit(0, 0ns, 0);
  std::atomic<std::int64_t> none_state{0};
  EXPECT_TRUE(take(none_state, none, second));
}

}  // namespace
}  // namespace ambassador::balance::rate_test
