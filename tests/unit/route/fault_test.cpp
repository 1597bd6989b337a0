// Of a share of the calls, each has the fault; the dice are handed in.
#include "route/fault.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace ambassador::route::fault_test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t lowest = 0;
constexpr std::uint64_t half = std::uint64_t{1} << 63;
constexpr std::uint64_t highest = UINT64_MAX;

struct Row {
  double share;
  std::uint64_t dice;
  bool hit;

  friend std::ostream& operator<<(std::ostream& out, Row const& row) { return out << row.share << " and " << row.dice; }
};

class DrawnFault : public testing::TestWithParam<Row> {};

TEST_P(DrawnFault, takes_the_calls_whose_dice_are_below_the_share) {
  auto const& [share, dice, hit] = GetParam();
  auto const drawn = draw_fault({.delay = 100ms, .abort = 503, .share = share}, dice);
  ASSERT_EQ(drawn.has_value(), hit);
  if (!hit) return;
  EXPECT_EQ(drawn->delay, 100ms);
  EXPECT_EQ(drawn->abort, 503U);
}

INSTANTIATE_TEST_SUITE_P(Shares, DrawnFault,
                         testing::Values(Row{0, lowest, false}, Row{0, highest, false}, Row{1, lowest, true},
                                         Row{1, highest, true}, Row{0.5, half - 1, true}, Row{0.5, half, false},
                                         Row{0.0001, lowest, true}, Row{0.9999, highest, false}));

TEST(Fault, takes_about_the_share_of_many_calls) {
  Random random{1};
  int hits = 0;
  for (int call = 0; call < 100'000; ++call) hits += draw_fault({.delay = 1ms, .abort = 0, .share = 0.1}, random()) ? 1 : 0;
  EXPECT_NEAR(hits, 10'000, 500);
}

}  // namespace
}  // namespace ambassador::route::fault_test
