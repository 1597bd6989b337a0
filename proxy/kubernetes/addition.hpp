// Adds the sidecar to one Pod's template.
#pragma once

#include "kubernetes/advice.hpp"
#include "kubernetes/editor.hpp"

namespace ambassador::kubernetes {

/// Why the Pod cannot have a sidecar; throws Fault.
void refuse_unfit(Workload const& workload);

/// Throws Fault where the text cannot be added to.
void add_sidecar(Editor& editor, Workload const& workload, Sidecar const& sidecar, Warn const& warn);

}  // namespace ambassador::kubernetes
