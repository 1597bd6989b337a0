// The workloads that are left as they are: who says so is the user, another who has given them the sidecar already, or
// Kubernetes.
#pragma once

#include "kubernetes/advice.hpp"

#include <optional>
#include <string>

namespace ambassador::kubernetes {

/// Why nothing is added, in words; or nothing, where it is. Throws Fault where the annotation says what nobody knows.
std::optional<std::string> exemption(Workload const& workload, Warn const& warn);

/// Whether a controller makes it from its own template, and would not see what is changed here.
bool is_controlled(Workload const& workload);

/// How to leave a workload out: the end of a message.
std::string leave_out_hint();

}  // namespace ambassador::kubernetes
