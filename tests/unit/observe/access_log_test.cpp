#include "observe/access_log.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace ambassador::observe::access_log_test {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t a_time_ms = 1'795'329'294'903;  // 2026-11-22T06:34:54.903Z

CallRecord mapped_call() {
  CallRecord call;
  call.time = SystemTime{std::chrono::milliseconds{a_time_ms}};
  call.duration = 12'345'678ns;
  call.listener = "127.0.0.1:1080";
  call.client = "127.0.0.1:40000";
  call.protocol = CallProtocol::http11;
  call.method = "GET";
  call.source = "http://localhost/api";
  call.target = "http://numbers-api/rng";
  call.rule = "http://localhost/api";
  call.mapping = 0;
  call.decision = Decision::mapped;
  call.status = 200;
  call.bytes_out = 4;
  call.upstream = "10.2.0.7:80";
  call.tries = 1;
  return call;
}

CallRecord blocked_call() {
  CallRecord call;
  call.time = SystemTime{std::chrono::milliseconds{a_time_ms + 217}};
  call.method = "GET";
  call.source = "http://timecheck:8080/";
  call.decision = Decision::blocked;
  call.status = 403;
  call.reason = "not in the map";
  call.reason_code = Reason::not_in_map;
  return call;
}

CallRecord refused_call(std::string method, std::string target) {
  CallRecord call;
  call.time = SystemTime{std::chrono::milliseconds{a_time_ms}};
  call.method = std::move(method);
  call.source = std::move(target);
  call.refused = true;
  call.status = 400;
  call.reason = "a control byte";
  call.reason_code = Reason::bad_request;
  return call;
}

std::string text(CallRecord const& call, LogStyle style = {}) {
  std::string out;
  append_text(out, call, style);
  return out;
}

std::string json(CallRecord const& call, LogStyle style = {LineFormat::json, false}) {
  std::string out;
  append_line(out, call, style);
  return out;
}

TEST(TextLine, says_where_a_mapped_call_went_and_what_came_of_it) {
  EXPECT_EQ(text(mapped_call()),
            "2026-11-22T06:34:54.903Z GET http://localhost/api -> http://numbers-api/rng 200 12ms in=0 out=4 "
            "upstream=10.2.0.7:80 tries=1\n");
}

TEST(TextLine, says_why_a_mapped_call_failed) {
  auto call = mapped_call();
  call.status = 502;
  call.bytes_out = 60;
  call.reason = "connection refused";
  EXPECT_EQ(text(call),
            "2026-11-22T06:34:54.903Z GET http://localhost/api -> http://numbers-api/rng 502 12ms in=0 out=60 "
            "upstream=10.2.0.7:80 tries=1 connection refused\n");
}

TEST(TextLine, has_dashes_for_what_there_was_not) {
  auto call = mapped_call();
  call.status = 0;
  call.upstream.clear();
  call.tries = 0;
  call.reason = "the client went away";
  EXPECT_EQ(text(call),
            "2026-11-22T06:34:54.903Z GET http://localhost/api -> http://numbers-api/rng - 12ms in=0 out=4 "
            "upstream=- tries=0 the client went away\n");
}

TEST(TextLine, marks_a_blocked_call) {
  EXPECT_EQ(text(blocked_call()), "2026-11-22T06:34:55.120Z GET http://timecheck:8080/ [BLOCKED] 403 not in the map\n");
}

TEST(TextLine, has_no_arrow_for_a_call_that_went_where_it_was_asked_for) {
  auto call = mapped_call();
  call.decision = Decision::allowed;
  call.source = call.target = "http://timecheck:8080/";
  call.duration = 3ms;
  call.bytes_out = 2;
  EXPECT_EQ(text(call),
            "2026-11-22T06:34:54.903Z GET http://timecheck:8080/ 200 3ms in=0 out=2 upstream=10.2.0.7:80 tries=1\n");
}

TEST(TextLine, marks_a_call_that_would_have_been_blocked) {
  auto call = mapped_call();
  call.decision = Decision::reported;
  call.source = call.target = "http://x/";
  call.reason = "not in the map";
  EXPECT_EQ(text(call),
            "2026-11-22T06:34:54.903Z GET http://x/ [REPORTED] 200 12ms in=0 out=4 upstream=10.2.0.7:80 tries=1 "
            "not in the map\n");
}

TEST(TextLine, marks_a_reply_of_our_own) {
  auto call = mapped_call();
  call.decision = Decision::local;
  call.source = "http://localhost/";
  EXPECT_EQ(text(call), "2026-11-22T06:34:54.903Z GET http://localhost/ [LOCAL] 200 12ms in=0 out=4\n");
}

TEST(TextLine, escapes_a_request_that_was_refused) {
  EXPECT_EQ(text(refused_call("G\x01T", "/a b\r\n2026 GET\\\"\xff")),
            "2026-11-22T06:34:54.903Z G\\x01T /a\\x20b\\x0d\\x0a2026\\x20GET\\x5c\\x22\\xff [REFUSED] 400 a control byte\n");
  EXPECT_EQ(text(refused_call("", "")), "2026-11-22T06:34:54.903Z - - [REFUSED] 400 a control byte\n");
}

TEST(TextLine, shows_at_most_256_bytes_of_what_was_refused) {
  auto const head = std::string{"2026-11-22T06:34:54.903Z GET "};
  EXPECT_EQ(text(refused_call("GET", std::string(256, 'a'))), head + std::string(256, 'a') + " [REFUSED] 400 a control byte\n");
  EXPECT_EQ(text(refused_call("GET", std::string(257, 'a'))),
            head + std::string(253, 'a') + "… [REFUSED] 400 a control byte\n");
  EXPECT_EQ(text(refused_call("GET", std::string(100, '\x01'))).size(),
            head.size() + 252 + 3 + std::string{" [REFUSED] 400 a control byte\n"}.size());
  EXPECT_LT(text(refused_call(std::string(9000, '\x01'), std::string(9000, '\x02'))).size(), 600U);
}

TEST(TextLine, is_one_line_without_control_bytes_whatever_the_record_holds) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  for (auto const decision : {Decision::mapped, Decision::allowed, Decision::blocked, Decision::reported, Decision::local}) {
    auto call = mapped_call();
    call.decision = decision;
    call.method = call.source = call.target = call.upstream = call.reason = every_byte;
    for (auto line : {text(call), json(call)}) {
      ASSERT_EQ(line.back(), '\n');
      line.pop_back();
      for (char const c : line) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << line;
    }
  }
}

TEST(TextLine, keeps_umlauts_in_a_reason_but_no_stray_bytes) {
  auto call = blocked_call();
  call.reason =
      "nearest: b\xc3\xbc"
      "cher … \xff \xc2\x9b \x1b[31m";
  EXPECT_EQ(text(call),
            "2026-11-22T06:34:55.120Z GET http://timecheck:8080/ [BLOCKED] 403 nearest: b\xc3\xbc"
            "cher … \\xff \\xc2\\x9b \\x1b[31m\n");
}

TEST(TextLine, ends_with_the_ids_of_the_call) {
  auto call = mapped_call();
  call.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_TRUE(text(call).ends_with(" tries=1 trace=4bf92f3577b34da6a3ce929d0e0e4736\n")) << text(call);
  call.request_id = "a \"b\" request=c";
  EXPECT_TRUE(text(call).ends_with(" tries=1 trace=4bf92f3577b34da6a3ce929d0e0e4736 request=a\\x20\\x22b\\x22\\x20request=c\n"))
      << text(call);
  auto blocked = blocked_call();
  blocked.request_id = "r1";
  EXPECT_TRUE(text(blocked).ends_with(" [BLOCKED] 403 not in the map request=r1\n")) << text(blocked);
}

TEST(TextLine, hides_queries_where_told_to) {
  auto call = mapped_call();
  call.source = "http://localhost/api?token=secret?x";
  call.target = "http://numbers-api/rng?token=secret?x";
  auto const line = text(call, {LineFormat::text, true});
  EXPECT_NE(line.find("http://localhost/api?redacted -> http://numbers-api/rng?redacted 200"), std::string::npos) << line;
  EXPECT_NE(text(call).find("?token=secret?x"), std::string::npos);
  auto const refused = text(refused_call("GET", "/x?token=secret"), {LineFormat::text, true});
  EXPECT_NE(refused.find(" /x?redacted [REFUSED]"), std::string::npos) << refused;
}

TEST(JsonLine, has_every_key_in_its_order) {
  EXPECT_EQ(json(mapped_call()),
            R"({"time":"2026-11-22T06:34:54.903Z","listener":"127.0.0.1:1080","client":"127.0.0.1:40000",)"
            R"("protocol":"HTTP/1.1","method":"GET","source":"http://localhost/api","target":"http://numbers-api/rng",)"
            R"("decision":"mapped","rule":"http://localhost/api","status":200,"duration_ms":12.345,"bytes_in":0,)"
            R"("bytes_out":4,"upstream":"10.2.0.7:80","tries":1,"reason":""})"
            "\n");
}

TEST(JsonLine, has_every_key_where_there_is_nothing_to_say) {
  EXPECT_EQ(json(blocked_call()),
            R"({"time":"2026-11-22T06:34:55.120Z","listener":"","client":"","protocol":"HTTP/1.1","method":"GET",)"
            R"("source":"http://timecheck:8080/","target":"","decision":"blocked","rule":"","status":403,"duration_ms":0,)"
            R"("bytes_in":0,"bytes_out":0,"upstream":"","tries":0,"reason":"not in the map"})"
            "\n");
}

TEST(JsonLine, has_the_ids_of_a_call_that_has_them) {
  auto call = mapped_call();
  EXPECT_EQ(json(call).find("_id"), std::string::npos);
  call.request_id = "r\"1";
  EXPECT_TRUE(json(call).ends_with(R"(,"reason":"","request_id":"r\"1"})"
                                   "\n"))
      << json(call);
  call.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_TRUE(json(call).ends_with(R"(,"request_id":"r\"1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"})"
                                   "\n"))
      << json(call);
}

TEST(JsonLine, has_no_more_decimals_than_it_needs) {
  auto const milliseconds = [](std::chrono::nanoseconds duration) {
    auto call = mapped_call();
    call.duration = duration;
    auto const line = json(call);
    auto const at = line.find("duration_ms\":") + 13;
    return line.substr(at, line.find(',', at) - at);
  };
  EXPECT_EQ(milliseconds(12ms), "12");
  EXPECT_EQ(milliseconds(12'100us), "12.1");
  EXPECT_EQ(milliseconds(12'010us), "12.01");
  EXPECT_EQ(milliseconds(12'001us), "12.001");
  EXPECT_EQ(milliseconds(999ns), "0");
  EXPECT_EQ(milliseconds(-5ms), "0");
  EXPECT_EQ(milliseconds(1h), "3600000");
}

TEST(JsonLine, escapes_what_json_cannot_hold) {
  auto call = mapped_call();
  call.reason = std::string{"\"\\/\b\f\n\r\t\0\x1f\x7f", 11} + "\xc2\x9b";
  EXPECT_NE(json(call).find(R"("reason":"\"\\/\u0008\u000c\n\r\t\u0000\u001f\u007f\u009b")"), std::string::npos) << json(call);
}

TEST(JsonLine, replaces_what_is_not_utf8) {
  auto const reason = [](std::string const& bytes) {
    auto call = mapped_call();
    call.reason = bytes;
    auto const line = json(call);
    auto const at = line.find("\"reason\":\"") + 10;
    return line.substr(at, line.size() - at - 3);
  };
  std::string const r = "\xef\xbf\xbd";
  EXPECT_EQ(reason("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(reason("a\xff"
                   "b"),
            "a" + r + "b");
  EXPECT_EQ(reason("\xc0\xaf"), r + r) << "overlong";
  EXPECT_EQ(reason("\xe0\x80\xaf"), r + r + r) << "overlong";
  EXPECT_EQ(reason("\xed\xa0\x80"), r + r + r) << "a surrogate";
  EXPECT_EQ(reason("\xf4\x90\x80\x80"), r + r + r + r) << "above U+10FFFF";
  EXPECT_EQ(reason("\xe2\x82"), r + r) << "cut off";
  EXPECT_EQ(reason("\xc3"), r) << "cut off";
}

TEST(JsonLine, escapes_a_request_that_was_refused_as_the_text_does) {
  auto const line = json(refused_call("G\x01T", "/a b?token=secret"), {LineFormat::json, true});
  EXPECT_NE(line.find(R"("method":"G\\x01T","source":"/a\\x20b?redacted")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("decision":"local")"), std::string::npos);
}

TEST(JsonLine, hides_queries_where_told_to) {
  auto call = mapped_call();
  call.source = "http://localhost/api?token=secret";
  call.target = "http://numbers-api/rng?";
  auto const line = json(call, {LineFormat::json, true});
  EXPECT_NE(line.find(R"("source":"http://localhost/api?redacted","target":"http://numbers-api/rng?redacted",)"),
            std::string::npos)
      << line;
}

TEST(Sampling, always_logs_what_did_not_end_well) {
  EXPECT_TRUE(is_logged(blocked_call(), 0, 0.5));
  EXPECT_TRUE(is_logged(refused_call("GET", "/"), 0, 0.5));
  auto call = mapped_call();
  EXPECT_FALSE(is_logged(call, 0, 0.0));
  for (int const status : {0, 500, 502, 503, 504}) {
    call.status = status;
    EXPECT_TRUE(is_logged(call, 0, 0.5)) << status;
  }
  for (int const status : {200, 304, 404, 499}) {
    call.status = status;
    EXPECT_FALSE(is_logged(call, 0, 0.5)) << status;
  }
  call.reason_code = Reason::response_incomplete;
  EXPECT_TRUE(is_logged(call, 0, 0.5));
  call.reason_code = Reason::none;
  call.decision = Decision::reported;
  EXPECT_TRUE(is_logged(call, 0, 0.5));
}

TEST(Sampling, logs_a_share_of_what_ended_well) {
  auto const call = mapped_call();
  EXPECT_TRUE(is_logged(call, 1, 0.999999));
  EXPECT_TRUE(is_logged(call, 0.1, 0.0999));
  EXPECT_FALSE(is_logged(call, 0.1, 0.1));
}

TEST(CallRecord, is_as_new_after_clear) {
  auto call = blocked_call();
  call.mapping = 3;
  call.bytes_in = call.bytes_out = 9;
  call.trace_id = call.request_id = "x";
  call.clear();
  EXPECT_EQ(json(call), json(CallRecord{}));
  EXPECT_EQ(call.reason_code, Reason::none);
  EXPECT_EQ(call.mapping, no_mapping);
}

}  // namespace
}  // namespace ambassador::observe::access_log_test
