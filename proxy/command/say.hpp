// What a command tells its user besides its result: one line on stderr.
#pragma once

#include <string_view>

#include <fmt/format.h>

namespace ambassador::command {

/// Writes `ambassador: TEXT` and a newline to stderr.
inline void say(std::string_view text) { fmt::print(stderr, "ambassador: {}\n", text); }

}  // namespace ambassador::command
