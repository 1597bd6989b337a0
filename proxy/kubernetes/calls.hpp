// What a container calls in its own Pod by `http://localhost`, as far as its manifest shows: in its command, its exec probes
// and its hooks. With http_proxy such a call goes to the sidecar, which may not let it pass.
#pragma once

#include "kubernetes/advice.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::kubernetes {

struct LocalCall {
  std::string host;  ///< `localhost` or `127.0.0.1`
  std::uint16_t port = 80;

  bool operator==(LocalCall const&) const = default;
};

/// In a text, each once.
std::vector<LocalCall> local_calls(std::string_view text);

void advise_on_calls(Node const& container, Sidecar const& sidecar, Warn const& warn);

}  // namespace ambassador::kubernetes
