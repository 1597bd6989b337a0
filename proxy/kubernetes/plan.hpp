// What a Pod must have for a configuration to hold there.
#pragma once

#include "config/report.hpp"
#include "config/settings/settings.hpp"
#include "kubernetes/sidecar.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::kubernetes {

/// From `--secret NAME=/dir`: the files of this directory come from the Secret.
struct SecretDirectory {
  std::string name;
  std::string directory;
};

/// Sets what follows from the settings: the proxy's port, tunnels, low ports, Secrets. Reports what cannot be in a Pod
/// (errors), and what is not there by itself (warnings).
void plan(config::Settings const& settings, std::vector<SecretDirectory> const& said, Sidecar& sidecar, config::Report& report);

}  // namespace ambassador::kubernetes
