// From the process's environment and disk to a snapshot, or to every error on stderr.
#pragma once

#include "app/commands.hpp"
#include "app/snapshot.hpp"

#include <memory>

namespace ambassador::app {

/// Null where the configuration has errors: they are printed. With `no_files` a list of targets that is not there is none.
std::unique_ptr<Snapshot> load_snapshot(ConfigurationOptions const& options, bool no_files = false);

/// Runs the `expect` cases and prints the ones that do not hold; returns how many.
std::size_t run_expectations(Snapshot const& snapshot);

}  // namespace ambassador::app
