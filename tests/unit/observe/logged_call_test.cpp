// What the access log writes is read back, whatever was in a call.
#include "observe/logged_call.hpp"

#include "observe/access_log.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace ambassador::observe::logged_call_test {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime then{1'795'329'294'903ms};

struct Written {
  CallRecord record;
  LogStyle style;

  [[nodiscard]] std::optional<LoggedCall> read() const {
    std::string line;
    append_line(line, record, style);
    line.pop_back();
    return read_log_line(line);
  }
};

Written written(std::string method, std::string source, Decision decision) {
  Written out;
  out.record.time = then;
  out.record.listener = "127.0.0.1:1088";
  out.record.protocol = CallProtocol::http11;
  out.record.method = std::move(method);
  out.record.source = std::move(source);
  out.record.target = decision == Decision::mapped ? "http://target/" : "";
  out.record.decision = decision;
  out.record.status = 200;
  out.record.reason = "a reason -> [REPORTED]";
  out.record.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  out.record.request_id = "[BLOCKED] \"1\"";
  return out;
}

class LoggedCallOf : public testing::TestWithParam<LineFormat> {
 protected:
  [[nodiscard]] static LoggedCall read(Written record) {
    record.style.format = GetParam();
    auto const call = record.read();
    EXPECT_TRUE(call);
    return call.value_or(LoggedCall{});
  }
};

INSTANTIATE_TEST_SUITE_P(Formats, LoggedCallOf, testing::Values(LineFormat::text, LineFormat::json));

TEST_P(LoggedCallOf, every_decision_is_known) {
  auto const outcome = [](Decision decision) { return read(written("GET", "http://h/a", decision)).outcome; };
  EXPECT_EQ(outcome(Decision::mapped), LoggedOutcome::passed);
  EXPECT_EQ(outcome(Decision::allowed), LoggedOutcome::passed);
  EXPECT_EQ(outcome(Decision::blocked), LoggedOutcome::uncovered);
  EXPECT_EQ(outcome(Decision::reported), LoggedOutcome::uncovered);
  EXPECT_EQ(outcome(Decision::local), LoggedOutcome::aside);
}

TEST_P(LoggedCallOf, a_refused_request_is_aside) {
  auto record = written("GET", "http://h/ b", Decision::local);
  record.record.refused = true;
  EXPECT_EQ(read(record).outcome, LoggedOutcome::aside);
}

TEST_P(LoggedCallOf, a_call_that_got_nothing_is_read) {
  auto record = written("GET", "http://h/a", Decision::allowed);
  record.record.status = 0;
  EXPECT_EQ(read(record).outcome, LoggedOutcome::passed);
}

TEST_P(LoggedCallOf, time_method_and_source_are_what_they_were) {
  auto const call = read(written("PROPFIND", "http://h:81/a?b=\"c\\x20\\d\"|", Decision::blocked));
  EXPECT_EQ(call.time, then);
  EXPECT_EQ(call.method, "PROPFIND");
  EXPECT_EQ(call.source, "http://h:81/a?b=\"c\\x20\\d\"|");
  EXPECT_EQ(call.listener_port, GetParam() == LineFormat::json ? 1088 : 0);
}

TEST_P(LoggedCallOf, a_call_that_was_passed_on_is_whole) {
  auto record = written("GET", "http://h/a", Decision::mapped);
  record.record.duration = 12ms;
  record.record.bytes_in = 3;
  record.record.bytes_out = 40;
  record.record.upstream = "10.2.0.7:80";
  record.record.tries = 2;
  record.record.request_id = "r-1";
  auto const call = read(record);
  EXPECT_EQ(call.decision, "mapped");
  EXPECT_EQ(call.target, "http://target/");
  EXPECT_EQ(call.status, 200U);
  EXPECT_EQ(call.duration_ms, 12);
  EXPECT_EQ(call.bytes_in, 3U);
  EXPECT_EQ(call.bytes_out, 40U);
  EXPECT_EQ(call.upstream, "10.2.0.7:80");
  EXPECT_EQ(call.tries, 2U);
  EXPECT_EQ(call.reason, "a reason -> [REPORTED]");
  EXPECT_EQ(call.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(call.request_id, "r-1");
}

TEST_P(LoggedCallOf, a_blocked_call_has_its_reason) {
  auto record = written("GET", "http://h/a", Decision::blocked);
  record.record.status = 403;
  auto const call = read(record);
  EXPECT_EQ(call.decision, "blocked");
  EXPECT_EQ(call.status, 403U);
  EXPECT_EQ(call.reason, "a reason -> [REPORTED]");
}

TEST_P(LoggedCallOf, a_tunnel_is_whole) {
  auto record = written("CONNECT", "h:443", Decision::allowed);
  record.record.sni = "h";
  record.record.first_end = "client";
  record.record.reason.clear();
  record.record.request_id.clear();
  record.record.trace_id.clear();
  auto const call = read(record);
  EXPECT_EQ(call.decision, "allowed");
  EXPECT_EQ(call.reason, "");
}

TEST_P(LoggedCallOf, a_redacted_query_is_read) {
  auto record = written("GET", "http://h/a?token=secret", Decision::reported);
  record.style.redact_query = true;
  EXPECT_EQ(read(record).source, "http://h/a?redacted");
}

TEST(LoggedCall, has_the_bytes_behind_the_escapes_of_a_text_line) {
  EXPECT_EQ(written("GET", "http://h/\xc3\xb6/\xff", Decision::reported).read()->source, "http://h/\xc3\xb6/\xff");
}

TEST(LoggedCall, with_a_line_end_of_windows_is_read) {
  EXPECT_TRUE(read_log_line("2026-11-22T06:34:54.903Z GET http://h/ [BLOCKED] 403\r"));
}

TEST(LoggedCall, that_was_refused_says_so) {
  EXPECT_EQ(read_log_line("2026-11-22T06:34:54.903Z - - [REFUSED] 400 bad")->decision, "refused");
}

TEST(LoggedCall, with_numbers_beyond_all_measure_is_read) {
  auto const call = read_log_line(R"({"time":"2026-11-22T06:34:54.903Z","decision":"mapped","status":-1,"bytes_in":1e300})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->status, 0U);
  EXPECT_GT(call->bytes_in, 0U);
}

TEST(LoggedCall, is_nothing_else) {
  for (auto const* line : {
           "",
           " ",
           "hello",
           "2026-11-22T06:34:54.903Z",
           "2026-11-22T06:34:54.903Z GET http://h/",
           "2026-11-22T06:34:54.903Z GET http://h/ BLOCKED",
           "2026-11-22T06:34:54.903Z GET http://h/ 20",
           "2026-13-22T06:34:54.903Z GET http://h/ 200",
           "2026-11-22T06:34:54Z GET http://h/ 200",
           "2026-11-22 06:34:54.903Z GET http://h/ 200",
           "{",
           "{}",
           "[]",
           "{\"time\":1,\"decision\":\"blocked\"}",
           "{\"time\":\"yesterday\",\"decision\":\"blocked\"}",
           "{\"time\":\"2026-11-22T06:34:54.903Z\"}",
       }) {
    EXPECT_FALSE(read_log_line(line)) << line;
  }
}

}  // namespace
}  // namespace ambassador::observe::logged_call_test
