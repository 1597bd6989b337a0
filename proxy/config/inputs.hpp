// What loading a configuration depends on.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::config {

/// Everything that loading depends on, handed in so that tests need no real environment or disk.
struct Inputs {
  std::optional<std::string> file;  ///< `-c`
  std::map<std::string, std::string> environment;
  /// Key path and value: {"listen", "127.0.0.1:0"}; "map" takes "SOURCE => TARGET". Given twice, a list has both.
  std::vector<std::pair<std::string, std::string>> flags;
  std::function<std::optional<std::string>(std::string const&)> read_file;  ///< returns nullopt if the file cannot be read
  bool files_may_be_missing = false;  ///< `check --no-files`: a list of targets that cannot be read is a warning only
};

}  // namespace ambassador::config
