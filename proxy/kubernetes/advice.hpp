// What of a Pod may work otherwise than its user thinks, now that there is a sidecar. Nothing of it stops anything.
#pragma once

#include "kubernetes/sidecar.hpp"
#include "kubernetes/workload.hpp"

#include <functional>
#include <string>

namespace ambassador::kubernetes {

using Warn = std::function<void(std::size_t at, std::string message, std::string hint)>;

/// Of the whole Pod.
void advise_on_pod(Workload const& workload, Sidecar const& sidecar, Warn const& warn);

/// Whether the container has a proxy of its own, by both names: then nothing of ours would be right. Said once.
bool has_own_proxy(Node const& container, Sidecar const& sidecar, Warn const& warn);

/// Of a variable that the container has already, by the name of one of ours.
void advise_on_variable(Node const& container, Node const& variable, Sidecar const& sidecar, Warn const& warn);

}  // namespace ambassador::kubernetes
