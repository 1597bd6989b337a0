#include "command/child_program.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <csignal>

#include <sys/time.h>

namespace ambassador::command::child_program_test {
namespace {

using namespace std::chrono_literals;

TEST(ChildProgram, gets_its_arguments_and_its_input_as_they_are) {
  auto const ran = run_program({"/bin/sh", "-c", "printf '%s|' \"$0\" \"$1\"; cat", "a b", "$HOME;*"}, "the input\n", 10s);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 0);
  EXPECT_EQ(ran->out, "a b|$HOME;*|the input\n");
}

TEST(ChildProgram, tells_its_status_and_what_it_said) {
  auto const ran = run_program({"/bin/sh", "-c", "echo out; echo wrong >&2; exit 3"}, {}, 10s);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 3);
  EXPECT_EQ(ran->out, "out\n");
  EXPECT_EQ(ran->err, "wrong\n");
}

TEST(ChildProgram, that_a_signal_ends_has_no_status_of_its_own) {
  auto const ran = run_program({"/bin/sh", "-c", "kill -TERM $$"}, {}, 10s);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 128 + 15);
}

TEST(ChildProgram, takes_more_input_and_says_more_than_a_pipe_holds) {
  std::string const much(1'000'000, 'x');
  auto const ran = run_program({"/bin/cat"}, much, 10s);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->out, much);
}

TEST(ChildProgram, is_killed_when_its_time_is_up) {
  auto const before = std::chrono::steady_clock::now();
  auto const ran = run_program({"/bin/sleep", "60"}, {}, 50ms);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().value(), ETIMEDOUT);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 30s);
}

/// A signal every 10 ms, as long as it lives.
class Signals {
 public:
  Signals() {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // without SA_RESTART
    ::sigaction(SIGALRM, &action, &before_);
    set(10'000);
  }
  ~Signals() {
    set(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  Signals(Signals const&) = delete;
  Signals& operator=(Signals const&) = delete;

 private:
  static void set(suseconds_t microseconds) {
    itimerval const timer{{0, microseconds}, {0, microseconds}};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }

  struct sigaction before_ {};
};

TEST(ChildProgram, gets_no_more_time_by_signals) {
  Signals const signals;
  auto const ran = run_program({"/bin/sleep", "5"}, {}, 100ms);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().value(), ETIMEDOUT);
}

TEST(ChildProgram, that_is_not_there_is_an_error) {
  auto const ran = run_program({"/nowhere/program"}, {}, 10s);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().value(), ENOENT);
}

TEST(ChildProgram, is_found_in_the_first_directory_that_has_it) {
  EXPECT_EQ(find_program("sh", "/nowhere:/bin:/usr/bin"), "/bin/sh");
  EXPECT_EQ(find_program("sh", "/nowhere"), std::nullopt);
  EXPECT_EQ(find_program("sh", ""), std::nullopt);
  EXPECT_EQ(find_program("passwd", "/etc"), std::nullopt) << "not executable";
  EXPECT_EQ(find_program("bin", "/usr"), std::nullopt) << "a directory";
}

TEST(ChildProgram, is_not_looked_for_where_we_happen_to_stand) {
  EXPECT_EQ(find_program("sh", ".:../bin::../../bin:../../../bin:../../../../bin"), std::nullopt);
}

}  // namespace
}  // namespace ambassador::command::child_program_test
