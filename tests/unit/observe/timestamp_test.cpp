#include "observe/timestamp.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace ambassador::observe::timestamp_test {
namespace {

std::string written(TimestampWriter& writer, std::int64_t milliseconds) {
  std::string out;
  writer.append(out, SystemTime{std::chrono::milliseconds{milliseconds}});
  return out;
}

TEST(Timestamp, is_utc_with_milliseconds) {
  TimestampWriter writer;
  EXPECT_EQ(written(writer, 0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(written(writer, 1'795'329'294'903), "2026-11-22T06:34:54.903Z");
  EXPECT_EQ(written(writer, 1'709'210'096'007), "2024-02-29T12:34:56.007Z");
}

TEST(Timestamp, is_right_when_time_goes_on_stands_still_and_goes_back) {
  TimestampWriter writer;
  EXPECT_EQ(written(writer, 1'000'999), "1970-01-01T00:16:40.999Z");
  EXPECT_EQ(written(writer, 1'000'999), "1970-01-01T00:16:40.999Z");
  EXPECT_EQ(written(writer, 1'001'000), "1970-01-01T00:16:41.000Z");
  EXPECT_EQ(written(writer, 999'999), "1970-01-01T00:16:39.999Z");
  EXPECT_EQ(written(writer, -1), "1969-12-31T23:59:59.999Z");
}

TEST(Timestamp, cuts_what_is_finer_than_a_millisecond) {
  TimestampWriter writer;
  std::string out;
  writer.append(out, SystemTime{std::chrono::microseconds{1'999}});
  EXPECT_EQ(out, "1970-01-01T00:00:00.001Z");
}

}  // namespace
}  // namespace ambassador::observe::timestamp_test
