// A string as YAML, such that every reader takes it for exactly that string.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ambassador::kubernetes {

/// Whether it is UTF-8: else no manifest can hold it.
bool is_utf8(std::string_view text);

/// In double quotes, as JSON has it.
std::string quoted(std::string_view text);

/// On one line: plain where nobody could take it for anything else.
std::string scalar(std::string_view text);

/// Of many lines: a block scalar (`|`, `|-`, `|+`) whose lines are `column` in, or in quotes where such a one would not keep
/// every byte.
std::string block_scalar(std::string_view text, std::size_t column, std::string_view line_break);

}  // namespace ambassador::kubernetes
