// The parent proxy of `via`.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

#include <optional>

namespace ambassador::config {

/// `http://host:port`, or keys of its own. Nothing for `off`, where the node's key takes it, and where it is wrong.
std::optional<Via> read_via(Node const& node, Report& report);

}  // namespace ambassador::config
