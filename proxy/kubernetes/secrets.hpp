// The files that a configuration names, as Secrets: each directory is mounted from one.
#pragma once

#include "kubernetes/plan.hpp"

namespace ambassador::kubernetes {

/// In the order in which the configuration names them, and then those that were only said.
std::vector<Secret> plan_secrets(config::Settings const& settings, std::vector<SecretDirectory> const& said,
                                 config::Report& report);

}  // namespace ambassador::kubernetes
