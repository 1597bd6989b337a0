// One thing wrong with the configuration: where it stands, what is wrong, and what to do.
#pragma once

#include <cstdint>
#include <string>

namespace ambassador::config {

/// A place in what the user wrote. `file` may also be "environment AMBASSADOR_MAP_1" or "flag --listen".
/// Lines and columns count from 1. Both are 0 if the place is not known.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
};

/// A configuration with an error is not used; one with a warning is.
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

}  // namespace ambassador::config
