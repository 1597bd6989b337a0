// Active checks of a source's endpoints: `health`.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

namespace ambassador::config {

/// `tcp`, or a section. A section with a path asks for it, and one without only connects.
HealthCheck read_health_check(Node const& node, Report& report);

}  // namespace ambassador::config
