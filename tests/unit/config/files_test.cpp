// Every rule has a file that keeps it, in tests/config/valid, and one that breaks it, in tests/config/invalid. The latter say
// what must be reported, as comments: `# expect: line:column text`, where the text is part of the diagnostic.
#include "unit/config/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::config::files_test {
namespace {

Texts const test_environment{{"HOST", "numbers-api"}, {"SECONDS", "7s"}};

/// What `file://` targets name.
Texts const test_endpoints{{"/endpoints/plain", "# two\nhttp://a\n\n  http://b:81/v2 # the second\r\n"},
                           {"/endpoints/weights", "http://c weight=9\nhttp://d\tweight=0"},
                           {"/endpoints/kafka", "tls://kafka-0:9093\ntls://kafka-1:9093\n"}};

Loaded load_path(std::filesystem::path const& path) {
  auto files = test_endpoints;
  files.emplace(path.string(), read_text(path));
  auto in = inputs(std::move(files), test_environment);
  in.file = path.string();
  return load(in);
}

struct Expected {
  std::string place;
  std::string text;
};

std::vector<Expected> expected_of(std::filesystem::path const& path) {
  constexpr std::string_view marker = "# expect: ";
  std::vector<Expected> all;
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(marker)) continue;
    auto const rest = line.substr(marker.size());
    auto const blank = rest.find(' ');
    all.push_back({rest.substr(0, blank), rest.substr(blank + 1)});
  }
  return all;
}

std::string place_of(Diagnostic const& diagnostic) {
  return std::to_string(diagnostic.where.line) + ':' + std::to_string(diagnostic.where.column);
}

struct NameOfFile {
  std::string operator()(testing::TestParamInfo<std::filesystem::path> const& info) const {
    auto name = info.param.stem().string();
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  }
};

class ValidFile : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ValidFile, loads_without_a_word) {
  auto const loaded = load_path(GetParam());
  EXPECT_TRUE(loaded.settings.has_value());
  EXPECT_EQ(all_diagnostics(loaded), "");
}

TEST_P(ValidFile, is_the_same_when_what_was_read_is_read_again) {
  auto const loaded = load_path(GetParam());
  ASSERT_TRUE(loaded.settings.has_value());
  auto const text = to_yaml(*loaded.settings);
  auto const again = load_text(text);
  ASSERT_TRUE(again.settings.has_value()) << all_diagnostics(again) << text;
  auto const without_origin = [](std::string const& yaml) { return yaml.substr(yaml.find('\n')); };
  EXPECT_EQ(without_origin(to_yaml(*again.settings)), without_origin(text));
}

INSTANTIATE_TEST_SUITE_P(Config, ValidFile, testing::ValuesIn(yaml_files(tests_dir + "/config/valid")), NameOfFile{});
INSTANTIATE_TEST_SUITE_P(Example, ValidFile, testing::ValuesIn(yaml_files(root_dir + "/config/examples")), NameOfFile{});

class InvalidFile : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(InvalidFile, is_refused_with_every_fault_in_its_place) {
  auto const loaded = load_path(GetParam());
  auto const expected = expected_of(GetParam());
  EXPECT_FALSE(loaded.settings.has_value());
  ASSERT_FALSE(expected.empty()) << "the file says nothing of what is expected";
  ASSERT_EQ(loaded.diagnostics.size(), expected.size()) << all_diagnostics(loaded);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(place_of(loaded.diagnostics[i]), expected[i].place) << to_string(loaded.diagnostics[i]);
    EXPECT_THAT(to_string(loaded.diagnostics[i]), testing::HasSubstr(expected[i].text));
  }
}

INSTANTIATE_TEST_SUITE_P(Config, InvalidFile, testing::ValuesIn(yaml_files(tests_dir + "/config/invalid")), NameOfFile{});

}  // namespace
}  // namespace ambassador::config::files_test
