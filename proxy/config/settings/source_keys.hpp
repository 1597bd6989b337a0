// Which keys of a source go with its scheme.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

namespace ambassador::config {

/// Reports what of an entry of `map` does not go with the scheme of its source.
void judge_source_keys(Node const& entry, Mapping const& mapping, Report& report);

}  // namespace ambassador::config
