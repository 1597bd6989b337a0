// Takes out what was added. It is known by its marks and its names, so that a text which passed through another tool is served
// too; only where nobody has touched it does it become the original to the byte.
#pragma once

#include "kubernetes/stream.hpp"

#include <string>

namespace ambassador::kubernetes {

/// Whether the object is a ConfigMap that was added.
bool is_our_config_map(Node const& object);
/// Whether its template has our mark, and nobody makes it from another's.
bool is_injected(Workload const& workload);

/// The text without what was added. Throws Fault where it is written in a way that cannot be edited.
std::string without_sidecars(Stream const& stream);

}  // namespace ambassador::kubernetes
