// What the client of a call speaks, as the log names it.
#include "base/call_protocol.hpp"

#include <gtest/gtest.h>

namespace ambassador::call_protocol_test {
namespace {

TEST(CallProtocol, has_the_name_that_the_log_shows) {
  EXPECT_EQ(name(CallProtocol::http10), "HTTP/1.0");
  EXPECT_EQ(name(CallProtocol::http11), "HTTP/1.1");
  EXPECT_EQ(name(CallProtocol::tcp), "TCP");
}

TEST(CallProtocol, of_a_connection_has_no_requests) {
  EXPECT_FALSE(is_connection(CallProtocol::http10));
  EXPECT_FALSE(is_connection(CallProtocol::http11));
  EXPECT_TRUE(is_connection(CallProtocol::tcp));
}

}  // namespace
}  // namespace ambassador::call_protocol_test
