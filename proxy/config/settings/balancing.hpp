// How the endpoint of a call is chosen among those of its source: `balance` and `hash`.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

namespace ambassador::config {

/// Reads `balance` and `hash` of an entry of `map`.
void read_balancing(Node const& entry, Mapping& mapping, Report& report);

}  // namespace ambassador::config
