// The schema and the reader tell the same story: both come from the table of keys. The documentation is made of the schema.
#include "config/keys/schema.hpp"
#include "config/document/document.hpp"
#include "config/keys/keys.hpp"
#include "unit/config/json_schema_check.hpp"
#include "unit/config/loading.hpp"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <charconv>

namespace ambassador::config::schema_test {
namespace {

json::object schema() { return json::parse(json_schema()).as_object(); }

/// A scalar as an editor's YAML 1.2 sees it.
json::value json_scalar(Node const& node) {
  if (node.quoted) return json::value(node.text);
  if (node.text == "true" || node.text == "false") return node.text == "true";
  std::int64_t integer = 0;
  double real = 0;
  auto const* const end = node.text.data() + node.text.size();
  if (std::from_chars(node.text.data(), end, integer).ptr == end) return integer;
  if (std::from_chars(node.text.data(), end, real).ptr == end) return real;
  return json::value(node.text);
}

json::value json_of(Node const& node) {
  if (node.kind == Node::Kind::null) return nullptr;
  if (node.kind == Node::Kind::scalar) return json_scalar(node);
  if (node.kind == Node::Kind::list) {
    json::array array;
    for (auto const& child : node.children) array.push_back(json_of(child));
    return array;
  }
  json::object object;
  for (auto const& child : node.children) object[child.name] = json_of(child);
  return object;
}

std::string fault_of(std::filesystem::path const& path) {
  Report report;
  auto const document = parse_document(read_text(path), path.string(), report);
  return document ? SchemaCheck::fault(json_of(*document), schema()) : "not a document";
}

TEST(Schema, is_the_file_beside_the_examples) {
  EXPECT_EQ(read_text(root_dir + "/config/schema.json"), json_schema())
      << "write it again: ambassador schema > config/schema.json";
}

TEST(Schema, takes_what_the_reader_takes) {
  for (auto const* const folder : {"/tests/config/valid", "/config/examples"}) {
    for (auto const& path : yaml_files(root_dir + folder)) EXPECT_EQ(fault_of(path), "") << path;
  }
}

TEST(Schema, refuses_what_breaks_the_shape) {
  for (auto const* const name : {"unknown_key",
                                 "later_keys",
                                 "later_forms",
                                 "key_in_the_wrong_place",
                                 "no_value",
                                 "wrong_kinds",
                                 "wrong_kinds_inside_a_source",
                                 "missing_source_and_target",
                                 "choices",
                                 "durations",
                                 "sizes_and_counts",
                                 "number_in_quotes",
                                 "sources",
                                 "targets",
                                 "when",
                                 "allow_entries",
                                 "expectations",
                                 "listen_addresses",
                                 "listen_tls",
                                 "tcp",
                                 "upstream_tls",
                                 "credentials",
                                 "header_rules",
                                 "rates_and_limits",
                                 "transparent",
                                 "via",
                                 "via_off_for_all",
                                 "allow_networks",
                                 "expect_tunnels",
                                 "merge_key",
                                 "target_lists",
                                 "target_srv",
                                 "balance",
                                 "health",
                                 "retry",
                                 "mirror_and_fault",
                                 "not_a_map"}) {
    EXPECT_NE(fault_of(tests_dir + "/config/invalid/" + name + ".yaml"), "") << name;
  }
}

/// The schema of a key's path, through lists and the alternatives of a form.
json::object const* find_section(json::object const& of, std::string_view name) {
  if (auto const* const properties = of.if_contains("properties")) {
    auto const* const found = properties->as_object().if_contains(name);
    return found != nullptr ? &found->as_object() : nullptr;
  }
  if (auto const* const items = of.if_contains("items")) return find_section(items->as_object(), name);
  auto const* const forms = of.if_contains("anyOf");
  if (forms == nullptr) return nullptr;
  for (auto const& form : forms->as_array()) {
    if (auto const* const found = find_section(form.as_object(), name)) return found;
  }
  return nullptr;
}

TEST(Schema, has_every_key_with_its_form_its_sentence_and_its_default) {
  auto const root = schema();
  for (auto const& key : all_keys()) {
    auto const* section = &root;
    for (auto rest = key.path; section != nullptr && !rest.empty();) {
      auto const end = std::min(rest.find('.'), rest.size());
      auto name = rest.substr(0, end);
      if (name.ends_with("[]")) name.remove_suffix(2);
      section = find_section(*section, name);
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    ASSERT_NE(section, nullptr) << key.path;
    EXPECT_EQ(section->at("title").as_string(), form_in_words(key)) << key.path;
    EXPECT_EQ(section->at("description").as_string(), key.doc) << key.path;
    EXPECT_EQ(section->contains("default"), !key.fallback.empty()) << key.path;
  }
}

TEST(Table, names_the_defaults_that_the_settings_have) {
  auto const defaults = load_text("unmapped: block\nallow: [a:1]");
  ASSERT_TRUE(defaults.settings.has_value());
  for (auto const& key : all_keys()) {
    auto const name = environment_name(key);
    if (name.empty() || key.fallback.empty()) continue;
    auto const written = load_text("allow: [a:1]", {{name, std::string{key.fallback}}});
    ASSERT_TRUE(written.settings.has_value()) << all_diagnostics(written);
    EXPECT_EQ(to_yaml(*written.settings), to_yaml(*defaults.settings)) << key.path;
  }
}

TEST(Table, has_no_key_that_changes_nothing) {
  Texts const other{{"listen", "127.0.0.1:5"},      {"admin", "off"},
                    {"unmapped", "report"},         {"allow", "b:2"},
                    {"log.format", "json"},         {"log.calls", "errors"},
                    {"log.query", "redact"},        {"workers", "3"},
                    {"timeout.connect", "2m"},      {"timeout.head", "2m"},
                    {"timeout.body", "2m"},         {"timeout.response", "2m"},
                    {"timeout.idle", "2m"},         {"timeout.keepalive", "2m"},
                    {"limits.head", "32KiB"},       {"limits.fields", "50"},
                    {"limits.target", "2KiB"},      {"limits.connections", "5"},
                    {"limits.pending", "5"},        {"transparent", "15001"},
                    {"via", "http://p:1"},          {"via.url", "http://p:1"},
                    {"via.credentials_file", "/p"}, {"trace", "on"}};
  auto const defaults = load_text("allow: [a:1]");
  for (auto const& key : all_keys()) {
    if (environment_name(key).empty()) continue;
    ASSERT_TRUE(other.contains(std::string{key.path})) << key.path;
    std::vector<std::pair<std::string, std::string>> flags{{std::string{key.path}, other.at(std::string{key.path})}};
    if (key.path == "via.credentials_file") flags.emplace_back("via.url", "http://p:1");
    auto const changed = load_text("allow: [a:1]", {}, flags);
    ASSERT_TRUE(changed.settings.has_value()) << all_diagnostics(changed);
    EXPECT_NE(to_yaml(*changed.settings), to_yaml(*defaults.settings)) << key.path;
  }
}

}  // namespace
}  // namespace ambassador::config::schema_test
