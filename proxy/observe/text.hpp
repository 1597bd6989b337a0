// How bytes that others chose come into a log line: never raw where a terminal or a parser could be misled by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ambassador::observe {

void append_number(std::string& out, std::uint64_t value);

/// One field of a text line: printable ASCII as it is, all else and blanks, `"` and `\` as `\xNN`. At most `limit`
/// bytes are written, the last three of them `…` where something was cut.
void append_field(std::string& out, std::string_view text, std::size_t limit = std::string_view::npos);

/// A sentence at the end of a text line: blanks and valid UTF-8 stay, controls (C1 too) and stray bytes become `\xNN`.
void append_sentence(std::string& out, std::string_view text);

/// A JSON string with its quotes (RFC 8259 section 7), controls (DEL and C1 too) escaped; a byte that is not UTF-8
/// becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ambassador::observe
