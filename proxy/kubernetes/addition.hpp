// Adds the sidecar to one Pod's template.
#pragma once

#include "kubernetes/editor.hpp"
#include "kubernetes/sidecar.hpp"
#include "kubernetes/workload.hpp"

#include <functional>

namespace ambassador::kubernetes {

/// Why the Pod cannot have a sidecar; throws Fault.
void refuse_unfit(Workload const& workload);

/// `warn` is told what may not be as the user thinks. Throws Fault.
using Warn = std::function<void(std::size_t at, std::string message, std::string hint)>;
void add_sidecar(Editor& editor, Workload const& workload, Sidecar const& sidecar, Warn const& warn);

}  // namespace ambassador::kubernetes
