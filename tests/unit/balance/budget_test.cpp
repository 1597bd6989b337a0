// What may be tried again, and how soon.
#include "balance/budget.hpp"

#include "balance/back_off.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ambassador::balance::budget_test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t start = 1000 * second_ns;

std::uint64_t take_all(RetryBudget& budget, std::int64_t now) {
  std::uint64_t taken = 0;
  while (budget.take(now)) ++taken;
  return taken;
}

void count(RetryBudget& budget, int requests, std::int64_t now) {
  for (int i = 0; i < requests; ++i) budget.count_request(now);
}

TEST(Budget, has_thirty_retries_in_ten_seconds_without_any_request) {
  RetryBudget budget;
  EXPECT_EQ(take_all(budget, start), least_retries);
  EXPECT_EQ(take_all(budget, start + 9 * second_ns), 0U);
  EXPECT_EQ(take_all(budget, start + 10 * second_ns), least_retries);
}

TEST(Budget, begins_right_after_the_machine_started) {
  RetryBudget budget;
  EXPECT_EQ(take_all(budget, 0), least_retries);
  EXPECT_EQ(take_all(budget, 1), 0U);
}

TEST(Budget, is_a_fifth_of_the_requests) {
  RetryBudget budget;
  count(budget, 150, start);
  EXPECT_EQ(take_all(budget, start), 30U);
  count(budget, 850, start + second_ns);
  EXPECT_EQ(take_all(budget, start + second_ns), 170U);
}

TEST(Budget, forgets_requests_after_ten_seconds_slot_by_slot) {
  RetryBudget budget;
  count(budget, 1000, start);
  count(budget, 500, start + 5 * second_ns);
  EXPECT_EQ(take_all(budget, start + 9 * second_ns), 300U);
  EXPECT_EQ(take_all(budget, start + 10 * second_ns), 0U) << "100 may be, 300 were";
  EXPECT_EQ(take_all(budget, start + 19 * second_ns), 30U);
}

TEST(Budget, counts_what_a_thread_says_of_a_second_that_is_over) {
  RetryBudget budget;
  count(budget, 1, start + 10 * second_ns);
  count(budget, 499, start);  // the same slot
  EXPECT_EQ(take_all(budget, start + 10 * second_ns), 100U);
}

TEST(Budget, loses_no_request_among_threads) {
  RetryBudget budget;
  constexpr int threads = 4;
  constexpr int each = 20'000;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&budget] {
      for (int i = 0; i < each; ++i) budget.count_request(start + i % 10 * second_ns);
    });
  }
  for (auto& thread : running) thread.join();
  EXPECT_EQ(take_all(budget, start + 9 * second_ns), threads * each / requests_per_retry);
}

TEST(BackOff, doubles_from_25_to_250_milliseconds) {
  struct Row {
    unsigned retry;
    Milliseconds limit;
  };
  for (auto const& row : {Row{0, 25ms}, Row{1, 25ms}, Row{2, 50ms}, Row{3, 100ms}, Row{4, 200ms}, Row{5, 250ms}, Row{6, 250ms},
                          Row{UINT32_MAX, 250ms}}) {
    EXPECT_EQ(back_off(row.retry, 1), row.limit) << row.retry;
    EXPECT_EQ(back_off(row.retry, 0.5), row.limit / 2) << row.retry;
    EXPECT_EQ(back_off(row.retry, 0), 0ms) << row.retry;
  }
}

}  // namespace
}  // namespace ambassador::balance::budget_test
