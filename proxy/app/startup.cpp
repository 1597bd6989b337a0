#include "app/startup.hpp"

#include "app/explanation.hpp"
#include "config/load.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ambassador::app {
namespace {

std::optional<std::string> read_file(std::string const& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0 || S_ISDIR(about.st_mode)) return std::nullopt;
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view const text{*entry};
    if (auto const equals = text.find('='); equals != std::string_view::npos) {
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return environment;
}

}  // namespace

std::unique_ptr<Snapshot> load_snapshot(ConfigurationOptions const& options, bool no_files) {
  auto loaded = config::load({.file = options.file,
                              .environment = read_environment(),
                              .flags = options.flags,
                              .read_file = read_file,
                              .files_may_be_missing = no_files});
  for (auto const& diagnostic : loaded.diagnostics) fmt::print(stderr, "{}\n", config::to_string(diagnostic));
  if (!loaded.settings) return nullptr;
  return std::make_unique<Snapshot>(std::move(*loaded.settings));
}

std::size_t run_expectations(Snapshot const& snapshot) {
  std::size_t failed = 0;
  for (auto const& expected : snapshot.settings.expect) {
    auto const is = explain(snapshot.rules, expected.method, expected.url);
    if (expected.goes_to ? is.may_go_to(*expected.goes_to) : !is.passes()) continue;
    ++failed;
    config::Diagnostic const diagnostic{
        .severity = config::Severity::error,
        .where = expected.where,
        .path = "expect",
        .message = fmt::format("{} {} should {}, but {}", expected.method, expected.url,
                               expected.goes_to ? "go to " + *expected.goes_to : "be blocked",
                               is.passes() ? "goes to " + is.target : "is " + is.decision + " (" + is.reason + ')'),
        .offending = {},
        .hint = {}};
    fmt::print(stderr, "{}\n", config::to_string(diagnostic));
  }
  return failed;
}

}  // namespace ambassador::app
