// Where a head ends, however it is cut on the way, and which bytes no head may hold.
#include "unit/wire/outcome.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace ambassador::wire::http1::head_scanner_test {
namespace {

struct Row {
  std::string_view bytes;
  std::string_view outcome;

  friend std::ostream& operator<<(std::ostream& out, Row const& row) { return out << testing::PrintToString(row.bytes); }
};

class Scanned : public testing::TestWithParam<Row> {};

TEST_P(Scanned, comes_to_this) { EXPECT_EQ(scanned(GetParam().bytes, {}), GetParam().outcome); }

TEST_P(Scanned, is_the_same_cut_anywhere_in_two) {
  auto const& bytes = GetParam().bytes;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
    EXPECT_EQ(scanned(bytes, {cut}), GetParam().outcome) << "cut at " << cut;
}

TEST_P(Scanned, is_the_same_cut_anywhere_in_three) {
  auto const& bytes = GetParam().bytes;
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      ASSERT_EQ(scanned(bytes, {first, second}), GetParam().outcome) << "cut at " << first << " and " << second;
    }
  }
}

TEST(HeadScanner, takes_no_empty_line_before_a_status_line) {
  HeadScanner scanner{0};
  ASSERT_EQ(scanner.scan("\r\nHTTP/1.1 200 OK\r\n\r\n", {}), HeadScanner::State::faulty);
  EXPECT_EQ(scanner.fault().why, "empty lines before the start line");
}

// A block of bytes is looked at at once: each byte of it is judged as one alone would be.
TEST(HeadScanner, judges_a_byte_the_same_wherever_it_stands) {
  for (int value = 0; value < 256; ++value) {
    std::string const line = "GET /" + std::string(1, static_cast<char>(value));
    for (std::size_t shift = 0; shift < 32; ++shift) {
      auto const bytes = std::string(shift, 'x') + line + " HTTP/1.1\r\n\r\n";
      bool const good = (value >= 0x20 && value != 0x7f) || value == '\t';
      HeadScanner scanner;
      auto const state = scanner.scan(bytes, {});
      EXPECT_EQ(state, good ? HeadScanner::State::complete : HeadScanner::State::faulty) << value << " at " << shift;
    }
  }
}

TEST_P(Scanned, is_the_same_byte_by_byte) {
  auto const& bytes = GetParam().bytes;
  HeadScanner scanner;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    auto const state = scanner.scan(bytes.substr(0, size), {});
    if (state == HeadScanner::State::need_more) continue;
    if (state == HeadScanner::State::faulty) {
      EXPECT_EQ(scanner.fault().why, GetParam().outcome);
    } else {
      EXPECT_EQ(scanned(bytes.substr(0, size), {}), GetParam().outcome);
    }
    return;
  }
  EXPECT_EQ(GetParam().outcome, "need more");
}

constexpr std::string_view bare_lf = "a line feed without a carriage return";
constexpr std::string_view bare_cr = "a carriage return without a line feed";
constexpr std::string_view control = "a control byte in the head";
constexpr std::string_view fold = "a line begins with a blank (obsolete line folding)";
constexpr std::string_view empty_lines = "empty lines before the start line";

INSTANTIATE_TEST_SUITE_P(Whole, Scanned,
                         testing::Values(Row{"GET / HTTP/1.1\r\n\r\n", "|GET / HTTP/1.1\r\n\r\n|"},
                                         Row{"a\r\nb: c\r\n\r\n", "|a\r\nb: c\r\n\r\n|"},
                                         Row{"a\r\n\r\nGET / HTTP", "|a\r\n\r\n|"}, Row{"a\r\n\r\n\n\0\r", "|a\r\n\r\n|"},
                                         Row{"\r\na\r\n\r\n", "|a\r\n\r\n|"},
                                         Row{"a\tb \r\nc:\td\r\n\r\n", "|a\tb \r\nc:\td\r\n\r\n|"},
                                         Row{"\xff\x80\r\n\r\n", "|\xff\x80\r\n\r\n|"}));

INSTANTIATE_TEST_SUITE_P(Unfinished, Scanned,
                         testing::Values(Row{"", "need more"}, Row{"\r", "need more"}, Row{"\r\n", "need more"},
                                         Row{"GET", "need more"}, Row{"a\r\n", "need more"}, Row{"a\r\n\r", "need more"},
                                         Row{"a\r\nb: c\r\n", "need more"}));

// RFC 9112 section 2.2: an LF may be taken for a line's end, a CR for a blank, and so may they not.
INSTANTIATE_TEST_SUITE_P(BareLineEnds, Scanned,
                         testing::Values(Row{"\n", bare_lf}, Row{"a\n\n", bare_lf}, Row{"a\r\nb: c\n\r\n", bare_lf},
                                         Row{"a\r\n\n", bare_lf}, Row{"a\r\r\n\r\n", bare_cr},
                                         Row{"a\r\nb: c\rd: e\r\n\r\n", bare_cr}, Row{"\r\r", bare_cr},
                                         Row{"a\r\n\rx", bare_cr}));

INSTANTIATE_TEST_SUITE_P(Controls, Scanned,
                         testing::Values(Row{{"a\0\r\n\r\n", 6}, control}, Row{{"a\r\nb: \0c\r\n\r\n", 12}, control},
                                         Row{"a\x01", control}, Row{"a\v\r\n", control}, Row{"a\f\r\n", control},
                                         Row{"a\x1b\r\n", control}, Row{"a\x7f\r\n", control}));

INSTANTIATE_TEST_SUITE_P(Folding, Scanned,
                         testing::Values(Row{"a\r\n b: c\r\n\r\n", fold}, Row{"a\r\nb: c\r\n d\r\n\r\n", fold},
                                         Row{"a\r\nb: c\r\n\td\r\n\r\n", fold}, Row{" a\r\n\r\n", fold}, Row{"\r\n a", fold}));

INSTANTIATE_TEST_SUITE_P(EmptyLines, Scanned,
                         testing::Values(Row{"\r\n\r\n", empty_lines}, Row{"\r\n\r\na\r\n\r\n", empty_lines}));

std::string head_of(std::size_t size) {
  constexpr std::string_view ends = "a\r\nb: \r\n\r\n";
  return "a\r\nb: " + std::string(size - ends.size(), 'x') + "\r\n\r\n";
}

/// Alike however the head is cut.
std::string bounded(std::string const& bytes, http::HeadLimits const& limits) {
  auto const whole = scanned(bytes, {}, limits);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) EXPECT_EQ(scanned(bytes, {cut}, limits), whole) << "cut at " << cut;
  return whole;
}

TEST(HeadLimit, is_met_to_the_byte) {
  http::HeadLimits const limits{.head = 40};
  EXPECT_EQ(bounded(head_of(40), limits), '|' + head_of(40) + '|');
  EXPECT_EQ(bounded(head_of(41), limits), "the head is larger than limits.head");
  EXPECT_EQ(bounded(head_of(42), limits), "the head is larger than limits.head");
  EXPECT_EQ(bounded(head_of(400), limits), "the head is larger than limits.head");
}

TEST(HeadLimit, does_not_count_the_empty_line_before_it) {
  EXPECT_EQ(bounded("\r\n" + head_of(40), {.head = 40}), '|' + head_of(40) + '|');
}

TEST(HeadLimit, does_not_count_what_follows) {
  EXPECT_EQ(bounded(head_of(40) + std::string(100, 'x'), {.head = 40}), '|' + head_of(40) + '|');
}

TEST(HeadLimit, in_the_first_line_is_a_target_that_is_too_long) {
  HeadScanner scanner;
  ASSERT_EQ(scanner.scan("GET /" + std::string(100, 'x'), {.head = 40}), HeadScanner::State::faulty);
  EXPECT_EQ(scanner.fault().code, Errc::target_too_long);
}

TEST(HeadLimit, ends_a_head_without_an_end) {
  HeadScanner scanner;
  std::string bytes = "GET / HTTP/1.1\r\n";
  auto state = HeadScanner::State::need_more;
  while (state == HeadScanner::State::need_more && bytes.size() < 200'000) {
    bytes += "X-Field: and another\r\n";
    state = scanner.scan(bytes, {});
  }
  EXPECT_EQ(state, HeadScanner::State::faulty);
  EXPECT_EQ(scanner.fault().code, Errc::head_too_large);
  EXPECT_LT(bytes.size(), 65 * 1024U + 100);
}

}  // namespace
}  // namespace ambassador::wire::http1::head_scanner_test
