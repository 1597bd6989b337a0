// `suggest` over a log, and over what the workers saw.
#include "admin/suggest.hpp"

#include "support/snapshot.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace ambassador::admin::suggest_test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string const time = "2026-11-22T06:34:54.903Z ";

std::string from_log(std::string const& log, route::Snapshot const* snapshot = nullptr) {
  LogSuggestion suggestion{snapshot};
  std::istringstream in{log};
  suggestion.read(in);
  return suggestion.text();
}

std::string const json_line =
    R"({"time":"2026-11-22T06:34:55.000Z","listener":"127.0.0.1:1088","method":"GET","source":"http://127.0.0.1:1088/api/x","decision":"reported"})";

TEST(SuggestFromLog, takes_what_was_blocked_or_reported) {
  auto const text = from_log(time + "GET http://api.example.com/a?redacted [BLOCKED] 403 not in the map\n" +  //
                             time + "CONNECT api.example.com:443 [REPORTED] 200 1ms in=0 out=0 upstream=- tries=1\n" + time +
                             "GET http://mapped/ -> http://t/ 200 1ms in=0 out=0 upstream=- tries=1\n" +  //
                             time + "GET http://allowed/ 200 1ms in=0 out=0 upstream=- tries=1\n" +       //
                             time + "GET /x [REFUSED] 400 no Host\n");
  EXPECT_THAT(text, HasSubstr("allow:\n  # 2 calls, last 2026-11-22T06:34:54Z\n  - \"api.example.com:80,443\"\n"));
  for (auto const* other : {"mapped", "allowed:", "left out", "redacted", "map:"}) EXPECT_THAT(text, Not(HasSubstr(other)));
}

TEST(SuggestFromLog, knows_the_listener_of_a_json_line) {
  EXPECT_THAT(from_log(json_line + '\n'), HasSubstr("  - source: http://localhost/api\n"));
}

TEST(SuggestFromLog, counts_the_lines_that_are_not_of_a_log) {
  auto const text =
      from_log("listening on http://127.0.0.1:1080\n\n{\"level\":\"info\"}\n" + time + "GET http://[x/ [BLOCKED] 403\n" +
               std::string(LogSuggestion::max_line + 5, 'x') + "\n" + time + "GET http://a.example/ [BLOCKED] 403");
  EXPECT_THAT(text, HasSubstr("# 4 lines were left out: they are not of an access log.\n"));
  EXPECT_THAT(text, HasSubstr("  - \"a.example:80\"\n")) << "the last line, though nothing ends it";
}

TEST(SuggestFromLog, of_an_empty_log_says_so) { EXPECT_THAT(from_log(""), HasSubstr("# Nothing to suggest")); }

class SuggestBeside : public testing::Test {
 protected:
  std::unique_ptr<route::Snapshot> const snapshot = support::snapshot_of(R"(
map:
  - {source: http://orders, target: http://t}
  - {source: http://old, target: http://t}
  - {source: http://canary, target: http://t, when: {headers: {X-Env: canary}}}
allow: ["files.example:80", "idle.example:80"]
unmapped: report
)");
};

TEST_F(SuggestBeside, a_configuration_leaves_out_what_that_covers) {
  auto const text =
      from_log(time + "GET http://orders/x [BLOCKED] 403\n" + time + "GET http://files.example/x [REPORTED] 200\n" + time +
                   "GET http://new.example/x [REPORTED] 200\n",
               snapshot.get());
  EXPECT_THAT(text, HasSubstr("allow:\n  # 1 call, last 2026-11-22T06:34:54Z\n  - \"new.example:80\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("  - \"files")));
  EXPECT_THAT(text, Not(HasSubstr("map:")));
}

TEST_F(SuggestBeside, a_configuration_says_what_was_never_used) {
  auto const text = from_log(
      time + "GET http://orders/x -> http://t/x 200 1ms\n" + time + "GET http://files.example/x 200 1ms\n", snapshot.get());
  EXPECT_THAT(text, HasSubstr("# never used: map[1] http://old (test.yaml:4)\n"));
  EXPECT_THAT(text, HasSubstr("# never used: allow[1] idle.example:80 (test.yaml:6)\n"));
  for (auto const* used : {"orders", "files", "canary"}) EXPECT_THAT(text, Not(HasSubstr(used)));
}

TEST(SuggestFromLog, knows_connections_of_tcp_sources_and_those_that_were_redirected) {
  auto const snapshot = support::snapshot_of("map: [{source: \"tcp://localhost:9092\", target: \"tcp://kafka:9092\"}]");
  auto const log =
      time + "TCP tcp://localhost:9092 -> tcp://kafka:9092 - 1ms\n" + time + "TCP tcp://[2001:db8::1]:5432 [BLOCKED] 403\n";
  auto const text = from_log(log, snapshot.get());
  EXPECT_THAT(text, HasSubstr("  - \"[2001:db8::1]:5432\"\n"));
  for (auto const* other : {"never used", "left out", "9092"}) EXPECT_THAT(text, Not(HasSubstr(other)));
}

TEST(SuggestFromLog, does_not_call_unused_what_a_log_of_failures_cannot_tell) {
  auto const snapshot = support::snapshot_of("map: [{source: http://old, target: http://t}]\nlog: {calls: errors}\n");
  auto const text = from_log(time + "GET http://new.example/x [BLOCKED] 403\n", snapshot.get());
  EXPECT_THAT(text, Not(HasSubstr("never used: map")));
  EXPECT_THAT(text, HasSubstr("# What was never used cannot be told: log.calls"));
}

TEST_F(SuggestBeside, the_workers_counters_know_what_was_seen_and_used) {
  observe::Metrics metrics{{"http://orders", "http://old", "http://canary"}, {}, 2, "1", {"files.example:80", "b"}};
  observe::CallRecord call;
  call.mapping = 0;
  metrics.worker(0).record(call);
  call.mapping = observe::no_mapping;
  call.allow_rule = 1;
  metrics.worker(1).record(call);
  route::SeenCalls const seen{
      {{route::SeenForm::connect, "new.example", 443, {}, 1, {}}, {route::SeenForm::absolute, "new.example", 443, {}, 1, {}}}};
  auto const text = suggest_seen(*snapshot, metrics, seen);
  EXPECT_THAT(text, HasSubstr("  # 2 calls, last 1970-01-01T00:00:00Z\n  - \"new.example:443\"\n"));
  EXPECT_THAT(text, HasSubstr("# never used: map[1] http://old (test.yaml:4)\n"));
  EXPECT_THAT(text, HasSubstr("# never used: map[2] http://canary (test.yaml:5)\n"));
  EXPECT_THAT(text, HasSubstr("# never used: allow[0] files.example:80 (test.yaml:6)\n"));
  EXPECT_THAT(text, Not(HasSubstr("orders")));
}

}  // namespace
}  // namespace ambassador::admin::suggest_test
