#include "app/explanation.hpp"

#include "unit/app/rules_of.hpp"

#include <boost/json/parse.hpp>

namespace ambassador::app {
namespace {

class ExplanationTest : public testing::Test {
 protected:
  [[nodiscard]] Explanation ask(std::string_view method, std::string_view url) const {
    return explain(snapshot->rules, method, url);
  }

  std::unique_ptr<Snapshot> const snapshot = snapshot_of(R"(
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

}  // namespace
}  // namespace ambassador::app
