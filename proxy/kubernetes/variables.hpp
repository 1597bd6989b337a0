// What a container says of proxies in its environment.
#pragma once

#include "kubernetes/node.hpp"

namespace ambassador::kubernetes {

/// The container's variable of this name; null where it has none.
Node const* variable_of(Node const& container, std::string_view name);

/// Whether a client with this no_proxy calls the host itself.
bool passes_by(std::string_view no_proxy, std::string_view host);

/// Whether the value is the sidecar's listener, however that is written.
bool names_proxy(std::string_view value, std::string_view port);

}  // namespace ambassador::kubernetes
