#include "wire/body.hpp"
#include "wire/head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ambassador::bench::wire_test {
namespace {

using std::string_view_literals::operator""sv;

TEST(Head, is_nothing_until_its_empty_line_has_come) {
  auto const whole = "GET /64k?q HTTP/1.1\r\nHost: a\r\n\r\nrest"sv;
  auto const size = whole.size() - 4;
  for (std::size_t count = 0; count < size; ++count) EXPECT_FALSE(read_head(whole.substr(0, count))) << count;
  auto const head = read_head(whole);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size, size);
  EXPECT_EQ(second_word(head->start_line), "/64k?q");
}

TEST(Head, says_where_the_body_ends_however_the_names_are_written) {
  auto const sized = read_head("HTTP/1.1 200 OK\r\ncontent-LENGTH:  65536\r\nConnection: Close\r\n\r\n");
  ASSERT_TRUE(sized);
  EXPECT_EQ(sized->length, 65536U);
  EXPECT_TRUE(sized->close);
  auto const chunked = read_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n");
  ASSERT_TRUE(chunked);
  EXPECT_TRUE(chunked->chunked);
  EXPECT_FALSE(chunked->close);
}

TEST(SecondWord, of_a_line_without_one_is_empty) {
  EXPECT_EQ(second_word("HTTP/1.1"), "");
  EXPECT_EQ(second_word("HTTP/1.1 204"), "204");
}

Body started(std::uint64_t length, bool chunked) {
  Body body;
  body.start({.start_line = {}, .size = 0, .length = length, .chunked = chunked, .close = false});
  return body;
}

TEST(Body, of_a_length_takes_no_byte_of_what_is_behind_it) {
  auto body = started(5, false);
  EXPECT_EQ(body.take("abc"), 3U);
  EXPECT_EQ(body.skippable(), 2U);
  EXPECT_EQ(body.take("deHTTP"), 2U);
  EXPECT_TRUE(body.complete());
  EXPECT_EQ(body.received(), 5U);
}

TEST(Body, without_a_byte_is_complete_at_once) { EXPECT_TRUE(started(0, false).complete()); }

TEST(Body, may_be_skipped_unseen) {
  auto body = started(100, false);
  body.skip(100);
  EXPECT_TRUE(body.complete());
}

TEST(Body, in_chunks_is_counted_wherever_it_is_split) {
  auto const text = "5\r\nabcde\r\nA;x=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"sv;
  for (std::size_t split = 0; split <= text.size(); ++split) {
    auto body = started(0, true);
    auto const first = body.take(text.substr(0, split));
    ASSERT_EQ(first, split);
    EXPECT_EQ(body.take(std::string{text.substr(split)} + "HTTP"), text.size() - split) << split;
    EXPECT_TRUE(body.complete()) << split;
    EXPECT_EQ(body.received(), 15U) << split;
  }
}

TEST(Body, in_chunks_without_a_size_is_faulty) {
  for (auto const text : {"x\r\n"sv, "1\r\naX"sv}) {
    auto body = started(0, true);
    body.take(text);
    EXPECT_TRUE(body.faulty()) << text;
  }
}

}  // namespace
}  // namespace ambassador::bench::wire_test
