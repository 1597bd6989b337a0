// Where a configuration is looked for, and in which order.
#include "unit/config/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::config::find_test {
namespace {

using testing::HasSubstr;

Texts const every_file{{"flag.yaml", "workers: 1\nunmapped: allow"},
                       {"variable.yaml", "workers: 2\nunmapped: allow"},
                       {"./ambassador.yaml", "workers: 3\nunmapped: allow"},
                       {"/etc/ambassador/ambassador.yaml", "workers: 4\nunmapped: allow"},
                       {"./appsettings.json", R"({"Proxy": {"Port": 1234, "Request": {"RejectUnknown": false}}})"}};

std::string origin_without(std::vector<std::string> const& missing, Texts environment, std::optional<std::string> file = {}) {
  auto files = every_file;
  for (auto const& name : missing) files.erase(name);
  auto in = inputs(files, std::move(environment));
  in.file = std::move(file);
  auto const loaded = load(in);
  return loaded.settings ? loaded.settings->origin : all_diagnostics(loaded);
}

TEST(Find, takes_the_first_of_flag_variable_and_usual_files) {
  Texts const environment{{"AMBASSADOR_CONFIG", "variable.yaml"}};
  EXPECT_EQ(origin_without({}, environment, "flag.yaml"), "flag.yaml");
  EXPECT_EQ(origin_without({}, environment), "variable.yaml");
  EXPECT_EQ(origin_without({}, {}), "./ambassador.yaml");
  EXPECT_EQ(origin_without({"./ambassador.yaml"}, {}), "/etc/ambassador/ambassador.yaml");
  EXPECT_EQ(origin_without({"./ambassador.yaml", "/etc/ambassador/ambassador.yaml"}, {}), "./appsettings.json");
}

TEST(Find, does_not_go_on_where_a_named_file_is_missing) {
  EXPECT_EQ(
      origin_without({"flag.yaml"}, {}, "flag.yaml"),
      "flag -c: error: the configuration file cannot be read: \"flag.yaml\" (does it exist, and may this user read it?)\n");
  EXPECT_EQ(
      origin_without({"variable.yaml"}, {{"AMBASSADOR_CONFIG", "variable.yaml"}}),
      "environment AMBASSADOR_CONFIG: error: the configuration file cannot be read: \"variable.yaml\" (does it exist, and may "
      "this user read it?)\n");
}

TEST(Find, says_what_was_looked_for_where_nothing_is) {
  auto const text = all_diagnostics(load_environment({}));
  for (auto const* const place : {"-c FILE", "AMBASSADOR_CONFIG", "./ambassador.yaml", "/etc/ambassador/ambassador.yaml",
                                  "Proxy__", "./appsettings.json", "AMBASSADOR_MAP_1"}) {
    EXPECT_THAT(text, HasSubstr(place));
  }
}

TEST(Find, passes_an_appsettings_json_of_something_else) {
  auto const loaded = load(inputs({{"./appsettings.json", R"({"Logging": {"Level": "Debug"}, "Proxy": "http://corp:3128"})"}}));
  EXPECT_THAT(all_diagnostics(loaded), HasSubstr("no configuration found"));
}

TEST(Find, warns_of_drop_in_variables_beside_a_file) {
  auto const loaded = load(inputs({{"./ambassador.yaml", "unmapped: allow"}}, {{"Proxy__Port", "1080"}}));
  EXPECT_TRUE(loaded.settings.has_value());
  EXPECT_THAT(all_diagnostics(loaded), HasSubstr("./ambassador.yaml: warning: the Proxy__ variables are not used"));
}

TEST(Find, reports_environment_and_flags_too_where_the_file_cannot_be_read) {
  auto const text = all_diagnostics(load_text("map: [", {{"AMBASSADOR_LISTN", "x"}}, {{"workers", "many"}}));
  EXPECT_THAT(text, HasSubstr("a.yaml:1:"));
  EXPECT_THAT(text, HasSubstr("environment AMBASSADOR_LISTN"));
  EXPECT_THAT(text, HasSubstr("flag --workers"));
}

}  // namespace
}  // namespace ambassador::config::find_test
