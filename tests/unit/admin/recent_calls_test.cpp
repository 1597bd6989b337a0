#include "admin/recent_calls.hpp"

#include "observe/access_log.hpp"
#include "support/snapshot.hpp"

#include <boost/json/parse.hpp>

namespace ambassador::admin::recent_calls_test {
namespace {

namespace json = boost::json;
using observe::Decision;

class RecentCalls : public testing::Test {
 protected:
  void log(Decision decision, std::string source, std::string reason = {}, std::string method = "GET") {
    observe::CallRecord record;
    record.method = std::move(method);
    record.source = std::move(source);
    record.decision = decision;
    record.status = 403;
    record.reason = std::move(reason);
    record.listener = "127.0.0.1:1080";
    std::string line;
    append_line(line, record, style);
    lines.keep({line, 1, decision == Decision::blocked || decision == Decision::reported});
  }

  [[nodiscard]] json::object answer(std::uint64_t after = 0) const {
    return json::parse(recent_calls_json(*snapshot, lines, seen, after)).as_object();
  }
  [[nodiscard]] json::object first() const { return answer().at("calls").at(0).as_object(); }

  std::unique_ptr<route::Snapshot> snapshot =
      support::snapshot_of("map: [{source: http://localhost/api, target: http://numbers/rng}]");
  observe::RecentLines lines;
  route::SeenCalls seen;
  observe::LogStyle style;
};

TEST_F(RecentCalls, of_none_are_none) {
  EXPECT_TRUE(answer().at("calls").as_array().empty());
  EXPECT_EQ(answer().at("last").as_int64(), 0);
}

TEST_F(RecentCalls, go_on_after_the_last_known) {
  log(Decision::mapped, "http://localhost/api");
  log(Decision::blocked, "http://timecheck:8080/", "not in the map");
  EXPECT_EQ(answer().at("last").as_int64(), 2);
  ASSERT_EQ(answer(1).at("calls").as_array().size(), 1U);
  EXPECT_EQ(answer(1).at("calls").at(0).at("source").as_string(), "http://timecheck:8080/");
  EXPECT_TRUE(answer(2).at("calls").as_array().empty());
}

TEST_F(RecentCalls, that_were_blocked_have_the_lines_that_would_let_them_pass) {
  log(Decision::blocked, "http://api.example.com/x", "not in the map");
  EXPECT_EQ(first().at("paste").as_string(), "allow:\n  - \"api.example.com:80\"\n");
  EXPECT_EQ(first().at("decision").as_string(), "blocked");
}

TEST_F(RecentCalls, that_were_reported_have_them_too) {
  log(Decision::reported, "api.example.com:443", {}, "CONNECT");
  EXPECT_EQ(first().at("paste").as_string(), "allow:\n  - \"api.example.com:443\"\n");
}

TEST_F(RecentCalls, have_the_same_in_both_formats) {
  style.format = observe::LineFormat::json;
  log(Decision::blocked, "http://api.example.com/x", "not in the map: because");
  EXPECT_EQ(first().at("paste").as_string(), "allow:\n  - \"api.example.com:80\"\n");
  EXPECT_EQ(first().at("reason").as_string(), "not in the map: because");
}

TEST_F(RecentCalls, that_came_straight_to_a_listener_need_a_source) {
  seen.calls.push_back({route::SeenForm::origin, "orders", 80, "/cart", 1, {}});
  log(Decision::blocked, "http://orders/cart/1", "not in the map");
  EXPECT_EQ(first().at("paste").as_string(), "map:\n  - source: http://orders/cart/1\n    target: http://the-real-service\n");
}

TEST_F(RecentCalls, say_what_covers_them_since) {
  log(Decision::blocked, "http://localhost/api/x", "not in the map");
  EXPECT_EQ(first().at("covered_by").as_string(), "http://localhost/api");
  EXPECT_FALSE(first().contains("paste"));
}

TEST_F(RecentCalls, that_a_line_would_not_help_have_none) {
  log(Decision::blocked, "http://169.254.169.254/", "connecting: 169.254.169.254:80 is a cloud's metadata address");
  EXPECT_FALSE(first().contains("paste"));
  EXPECT_FALSE(first().contains("covered_by"));
  EXPECT_FALSE(first().at("reason").as_string().empty());
}

TEST_F(RecentCalls, show_no_query_that_the_log_does_not_show) {
  style.redact_query = true;
  log(Decision::blocked, "http://h/a?token=s3cret", "not in the map");
  EXPECT_EQ(recent_calls_json(*snapshot, lines, seen, 0).find("s3cret"), std::string::npos);
}

TEST_F(RecentCalls, are_json_whatever_bytes_a_client_sent) {
  log(Decision::blocked, "http://h/\xff\"<script>\n", "not in the map");
  EXPECT_EQ(first().at("source").as_string(), "http://h/\\xff\"<script>\\x0a");
}

TEST_F(RecentCalls, show_what_would_turn_the_text_around) {
  log(Decision::blocked,
      "http://h/\xe2\x80\xae"
      "gpj.exe",
      "not in the map: \xe2\x81\xa6 it", "G\xe2\x80\x8bT");
  EXPECT_EQ(first().at("source").as_string(), "http://h/\\xe2\\x80\\xaegpj.exe");
  EXPECT_EQ(first().at("reason").as_string(), "not in the map: \\xe2\\x81\\xa6 it");
  EXPECT_EQ(first().at("method").as_string(), "G\\xe2\\x80\\x8bT");
  EXPECT_EQ(recent_calls_json(*snapshot, lines, seen, 0).find("\xe2\x80\xae"), std::string::npos);
}

TEST_F(RecentCalls, leave_out_what_is_no_line_of_a_log) {
  lines.keep({"hello\n", 1});
  EXPECT_TRUE(answer().at("calls").as_array().empty());
  EXPECT_EQ(answer().at("last").as_int64(), 1);
}

}  // namespace
}  // namespace ambassador::admin::recent_calls_test
