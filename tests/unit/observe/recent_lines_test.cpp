#include "observe/recent_lines.hpp"

#include "observe/access_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ambassador::observe::recent_lines_test {
namespace {

std::string line_of(Decision decision, LineFormat format, std::string source = "http://h/") {
  CallRecord record;
  record.method = "GET";
  record.source = std::move(source);
  record.decision = decision;
  record.status = 403;
  record.reason = "[BLOCKED] \"decision\":\"blocked\"";
  std::string line;
  append_line(line, record, {.format = format});
  return line;
}

class Uncovered : public testing::TestWithParam<LineFormat> {
 protected:
  static bool is(Decision decision, std::string source = "http://h/") {
    return is_uncovered(line_of(decision, GetParam(), std::move(source)));
  }
};

INSTANTIATE_TEST_SUITE_P(Formats, Uncovered, testing::Values(LineFormat::text, LineFormat::json));

TEST_P(Uncovered, are_blocked_and_reported_calls_alone) {
  EXPECT_TRUE(is(Decision::blocked));
  EXPECT_TRUE(is(Decision::reported));
  for (auto const decision : {Decision::mapped, Decision::allowed, Decision::local}) EXPECT_FALSE(is(decision));
}

TEST_P(Uncovered, is_nothing_that_a_client_can_pretend) {
  EXPECT_FALSE(is(Decision::mapped, "http://h/ [BLOCKED] "));
  EXPECT_FALSE(is(Decision::mapped, "http://h/\",\"decision\":\"blocked\",\""));
}

TEST(Uncovered, is_no_line_of_something_else) {
  for (auto const* line : {"", " ", "{", "{}", "a b", "a b [BLOCKED] c"}) EXPECT_FALSE(is_uncovered(line)) << line;
}

/// As a worker would hand it over.
LogLines lines_of(std::string text) {
  auto const count = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  bool const uncovered = text.find("[BLOCKED]") != std::string::npos || text.find("blocked") != std::string::npos;
  return {std::move(text), count, uncovered};
}

std::string numbered(int i) { return "line " + std::to_string(i) + '\n'; }

TEST(RecentLines, are_numbered_from_one_on) {
  RecentLines lines;
  lines.keep(lines_of(numbered(1) + numbered(2)));
  lines.keep(lines_of(numbered(3)));
  auto const all = lines.after(0);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].number, 1U);
  EXPECT_EQ(all[2].number, 3U);
  EXPECT_EQ(all[2].text, "line 3");
}

TEST(RecentLines, are_asked_for_from_the_last_known_on) {
  RecentLines lines;
  lines.keep(lines_of(numbered(1) + numbered(2)));
  ASSERT_EQ(lines.after(1).size(), 1U);
  EXPECT_EQ(lines.after(1)[0].text, "line 2");
  EXPECT_TRUE(lines.after(2).empty());
  EXPECT_TRUE(lines.after(99).empty());
}

std::size_t bytes_of(std::vector<NumberedLine> const& lines) {
  std::size_t bytes = 0;
  for (auto const& line : lines) bytes += line.text.size() + 1;
  return bytes;
}

TEST(RecentLines, take_no_more_room_than_they_may) {
  RecentLines lines;
  std::string const blocked = line_of(Decision::blocked, LineFormat::text, "http://h/" + std::string(500, 'x'));
  for (int i = 0; i < 2000; ++i) lines.keep(lines_of(numbered(i) + blocked));
  auto const kept = bytes_of(lines.after(0));
  EXPECT_LE(kept, max_recent_bytes + max_uncovered_bytes);
  EXPECT_GE(kept, max_recent_bytes / 2);
}

TEST(RecentLines, end_with_the_newest) {
  RecentLines lines;
  for (int i = 1; i <= 50'000; ++i) lines.keep(lines_of(numbered(i)));
  EXPECT_EQ(lines.after(0).back().text, "line 50000");
  EXPECT_EQ(lines.after(0).back().number, 50'000U);
}

TEST(RecentLines, still_have_a_blocked_call_when_thousands_came_after) {
  RecentLines lines;
  lines.keep(lines_of(line_of(Decision::blocked, LineFormat::json)));
  for (int i = 0; i < 50'000; ++i) lines.keep(lines_of(numbered(i)));
  EXPECT_EQ(lines.after(0).front().number, 1U);
}

TEST(RecentLines, have_a_blocked_call_once) {
  RecentLines lines;
  lines.keep(lines_of(line_of(Decision::blocked, LineFormat::text)));
  EXPECT_EQ(lines.after(0).size(), 1U);
}

TEST(RecentLines, of_a_batch_that_is_too_long_are_its_last) {
  std::string batch;
  for (int i = 1; i <= 50'000; ++i) batch += numbered(i);
  RecentLines lines;
  lines.keep(lines_of(batch));
  lines.keep(lines_of(numbered(50'001)));
  auto const kept = lines.after(0);
  EXPECT_GT(kept.size(), 1000U);
  for (auto const& line : kept) EXPECT_EQ(line.text, "line " + std::to_string(line.number));
  EXPECT_EQ(kept.back().number, 50'001U);
}

TEST(RecentLines, leave_out_a_line_that_is_too_long) {
  RecentLines lines;
  std::string batch(max_recent_bytes, 'x');
  batch.append("\n").append(numbered(2));
  lines.keep(lines_of(std::move(batch)));
  ASSERT_EQ(lines.after(0).size(), 1U);
  EXPECT_EQ(lines.after(0)[0].number, 2U);
}

}  // namespace
}  // namespace ambassador::observe::recent_lines_test
