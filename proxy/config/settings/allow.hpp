// Destinations that are allowed: a host or a network, its ports, and what a name may stand for.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

#include <optional>

namespace ambassador::config {

constexpr std::size_t max_allowed_ports = 64;  // in one allow entry

/// One entry of `allow`: a destination, or one with keys beside it.
std::optional<AllowRule> read_allow(Node const& node, Report& report);

/// The private addresses that the name of a rule stands for without a word: those of the machine itself, for its own
/// names. Nothing for other names.
std::vector<IpNetwork> own_networks(AllowRule const& rule);

}  // namespace ambassador::config
