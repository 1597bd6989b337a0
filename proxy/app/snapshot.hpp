// One configuration, whole and unchanging: the settings and the rules built from them.
#pragma once

#include "config/settings.hpp"
#include "route/decision.hpp"

namespace ambassador::app {

struct Snapshot {
  explicit Snapshot(config::Settings loaded) : settings{std::move(loaded)}, rules{settings} {}
  Snapshot(Snapshot const&) = delete;
  Snapshot& operator=(Snapshot const&) = delete;

  config::Settings const settings;
  route::Rules const rules;
};

}  // namespace ambassador::app
