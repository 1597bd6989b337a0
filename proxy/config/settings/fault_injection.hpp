// Faults on demand, for testing apps: `fault`.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

namespace ambassador::config {

/// A section with a delay, an abort or both; one with neither is reported.
Fault read_fault(Node const& node, Report& report);

}  // namespace ambassador::config
