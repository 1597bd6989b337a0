#include "net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>

namespace ambassador::net::timer_wheel_test {
namespace {

using namespace std::chrono_literals;

SteadyTime const start{1000s};

/// One deadline, and how often it passed.
struct Owner {
  Deadline deadline{this, [](void* owner) {
                      auto& self = *static_cast<Owner*>(owner);
                      ++self.passed;
                      if (self.then) self.then();
                    }};
  int passed = 0;
  std::function<void()> then;
};

class TimerWheelTest : public testing::Test {
 protected:
  /// In steps, as the worker's tick does.
  void advance_to(Milliseconds when, Milliseconds step = TimerWheel::tick) {
    for (; now_ < when; now_ += step) wheel.advance(start + now_);
    wheel.advance(start + when);
    now_ = when;
  }

  TimerWheel wheel{start};

 private:
  Milliseconds now_{0};
};

TEST_F(TimerWheelTest, a_deadline_passes_once_never_early_and_at_most_a_tick_late) {
  for (auto const when : {1ms, 49ms, 50ms, 51ms, 1234ms, 25'549ms, 25'550ms, 25'600ms, 25'601ms, 60'000ms, 3'600'000ms}) {
    TimerWheel fresh{start};
    Owner owner;
    owner.deadline.set(fresh, start + when);
    for (auto now = 0ms; now < when; now += 10ms) {
      fresh.advance(start + now);
      ASSERT_EQ(owner.passed, 0) << when.count() << " at " << now.count();
    }
    fresh.advance(start + when + TimerWheel::tick);
    EXPECT_EQ(owner.passed, 1) << when.count();
    EXPECT_TRUE(owner.deadline.expired());
    fresh.advance(start + when + 60s);
    EXPECT_EQ(owner.passed, 1) << when.count();
  }
}

TEST_F(TimerWheelTest, a_deadline_that_is_past_passes_at_the_next_tick) {
  Owner owner;
  owner.deadline.set(wheel, start - 5s);
  EXPECT_EQ(owner.passed, 0);
  advance_to(50ms);
  EXPECT_EQ(owner.passed, 1);
}

TEST_F(TimerWheelTest, it_may_be_moved_off) {
  Owner owner;
  owner.deadline.set(wheel, start + 100ms);
  advance_to(50ms);
  owner.deadline.set(wheel, start + 1000ms);
  advance_to(950ms);
  EXPECT_EQ(owner.passed, 0);
  advance_to(1050ms);
  EXPECT_EQ(owner.passed, 1);
}

TEST_F(TimerWheelTest, it_may_be_brought_nearer) {
  Owner owner;
  owner.deadline.set(wheel, start + 60s);
  owner.deadline.set(wheel, start + 100ms);
  advance_to(150ms);
  EXPECT_EQ(owner.passed, 1);
  advance_to(61s);
  EXPECT_EQ(owner.passed, 1);
}

TEST_F(TimerWheelTest, a_cleared_one_never_passes) {
  Owner owner;
  owner.deadline.set(wheel, start + 100ms);
  owner.deadline.clear();
  advance_to(1s);
  EXPECT_EQ(owner.passed, 0);
  EXPECT_FALSE(owner.deadline.expired());
}

TEST_F(TimerWheelTest, a_cleared_one_may_be_set_again) {
  Owner owner;
  owner.deadline.set(wheel, start + 100ms);
  owner.deadline.clear();
  owner.deadline.set(wheel, start + 200ms);
  advance_to(150ms);
  EXPECT_EQ(owner.passed, 0);
  advance_to(250ms);
  EXPECT_EQ(owner.passed, 1);
}

TEST_F(TimerWheelTest, expired_is_said_until_it_is_set_again) {
  Owner owner;
  owner.deadline.set(wheel, start + 50ms);
  advance_to(500ms);
  EXPECT_TRUE(owner.deadline.expired());
  owner.deadline.set(wheel, start + 1s);
  EXPECT_FALSE(owner.deadline.expired());
  advance_to(1100ms);
  EXPECT_EQ(owner.passed, 2);
}

TEST_F(TimerWheelTest, one_that_is_destroyed_is_forgotten) {
  Owner before;
  Owner after;
  auto owner = std::make_unique<Owner>();
  before.deadline.set(wheel, start + 100ms);
  owner->deadline.set(wheel, start + 100ms);
  after.deadline.set(wheel, start + 100ms);
  owner.reset();
  advance_to(150ms);
  EXPECT_EQ(before.passed, 1);
  EXPECT_EQ(after.passed, 1);
}

TEST_F(TimerWheelTest, who_is_told_may_destroy_and_set_any_of_the_same_slot) {
  std::optional<Owner> owners[3];
  for (auto& owner : owners) owner.emplace();
  int told = 0;
  for (auto& owner : owners) {
    owner->then = [&] {
      if (++told != 1) return;
      for (auto& other : owners) {
        if (other->passed == 0) {
          other.reset();  // the first of the others goes
          return;
        }
      }
    };
    owner->deadline.set(wheel, start + 100ms);
  }
  advance_to(200ms);
  EXPECT_EQ(told, 2);
}

TEST_F(TimerWheelTest, who_is_told_may_set_its_own_again) {
  Owner owner;
  owner.then = [&] {
    if (owner.passed < 3) owner.deadline.set(wheel, start + owner.passed * 200ms);
  };
  owner.deadline.set(wheel, start + 50ms);
  advance_to(2s);
  EXPECT_EQ(owner.passed, 3);
}

TEST_F(TimerWheelTest, a_process_that_slept_finds_all_that_passed_meanwhile) {
  Owner near;
  Owner far;
  Owner beyond;
  near.deadline.set(wheel, start + 100ms);
  far.deadline.set(wheel, start + 50min);
  beyond.deadline.set(wheel, start + 2h);
  wheel.advance(start + 1h);
  EXPECT_EQ(near.passed, 1);
  EXPECT_EQ(far.passed, 1);
  EXPECT_EQ(beyond.passed, 0);
  wheel.advance(start + 2h + TimerWheel::tick);
  EXPECT_EQ(beyond.passed, 1);
}

TEST_F(TimerWheelTest, a_deadline_may_outlive_its_wheel) {
  Owner owner;
  {
    TimerWheel gone{start};
    owner.deadline.set(gone, start + 100ms);
  }
  owner.deadline.set(wheel, start + 50ms);
  advance_to(100ms);
  EXPECT_EQ(owner.passed, 1);
}

}  // namespace
}  // namespace ambassador::net::timer_wheel_test
