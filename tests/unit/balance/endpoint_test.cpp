// When an endpoint may get calls, and how much of its share.
#include "balance/endpoint.hpp"

#include "balance/ewma.hpp"
#include "unit/balance/endpoints.hpp"

#include <gtest/gtest.h>

namespace ambassador::balance::endpoint_test {
namespace {

TEST(Endpoint, has_a_cache_line_of_its_own) { EXPECT_EQ(sizeof(EndpointState), 64U); }

TEST(Endpoint, begins_as_available_with_its_whole_share) {
  EndpointState const state;
  EXPECT_TRUE(is_available(state, start));
  EXPECT_TRUE(is_available(state, 1)) << "soon after the machine's start";
  EXPECT_EQ(slow_start_share(state, start), 1);
  EXPECT_EQ(slow_start_share(state, second_ns), 1);
}

TEST(Endpoint, is_ejected_until_the_end_and_not_at_it) {
  EndpointState state;
  state.ejected_until_ns = start;
  EXPECT_TRUE(is_ejected(state, start - 1));
  EXPECT_FALSE(is_available(state, start - 1));
  EXPECT_FALSE(is_ejected(state, start));
}

TEST(Endpoint, that_fails_its_checks_is_unavailable_and_not_ejected) {
  EndpointState state;
  mark_failing(state);
  EXPECT_FALSE(is_ejected(state, start));
  EXPECT_FALSE(is_available(state, start));
}

TEST(Endpoint, that_is_healthy_again_is_no_longer_ejected_and_starts_slowly) {
  EndpointState state;
  state.ejected_until_ns = start + 30 * second_ns;
  state.returned_at_ns = start + 30 * second_ns;
  state.errors_in_row = 3;
  mark_failing(state);
  mark_healthy(state, start);
  EXPECT_TRUE(is_available(state, start));
  EXPECT_EQ(state.ejected_until_ns, start) << "what went before is forgotten from here on";
  EXPECT_EQ(state.errors_in_row, 0U);
  EXPECT_DOUBLE_EQ(slow_start_share(state, start), slow_start_least);
}

TEST(Endpoint, gets_its_share_back_evenly) {
  EndpointState state;
  state.returned_at_ns = start;
  EXPECT_DOUBLE_EQ(slow_start_share(state, start), 0.1);
  EXPECT_DOUBLE_EQ(slow_start_share(state, start + slow_start_ns / 2), 0.55);
  EXPECT_DOUBLE_EQ(slow_start_share(state, start + slow_start_ns), 1);
  EXPECT_DOUBLE_EQ(slow_start_share(state, start - 1), 1) << "in panic, while it is ejected";
}

TEST(Latency, is_the_first_answer_as_it_is) {
  EndpointState state;
  EXPECT_EQ(latency_at(state, start), 0);
  observe_latency(state, 7 * ms, start);
  EXPECT_DOUBLE_EQ(latency_at(state, start), 7 * ms);
}

TEST(Latency, rises_at_once_and_falls_slowly) {
  EndpointState state;
  observe_latency(state, 10 * ms, start);
  observe_latency(state, 100 * ms, start + ms);
  EXPECT_DOUBLE_EQ(latency_at(state, start + ms), 100 * ms);
  observe_latency(state, 10 * ms, start + 2 * ms);
  EXPECT_GT(latency_at(state, start + 2 * ms), 99 * ms);
  for (int answer = 1; answer <= 1000; ++answer) observe_latency(state, 10 * ms, start + answer * ewma_decay_ns / 1000);
  EXPECT_NEAR(latency_at(state, start + ewma_decay_ns), (10 + 90 / 2.718) * ms, 2 * ms);
}

TEST(Latency, fades_where_there_are_no_answers) {
  EndpointState state;
  observe_latency(state, second_ns, start);
  EXPECT_LT(latency_at(state, start + 10 * ewma_decay_ns), ms);
}

TEST(Latency, of_a_failure_is_slow_but_one_does_not_banish) {
  EndpointState state;
  observe_failure(state, start);
  EXPECT_DOUBLE_EQ(latency_at(state, start), least_failure_ns);
  EndpointState slower;
  observe_latency(slower, 50 * ms, start);
  observe_failure(slower, start);
  EXPECT_DOUBLE_EQ(latency_at(slower, start), 200 * ms);
  for (int failure = 0; failure < 100; ++failure) observe_failure(slower, start);
  EXPECT_DOUBLE_EQ(latency_at(slower, start), greatest_failure_ns);
  observe_latency(slower, 3 * second_ns, start);
  observe_failure(slower, start);
  EXPECT_DOUBLE_EQ(latency_at(slower, start), 3 * second_ns);
}

TEST(Latency, does_not_mind_a_clock_that_is_a_moment_behind) {
  EndpointState state;
  observe_latency(state, 10 * ms, start);
  EXPECT_DOUBLE_EQ(latency_at(state, start - ms), 10 * ms);
  observe_latency(state, 5 * ms, start - ms);
  EXPECT_NEAR(latency_at(state, start), 10 * ms, 0.01 * ms);
}

TEST(StableHash, is_the_same_for_ever) {
  EXPECT_EQ(stable_hash(""), mix(0xcbf29ce484222325));
  EXPECT_EQ(stable_hash("a"), mix(0xaf63dc4c8601ec8c));  // the published FNV-1a of "a"
  EXPECT_NE(stable_hash("10.0.0.1:80"), stable_hash("10.0.0.2:80"));
}

TEST(Random, gives_the_published_numbers_of_its_algorithm) {
  Random random{1234567};
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
}

}  // namespace
}  // namespace ambassador::balance::endpoint_test
