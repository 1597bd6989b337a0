// What the keys mean: the values that a document becomes.
#include "unit/config/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::config::settings_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Settings settings_of(std::string const& text) {
  auto const loaded = load_text(text);
  EXPECT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  return loaded.settings.value_or(Settings{});
}

Mapping mapping_of(std::string const& entry) {
  auto const settings = settings_of("map: [" + entry + "]");
  EXPECT_EQ(settings.map.size(), 1U);
  return settings.map.empty() ? Mapping{} : settings.map.front();
}

TEST(Defaults, are_those_of_the_documentation) {
  auto const settings = settings_of("unmapped: allow");
  EXPECT_THAT(listeners(settings), ElementsAre("127.0.0.1 1080?", "::1 1080?"));
  ASSERT_TRUE(settings.admin.has_value());
  EXPECT_EQ(settings.admin->host, "127.0.0.1");
  EXPECT_EQ(settings.admin->port, 9901);
  EXPECT_EQ(settings.timeout.connect, std::chrono::seconds{3});
  EXPECT_EQ(settings.timeout.keepalive, std::chrono::seconds{75});
  EXPECT_EQ(settings.limits.head, 65'536U);
  EXPECT_EQ(settings.log.share, 1.0);
  EXPECT_EQ(settings.reject_status, 403U);
  EXPECT_FALSE(settings.workers.has_value());
}

TEST(Listen, takes_every_form_of_an_address) {
  auto const settings = settings_of(R"(
listen: [127.0.0.1:0, "[0:0::1]:1081", localhost:1082, ":1083"]
unmapped: allow)");
  EXPECT_THAT(listeners(settings),
              ElementsAre("127.0.0.1 0", "::1 1081", "127.0.0.1 1082?", "::1 1082?", "0.0.0.0 1083", ":: 1083?"));
}

TEST(Admin, takes_both_families_on_every_address) {
  for (auto const* const text : {"\"[::]:9901\"", "\":9901\""}) {
    auto const settings = settings_of(std::string{"unmapped: allow\nadmin: "} + text);
    ASSERT_TRUE(settings.admin.has_value());
    EXPECT_EQ(settings.admin->host, "::");
    EXPECT_TRUE(settings.admin->both_families);
  }
  EXPECT_FALSE(settings_of("unmapped: allow\nadmin: '[::1]:9901'").admin->both_families);
}

TEST(Listen, knows_where_an_address_was_written) {
  auto const settings = settings_of("listen:\n  - 127.0.0.1:1\nunmapped: allow");
  EXPECT_EQ(settings.listen.front().where.file, "a.yaml");
  EXPECT_EQ(settings.listen.front().where.line, 2);
  EXPECT_EQ(settings.listen.front().where.column, 5);
}

TEST(Source, on_loopback_with_its_own_port_is_listened_on) {
  auto const settings = settings_of(R"(
listen: [127.0.0.1:1080, "[::1]:5006"]
map:
  - {source: http://localhost:5005/a, target: http://a}
  - {source: http://localhost:5005/b, target: http://b}
  - {source: http://localhost:5006, target: http://c}
  - {source: http://127.0.0.1:1080, target: http://d}
  - {source: http://orders:7000, target: http://e}
  - {source: http://localhost/f, target: http://f}
  - {source: http://*:7001/, target: http://g})");
  EXPECT_THAT(listeners(settings),
              ElementsAre("127.0.0.1 1080", "::1 5006", "127.0.0.1 5005?", "::1 5005?", "127.0.0.1 5006?"));
}

TEST(Source, on_loopback_is_covered_by_a_listener_on_every_address) {
  auto const settings = settings_of("listen: :5005\nmap: [{source: http://localhost:5005, target: http://a}]");
  EXPECT_THAT(listeners(settings), ElementsAre("0.0.0.0 5005", ":: 5005?"));
}

TEST(Source, is_kept_in_its_canonical_form) {
  auto const mapping = mapping_of("{source: http://LocalHost./a/./b%41/, target: http://x}");
  EXPECT_EQ(mapping.source_text, "http://LocalHost./a/./b%41/");
  EXPECT_EQ(mapping.source.host, "localhost");
  EXPECT_EQ(mapping.source.port, 80);
  EXPECT_FALSE(mapping.source.port_written);
  EXPECT_EQ(mapping.source.path, "/a/bA");
}

TEST(Source, has_no_path_for_the_root) {
  EXPECT_EQ(mapping_of("{source: http://a, target: http://x}").source.path, "");
  EXPECT_EQ(mapping_of("{source: http://a/, target: http://x}").source.path, "");
}

TEST(Source, of_any_host_is_for_any_port_unless_one_is_written) {
  auto const any = mapping_of("{source: http://*/, target: http://x}").source;
  EXPECT_EQ(any.host_kind, HostKind::any);
  EXPECT_EQ(any.port, 0);
  auto const written = mapping_of(R"({source: "http://*:8080/", target: http://x})").source;
  EXPECT_EQ(written.host_kind, HostKind::any);
  EXPECT_EQ(written.port, 8080);
  EXPECT_TRUE(written.port_written);
}

TEST(Source, of_a_suffix_holds_it_with_its_dot) {
  auto const source = mapping_of("{source: http://*.Shop.svc/, target: http://x}").source;
  EXPECT_EQ(source.host_kind, HostKind::suffix);
  EXPECT_EQ(source.host, ".shop.svc");
  EXPECT_EQ(source.port, 80);
}

TEST(Target, says_where_to_connect_and_what_host_to_name) {
  auto const target = mapping_of("{source: http://a, target: http://Users.shop.svc.:8080/v2/}").targets.front();
  EXPECT_EQ(target.text, "http://Users.shop.svc.:8080/v2/");
  EXPECT_EQ(target.authority.host, "users.shop.svc");
  EXPECT_EQ(target.port, 8080);
  EXPECT_EQ(target.host_header, "users.shop.svc:8080");
  EXPECT_EQ(target.path, "/v2/");
  EXPECT_TRUE(target.fully_qualified);
}

TEST(Target, names_no_port_in_host_where_it_is_the_default) {
  auto const target = mapping_of("{source: http://a, target: http://b:80}").targets.front();
  EXPECT_EQ(target.host_header, "b");
  EXPECT_EQ(target.port, 80);
  EXPECT_EQ(target.path, "");
  EXPECT_FALSE(target.fully_qualified);
}

TEST(Match, exact_keeps_both_queries) {
  auto const mapping = mapping_of(R"({source: "http://a/b?c=%41", target: "http://d?", match: exact})");
  EXPECT_EQ(mapping.match, MatchKind::exact);
  EXPECT_EQ(mapping.source.query, "c=%41");
  EXPECT_EQ(mapping.targets.front().query, "");
}

TEST(When, keeps_methods_and_fields_as_text) {
  auto const when =
      mapping_of("{source: http://a, target: http://b, when: {methods: [GET, PURGE], headers: {X-On: yes, X-N: 007}}}").when;
  EXPECT_THAT(when.methods, ElementsAre("GET", "PURGE"));
  EXPECT_THAT(when.headers, ElementsAre(testing::Pair("X-On", "yes"), testing::Pair("X-N", "007")));
}

TEST(Timeout, of_a_source_lies_over_the_global_one) {
  auto const settings = settings_of(R"(
map:
  - {source: http://a, target: http://x, timeout: 2s}
  - {source: http://b, target: http://x, timeout: {connect: 500ms, idle: 0}}
  - {source: http://c, target: http://x}
timeout: {connect: 1s, response: 1h})");
  EXPECT_EQ(settings.map[0].timeout.connect, std::chrono::seconds{1});
  EXPECT_EQ(settings.map[0].timeout.response, std::chrono::seconds{2});
  EXPECT_EQ(settings.map[1].timeout.connect, std::chrono::milliseconds{500});
  EXPECT_EQ(settings.map[1].timeout.idle, Milliseconds{0});
  EXPECT_EQ(settings.map[2].timeout.response, std::chrono::hours{1});
}

TEST(Allow, reads_hosts_and_ports) {
  auto const settings = settings_of(R"(allow: ["Example.com:80, 443", "*.x.y:*", "*:8080", "[FD00::1]:80"])");
  ASSERT_EQ(settings.allow.size(), 4U);
  EXPECT_EQ(settings.allow[0].host, "example.com");
  EXPECT_THAT(settings.allow[0].ports, ElementsAre(80, 443));
  EXPECT_EQ(settings.allow[1].host_kind, HostKind::suffix);
  EXPECT_EQ(settings.allow[1].host, ".x.y");
  EXPECT_TRUE(settings.allow[1].ports.empty());
  EXPECT_EQ(settings.allow[2].host_kind, HostKind::any);
  EXPECT_THAT(settings.allow[2].ports, ElementsAre(8080));
  EXPECT_EQ(settings.allow[3].host, "[fd00::1]");
}

TEST(Log, reads_shares_in_every_form) {
  auto const share = [](std::string const& calls) {
    return settings_of("unmapped: allow\nlog: {calls: " + calls + "}").log.share;
  };
  EXPECT_EQ(share("all"), 1.0);
  EXPECT_EQ(share("errors"), 0.0);
  EXPECT_DOUBLE_EQ(share("0.25"), 0.25);
  EXPECT_DOUBLE_EQ(share("12.5%"), 0.125);
  EXPECT_EQ(share("1"), 1.0);
}

TEST(Expect, reads_method_url_and_outcome) {
  auto const settings = settings_of(R"(
unmapped: allow
expect:
  - {request: "POST  http://a/b", goes_to: http://c/b}
  - {request: GET http://d/, blocked: true})");
  ASSERT_EQ(settings.expect.size(), 2U);
  EXPECT_EQ(settings.expect[0].method, "POST");
  EXPECT_EQ(settings.expect[0].url, "http://a/b");
  EXPECT_EQ(settings.expect[0].goes_to, "http://c/b");
  EXPECT_FALSE(settings.expect[1].goes_to.has_value());
  EXPECT_EQ(settings.expect[1].where.line, 5);
}

TEST(Variables, stand_for_the_environment_in_values) {
  auto const loaded = load_text(R"(
unmapped: ${MODE}
workers: ${N}
map:
  - {source: "http://a/$${N}", target: "http://${HOST}/${N}$"})",
                                {{"MODE", "report"}, {"N", "3"}, {"HOST", "b"}});
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_EQ(loaded.settings->unmapped, Unmapped::report);
  EXPECT_EQ(loaded.settings->workers, 3U);
  EXPECT_EQ(loaded.settings->map[0].source.path, "/${N}");
  EXPECT_EQ(loaded.settings->map[0].targets.front().text, "http://b/3$");
}

TEST(Variables, never_become_structure) {
  auto const loaded = load_text("map: ${ALL}", {{"ALL", "[{source: http://a, target: http://b}]"}});
  EXPECT_THAT(all_diagnostics(loaded), HasSubstr("a.yaml:1:6: error: map: must be a list"));
}

TEST(EmptyConfiguration, is_said_to_block_every_call) {
  auto const loaded = load_text("");
  EXPECT_TRUE(loaded.settings.has_value());
  EXPECT_THAT(all_diagnostics(loaded), HasSubstr("a.yaml: warning: map: nothing is mapped and nothing allowed"));
}

TEST(Document, with_a_byte_order_mark_is_read) {
  auto const loaded = load_text("\xEF\xBB\xBFunmapped: 'allow'\n");
  EXPECT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
}

TEST(Document, with_control_bytes_is_refused_where_they_are) {
  auto const loaded = load_text(std::string("unmapped: allow\nlog: \x04\nmap: []"));
  EXPECT_EQ(all_diagnostics(loaded), "a.yaml:2:6: error: a control byte (0x04) (is this a text file in UTF-8?)\n");
}

TEST(Document, that_is_too_large_is_refused) {
  auto const loaded = load_text(std::string(1024 * 1024 + 1, ' '));
  EXPECT_EQ(all_diagnostics(loaded), "a.yaml: error: larger than 1MiB\n");
}

TEST(Diagnostics, are_one_line_each_whatever_was_written) {
  auto const loaded = load_text("unmapped: \"a\\nb\\x1b\"");
  EXPECT_EQ(all_diagnostics(loaded), "a.yaml:1:11: error: unmapped: must be block, report or allow: \"a\\x0ab\\x1b\"\n");
}

}  // namespace
}  // namespace ambassador::config::settings_test
