// What the values of a mapping ask of each other: schemes, TLS, credentials, the parent proxy.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

namespace ambassador::config {

/// Reports what of an entry of `map`, whose source and targets are known, does not go together.
void judge_mapping(Node const& entry, Mapping const& mapping, Report& report);

}  // namespace ambassador::config
