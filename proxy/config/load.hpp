// From what the user wrote to Settings, or to every error in it at once: find, parse, model, validate.
#pragma once

#include "config/settings.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::config {

enum class Severity : std::uint8_t { error, warning };

/// One thing wrong with the configuration, and what to do.
struct Diagnostic {
  Severity severity = Severity::error;
  Location where;
  std::string path;       ///< the key, as `map[0].timeout.connect`
  std::string message;    ///< what is wrong
  std::string offending;  ///< the text that is wrong; may be empty
  std::string hint;       ///< what to do: the nearest right key, the form; may be empty
};

/// `file:line:column: error: path: message: "offending" (hint)`, one line; what is empty is left out.
std::string to_string(Diagnostic const& diagnostic);

/// Everything that loading depends on, handed in so that tests need no real environment or disk.
struct Inputs {
  std::optional<std::string> file;  ///< `-c`
  std::map<std::string, std::string> environment;
  /// Key path and value: {"listen", "127.0.0.1:0"}; "map" takes "SOURCE => TARGET". Given twice, a list has both.
  std::vector<std::pair<std::string, std::string>> flags;
  std::function<std::optional<std::string>(std::string const&)> read_file;  ///< nothing where it cannot be read
  bool files_may_be_missing = false;  ///< `check --no-files`: a list of targets that cannot be read is a warning only
};

struct Loaded {
  std::optional<Settings> settings;  ///< absent where any diagnostic is an error
  std::vector<Diagnostic> diagnostics;
};

/// Precedence: flags, then environment, then file. Without `-c`: AMBASSADOR_CONFIG, ./ambassador.yaml,
/// /etc/ambassador/ambassador.yaml, the drop-in's variables or appsettings.json, in this order.
Loaded load(Inputs const& inputs);

/// The configuration's JSON schema (draft 2020-12), generated from the table that the reader uses.
std::string json_schema();

/// The settings as YAML, secrets redacted: what `/config` shows.
std::string to_yaml(Settings const& settings);

}  // namespace ambassador::config
