// Whatever bytes come, loading ends with settings or with diagnostics: never with a crash, and never with both.
#include "unit/config/loading.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ambassador::config::robustness_test {
namespace {

constexpr int rounds = 3000;

void expect_an_answer(Loaded const& loaded, std::string const& text) {
  bool const error = std::any_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                                 [](Diagnostic const& diagnostic) { return diagnostic.severity == Severity::error; });
  ASSERT_NE(loaded.settings.has_value(), error) << text;
  for (auto const& diagnostic : loaded.diagnostics) {
    ASSERT_EQ(to_string(diagnostic).find('\n'), std::string::npos) << text;
  }
  if (!loaded.settings) return;
  auto const yaml = to_yaml(*loaded.settings);
  auto const again = load_text(yaml);
  ASSERT_TRUE(again.settings.has_value()) << all_diagnostics(again) << yaml;
}

class Bytes {
 public:
  explicit Bytes(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  std::string of(std::string_view alphabet, std::size_t length) {
    std::string out;
    for (std::size_t i = 0; i < length; ++i) out += alphabet[below(alphabet.size())];
    return out;
  }

 private:
  std::mt19937 random_;
};

TEST(Robustness, random_bytes_are_refused_or_read) {
  Bytes bytes(1);
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  for (int i = 0; i < rounds; ++i) {
    auto const text = bytes.of(every, bytes.below(60));
    expect_an_answer(load_text(text), text);
  }
}

TEST(Robustness, random_punctuation_is_refused_or_read) {
  Bytes bytes(2);
  for (int i = 0; i < rounds; ++i) {
    auto const text = bytes.of("[]{}:,-?*&!|>'\"%@` \n\tabc${}#<", bytes.below(80));
    expect_an_answer(load_text(text), text);
  }
}

TEST(Robustness, files_with_a_few_changed_bytes_are_refused_or_read) {
  Bytes bytes(3);
  std::vector<std::string> texts;
  for (auto const& path : yaml_files(tests_dir + "/config/valid")) texts.push_back(read_text(path));
  for (auto const& path : yaml_files(tests_dir + "/config/invalid")) texts.push_back(read_text(path));
  for (int i = 0; i < rounds; ++i) {
    auto text = texts[bytes.below(texts.size())];
    for (std::size_t changes = 1 + bytes.below(4); changes > 0 && !text.empty(); --changes) {
      auto const at = bytes.below(text.size());
      switch (bytes.below(3)) {
        case 0: text.erase(at, 1 + bytes.below(8)); break;
        case 1: text.insert(at, bytes.of(" \n:-[]{}\"'*$", 1 + bytes.below(3))); break;
        default: text[at] = bytes.of(" \n:-[]{}\"'*$09az/.", 1)[0]; break;
      }
    }
    expect_an_answer(load_text(text, {{"HOST", "h"}, {"SECONDS", "1s"}}), text);
  }
}

TEST(Robustness, random_variables_are_refused_or_read) {
  Bytes bytes(4);
  for (int i = 0; i < rounds; ++i) {
    Texts const environment{
        {"AMBASSADOR_" + bytes.of("MAP_TIMEOUTLISTENR0129", bytes.below(16)), bytes.of("http://:=>,*.[]1aé ", bytes.below(30))},
        {"AMBASSADOR_LISTEN", bytes.of("[]:.,01localhost*", bytes.below(24))},
        {"AMBASSADOR_ALLOW", bytes.of("[]:.,*/ab19", bytes.below(24))},
        {"Proxy__" + bytes.of("RequestUriMap_01", bytes.below(24)), bytes.of("true1http://a", bytes.below(16))}};
    expect_an_answer(load_environment(environment), environment.begin()->first);
  }
}

TEST(Robustness, random_appsettings_are_refused_or_read) {
  Bytes bytes(5);
  for (int i = 0; i < rounds; ++i) {
    auto const text = "{\"Proxy\": " + bytes.of("{}[]\"\\/*:, \nPortRequest1", bytes.below(60));
    expect_an_answer(load(inputs({{"./appsettings.json", text}})), text);
  }
}

TEST(Robustness, long_and_deep_documents_take_bounded_time) {
  std::string const many(200'000, '[');
  expect_an_answer(load_text(many), "brackets");
  expect_an_answer(load_text(std::string(200'000, '{')), "braces");
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  expect_an_answer(load_text(dashes), "dashes");
  std::string keys;
  for (int i = 0; i < 30'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  expect_an_answer(load_text(keys), "keys");
  expect_an_answer(load_text("unmapped: " + std::string(900'000, 'a')), "a long value");
}

}  // namespace
}  // namespace ambassador::config::robustness_test
