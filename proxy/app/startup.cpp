#include "app/startup.hpp"

#include "config/load.hpp"
#include "route/explanation.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ambassador::app {
namespace {

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

std::optional<std::string> read_file(std::string const& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0 || S_ISDIR(about.st_mode)) return std::nullopt;
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

ReadConfiguration read_configuration(ConfigurationOptions const& options, bool no_files) {
  ReadConfiguration result;
  std::vector<std::string> found;
  auto const read = [&](std::string const& path) {
    result.files.push_back(path);
    auto text = read_file(path);
    if (text) found.push_back(path);
    return text;
  };
  auto loaded = config::load({.file = options.file,
                              .environment = read_environment(),
                              .flags = options.flags,
                              .read_file = read,
                              .files_may_be_missing = no_files});
  result.diagnostics = std::move(loaded.diagnostics);
  if (!loaded.settings) return result;
  found.insert(found.end(), loaded.settings->endpoint_files.begin(), loaded.settings->endpoint_files.end());
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  result.snapshot = std::make_shared<route::Snapshot const>(std::move(*loaded.settings), std::move(found));
  return result;
}

std::optional<config::ListenAddress> find_admin(ConfigurationOptions const& options) {
  auto environment = read_environment();
  auto loaded =
      config::load({.file = options.file, .environment = environment, .flags = options.flags, .read_file = read_file});
  if (!loaded.settings && options.file) {
    for (auto const& diagnostic : loaded.diagnostics) fmt::print(stderr, "{}\n", config::to_string(diagnostic));
    return std::nullopt;
  }
  if (!loaded.settings) {
    std::erase_if(environment, [](auto const& entry) { return entry.first != "AMBASSADOR_ADMIN"; });
    environment.emplace("AMBASSADOR_LISTEN", "127.0.0.1:0");  // a configuration, though of nothing else
    loaded = config::load(
        {.file = {}, .environment = environment, .flags = {}, .read_file = [](std::string const&) { return std::nullopt; }});
  }
  if (!loaded.settings) return config::Settings{}.admin;
  if (!loaded.settings->admin)
    fmt::print(stderr, "ambassador: the configuration has no admin port: say where with --admin URL\n");
  return loaded.settings->admin;
}

std::vector<config::Diagnostic> unmet_expectations(route::Snapshot const& snapshot) {
  std::vector<config::Diagnostic> unmet;
  for (auto const& expected : snapshot.settings.expect) {
    auto const is = explain(snapshot.rules, expected.method, expected.url);
    if (expected.goes_to ? is.may_go_to(*expected.goes_to) : !is.passes()) continue;
    unmet.push_back(
        {.severity = config::Severity::error,
         .where = expected.where,
         .path = "expect",
         .message = fmt::format("{} {} should {}, but {}", expected.method, expected.url,
                                expected.goes_to ? "go to " + *expected.goes_to : "be blocked",
                                is.passes() ? "goes to " + is.target : "is " + is.decision + " (" + is.reason + ')'),
         .offending = {},
         .hint = {}});
  }
  return unmet;
}

std::shared_ptr<route::Snapshot const> load_snapshot(ConfigurationOptions const& options, bool no_files) {
  auto read = read_configuration(options, no_files);
  for (auto const& diagnostic : read.diagnostics) fmt::print(stderr, "{}\n", config::to_string(diagnostic));
  return std::move(read.snapshot);
}

std::size_t run_expectations(route::Snapshot const& snapshot) {
  auto const unmet = unmet_expectations(snapshot);
  for (auto const& diagnostic : unmet) fmt::print(stderr, "{}\n", config::to_string(diagnostic));
  return unmet.size();
}

}  // namespace ambassador::app
