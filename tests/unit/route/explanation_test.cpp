#include "route/explanation.hpp"

#include "support/snapshot.hpp"

#include <gmock/gmock.h>
#include <boost/json/parse.hpp>

namespace ambassador::route::explanation_test {
namespace {

class ExplanationTest : public testing::Test {
 protected:
  [[nodiscard]] Explanation ask(std::string_view method, std::string_view url) const {
    return explain(snapshot->rules, method, url);
  }

  std::unique_ptr<Snapshot> const snapshot = support::snapshot_of(R"(
map:
  - source: http://localhost/api
    target: http://numbers-api/rng
allow: ["files:8080"]
)");
};

TEST_F(ExplanationTest, names_the_source_its_place_and_the_final_url) {
  auto const answer = ask("GET", "http://LOCALHOST:80/api/x?y=1");
  EXPECT_EQ(answer.url, "http://localhost/api/x?y=1");
  EXPECT_EQ(answer.decision, "mapped");
  EXPECT_EQ(answer.rule, "http://localhost/api (test.yaml:3)");
  EXPECT_EQ(answer.target, "http://numbers-api/rng/x?y=1");
  EXPECT_TRUE(answer.passes());
}

TEST_F(ExplanationTest, names_the_allow_entry) {
  auto const answer = ask("GET", "http://files:8080/a");
  EXPECT_EQ(answer.decision, "allowed");
  EXPECT_EQ(answer.rule, "allow files:8080 (test.yaml:5)");
  EXPECT_EQ(answer.target, "http://files:8080/a");
}

TEST_F(ExplanationTest, says_why_a_call_is_blocked_and_what_would_let_it_pass) {
  auto const answer = ask("GET", "http://files:8081/a");
  EXPECT_EQ(answer.decision, "blocked");
  EXPECT_TRUE(answer.reason.starts_with("403: not in the map"));
  EXPECT_NE(answer.paste.find("files:8081"), std::string::npos);
  EXPECT_FALSE(answer.passes());
}

TEST_F(ExplanationTest, a_call_to_a_listener_is_one_that_comes_straight_to_it) {
  EXPECT_EQ(ask("GET", "http://localhost:1080/api/x").target, "http://numbers-api/rng/x");
  EXPECT_EQ(ask("GET", "http://127.0.0.1:1080/api/x").target, "http://numbers-api/rng/x");
  auto const blocked = ask("GET", "http://localhost:1080/orders");
  EXPECT_EQ(blocked.decision, "blocked");
  EXPECT_NE(blocked.paste.find("source: http://localhost/orders\n"), std::string::npos) << blocked.paste;
  EXPECT_EQ(ask("GET", "http://elsewhere:1080/api/x").decision, "blocked");
}

TEST_F(ExplanationTest, refuses_what_the_proxy_would_refuse) {
  EXPECT_EQ(ask("GET", "http://localhost/api/%2e%2e/x").decision, "refused");
  EXPECT_EQ(ask("GE T", "http://localhost/api").decision, "refused");
  EXPECT_EQ(ask("GET", "localhost/api").decision, "refused");
}

TEST_F(ExplanationTest, json_has_the_same_facts) {
  auto const answer = ask("GET", "http://localhost/api");
  auto const json = boost::json::parse(to_json(answer)).as_object();
  EXPECT_EQ(json.at("decision").as_string(), "mapped");
  EXPECT_EQ(json.at("target").as_string(), answer.target);
}

// ---- several targets, and what keeps calls going

Explanation explanation_of(std::string const& entry, std::string_view url = "http://a/x") {
  return explain(support::snapshot_of("map: [" + entry + "]")->rules, "GET", url);
}

TEST(ExplanationOfTargets, shows_the_url_by_the_first_and_lists_the_others) {
  auto const answer = explanation_of("{source: http://a, target: [http://b/v1, http://c, http://_http._tcp.d]}");
  EXPECT_EQ(answer.target, "http://b/v1/x");
  EXPECT_THAT(answer.targets, testing::ElementsAre("http://b/v1/x", "http://c/x", "http://d/x"));
  EXPECT_EQ(answer.changes, "to one of 3 targets by least_requests: http://b/v1, http://c, http://_http._tcp.d");
  EXPECT_NE(to_text(answer).find("  goes to: http://b/v1/x\n  or to: http://c/x, http://d/x\n"), std::string::npos);
  auto const json = boost::json::parse(to_json(answer)).as_object();
  EXPECT_EQ(json.at("target").as_string(), "http://b/v1/x");
  EXPECT_EQ(json.at("targets").as_array().size(), 3U);
}

TEST(ExplanationOfTargets, leaves_out_where_no_call_goes) {
  auto const answer = explanation_of("{source: http://a, target: [{url: http://b, weight: 0}, {url: http://c, weight: 9}]}");
  EXPECT_EQ(answer.target, "http://c/x");
  EXPECT_THAT(answer.targets, testing::ElementsAre("http://c/x"));
  EXPECT_EQ(answer.changes, "to one of 2 targets by least_requests: http://b (weight 0), http://c (weight 9)");
  EXPECT_FALSE(answer.may_go_to("http://b/x"));
}

TEST(ExplanationOfTargets, holds_an_expectation_by_any_of_them) {
  auto const answer = explanation_of("{source: http://a, target: [http://b, http://c]}");
  EXPECT_TRUE(answer.may_go_to("http://b/x"));
  EXPECT_TRUE(answer.may_go_to("http://c/x"));
  EXPECT_FALSE(answer.may_go_to("http://d/x"));
}

TEST(ExplanationOfTargets, of_bytes_are_listed_too) {
  auto const answer =
      explanation_of("{source: tcp://localhost:9, target: [tcp://b:1, tcp://c:1], retry: {attempts: 3}}", "tcp://localhost:9");
  EXPECT_EQ(answer.target, "tcp://b:1");
  EXPECT_THAT(answer.targets, testing::ElementsAre("tcp://b:1", "tcp://c:1"));
  EXPECT_EQ(answer.changes,
            "to one of 2 targets by least_requests: tcp://b:1, tcp://c:1, tried again up to 3 times after connect");
}

TEST(ExplanationOfTargets, of_a_list_that_is_not_there_is_open) {
  auto loaded = config::load({.file = "a.yaml",
                              .environment = {},
                              .flags = {},
                              .read_file = [](std::string const& path) -> std::optional<std::string> {
                                if (path != "a.yaml") return std::nullopt;
                                return "map: [{source: http://a, target: file:///endpoints}]";
                              },
                              .files_may_be_missing = true});
  Snapshot const snapshot{loaded.settings.value()};
  auto const answer = explain(snapshot.rules, "GET", "http://a/x");
  EXPECT_EQ(answer.target, "file:///endpoints");
  EXPECT_TRUE(answer.may_go_to("http://anywhere/x"));
}

TEST(ExplanationOfTheWay, says_what_keeps_the_call_going) {
  struct Row {
    std::string keys;
    std::string changes;
  };
  for (auto const& row : {
           Row{"", ""},
           Row{", balance: round_robin", "balanced by round_robin"},
           Row{", balance: ewma", "balanced by ewma"},
           Row{", balance: hash", "balanced by hash of the client"},
           Row{", balance: hash, hash: {header: X-User}", "balanced by hash of the header x-user"},
           Row{", balance: hash, hash: {cookie: sid}", "balanced by hash of the cookie sid"},
           Row{", health: {path: /h}",
               "endpoints checked by GET /h each 5s (2s at most): 3 failures make one unhealthy, 2 successes healthy"},
           Row{", health: tcp",
               "endpoints checked by connecting each 5s (2s at most): 3 failures make one unhealthy, 2 successes healthy"},
           Row{", retry: {attempts: 0}", "never tried again"},
           Row{", retry: {attempts: 2, on: [reset, 503], per_try: 1s}",
               "tried again up to 2 times after reset, 503, 1s each try"},
           Row{", mirror: {target: http://c, percent: 10}", "10% copied to http://c"},
           Row{", fault: {delay: 100ms, abort: 503, percent: 0.5}", "0.5% of the calls delayed by 100ms and answered with 503"},
           Row{", fault: {delay: 1m}", "100% of the calls delayed by 1m"},
           Row{", fault: {abort: 404}", "100% of the calls answered with 404"},
       }) {
    EXPECT_EQ(explanation_of("{source: http://a, target: http://b" + row.keys + "}").changes, row.changes);
  }
}

TEST(ExplanationOfTheWay, shows_the_first_of_many_targets) {
  std::string list;
  for (int i = 0; i < 20; ++i) list += "http://h" + std::to_string(i) + ", ";
  auto const changes = explanation_of("{source: http://a, target: [" + list + "]}").changes;
  EXPECT_TRUE(changes.ends_with(", http://h15 and 4 more")) << changes;
}

}  // namespace
}  // namespace ambassador::route::explanation_test
