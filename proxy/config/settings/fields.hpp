// The fields of a head in the configuration: conditions over them, and rules that change them.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

#include <optional>

namespace ambassador::config {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// The fields of a map, those left out that are wrong: a name is a token and stands once, a value has no control bytes.
Fields read_fields(Node const& node, Report& report);

/// `set`, `add` and `remove` of one direction.
HeaderRules read_header_rules(Node const& node, Report& report);

/// The name of a field that the configuration may change: framing, routing and hop-by-hop fields are the ambassador's.
std::optional<std::string> read_field_name(Node const& node, Report& report);

}  // namespace ambassador::config
