// From a document of the right shape to Settings, value by value. What crosses keys is judged in validate.hpp.
#pragma once

#include "config/document/node.hpp"
#include "config/inputs.hpp"
#include "config/settings/settings.hpp"

namespace ambassador::config {

/// Reads everything that can be read, the files of `file://` targets by `inputs` too; each value that cannot keeps its
/// default and is reported.
Settings read_model(Node const& root, Inputs const& inputs, Report& report);

}  // namespace ambassador::config
