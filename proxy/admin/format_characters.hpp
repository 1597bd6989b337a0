// Format characters (Unicode's category Cf): none has a shape of its own, and some turn the text behind them around or hide
// in it. What a client sent must not look like something else to who reads it.
#pragma once

#include <string>
#include <string_view>

namespace ambassador::admin {

/// The bytes of each as `\xNN`. `text` is UTF-8.
std::string with_escaped_format_characters(std::string_view text);

}  // namespace ambassador::admin
