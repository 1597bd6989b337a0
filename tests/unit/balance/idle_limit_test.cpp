// The idle time of a connection is learned from the server: we give up first.
#include "balance/idle_limit.hpp"

#include <gtest/gtest.h>

namespace ambassador::balance::idle_limit_test {
namespace {

using namespace std::chrono_literals;

TEST(IdleLimit, begins_below_the_shortest_server_in_wide_use) { EXPECT_LT(first_idle_limit + idle_margin / 2, 5s); }

TEST(IdleLimit, follows_what_the_server_says_less_a_margin) {
  EXPECT_EQ(learn_from_header(first_idle_limit, 5), 4s);
  EXPECT_EQ(learn_from_header(first_idle_limit, 30), 29s);
  EXPECT_EQ(learn_from_header(60s, 10), 9s);
}

TEST(IdleLimit, stays_where_the_server_says_nothing) { EXPECT_EQ(learn_from_header(7s, 0), 7s); }

TEST(IdleLimit, stays_within_its_bounds_whatever_the_server_says) {
  EXPECT_EQ(learn_from_header(first_idle_limit, 1), least_idle_limit);
  EXPECT_EQ(learn_from_header(first_idle_limit, 3600), greatest_idle_limit);
  EXPECT_EQ(learn_from_header(first_idle_limit, UINT64_MAX), greatest_idle_limit);
}

TEST(IdleLimit, shrinks_below_the_idle_time_at_which_the_server_closed) {
  EXPECT_EQ(learn_from_close(4s, 3s), 2s);
  EXPECT_EQ(learn_from_close(60s, 10s), 9s);
}

TEST(IdleLimit, never_grows_from_a_close) { EXPECT_EQ(learn_from_close(4s, 50s), 4s); }

TEST(IdleLimit, keeps_its_least_when_the_server_closes_at_once) {
  EXPECT_EQ(learn_from_close(4s, 0ms), least_idle_limit);
  EXPECT_EQ(learn_from_close(4s, 1200ms), least_idle_limit);
}

}  // namespace
}  // namespace ambassador::balance::idle_limit_test
