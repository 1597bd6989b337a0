// .NET allows comments in appsettings.json; YAML knows another kind. They are blanked out, so that every place in the
// file stays where it is.
#pragma once

#include <string>
#include <string_view>

namespace ambassador::config {

/// The text with `//…` and `/*…*/` outside strings replaced by blanks; ends of lines stay.
std::string without_json_comments(std::string_view text);

}  // namespace ambassador::config
