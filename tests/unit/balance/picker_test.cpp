// Who gets a call, by each policy, and who does not.
#include "balance/picker.hpp"

#include "balance/ewma.hpp"
#include "unit/balance/endpoints.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace ambassador::balance::picker_test {
namespace {

constexpr std::size_t many = 20'000;

class EachPolicy : public testing::TestWithParam<Policy> {
 protected:
  static Picker picker(Endpoints const& endpoints, std::uint64_t seed = 7) {
    return Picker{GetParam(), endpoints.candidates, seed};
  }
};

INSTANTIATE_TEST_SUITE_P(Policies, EachPolicy,
                         testing::Values(Policy::least_requests, Policy::round_robin, Policy::ewma, Policy::hash));

TEST_P(EachPolicy, picks_nobody_of_nobody) {
  Endpoints const none{0U};
  EXPECT_EQ(picker(none).pick({.now_ns = start}), std::nullopt);
  EXPECT_EQ(picker(none).pick({.now_ns = start, .hash = 5}), std::nullopt);
}

TEST_P(EachPolicy, picks_the_only_one_whatever_its_state_but_not_twice) {
  Endpoints one{1U};
  auto picker = EachPolicy::picker(one);
  EXPECT_EQ(picker.pick({.now_ns = start}), 0U);
  mark_failing(one.states[0]);
  one.states[0].ejected_until_ns = start + second_ns;
  EXPECT_EQ(picker.pick({.now_ns = start}), 0U);
  std::array<std::size_t, 1> const tried{0};
  EXPECT_EQ(picker.pick({.now_ns = start, .tried = tried}), std::nullopt);
}

TEST_P(EachPolicy, picks_each_that_was_not_tried_once_and_then_nobody) {
  Endpoints five{5U};
  mark_failing(five.states[3]);
  auto picker = EachPolicy::picker(five);
  std::vector<std::size_t> tried;
  for (int i = 0; i < 5; ++i) {
    auto const picked = picker.pick({.now_ns = start, .hash = 1, .tried = tried});
    ASSERT_TRUE(picked.has_value());
    EXPECT_EQ(*picked == 3, i == 4) << "the failing one comes last";
    tried.push_back(*picked);
  }
  EXPECT_EQ(std::set<std::size_t>(tried.begin(), tried.end()).size(), 5U);
  EXPECT_EQ(picker.pick({.now_ns = start, .hash = 1, .tried = tried}), std::nullopt);
}

TEST_P(EachPolicy, shares_by_weight_where_there_is_no_load) {
  Endpoints const split{{9, 1, 0}};
  auto picker = EachPolicy::picker(split);
  auto const counts = split.picks(picker, many);
  EXPECT_NEAR(static_cast<double>(counts[0]), 0.9 * many, 0.02 * many);
  EXPECT_NEAR(static_cast<double>(counts[1]), 0.1 * many, 0.02 * many);
  EXPECT_EQ(counts[2], 0U);
}

TEST_P(EachPolicy, never_picks_a_weight_of_zero_not_even_for_a_retry) {
  Endpoints const split{{1, 0}};
  auto picker = EachPolicy::picker(split);
  std::array<std::size_t, 1> const tried{0};
  EXPECT_EQ(picker.pick({.now_ns = start, .hash = 1, .tried = tried}), std::nullopt);
}

TEST_P(EachPolicy, takes_weights_that_are_all_zero_as_equal) {
  Endpoints const zero{{0, 0}};
  auto picker = EachPolicy::picker(zero);
  auto const counts = zero.picks(picker, many);
  EXPECT_NEAR(static_cast<double>(counts[0]), 0.5 * many, 0.02 * many);
}

TEST_P(EachPolicy, passes_over_who_is_ejected_or_fails_its_checks_and_sees_it_at_once) {
  Endpoints four{4U};
  auto picker = EachPolicy::picker(four);
  four.picks(picker, 100);
  four.states[0].ejected_until_ns = start + second_ns;
  mark_failing(four.states[1]);
  auto const counts = four.picks(picker, 1000);
  EXPECT_EQ(counts[0], 0U);
  EXPECT_EQ(counts[1], 0U);
  EXPECT_EQ(counts[2] + counts[3], 1000U);
}

TEST_P(EachPolicy, picks_again_when_the_ejection_ends) {
  Endpoints two{2U};
  auto picker = EachPolicy::picker(two);
  two.states[0].ejected_until_ns = start + second_ns;
  EXPECT_EQ(two.picks(picker, 1000, start + second_ns - 1)[0], 0U);
  EXPECT_GT(two.picks(picker, 1000, start + second_ns + view_age_ns)[0], 0U);
}

TEST_P(EachPolicy, prefers_who_has_just_come_back_to_the_dead_where_all_others_were_tried) {
  Endpoints four{4U};
  auto picker = EachPolicy::picker(four);
  for (auto const i : {0U, 1U}) mark_failing(four.states[i]);
  four.picks(picker, 1);
  mark_healthy(four.states[1], start);
  std::array<std::size_t, 2> const tried{2, 3};
  EXPECT_EQ(picker.pick({.now_ns = start, .hash = 1, .tried = tried}), 1U);
}

TEST_P(EachPolicy, panics_below_half_and_not_at_half) {
  Endpoints four{4U};
  auto picker = EachPolicy::picker(four);
  for (auto const i : {0U, 1U}) mark_failing(four.states[i]);
  EXPECT_EQ(four.picks(picker, 1000)[0], 0U);
  mark_failing(four.states[2]);
  for (auto const count : four.picks(picker, 1000, start + view_age_ns)) EXPECT_GT(count, 100U);
  mark_failing(four.states[3]);
  for (auto const count : four.picks(picker, 1000, start + 2 * view_age_ns)) EXPECT_GT(count, 100U);
}

TEST_P(EachPolicy, gives_who_came_back_its_share_slowly) {
  Endpoints two{2U};
  auto picker = EachPolicy::picker(two);
  mark_failing(two.states[0]);
  mark_healthy(two.states[0], start);
  struct Row {
    std::int64_t since;
    double share;  // w / (w + 1), where w rises from 0.1 to 1
  };
  double const by_key = GetParam() == Policy::hash ? 1 : 0;
  for (auto const& [since, risen] : {Row{0, 0.1}, Row{5 * second_ns, 0.55}, Row{10 * second_ns, 1}}) {
    // A key either came home or is elsewhere; its other home keeps what it had.
    auto const expected = by_key > 0 ? risen / 2 : risen / (risen + 1);
    auto const got = static_cast<double>(two.picks(picker, many, start + since)[0]) / many;
    EXPECT_NEAR(got, expected, 0.03) << since;
  }
}

TEST_P(EachPolicy, shares_evenly_where_all_came_back_together) {
  Endpoints four{4U};
  auto picker = EachPolicy::picker(four);
  for (auto& state : four.states) mark_healthy(state, start);
  for (auto const count : four.picks(picker, many)) EXPECT_NEAR(static_cast<double>(count), 0.25 * many, 0.03 * many);
}

TEST_P(EachPolicy, differs_by_its_seed_where_chance_has_a_part) {
  Endpoints const eight{8U};
  std::set<std::vector<std::size_t>> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto picker = EachPolicy::picker(eight, seed);
    std::vector<std::size_t> first;
    for (int call = 0; call < 4; ++call) first.push_back(picker.pick({.now_ns = start}).value());  // without a key
    seen.insert(first);
  }
  EXPECT_GT(seen.size(), 10U);
}

TEST(RoundRobin, gives_each_its_turns_in_every_round) {
  Endpoints const split{{5, 1, 2}};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Picker picker{Policy::round_robin, split.candidates, seed};
    split.picks(picker, seed);
    EXPECT_EQ(split.picks(picker, 800), (std::vector<std::size_t>{500, 100, 200})) << seed;
  }
}

TEST(RoundRobin, spreads_the_turns_of_the_heavy_one) {
  Endpoints const split{{3, 1, 1, 1}};
  Picker picker{Policy::round_robin, split.candidates, 3};
  int in_row = 0;
  for (int call = 0; call < 600; ++call) {
    in_row = picker.pick({.now_ns = start}) == 0U ? in_row + 1 : 0;
    ASSERT_LE(in_row, 2);
  }
}

TEST(LeastRequests, prefers_who_has_fewer_calls_under_way) {
  Endpoints two{2U};
  two.states[0].in_flight = 3;
  two.states[1].in_flight = 2;
  Picker picker{Policy::least_requests, two.candidates, 1};
  EXPECT_EQ(two.picks(picker, 1000)[1], 1000U);
}

TEST(LeastRequests, measures_the_calls_under_way_by_the_weight) {
  Endpoints split{{9, 1}};
  split.states[0].in_flight = 9;
  split.states[1].in_flight = 1;
  Picker picker{Policy::least_requests, split.candidates, 1};
  EXPECT_NEAR(static_cast<double>(split.picks(picker, many)[1]), 0.1 * many, 0.02 * many);
  split.states[0].in_flight = 20;
  EXPECT_GT(split.picks(picker, many)[1], many / 8);
  split.states[0].in_flight = 0;
  EXPECT_EQ(split.picks(picker, many)[1], 0U);
}

TEST(LeastRequests, is_what_a_hash_falls_back_to_where_there_is_no_key) {
  Endpoints two{2U};
  two.states[1].in_flight = 2;
  Picker picker{Policy::hash, two.candidates, 1};
  for (int call = 0; call < 100; ++call) EXPECT_EQ(picker.pick({.now_ns = start}), 0U);
}

TEST(EwmaPolicy, prefers_who_answers_faster_and_counts_what_waits_there) {
  Endpoints two{2U};
  Picker picker{Policy::ewma, two.candidates, 1};
  observe_latency(two.states[0], 10 * ms, start);
  observe_latency(two.states[1], 25 * ms, start);
  EXPECT_EQ(two.picks(picker, 1000)[0], 1000U);
  two.states[0].in_flight = 2;
  EXPECT_EQ(two.picks(picker, 1000)[1], 1000U);
}

TEST(EwmaPolicy, sends_one_call_to_who_is_unknown_and_waits_for_its_answer) {
  Endpoints two{2U};
  Picker picker{Policy::ewma, two.candidates, 1};
  observe_latency(two.states[0], 10 * ms, start);
  EXPECT_EQ(two.picks(picker, 1000)[1], 1000U);
  two.states[1].in_flight = 1;
  EXPECT_EQ(two.picks(picker, 1000)[1], 0U);
}

TEST(Hash, keeps_a_key_at_its_place_in_every_process) {
  Endpoints const nine{9U};
  Picker one{Policy::hash, nine.candidates, 1};
  Picker other{Policy::hash, nine.candidates, 2};
  for (std::uint64_t key = 0; key < 1000; ++key) {
    auto const place = one.pick({.now_ns = start, .hash = key});
    EXPECT_EQ(other.pick({.now_ns = start, .hash = key}), place);
    EXPECT_EQ(one.pick({.now_ns = start + second_ns, .hash = key}), place);
  }
}

TEST(Hash, does_not_depend_on_the_order_of_the_endpoints) {
  Endpoints const nine{9U};
  auto reversed = nine.candidates;
  std::reverse(reversed.begin(), reversed.end());
  Picker one{Policy::hash, nine.candidates, 1};
  Picker other{Policy::hash, reversed, 1};
  for (std::uint64_t key = 0; key < 1000; ++key) {
    EXPECT_EQ(other.pick({.now_ns = start, .hash = key}).value(), 8 - one.pick({.now_ns = start, .hash = key}).value());
  }
}

TEST(Hash, moves_a_key_from_who_is_overloaded_and_only_then) {
  Endpoints four{4U};
  Picker picker{Policy::hash, four.candidates, 1};
  auto const home = picker.pick({.now_ns = start, .hash = 1}).value();
  for (auto& state : four.states) state.in_flight = 8;
  four.states[home].in_flight = 12;  // the average is 9, the bound 1.25 x 9 + 1
  EXPECT_EQ(picker.pick({.now_ns = start, .hash = 1}), home);
  four.states[home].in_flight = 13;  // 9.25, 12.56
  auto const next = picker.pick({.now_ns = start, .hash = 1});
  EXPECT_NE(next, home);
  EXPECT_EQ(picker.pick({.now_ns = start, .hash = 1}), next) << "and always to the same";
}

}  // namespace
}  // namespace ambassador::balance::picker_test
