// The rows: what each scheme says, and that the reader and the schema know the schemes of the rows and no others.
#include "config/protocol.hpp"
#include "config/keys/keys.hpp"
#include "config/keys/schema.hpp"
#include "config/settings/retry.hpp"
#include "unit/config/json_schema_check.hpp"
#include "unit/config/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

namespace ambassador::config::protocol_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<TargetScheme> targets_of(SourceScheme scheme) {
  std::vector<TargetScheme> schemes;
  for (auto const& target : row_of(scheme).targets) schemes.push_back(target.scheme);
  return schemes;
}

TEST(Protocol, http_shares_its_listeners_and_has_paths) {
  auto const& http = row_of(SourceScheme::http);
  EXPECT_EQ(http.prefix, "http://");
  EXPECT_EQ(http.default_port, 80);
  EXPECT_EQ(http.listener, ListenProtocol::http);
  EXPECT_FALSE(has_own_listener(SourceScheme::http));
  EXPECT_EQ(name(http.call), "HTTP/1.1");
  EXPECT_FALSE(server_may_begin(ListenProtocol::http));
  EXPECT_TRUE(http.has_path);
  EXPECT_THAT(targets_of(SourceScheme::http), ElementsAre(TargetScheme::http, TargetScheme::https));
  EXPECT_FALSE(retries_on_connect_only(http));
  EXPECT_EQ(default_retry(SourceScheme::http), Retry{});
}

TEST(Protocol, tcp_has_a_listener_of_its_own_and_no_path) {
  auto const& tcp = row_of(SourceScheme::tcp);
  EXPECT_EQ(tcp.prefix, "tcp://");
  EXPECT_EQ(tcp.default_port, 0);
  EXPECT_EQ(tcp.listener, ListenProtocol::tcp);
  EXPECT_TRUE(has_own_listener(SourceScheme::tcp));
  EXPECT_EQ(name(tcp.call), "TCP");
  EXPECT_TRUE(server_may_begin(ListenProtocol::tcp));
  EXPECT_FALSE(tcp.has_path);
  EXPECT_THAT(targets_of(SourceScheme::tcp), ElementsAre(TargetScheme::tcp, TargetScheme::tls));
  EXPECT_TRUE(retries_on_connect_only(tcp));
  EXPECT_TRUE(default_retry(SourceScheme::tcp).on_connect);
  EXPECT_FALSE(default_retry(SourceScheme::tcp).on_reset);
  EXPECT_THAT(default_retry(SourceScheme::tcp).on, IsEmpty());
}

TEST(Protocol, of_what_is_redirected_is_not_known) {
  EXPECT_EQ(find_protocol(ListenProtocol::transparent), nullptr);
  EXPECT_TRUE(server_may_begin(ListenProtocol::transparent));
}

TEST(TargetRows, say_port_and_tls) {
  struct Row {
    TargetScheme scheme;
    std::string_view name;
    std::uint16_t port;
    bool tls;
    std::string_view alpn;
    bool absolute_form;
  };
  for (auto const& [scheme, text, port, tls, alpn, absolute_form] :
       {Row{TargetScheme::http, "http", 80, false, "", true}, Row{TargetScheme::https, "https", 443, true, "http/1.1", false},
        Row{TargetScheme::tcp, "tcp", 0, false, "", false}, Row{TargetScheme::tls, "tls", 0, true, "", false}}) {
    EXPECT_EQ(name(scheme), text);
    EXPECT_EQ(uri_prefix(scheme), std::string{text} + "://");
    EXPECT_EQ(default_port(scheme), port) << text;
    EXPECT_EQ(is_tls(scheme), tls) << text;
    EXPECT_EQ(row_of(scheme).alpn, alpn) << text;
    EXPECT_EQ(row_of(scheme).absolute_form, absolute_form) << text;
    EXPECT_EQ(find_target(protocol_to(scheme).targets, text)->scheme, scheme);
  }
}

TEST(Protocols, are_found_by_their_scheme_upper_or_lower_case) {
  EXPECT_EQ(find_protocol("HTTP"), &row_of(SourceScheme::http));
  EXPECT_EQ(find_protocol("Tcp"), &row_of(SourceScheme::tcp));
  EXPECT_EQ(find_protocol("https"), nullptr);
  EXPECT_EQ(find_protocol(""), nullptr);
  EXPECT_EQ(find_target(target_rows, "TLS")->scheme, TargetScheme::tls);
  EXPECT_EQ(find_target(row_of(SourceScheme::http).targets, "tls"), nullptr);
  EXPECT_TRUE(is_scheme("HttpS", TargetScheme::https));
  EXPECT_FALSE(is_scheme("http", TargetScheme::https));
}

TEST(Protocols, each_have_a_target_with_tls) {
  for (auto const& protocol : protocols()) {
    EXPECT_TRUE(std::any_of(protocol.targets.begin(), protocol.targets.end(), [](TargetRow const& row) { return row.tls; }))
        << protocol.prefix;
  }
}

TEST(OwnKeys, are_keys_of_a_source) {
  for (auto const& protocol : protocols()) {
    for (auto const key : protocol.own_keys) EXPECT_NE(find_key("map[]." + std::string{key}), nullptr) << key;
  }
}

TEST(OwnKeys, are_those_of_their_protocol_and_all_other_keys_are_everybodys) {
  auto const& http = row_of(SourceScheme::http);
  auto const& tcp = row_of(SourceScheme::tcp);
  EXPECT_TRUE(has_key(http, "retry.per_try"));
  EXPECT_FALSE(has_key(tcp, "retry.per_try"));
  EXPECT_FALSE(has_key(http, "proxy_protocol"));
  EXPECT_TRUE(has_key(tcp, "proxy_protocol"));
  EXPECT_TRUE(has_key(http, "timeout"));
  EXPECT_TRUE(has_key(tcp, "timeout"));
}

/// The texts that may stand as the value of a key of a source, by the schema.
json::array forms_of(std::string_view key) {
  auto const schema = json::parse(json_schema());
  return schema.at_pointer("/properties/map/items/properties/" + std::string{key} + "/anyOf").as_array();
}

TEST(Schema, has_a_pattern_for_each_row_and_no_other_scheme) {
  auto const sources = forms_of("source");
  ASSERT_EQ(sources.size(), protocols().size() + 1);  // the last is a variable of the environment
  auto const targets = forms_of("target");
  ASSERT_EQ(targets.size(), protocols().size() + 3);  // a file, a list, and a variable
  for (std::size_t i = 0; i < protocols().size(); ++i) {
    EXPECT_EQ(sources[i].at("pattern").as_string(), protocols()[i].source_pattern);
    EXPECT_EQ(targets[i].at("pattern").as_string(), protocols()[i].target_pattern);
  }
}

TEST(Schema, takes_the_schemes_of_a_row_as_the_reader_does) {
  for (auto const& protocol : protocols()) {
    auto const source = std::string{protocol.prefix} + "localhost:5005";
    for (auto const& target : protocol.targets) {
      auto const to = std::string{target.prefix} + "far:5006";
      auto const loaded = load_text("map: [{source: \"" + source + "\", target: \"" + to + "\"}]");
      ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
      EXPECT_EQ(loaded.settings->map.front().source.scheme, protocol.scheme);
      EXPECT_EQ(loaded.settings->map.front().targets.front().scheme, target.scheme);
      json::value const document{{"map", json::array{json::object{{"source", source}, {"target", to}}}}};
      EXPECT_EQ(SchemaCheck::fault(document, json::parse(json_schema()).as_object()), "") << source << ' ' << to;
    }
  }
}

TEST(LaterSchemes, are_no_rows_and_are_said_to_come) {
  for (auto const* const scheme : {"https", "tls", "postgres", "redis", "rediss"}) {
    EXPECT_TRUE(is_later_scheme(scheme));
    EXPECT_EQ(find_protocol(scheme), nullptr);
    auto const loaded = load_text("map: [{source: \"" + std::string{scheme} + "://localhost:1\", target: http://far}]");
    EXPECT_THAT(all_diagnostics(loaded), HasSubstr("a source with " + std::string{scheme} + ":// is not in this version"));
  }
  EXPECT_FALSE(is_later_scheme("ftp"));
}

TEST(LaterKeys, are_no_keys_yet) {
  for (auto const* const key : {"map[].reads", "map[].user", "map[].password_file"}) {
    EXPECT_TRUE(is_later_key(key));
    EXPECT_EQ(find_key(key), nullptr);
  }
  EXPECT_FALSE(is_later_key("map[].target"));
}

TEST(InWords, are_joined_as_a_sentence_has_them) {
  EXPECT_EQ(in_words(source_prefixes()), "http:// or tcp://");
  EXPECT_EQ(in_words(target_prefixes(target_rows)), "http://, https://, tcp:// or tls://");
  EXPECT_EQ(in_words(target_prefixes(row_of(SourceScheme::tcp).targets)), "tcp:// or tls://");
}

}  // namespace
}  // namespace ambassador::config::protocol_test
