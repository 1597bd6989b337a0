// What the user does by kubectl beside applying the text: lines for a shell.
#pragma once

#include "kubernetes/inject.hpp"

namespace ambassador::kubernetes {

/// A line, and for what.
struct Command {
  std::string about;  ///< a Secret, and where it is mounted
  std::string line;
};

/// How the user makes the Secrets, each in each namespace where a sidecar was added; once where it has two directories.
std::vector<Command> create_commands(std::vector<Secret> const& secrets, std::vector<Done> const& done);

/// How the user deletes the ConfigMaps that no sidecar uses any more: a line for each namespace.
std::vector<std::string> delete_commands(std::vector<Done> const& done);

}  // namespace ambassador::kubernetes
