// `${NAME}` in a value of the file stands for the environment's NAME, as text: it never becomes structure.
#pragma once

#include "config/document/node.hpp"

#include <map>
#include <string>

namespace ambassador::config {

/// Replaces every `${NAME}` in the values below `node`; `$${` is a plain `${`. A name that is not set is an error.
void substitute_environment(Node& node, std::map<std::string, std::string> const& environment, Report& report);

}  // namespace ambassador::config
