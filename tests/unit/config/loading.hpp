// How the tests of the configuration load one: with files, an environment and flags that exist in the test only.
#pragma once

#include "config/load.hpp"
#include "config/settings/yaml_text.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::config {

using Texts = std::map<std::string, std::string>;

inline std::string const tests_dir = AMBASSADOR_TESTS_DIR;
inline std::string const root_dir = tests_dir + "/..";

inline std::string read_text(std::filesystem::path const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::vector<std::filesystem::path> yaml_files(std::string const& folder) {
  std::vector<std::filesystem::path> files;
  for (auto const& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Files by name, an environment, and flags; no `-c`.
inline Inputs inputs(Texts files, Texts environment = {}, std::vector<std::pair<std::string, std::string>> flags = {}) {
  Inputs in;
  in.environment = std::move(environment);
  in.flags = std::move(flags);
  in.read_file = [files = std::move(files)](std::string const& name) -> std::optional<std::string> {
    auto const found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional{found->second};
  };
  return in;
}

/// A file given by `-c`, under the name `a.yaml`.
inline Loaded load_text(std::string const& text, Texts environment = {},
                        std::vector<std::pair<std::string, std::string>> flags = {}) {
  auto in = inputs({{"a.yaml", text}}, std::move(environment), std::move(flags));
  in.file = "a.yaml";
  return load(in);
}

/// Nothing but the environment.
inline Loaded load_environment(Texts environment) { return load(inputs({}, std::move(environment))); }

inline std::string all_diagnostics(Loaded const& loaded) {
  std::string out;
  for (auto const& diagnostic : loaded.diagnostics) out += to_string(diagnostic) + '\n';
  return out;
}

/// The addresses of the listeners, as `host port`, with `?` behind one that may be missing.
inline std::vector<std::string> listeners(Settings const& settings) {
  std::vector<std::string> out;
  for (auto const& address : settings.listen) {
    out.push_back(address.host + ' ' + std::to_string(address.port) + (address.is_default ? "?" : ""));
  }
  return out;
}

}  // namespace ambassador::config
