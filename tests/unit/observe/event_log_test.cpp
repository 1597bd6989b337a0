#include "observe/event_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

namespace ambassador::observe::event_log_test {
namespace {

TEST(EventLog, has_time_level_and_message_in_utc) {
  setenv("TZ", "Asia/Tokyo", 1);
  tzset();
  std::ostringstream said;
  auto const log = make_event_log(std::make_shared<spdlog::sinks::ostream_sink_mt>(said));
  auto const now = std::time(nullptr);
  log->warn("port {} is in use", 80);
  unsetenv("TZ");
  tzset();
  EXPECT_THAT(said.str(), testing::MatchesRegex(
                              "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z warning port 80 is in use\n"));
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 16> hour;
  std::strftime(hour.data(), hour.size(), "%Y-%m-%dT%H", &utc);
  EXPECT_EQ(said.str().substr(0, 13), hour.data());
}

TEST(EventLog, goes_to_stderr) {
  testing::internal::CaptureStderr();
  make_event_log()->info("ready");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::EndsWith("Z info ready\n"));
}

}  // namespace
}  // namespace ambassador::observe::event_log_test
