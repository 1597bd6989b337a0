// What the page's rates and quantiles are made of.
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

namespace ambassador::observe::call_counts_test {
namespace {

using namespace std::chrono_literals;

struct CallCountsOf : testing::Test {
  Metrics metrics{{"http://a", "http://b"}, {}, 2, "1.2.3"};

  void call(std::size_t worker, std::uint32_t mapping, std::string method, int status, Reason reason = Reason::none,
            Decision decision = Decision::mapped) {
    CallRecord record;
    record.mapping = mapping;
    record.decision = decision;
    record.protocol = method == name(CallProtocol::tcp) ? CallProtocol::tcp : CallProtocol::http11;
    record.method = std::move(method);
    record.status = status;
    record.duration = 12ms;
    record.reason_code = reason;
    record.bytes_in = 3;
    record.bytes_out = 4;
    metrics.worker(worker).record(record);
  }
};

TEST_F(CallCountsOf, a_source_are_those_of_all_workers) {
  call(0, 0, "GET", 200);
  call(1, 0, "POST", 404);
  metrics.worker(1).retried(0, Reason::reset);
  auto const counts = metrics.call_counts();
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].calls, 2U);
  EXPECT_EQ(counts[0].retries, 1U);
  EXPECT_EQ(counts[0].bytes_in, 6U);
  EXPECT_EQ(counts[0].bytes_out, 8U);
  EXPECT_EQ(std::accumulate(counts[0].durations.begin(), counts[0].durations.end(), std::uint64_t{0}), 2U);
  EXPECT_EQ(counts[1].calls, 0U);
}

TEST_F(CallCountsOf, a_source_have_5xx_and_no_answer_as_failed_and_nothing_else) {
  for (int const status : {200, 301, 404, 500, 503, 0}) call(0, 0, "GET", status);
  call(0, 0, "TCP", 0);
  EXPECT_EQ(metrics.call_counts()[0].failed, 3U);
}

TEST_F(CallCountsOf, calls_without_a_source_are_apart) {
  call(0, no_mapping, "GET", 403, Reason::not_in_map, Decision::blocked);
  EXPECT_EQ(metrics.unmapped_counts(Unmapped::blocked).calls, 1U);
  EXPECT_EQ(metrics.call_counts()[0].calls, 0U);
}

TEST_F(CallCountsOf, calls_without_a_source_are_told_by_what_became_of_them) {
  call(0, no_mapping, "GET", 200, Reason::none, Decision::allowed);
  call(1, no_mapping, "CONNECT", 502, Reason::reset, Decision::reported);
  call(0, no_mapping, "GET", 403, Reason::not_in_map, Decision::blocked);
  call(1, no_mapping, "GET", 400, Reason::none, Decision::local);
  metrics.worker(1).retried(no_mapping, Reason::reset);
  auto const passed = metrics.unmapped_counts(Unmapped::passed);
  EXPECT_EQ(passed.calls, 2U);
  EXPECT_EQ(passed.failed, 1U);
  EXPECT_EQ(passed.retries, 1U);
  EXPECT_EQ(passed.bytes_in, 6U);
  EXPECT_EQ(passed.bytes_out, 8U);
  EXPECT_EQ(std::accumulate(passed.durations.begin(), passed.durations.end(), std::uint64_t{0}), 2U);
  EXPECT_EQ(metrics.unmapped_counts(Unmapped::blocked).calls, 1U);
  EXPECT_EQ(metrics.unmapped_counts(Unmapped::refused).calls, 1U);
}

TEST_F(CallCountsOf, tunnels_without_a_source_have_no_duration) {
  call(0, no_mapping, "CONNECT", 200, Reason::none, Decision::allowed);
  call(0, no_mapping, "GET", 101, Reason::none, Decision::allowed);
  call(0, no_mapping, "TCP", 0, Reason::none, Decision::reported);
  auto const passed = metrics.unmapped_counts(Unmapped::passed);
  EXPECT_EQ(passed.calls, 3U);
  EXPECT_EQ(passed.failed, 0U);
  EXPECT_EQ(std::accumulate(passed.durations.begin(), passed.durations.end(), std::uint64_t{0}), 0U);
}

TEST_F(CallCountsOf, calls_of_a_source_are_not_among_those_without) {
  for (auto const decision : {Decision::mapped, Decision::blocked}) call(0, 0, "GET", 200, Reason::none, decision);
  for (auto const fate : {Unmapped::passed, Unmapped::blocked, Unmapped::refused}) {
    EXPECT_EQ(metrics.unmapped_counts(fate).calls, 0U);
  }
}

TEST_F(CallCountsOf, what_was_blocked_and_reported_is_of_every_reason_and_worker) {
  call(0, no_mapping, "GET", 403, Reason::not_in_map, Decision::blocked);
  call(1, no_mapping, "GET", 403, Reason::address_refused, Decision::blocked);
  call(1, no_mapping, "GET", 200, Reason::not_in_map, Decision::reported);
  EXPECT_EQ(metrics.uncovered_counts().blocked, 2U);
  EXPECT_EQ(metrics.uncovered_counts().reported, 1U);
}

TEST_F(CallCountsOf, are_those_of_the_configuration_in_force) {
  call(0, 1, "GET", 200);
  metrics.count_by({"http://b"}, {});
  auto const counts = metrics.call_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].calls, 1U);
}

}  // namespace
}  // namespace ambassador::observe::call_counts_test
