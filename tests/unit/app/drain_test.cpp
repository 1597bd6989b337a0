#include "app/drain.hpp"

#include <gtest/gtest.h>

namespace ambassador::app {
namespace {

using std::chrono::seconds;

TEST(Drain, finishes_when_no_connection_is_open) {
  EXPECT_EQ(next_step({.open_connections = 0, .elapsed = seconds{0}, .second_signal = false}), DrainStep::finish);
  EXPECT_EQ(next_step({.open_connections = 0, .elapsed = seconds{60}, .second_signal = true}), DrainStep::finish);
}

TEST(Drain, waits_for_calls_until_the_limit) {
  EXPECT_EQ(next_step({.open_connections = 1, .elapsed = seconds{24}, .second_signal = false}), DrainStep::wait);
  EXPECT_EQ(next_step({.open_connections = 1, .elapsed = seconds{25}, .second_signal = false}), DrainStep::cut);
}

TEST(Drain, a_second_signal_cuts_at_once) {
  EXPECT_EQ(next_step({.open_connections = 1, .elapsed = seconds{0}, .second_signal = true}), DrainStep::cut);
}

}  // namespace
}  // namespace ambassador::app
