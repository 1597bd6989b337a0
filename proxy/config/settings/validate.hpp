// What no single key can tell: sources that hide each other, targets that are ourselves, listeners in each other's way.
#pragma once

#include "config/report.hpp"
#include "config/settings/settings.hpp"

namespace ambassador::config {

/// A source on a loopback host with a port of its own is listened on, unless a listener covers it already. The first
/// `without_listeners` mappings are left out: those of the drop-in, which never opened its Source's port.
void add_listeners_of_sources(Settings& settings, std::size_t without_listeners);

/// Call it after add_listeners_of_sources: those listeners count.
void validate(Settings const& settings, Report& report);

}  // namespace ambassador::config
