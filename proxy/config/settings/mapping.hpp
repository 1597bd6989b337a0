// One entry of `map`.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

#include <optional>
#include <vector>

namespace ambassador::config {

class EndpointFiles;

/// `global` has the timeouts, limits and the parent proxy that the entry's own lie over. Nothing where the source or the
/// target cannot be read.
std::optional<Mapping> read_mapping(Node const& entry, Settings const& global, EndpointFiles& files, Report& report);

/// The parent proxy of a source that says nothing of one: what goes to this machine alone needs none.
std::optional<Via> inherited_via(Settings const& global, std::vector<Target> const& targets);

/// Lays the waits of a section over `timeouts`.
void read_timeouts(Node const& node, Timeouts& timeouts, Report& report);

/// A method: a token, in capitals. `method` is a part of the node's text.
bool check_method(Node const& node, std::string_view method, Report& report);

}  // namespace ambassador::config
