// Which of the places that may hold a configuration does, in the order that load.hpp gives.
#pragma once

#include "config/document/node.hpp"
#include "config/inputs.hpp"

#include <optional>

namespace ambassador::config {

/// What was found, before the environment and the flags are laid over it.
struct Draft {
  Node root;
  std::string origin;  ///< "ambassador.yaml", "the environment", …
  bool is_drop_in = false;
  std::size_t drop_in_mappings = 0;       ///< the first so many entries of the map are the drop-in's
  std::optional<unsigned> reject_status;  ///< the drop-in's
};

/// Nothing where none can be found or read; that is reported then.
std::optional<Draft> find_configuration(Inputs const& inputs, Report& report);

}  // namespace ambassador::config
