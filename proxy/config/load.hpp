// From what the user wrote to Settings, or to every error in it at once: find, parse, model, validate.
#pragma once

#include "config/diagnostic.hpp"
#include "config/inputs.hpp"
#include "config/settings/settings.hpp"

#include <optional>
#include <vector>

namespace ambassador::config {

/// What was loaded, and all that there is to say about it.
struct Loaded {
  std::optional<Settings> settings;  ///< absent where any diagnostic is an error
  std::vector<Diagnostic> diagnostics;
};

/// Precedence: flags, then environment, then file. Without `-c`: AMBASSADOR_CONFIG, ./ambassador.yaml,
/// /etc/ambassador/ambassador.yaml, the drop-in's variables or appsettings.json, in this order.
Loaded load(Inputs const& inputs);

}  // namespace ambassador::config
