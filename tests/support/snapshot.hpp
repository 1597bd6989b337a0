// A snapshot from a few lines of YAML.
#pragma once

#include "config/load.hpp"
#include "route/snapshot.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace ambassador::support {

inline std::unique_ptr<route::Snapshot> snapshot_of(std::string const& yaml) {
  auto loaded = config::load(
      {.file = "test.yaml", .environment = {}, .flags = {}, .read_file = [&](std::string const&) { return yaml; }});
  for (auto const& diagnostic : loaded.diagnostics) ADD_FAILURE() << config::to_string(diagnostic);
  return std::make_unique<route::Snapshot>(loaded.settings.value());
}

}  // namespace ambassador::support
