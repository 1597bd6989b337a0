// From the process's environment and disk to a snapshot, or to every error on stderr.
#pragma once

#include "config/diagnostic.hpp"
#include "config/load.hpp"
#include "config/settings/settings.hpp"
#include "route/snapshot.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::app {

/// What the command line says of the configuration.
struct ConfigurationOptions {
  std::optional<std::string> file;                         ///< -c
  std::vector<std::pair<std::string, std::string>> flags;  ///< key path and value
};

/// Returns nullopt if the file cannot be read.
std::optional<std::string> read_file(std::string const& path);

struct ReadConfiguration {
  std::shared_ptr<route::Snapshot const> snapshot;  ///< null if a diagnostic is an error
  std::vector<config::Diagnostic> diagnostics;      ///< `expect` cases that do not hold are not among them
  std::vector<std::string> files;                   ///< that were asked for; not all need be there
};

/// With `no_files` a list of targets that is not there is none.
ReadConfiguration read_configuration(ConfigurationOptions const& options, bool no_files = false);

/// The `expect` cases that do not hold.
std::vector<config::Diagnostic> unmet_expectations(route::Snapshot const& snapshot);

/// Returns null if the configuration has errors, which are printed.
std::shared_ptr<route::Snapshot const> load_snapshot(ConfigurationOptions const& options, bool no_files = false);

/// Returns the admin port of a running ambassador, by the configuration that it has, too. What is wrong elsewhere in the
/// configuration is of no interest here, unless `-c` names it. Returns nullopt in that case, and if the port is off, and
/// prints why.
std::optional<config::ListenAddress> find_admin(ConfigurationOptions const& options);

/// Runs the `expect` cases and prints the ones that do not hold; returns how many.
std::size_t run_expectations(route::Snapshot const& snapshot);

}  // namespace ambassador::app
