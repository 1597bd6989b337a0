// A redirect must stay inside the map: a Location that points into the target is given back as the source's URL.
#pragma once

#include "config/settings/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ambassador::route {

/// The value of Location or Content-Location as the client should see it, or nothing where it stays as it is.
/// `client_origin` is `http(s)://host[:port]` as the client asked for it. Absolute URLs on the target's authority, in its
/// scheme, and absolute paths are mapped back where their path is the target's or below it.
std::optional<std::string> map_back(std::string_view location, config::Mapping const& mapping, config::Target const& target,
                                    std::string_view client_origin);

}  // namespace ambassador::route
