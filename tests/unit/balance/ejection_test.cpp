// Who fails five times in a row rests, ever longer, but never so many that the rest cannot carry the load.
#include "balance/ejection.hpp"

#include "balance/ewma.hpp"
#include "unit/balance/endpoints.hpp"

#include <gtest/gtest.h>

namespace ambassador::balance::ejection_test {
namespace {

using namespace std::chrono_literals;

/// Failures until one ejects, at most `most`.
Ejection fail(Endpoints& endpoints, std::size_t which, std::int64_t now, std::uint32_t most = errors_to_eject) {
  for (std::uint32_t i = 0; i < most; ++i) {
    auto const ejection = report_failure(endpoints.states[which], endpoints.candidates, now);
    if (ejection.now) return ejection;
  }
  return {};
}

TEST(Ejection, comes_with_the_fifth_error_in_a_row) {
  Endpoints two{2U};
  EXPECT_FALSE(fail(two, 0, start, 4).now);
  EXPECT_TRUE(is_available(two.states[0], start));
  auto const ejection = fail(two, 0, start, 1);
  EXPECT_TRUE(ejection.now);
  EXPECT_EQ(ejection.time, 30s);
  EXPECT_TRUE(is_ejected(two.states[0], start + 30 * second_ns - 1));
  EXPECT_FALSE(is_ejected(two.states[0], start + 30 * second_ns));
}

TEST(Ejection, does_not_come_where_a_success_is_between) {
  Endpoints two{2U};
  for (int round = 0; round < 10; ++round) {
    EXPECT_FALSE(fail(two, 0, start, 4).now);
    report_success(two.states[0], ms, start);
  }
}

TEST(Ejection, is_said_once_and_not_prolonged_by_the_calls_still_under_way) {
  Endpoints two{2U};
  EXPECT_TRUE(fail(two, 0, start).now);
  EXPECT_FALSE(fail(two, 0, start + second_ns, 50).now);
  EXPECT_FALSE(is_ejected(two.states[0], start + 30 * second_ns));
}

TEST(Ejection, is_followed_by_a_slow_start) {
  Endpoints two{2U};
  fail(two, 0, start);
  EXPECT_DOUBLE_EQ(slow_start_share(two.states[0], start + 30 * second_ns), slow_start_least);
  EXPECT_DOUBLE_EQ(slow_start_share(two.states[0], start + 40 * second_ns), 1);
}

TEST(Ejection, lasts_longer_each_time_up_to_300_seconds) {
  Endpoints two{2U};
  auto now = start;
  for (int n = 1; n <= 15; ++n) {
    auto const ejection = fail(two, 0, now);
    EXPECT_EQ(ejection.time, std::min(n * 30s, 300s)) << n;
    now += ejection.time.count();
  }
}

TEST(Ejection, is_shorter_by_one_step_for_each_sweep_without_one) {
  struct Row {
    std::int64_t after_end;
    std::chrono::seconds time;
  };
  for (auto const& row :
       {Row{0, 120s}, Row{sweep_ns - 1, 120s}, Row{sweep_ns, 90s}, Row{3 * sweep_ns, 30s}, Row{1000 * sweep_ns, 30s}}) {
    Endpoints two{2U};
    auto now = start;
    for (int n = 0; n < 3; ++n) now += fail(two, 0, now).time.count();
    EXPECT_EQ(fail(two, 0, now + row.after_end).time, row.time) << row.after_end;
  }
}

TEST(Ejection, takes_one_of_few_and_a_tenth_of_many) {
  struct Row {
    std::size_t endpoints;
    std::size_t ejected;
  };
  for (auto const& row : {Row{1, 0}, Row{2, 1}, Row{9, 1}, Row{10, 1}, Row{19, 1}, Row{20, 2}, Row{55, 5}}) {
    Endpoints endpoints{row.endpoints};
    std::size_t ejected = 0;
    for (std::size_t i = 0; i < row.endpoints; ++i) ejected += fail(endpoints, i, start, 20).now ? 1U : 0U;
    EXPECT_EQ(ejected, row.ejected) << row.endpoints;
  }
}

TEST(Ejection, never_takes_the_last_available_one) {
  Endpoints two{2U};
  mark_failing(two.states[1]);
  EXPECT_FALSE(fail(two, 0, start, 20).now);
  mark_healthy(two.states[1], start);
  EXPECT_TRUE(fail(two, 0, start, 1).now) << "it had errors enough";
}

TEST(Ejection, does_not_count_on_those_without_a_weight) {
  Endpoints split{{1, 0}};
  EXPECT_FALSE(fail(split, 0, start, 20).now);
  Endpoints zero{{0, 0}};
  EXPECT_TRUE(fail(zero, 0, start).now);
}

TEST(Reports, tell_the_average_of_the_latency) {
  Endpoints two{2U};
  report_success(two.states[0], 3 * ms, start);
  EXPECT_DOUBLE_EQ(latency_at(two.states[0], start), 3 * ms);
  report_failure(two.states[0], two.candidates, start);
  EXPECT_GT(latency_at(two.states[0], start), 3 * ms);
}

}  // namespace
}  // namespace ambassador::balance::ejection_test
