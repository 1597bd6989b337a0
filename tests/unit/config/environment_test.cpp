// The environment and the flags over the file: flags win over variables, variables over the file.
#include "config/keys/keys.hpp"
#include "unit/config/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::config::environment_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string const one_mapping = "map: [{source: http://a, target: http://b}]\n";

TEST(Environment, sets_a_scalar_over_the_file) {
  auto const loaded = load_text(one_mapping + "timeout: {connect: 1s, idle: 1m}", {{"AMBASSADOR_TIMEOUT_CONNECT", "9s"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_EQ(loaded.settings->timeout.connect, std::chrono::seconds{9});
  EXPECT_EQ(loaded.settings->timeout.idle, std::chrono::minutes{1});
}

TEST(Environment, sets_a_scalar_of_a_section_that_the_file_lacks) {
  auto const loaded = load_text(one_mapping, {{"AMBASSADOR_LOG_FORMAT", "json"}, {"AMBASSADOR_LOG_QUERY", "redact"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_EQ(loaded.settings->log.format, LogFormat::json);
  EXPECT_TRUE(loaded.settings->log.redact_query);
}

TEST(Environment, replaces_a_list_by_comma) {
  auto const loaded = load_text("listen: 127.0.0.1:1\nallow: [a:1]",
                                {{"AMBASSADOR_LISTEN", "127.0.0.1:2, [::1]:3"}, {"AMBASSADOR_ALLOW", "b:80,443,*.c:5"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_THAT(listeners(*loaded.settings), ElementsAre("127.0.0.1 2", "::1 3"));
  ASSERT_EQ(loaded.settings->allow.size(), 2U);
  EXPECT_THAT(loaded.settings->allow[0].ports, ElementsAre(80, 443));
  EXPECT_EQ(loaded.settings->allow[1].host, ".c");
}

TEST(Environment, adds_to_the_map_in_the_order_of_the_numbers) {
  auto const loaded = load_text(
      one_mapping, {{"AMBASSADOR_MAP_10", "http://e => http://f"}, {"AMBASSADOR_MAP_2", "http://localhost:7007/c=>http://d"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  ASSERT_EQ(loaded.settings->map.size(), 3U);
  EXPECT_EQ(loaded.settings->map[1].source_text, "http://localhost:7007/c");
  EXPECT_EQ(loaded.settings->map[2].targets.front().text, "http://f");
  EXPECT_EQ(loaded.settings->map[2].where.file, "environment AMBASSADOR_MAP_10");
  EXPECT_THAT(listeners(*loaded.settings), ElementsAre("127.0.0.1 1080?", "::1 1080?", "127.0.0.1 7007?", "::1 7007?"));
}

TEST(Environment, maps_to_several_targets_by_comma) {
  auto const loaded = load_environment({{"AMBASSADOR_MAP_1", "http://a => http://b,http://c/x,y , https://d"},
                                        {"AMBASSADOR_MAP_2", "http://e => http://f/x,y"},
                                        {"AMBASSADOR_MAP_3", "http://g => http://h, http://i,j"},
                                        {"AMBASSADOR_MAP_4", "http://k => http://l,"}});
  EXPECT_EQ(all_diagnostics(loaded),
            "environment AMBASSADOR_MAP_1: error: map[0].target: the targets of a source have one scheme, and the first has "
            "http://: \"https://d\"\n"
            "environment AMBASSADOR_MAP_3: error: map[2].target[1]: not a target: the host is not a name or an address: "
            "\"http://i,j\"\n"
            "environment AMBASSADOR_MAP_4: error: map[3].target: not a target: the host is not a name or an address: "
            "\"http://l,\"\n");
  auto const good = load_environment({{"AMBASSADOR_MAP_1", "http://a => http://b,http://c/x,y , http://d"}});
  ASSERT_TRUE(good.settings.has_value()) << all_diagnostics(good);
  ASSERT_EQ(good.settings->map[0].targets.size(), 3U);
  EXPECT_EQ(good.settings->map[0].targets[1].path, "/x,y");
  EXPECT_EQ(good.settings->map[0].targets[2].text, "http://d");
}

TEST(Environment, sets_trace) {
  auto const loaded = load_text(one_mapping + "trace: off", {{"AMBASSADOR_TRACE", "on"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_EQ(loaded.settings->trace, Trace::on);
}

TEST(Environment, alone_is_enough_where_it_maps_listens_allows_or_reports) {
  EXPECT_TRUE(load_environment({{"AMBASSADOR_MAP_1", "http://a => http://b"}}).settings.has_value());
  EXPECT_TRUE(load_environment({{"AMBASSADOR_ALLOW", "a:80"}}).settings.has_value());
  EXPECT_TRUE(load_environment({{"AMBASSADOR_UNMAPPED", "report"}}).settings.has_value());
  EXPECT_TRUE(load_environment({{"AMBASSADOR_LISTEN", "127.0.0.1:0"}}).settings.has_value());
  EXPECT_FALSE(load_environment({{"AMBASSADOR_WORKERS", "2"}}).settings.has_value());
}

TEST(Environment, counts_an_empty_variable_as_not_set) {
  auto const loaded = load_text(one_mapping, {{"AMBASSADOR_LOG_FORMAT", ""}, {"AMBASSADOR_MAP_1", ""}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_EQ(loaded.settings->map.size(), 1U);
}

TEST(Environment, reports_a_wrong_value_by_the_name_of_the_variable) {
  auto const loaded = load_text(one_mapping, {{"AMBASSADOR_TIMEOUT_CONNECT", "3"},
                                              {"AMBASSADOR_LISTEN", "1080"},
                                              {"AMBASSADOR_MAP_1", "http://x"},
                                              {"AMBASSADOR_MAP_2", "http://a => http://c"}});
  EXPECT_EQ(
      all_diagnostics(loaded),
      "environment AMBASSADOR_LISTEN: error: listen[0]: not an IP address and a port: \"1080\" (write 127.0.0.1:1080, or :1080 "
      "for every address)\n"
      "environment AMBASSADOR_MAP_1: error: map: not a mapping: \"http://x\" (write http://localhost/api => "
      "http://numbers-api/rng)\n"
      "environment AMBASSADOR_MAP_2: error: map[1].source: the same source is already on line 1: \"http://a\" (remove one of "
      "them)\n"
      "environment AMBASSADOR_TIMEOUT_CONNECT: error: timeout.connect: must be a duration from 1ms to 10m, such as 500ms, 2s, "
      "5m "
      "or 1h: \"3\" (it needs a unit: 3s, or 3ms)\n");
}

TEST(Environment, refuses_a_variable_that_names_no_key_and_says_the_nearest) {
  auto const loaded = load_text(one_mapping, {{"AMBASSADOR_TIMEOUT_CONECT", "3s"}, {"AMBASSADOR_TRAC", "on"}});
  EXPECT_EQ(
      all_diagnostics(loaded),
      "environment AMBASSADOR_TIMEOUT_CONECT: error: no key has this variable: \"AMBASSADOR_TIMEOUT_CONECT\" (did you mean "
      "\"AMBASSADOR_TIMEOUT_CONNECT\"?)\n"
      "environment AMBASSADOR_TRAC: error: no key has this variable: \"AMBASSADOR_TRAC\" (did you mean "
      "\"AMBASSADOR_TRACE\"?)\n");
}

TEST(Environment, refuses_the_same_number_twice) {
  auto const loaded =
      load_text(one_mapping, {{"AMBASSADOR_MAP_1", "http://c => http://d"}, {"AMBASSADOR_MAP_01", "http://e => http://f"}});
  EXPECT_THAT(all_diagnostics(loaded),
              HasSubstr("environment AMBASSADOR_MAP_1: error: map: the same number as AMBASSADOR_MAP_01"));
}

TEST(Environment, leaves_the_variables_of_other_parts_alone) {
  auto const loaded = load_text(one_mapping, {{"AMBASSADOR_DNS", "127.0.0.1:53"},
                                              {"AMBASSADOR_ADMIN_URL", "http://127.0.0.1:9901"},
                                              {"AMBASSADOR_CONFIG", "other.yaml"},
                                              {"AMBASSADORS", "x"}});
  EXPECT_EQ(all_diagnostics(loaded), "");
}

TEST(Environment, is_not_broken_by_what_kubernetes_says_of_a_service_called_ambassador) {
  auto const loaded = load_text(one_mapping, {{"AMBASSADOR_SERVICE_HOST", "10.0.0.1"},
                                              {"AMBASSADOR_SERVICE_PORT", "1080"},
                                              {"AMBASSADOR_SERVICE_PORT_HTTP", "1080"},
                                              {"AMBASSADOR_PORT", "tcp://10.0.0.1:1080"},
                                              {"AMBASSADOR_PORT_1080_TCP", "tcp://10.0.0.1:1080"},
                                              {"AMBASSADOR_PORT_1080_TCP_PROTO", "tcp"},
                                              {"AMBASSADOR_PORT_1080_TCP_PORT", "1080"},
                                              {"AMBASSADOR_PORT_1080_TCP_ADDR", "10.0.0.1"},
                                              {"AMBASSADOR_PORT_53_UDP_ADDR", "10.0.0.1"},
                                              {"AMBASSADOR_ADMIN_SERVICE_HOST", "10.0.0.2"},
                                              {"AMBASSADOR_ADMIN_PORT", "tcp://10.0.0.2:9901"},
                                              {"AMBASSADOR_ADMIN_PORT_9901_TCP_PORT", "9901"}});
  EXPECT_EQ(all_diagnostics(loaded), "");
}

TEST(Environment, refuses_a_port_that_kubernetes_did_not_write) {
  auto const loaded = load_text(one_mapping, {{"AMBASSADOR_PORT", "1080"}});
  EXPECT_THAT(all_diagnostics(loaded), HasSubstr("no key has this variable: \"AMBASSADOR_PORT\""));
}

TEST(Environment, does_not_hide_a_wrong_section_of_the_file) {
  auto const loaded = load_text(one_mapping + "timeout: 5s", {{"AMBASSADOR_TIMEOUT_CONNECT", "9s"}});
  EXPECT_THAT(all_diagnostics(loaded), HasSubstr("a.yaml:2:10: error: timeout: must be keys of its own"));
}

/// A value for a key that has no default.
std::string value_for(Key const& key) {
  switch (key.form) {
    case Form::port: return "15001";
    case Form::proxy:
    case Form::proxy_url: return "http://proxy.corp:3128";
    case Form::duration: return "5m";
    default: return "a:80";
  }
}

TEST(Environment, has_a_variable_for_every_key_outside_a_list) {
  Texts const beside{{"AMBASSADOR_VIA_CREDENTIALS_FILE", "AMBASSADOR_VIA_URL"}};
  for (auto const& key : all_keys()) {
    bool const section = key.form == Form::section || key.form == Form::sections;
    bool const in_list = key.path.find("[]") != std::string_view::npos;
    auto const name = environment_name(key);
    EXPECT_EQ(name.empty(), section || in_list) << key.path;
    if (name.empty()) continue;
    Texts environment{{name, key.fallback.empty() ? value_for(key) : std::string{key.fallback}}};
    if (beside.contains(name)) environment.emplace(beside.at(name), "http://proxy.corp:3128");
    auto const loaded = load_text(one_mapping, environment);
    EXPECT_EQ(all_diagnostics(loaded), "") << name;
  }
}

TEST(Environment, takes_networks_schemes_and_the_transparent_port) {
  auto const loaded = load_environment({{"AMBASSADOR_ALLOW", "192.0.2.0/24:80,443,[2001:db8::]/32:443,*.c:5"},
                                        {"AMBASSADOR_TRANSPARENT", "15001"},
                                        {"AMBASSADOR_MAP_1", "tcp://localhost:9092 => tls://kafka:9093"},
                                        {"AMBASSADOR_MAP_2", "http://a => https://b"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  auto const& settings = *loaded.settings;
  ASSERT_EQ(settings.allow.size(), 3U);
  EXPECT_EQ(settings.allow[0].network, parse_ip_network("192.0.2.0/24"));
  EXPECT_THAT(settings.allow[0].ports, ElementsAre(80, 443));
  EXPECT_EQ(settings.allow[1].network, parse_ip_network("2001:db8::/32"));
  EXPECT_EQ(settings.transparent, 15'001);
  EXPECT_EQ(settings.map[0].targets.front().scheme, TargetScheme::tls);
  EXPECT_EQ(settings.map[1].targets.front().scheme, TargetScheme::https);
  EXPECT_THAT(listeners(settings),
              ElementsAre("127.0.0.1 1080?", "::1 1080?", "127.0.0.1 15001?", "::1 15001?", "127.0.0.1 9092?", "::1 9092?"));
}

TEST(Environment, adds_the_credentials_to_a_parent_proxy_that_is_only_a_text) {
  for (auto const* const file : {"via: http://proxy.corp:3128\n", ""}) {
    Texts environment{{"AMBASSADOR_VIA_CREDENTIALS_FILE", "/secrets/proxy"}};
    if (*file == '\0') environment.emplace("AMBASSADOR_VIA", "http://proxy.corp:3128");
    auto const loaded = load_text(file + one_mapping, environment);
    ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
    ASSERT_TRUE(loaded.settings->via.has_value());
    EXPECT_EQ(loaded.settings->via->authority, (Authority{"proxy.corp", 3128}));
    EXPECT_EQ(loaded.settings->via->credentials_file, "/secrets/proxy");
  }
}

TEST(Environment, replaces_a_parent_proxy_whole) {
  auto const loaded =
      load_text("via: {url: 'http://a:1', credentials_file: /a}\n" + one_mapping, {{"AMBASSADOR_VIA", "http://b:2"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_EQ(loaded.settings->via->text, "http://b:2");
  EXPECT_EQ(loaded.settings->via->credentials_file, "");
}

TEST(Flags, win_over_the_environment_and_the_file) {
  auto const loaded = load_text(one_mapping + "workers: 1\nunmapped: block",
                                {{"AMBASSADOR_WORKERS", "2"}, {"AMBASSADOR_UNMAPPED", "report"}}, {{"workers", "3"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_EQ(loaded.settings->workers, 3U);
  EXPECT_EQ(loaded.settings->unmapped, Unmapped::report);
}

TEST(Flags, given_twice_make_a_list) {
  auto const loaded = load_text(one_mapping + "listen: 127.0.0.1:9", {}, {{"listen", "127.0.0.1:1"}, {"listen", "[::1]:2"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_THAT(listeners(*loaded.settings), ElementsAre("127.0.0.1 1", "::1 2"));
}

TEST(Flags, alone_are_enough) {
  auto const loaded = load(inputs({}, {}, {{"map", "http://a => http://b"}, {"listen", "127.0.0.1:0"}}));
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_EQ(loaded.settings->origin, "the flags");
  EXPECT_EQ(loaded.settings->map.size(), 1U);
}

TEST(Flags, are_named_in_errors) {
  auto const loaded = load_text(one_mapping, {}, {{"listen", "x"}, {"log.format", "xml"}, {"lisen", "y"}});
  auto const text = all_diagnostics(loaded);
  EXPECT_THAT(text, HasSubstr("flag --listen: error: listen[0]: not an IP address and a port: \"x\""));
  EXPECT_THAT(text, HasSubstr("flag --log-format: error: log.format: must be text or json: \"xml\""));
  EXPECT_THAT(text, HasSubstr("flag --lisen: error: lisen: no key has this flag"));
}

}  // namespace
}  // namespace ambassador::config::environment_test
