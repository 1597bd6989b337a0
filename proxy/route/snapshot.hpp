// One configuration, whole and unchanging: the settings and the rules built from them.
#pragma once

#include "config/settings/settings.hpp"
#include "route/decision.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ambassador::route {

struct Snapshot {
  explicit Snapshot(config::Settings loaded, std::vector<std::string> read = {})
      : settings{std::move(loaded)}, rules{settings}, files{std::move(read)} {}
  Snapshot(Snapshot const&) = delete;
  Snapshot& operator=(Snapshot const&) = delete;

  config::Settings const settings;
  Rules const rules;
  std::vector<std::string> const files;  ///< that the settings were read from, in order; another content is another snapshot
};

}  // namespace ambassador::route
