#include "app/drain.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ambassador::app::drain_test {
namespace {

using namespace std::chrono_literals;

struct Row {
  std::string what;
  DrainState state;
  DrainStep step;
};

void expect_steps(std::vector<Row> const& rows) {
  for (auto const& row : rows) EXPECT_EQ(next_step(row.state), row.step) << row.what;
}

TEST(Drain, serves_on_until_the_app_has_been_quiet_or_the_time_is_over) {
  expect_steps({
      {"at once", {.connections = 1}, DrainStep::serve},
      {"without a connection too: one may come", {.elapsed = 1s, .quiet = 1s}, DrainStep::serve},
      {"quiet, but not for long", {.connections = 1, .elapsed = 10s, .quiet = 1999ms}, DrainStep::serve},
      {"quiet for long enough", {.connections = 1, .elapsed = 2s, .quiet = 2s}, DrainStep::close},
      {"never quiet, and time is left", {.connections = 1, .elapsed = 24999ms, .quiet = 0s}, DrainStep::serve},
      {"never quiet, until the end", {.connections = 1, .elapsed = 25s, .quiet = 0s}, DrainStep::close},
  });
}

TEST(Drain, finishes_what_runs_once_it_has_closed) {
  expect_steps({
      {"nothing is open", {.elapsed = 2s, .quiet = 2s, .closed = true}, DrainStep::finish},
      {"a call has come after all", {.connections = 1, .elapsed = 3s, .quiet = 0s, .closed = true}, DrainStep::wait},
      {"until the end", {.connections = 1, .elapsed = 25s, .quiet = 0s, .closed = true}, DrainStep::cut},
      {"a tunnel that nobody uses", {.connections = 1, .elapsed = 3s, .quiet = 2s, .closed = true}, DrainStep::cut},
  });
}

TEST(Drain, quit_does_not_wait_for_quiet_but_for_calls) {
  expect_steps({
      {"at once", {.connections = 1, .quit = true}, DrainStep::close},
      {"idle connections are gone", {.quit = true, .closed = true}, DrainStep::finish},
      {"a call runs", {.connections = 1, .elapsed = 3s, .quiet = 0s, .quit = true, .closed = true}, DrainStep::wait},
      {"a tunnel moves", {.connections = 1, .elapsed = 3s, .quiet = 99ms, .quit = true, .closed = true}, DrainStep::wait},
      {"a tunnel rests", {.connections = 1, .elapsed = 3s, .quiet = 100ms, .quit = true, .closed = true}, DrainStep::cut},
      {"until the end", {.connections = 1, .elapsed = 25s, .quiet = 0s, .quit = true, .closed = true}, DrainStep::cut},
  });
}

TEST(Drain, a_second_signal_cuts_at_once) {
  expect_steps({
      {"while it serves", {.connections = 1, .second_signal = true}, DrainStep::close},
      {"then", {.connections = 1, .second_signal = true, .closed = true}, DrainStep::cut},
      {"without a connection", {.second_signal = true, .closed = true}, DrainStep::finish},
  });
}

TEST(Drain, what_was_cut_gets_a_moment_to_write_its_line) {
  expect_steps({
      {"not gone yet", {.connections = 1, .elapsed = 26s, .closed = true, .cut = true}, DrainStep::wait},
      {"gone", {.elapsed = 26s, .closed = true, .cut = true}, DrainStep::finish},
      {"never", {.connections = 1, .elapsed = 26s, .since_cut = cut_limit, .closed = true, .cut = true}, DrainStep::finish},
  });
}

TEST(Quiet, begins_when_the_last_call_is_over) {
  SteadyTime const start{};
  Quiet quiet{start};
  EXPECT_EQ(quiet.look({.connections = 1, .calls = 1, .moves = 1}, start + 1s), 0s);
  EXPECT_EQ(quiet.look({.connections = 1, .calls = 1, .moves = 1}, start + 9s), 0s) << "a call that only waits is none";
  EXPECT_EQ(quiet.look({.connections = 1, .moves = 1}, start + 10s), 1s);
}

TEST(Quiet, is_broken_by_a_call_that_nobody_saw_run_and_by_a_byte_in_a_tunnel) {
  SteadyTime const start{};
  Quiet quiet{start};
  quiet.look({.moves = 7}, start + 1s);
  EXPECT_EQ(quiet.look({.moves = 7}, start + 2s), 1s);
  EXPECT_EQ(quiet.look({.moves = 8}, start + 3s), 0s);
  EXPECT_EQ(quiet.look({.connections = 3, .moves = 8}, start + 5s), 2s) << "open connections alone are quiet";
}

TEST(Activity, of_all_workers_is_their_sum) {
  Activity all;
  all += {.connections = 3, .calls = 1, .moves = 10};
  all += {.connections = 4, .calls = 2, .moves = 20};
  EXPECT_EQ(all.connections, 7U);
  EXPECT_EQ(all.calls, 3U);
  EXPECT_EQ(all.moves, 30U);
}

}  // namespace
}  // namespace ambassador::app::drain_test
