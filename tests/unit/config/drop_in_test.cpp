// The settings of the small proxy that the ambassador replaces, without a file of ours.
#include "unit/config/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::config::drop_in_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Texts const scenario{{"Proxy__Port", "1080"},
                     {"Proxy__Request__UriMap__Source", "http://localhost/api"},
                     {"Proxy__Request__UriMap__Target", "http://numbers-api/sixeyed/kiamol/master/ch03/numbers/rng"},
                     {"Proxy__Request__RejectUnknown", "true"}};

Settings settings_of(Inputs const& in) {
  auto const loaded = load(in);
  EXPECT_TRUE(loaded.settings.has_value());
  EXPECT_EQ(all_diagnostics(loaded), "");
  return loaded.settings.value_or(Settings{});
}

std::string diagnostics_of(Texts environment, Texts files = {}) {
  return all_diagnostics(load(inputs(std::move(files), std::move(environment))));
}

TEST(DropIn, serves_the_scenario_from_variables_alone) {
  auto const settings = settings_of(inputs({}, scenario));
  EXPECT_EQ(settings.origin, "the environment");
  EXPECT_THAT(listeners(settings), ElementsAre("127.0.0.1 1080?", "::1 1080?"));
  EXPECT_EQ(settings.unmapped, Unmapped::block);
  EXPECT_EQ(settings.reject_status, 403U);
  ASSERT_EQ(settings.map.size(), 1U);
  EXPECT_EQ(settings.map[0].match, MatchKind::exact);
  EXPECT_EQ(settings.map[0].source.path, "/api");
  EXPECT_EQ(settings.map[0].targets.front().path, "/sixeyed/kiamol/master/ch03/numbers/rng");
}

TEST(DropIn, does_not_mind_the_case_of_keys_and_truths) {
  auto const settings = settings_of(inputs({}, {{"proxy__PORT", "1081"},
                                                {"PROXY__REQUEST__URIMAP__SOURCE", "http://a"},
                                                {"proxy__request__urimap__target", "http://b"},
                                                {"Proxy__Request__RejectUnknown", "FALSE"}}));
  EXPECT_THAT(listeners(settings), ElementsAre("127.0.0.1 1081?", "::1 1081?"));
  EXPECT_EQ(settings.unmapped, Unmapped::allow);
}

TEST(DropIn, listens_on_1080_where_no_port_is_set) {
  auto environment = scenario;
  environment.erase("Proxy__Port");
  EXPECT_THAT(listeners(settings_of(inputs({}, environment))), ElementsAre("127.0.0.1 1080?", "::1 1080?"));
}

TEST(DropIn, takes_many_mappings_in_the_order_of_their_numbers) {
  auto environment = scenario;
  for (auto const* const number : {"10", "2"}) {
    environment[std::string("Proxy__Request__UriMap__") + number + "__Source"] = std::string("http://source-") + number;
    environment[std::string("Proxy__Request__UriMap__") + number + "__Target"] = "http://target";
  }
  auto const settings = settings_of(inputs({}, environment));
  ASSERT_EQ(settings.map.size(), 3U);
  EXPECT_EQ(settings.map[1].source_text, "http://source-2");
  EXPECT_EQ(settings.map[2].source_text, "http://source-10");
}

TEST(DropIn, never_listens_on_the_port_of_its_source) {
  auto environment = scenario;
  environment["Proxy__Request__UriMap__Source"] = "http://localhost:5005/api";
  environment["AMBASSADOR_MAP_1"] = "http://localhost:5006 => http://b";
  EXPECT_THAT(listeners(settings_of(inputs({}, environment))),
              ElementsAre("127.0.0.1 1080?", "::1 1080?", "127.0.0.1 5006?", "::1 5006?"));
}

TEST(DropIn, keeps_the_query_of_its_source_and_target) {
  auto environment = scenario;
  environment["Proxy__Request__UriMap__Source"] = "http://localhost/api?a=b";
  environment["Proxy__Request__UriMap__Target"] = "http://c/d?e";
  auto const settings = settings_of(inputs({}, environment));
  EXPECT_EQ(settings.map[0].source.query, "a=b");
  EXPECT_EQ(settings.map[0].targets.front().query, "e");
}

TEST(DropIn, gives_the_old_reply_where_it_is_asked_for) {
  auto environment = scenario;
  environment["Proxy__Request__RejectStatus"] = "200";
  EXPECT_EQ(settings_of(inputs({}, environment)).reject_status, 200U);
}

TEST(DropIn, reads_appsettings_json_under_the_variables) {
  Texts const files{{"./appsettings.json", R"({
  // .NET takes comments,
  "Logging": {"LogLevel": {"Default": "Information"}},
  "proxy": {
    "Port": 1090, /* and
    these */
    "Request": {
      "RejectUnknown": false,
      "UriMap": {"Source": "http://localhost/api", "Target": "http://old/rng"}, // and a comma at the end
    },
  },
})"}};
  auto const settings = settings_of(inputs(files, {{"Proxy__Request__UriMap__Target", "http://new/rng"}}));
  EXPECT_THAT(listeners(settings), ElementsAre("127.0.0.1 1090?", "::1 1090?"));
  EXPECT_EQ(settings.unmapped, Unmapped::allow);
  ASSERT_EQ(settings.map.size(), 1U);
  EXPECT_EQ(settings.map[0].targets.front().text, "http://new/rng");
  EXPECT_EQ(settings.map[0].where.file, "./appsettings.json");
  EXPECT_EQ(settings.map[0].where.line, 9);
}

TEST(DropIn, reads_appsettings_json_alone_with_a_list_of_mappings) {
  Texts const files{{"./appsettings.json",
                     "\xEF\xBB\xBF{\"Proxy\": {\"Request\": {\"UriMap\": ["
                     "{\"Source\": \"http:\\/\\/a\", \"Target\": \"http://b\"},"
                     "{\"Source\": \"http://c\", \"Target\": \"http://d\"}]}}}"}};
  auto const settings = settings_of(inputs(files));
  EXPECT_EQ(settings.origin, "./appsettings.json");
  ASSERT_EQ(settings.map.size(), 2U);
  EXPECT_EQ(settings.map[0].source_text, "http://a");
}

TEST(DropIn, reports_wrong_values_by_the_name_of_the_variable) {
  EXPECT_EQ(
      diagnostics_of({{"Proxy__Port", "http"},
                      {"Proxy__Request__RejectUnknown", "yes"},
                      {"Proxy__Request__RejectStatus", "600"},
                      {"Proxy__Request__UriMap__Source", "localhost/api"},
                      {"Proxy__Request__UriMap__Target", "redis://numbers-api"},
                      {"Proxy__Request__UriMap__3__Source", "http://a"}}),
      "environment Proxy__Port: error: Proxy__Port: not a port: \"http\" (write a number from 0 to 65535)\n"
      "environment Proxy__Request__RejectStatus: error: Proxy__Request__RejectStatus: not the status of a reply: \"600\" "
      "(write a "
      "number from 200 to 599)\n"
      "environment Proxy__Request__RejectUnknown: error: Proxy__Request__RejectUnknown: not true or false: \"yes\" (write true "
      "or "
      "false)\n"
      "environment Proxy__Request__UriMap__3__Source: error: Proxy__Request__UriMap__3__Source: a Source without its Target: "
      "\"http://a\" (set both)\n"
      "environment Proxy__Request__UriMap__Source: error: map[0].source: not a source: it does not begin with a scheme such as "
      "http://: \"localhost/api\" (write http://localhost/api)\n"
      "environment Proxy__Request__UriMap__Target: error: map[0].target: a target with redis:// is not in this version: "
      "\"redis://numbers-api\"\n");
}

TEST(DropIn, refuses_unknown_settings_and_says_the_nearest) {
  auto environment = scenario;
  environment["Proxy__Request__RejectUnknow"] = "true";
  EXPECT_EQ(diagnostics_of(environment),
            "environment Proxy__Request__RejectUnknow: error: unknown setting of the proxy: \"Proxy__Request__RejectUnknow\" "
            "(did you "
            "mean \"Proxy__Request__RejectUnknown\"?)\n");
  EXPECT_THAT(diagnostics_of({}, {{"./appsettings.json", "{\n  \"Proxy\": {\"Prot\": 1}\n}"}}),
              HasSubstr("./appsettings.json:2:21: error: unknown setting of the proxy: \"Prot\" (did you mean \"Port\"?)"));
}

TEST(DropIn, locates_faults_of_appsettings_json) {
  EXPECT_THAT(diagnostics_of({}, {{"./appsettings.json", "{\n  \"Proxy\": {\"Port\": \"x\"}\n}"}}),
              HasSubstr("./appsettings.json:2:21: error: Port: not a port: \"x\""));
  EXPECT_THAT(diagnostics_of({}, {{"./appsettings.json", "{\n  \"Proxy\": {\"Port\": 1, \"port\": 2}\n}"}}),
              HasSubstr("./appsettings.json:2:24: error: the same key twice: case does not count: \"port\""));
  EXPECT_THAT(diagnostics_of({}, {{"./appsettings.json", "{\"Proxy\": "}}), HasSubstr("./appsettings.json:1:"));
}

TEST(DropIn, is_under_the_variables_and_flags_of_our_own) {
  auto environment = scenario;
  environment["AMBASSADOR_LOG_FORMAT"] = "json";
  auto const settings = settings_of(inputs({}, environment, {{"listen", "127.0.0.1:0"}}));
  EXPECT_EQ(settings.log.format, LogFormat::json);
  EXPECT_THAT(listeners(settings), ElementsAre("127.0.0.1 0"));
}

}  // namespace
}  // namespace ambassador::config::drop_in_test
