// Questions about the lines of a text, by the place of a byte.
#pragma once

#include <cstddef>
#include <string_view>

namespace ambassador::kubernetes {

/// The begin of the line that holds the byte.
std::size_t line_start(std::string_view text, std::size_t at);
/// The end of that line, its break not included.
std::size_t line_end(std::string_view text, std::size_t at);
/// The begin of the line after it.
std::size_t next_line(std::string_view text, std::size_t at);
/// From 1.
int line_number(std::string_view text, std::size_t at);
/// Whether only spaces stand before the byte on its line.
bool is_first_on_line(std::string_view text, std::size_t at);
/// The break that the text uses.
std::string_view line_break(std::string_view text);
/// Up over the comment lines that stand directly above the line, as far in as it is: they belong to it.
std::size_t above_comments(std::string_view text, std::size_t line);
/// The first comment line of these that stands `column` in or less: such a one is not inside what begins there. `end` if none.
std::size_t comment_between(std::string_view text, std::size_t line, std::size_t end, std::size_t column);
/// The end, its break not included, of what begins on this line, `column` in: an item, or, with `key`, a key and its value.
/// Lines that are further in belong to it, and to a key a list whose dashes stand as far in as it does. Blank lines and
/// comments at its end do not.
std::size_t block_end(std::string_view text, std::size_t line, std::size_t column, bool key);

/// The end of a quoted text, of one in brackets or of a plain one inside brackets; npos where it has none.
std::size_t flow_end(std::string_view text, std::size_t at);

}  // namespace ambassador::kubernetes
