// How a source's calls are kept going: how their endpoints are chosen and checked, when a call is tried again, copies of
// calls, faults on demand.
#pragma once

#include "config/node.hpp"

namespace ambassador::config {

/// What a source has that says nothing of `retry`: bytes are tried again only where there was no connection.
Retry default_retry(SourceScheme scheme);

/// Reads `balance`, `hash`, `health`, `retry`, `mirror` and `fault` of an entry of `map`, whose waits are known.
void read_upkeep(Node const& entry, Mapping& mapping, Report& report);

/// What of these does not go with the source's scheme.
void judge_upkeep(Node const& entry, Mapping const& mapping, Report& report);

}  // namespace ambassador::config
