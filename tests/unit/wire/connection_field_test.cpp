// What Connection says of the connection and of other fields (RFC 9110 section 7.6.1).
#include "unit/wire/outcome.hpp"

#include <gtest/gtest.h>

namespace ambassador::wire::http1::connection_field_test {
namespace {

std::string request(std::string const& fields, std::string const& version = "1.1") {
  return "GET / HTTP/" + version + "\r\nHost: h\r\n" + fields + "\r\n";
}

bool keeps_alive(std::string const& fields, std::string const& version = "1.1") {
  auto const bytes = request(fields, version);
  ReadRequest const read{bytes};
  EXPECT_EQ(read.why(), "");
  return read.head.keeps_alive();
}

TEST(KeepAlive, is_the_rule_in_http_1_1_and_the_exception_in_1_0) {
  EXPECT_TRUE(keeps_alive(""));
  EXPECT_FALSE(keeps_alive("", "1.0"));
  EXPECT_TRUE(keeps_alive("Connection: keep-alive\r\n", "1.0"));
  EXPECT_TRUE(keeps_alive("Connection: X, Keep-Alive\r\n", "1.0"));
  EXPECT_FALSE(keeps_alive("Connection: close\r\n"));
  EXPECT_FALSE(keeps_alive("Connection: CLOSE\r\n"));
}

TEST(KeepAlive, ends_with_close_wherever_that_stands) {
  EXPECT_FALSE(keeps_alive("Connection: keep-alive, close\r\n"));
  EXPECT_FALSE(keeps_alive("Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps_alive("Connection: close, keep-alive\r\n", "1.0"));
}

TEST(KeepAlive, does_not_follow_proxy_connection) {
  EXPECT_TRUE(keeps_alive("Proxy-Connection: close\r\n"));
  EXPECT_FALSE(keeps_alive("Proxy-Connection: keep-alive\r\n", "1.0"));
}

TEST(ConnectionOptions, are_found_on_every_line_and_in_any_case) {
  auto const bytes = request("Connection: Upgrade , x-a\r\nUpgrade: websocket\r\nX-A: 1\r\nconnection:,,X-B,\r\n");
  ReadRequest const read{bytes};
  ASSERT_EQ(read.why(), "");
  EXPECT_TRUE(read.head.connection_upgrade);
  EXPECT_EQ(read.head.upgrade, "websocket");
  EXPECT_TRUE(read.head.connection_names_fields);
  EXPECT_TRUE(http::connection_names(read.head, "X-a"));
  EXPECT_TRUE(http::connection_names(read.head, "x-b"));
  EXPECT_FALSE(http::connection_names(read.head, "x"));
  EXPECT_FALSE(http::connection_names(read.head, "x-a, x-b"));
}

TEST(ConnectionOptions, of_the_usual_kind_name_no_fields) {
  auto const bytes = request("Connection: keep-alive, Upgrade, close\r\n");
  EXPECT_FALSE(ReadRequest{bytes}.head.connection_names_fields);
}

TEST(ConnectionOptions, may_be_none) {
  auto const bytes = request("Connection:\r\n");
  ReadRequest const read{bytes};
  EXPECT_EQ(read.why(), "");
  EXPECT_TRUE(read.head.keeps_alive());
}

TEST(ConnectionOptions, are_counted_over_all_lines) {
  std::string line = "Connection: a";
  for (std::size_t i = 1; i < max_connection_options; ++i) line += ", a";
  EXPECT_EQ(ReadRequest{request(line + "\r\n")}.why(), "");
  EXPECT_EQ(ReadRequest{request(line + ", a\r\n")}.why(), "Connection names too many options");
  EXPECT_EQ(ReadRequest{request(line + "\r\nConnection: a\r\n")}.why(), "Connection names too many options");
}

}  // namespace
}  // namespace ambassador::wire::http1::connection_field_test
