// What the environment and the flags say, laid over a document: a value there replaces the document's, and
// AMBASSADOR_MAP_1 adds to its map.
#pragma once

#include "config/document/node.hpp"

#include <map>
#include <utility>

namespace ambassador::config {

/// Lays every AMBASSADOR_ variable over `root`. One that names no key is an error, unless Kubernetes made it for a
/// Service called ambassador. An empty variable counts as not set.
void overlay_environment(Node& root, std::map<std::string, std::string> const& environment, Report& report);

/// Lays flags, as pairs of key path and value, over `root`.
void overlay_flags(Node& root, std::vector<std::pair<std::string, std::string>> const& flags, Report& report);

/// Whether these alone are a configuration: they map, allow, listen, or say what happens to unmapped calls.
bool is_configuration(std::map<std::string, std::string> const& environment);
bool is_configuration(std::vector<std::pair<std::string, std::string>> const& flags);

}  // namespace ambassador::config
