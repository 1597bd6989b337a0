// What a user probably meant where YAML could not be read: the few texts of ours that YAML has other plans for.
#pragma once

#include <string>
#include <string_view>

namespace ambassador::config {

/// A hint from the line of the error (from 1) and the one before it, where the parser often lost its way; or empty.
std::string yaml_hint(std::string_view text, int line);

}  // namespace ambassador::config
