#include "app/machine/port_guard.hpp"

#include <gtest/gtest.h>

namespace ambassador::app::machine::port_guard_test {
namespace {

constexpr std::uint16_t port = 61234;

TEST(PortGuard, shows_that_a_port_is_kept) {
  EXPECT_FALSE(PortGuard::is_held(port));
  {
    PortGuard guard;
    EXPECT_TRUE(guard.hold(port));
    EXPECT_TRUE(PortGuard::is_held(port));
    EXPECT_FALSE(PortGuard::is_held(port + 1));
  }
  EXPECT_FALSE(PortGuard::is_held(port));
}

TEST(PortGuard, is_held_once_by_others_and_as_often_as_needed_by_one) {
  PortGuard one;
  PortGuard other;
  EXPECT_TRUE(one.hold(port));
  EXPECT_TRUE(one.hold(port));
  EXPECT_FALSE(other.hold(port));
}

}  // namespace
}  // namespace ambassador::app::machine::port_guard_test
