// Copies of a source's calls: `mirror`.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

#include <optional>

namespace ambassador::config {

/// Returns nullopt, and reports why, if the target cannot be read.
std::optional<Mirror> read_mirror(Node const& node, Report& report);

}  // namespace ambassador::config
