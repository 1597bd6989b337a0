// When a call that failed is tried again: `retry`.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

namespace ambassador::config {

/// What a source of this scheme has that says nothing of `retry`.
Retry default_retry(SourceScheme scheme);

/// Lays the section over `retry`. A try may take no longer than `response`, the wait of all tries together.
Retry read_retry(Node const& node, Retry retry, Milliseconds response, Report& report);

}  // namespace ambassador::config
