// Settings as YAML that can be loaded again. Only what the default does not already say is written.
#pragma once

#include "config/settings/settings.hpp"

#include <string>

namespace ambassador::config {

/// The settings as YAML, secrets redacted: what `/config` shows.
std::string to_yaml(Settings const& settings);

}  // namespace ambassador::config
