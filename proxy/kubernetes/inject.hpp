// `ambassador inject`: Kubernetes manifests in, the same with a sidecar out, and back again. Text is edited, never written
// anew: comments, order, quoting and what is not known here stay as they are, and other kinds pass byte for byte.
//
// What is added is first taken out, so that a second run changes nothing and a newer one brings it up to date; and before a
// text is handed out, taking it out again must give back exactly what came in.
#pragma once

#include "config/diagnostic.hpp"
#include "kubernetes/sidecar.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::kubernetes {

constexpr std::size_t max_manifest_bytes = 64 * 1024 * 1024;

struct Done {
  std::string workload;         ///< `Deployment/web`
  std::string space;            ///< its namespace; empty where none is written
  std::string left = {};        ///< why it is left without a sidecar of ours; empty where it is not
  bool taken_out = false;       ///< it had one, and has none now
  std::string config_map = {};  ///< of its sidecar
};

struct Edited {
  std::optional<std::string> text;  ///< absent where any diagnostic is an error
  std::vector<config::Diagnostic> diagnostics;
  std::vector<Done> done;  ///< every workload that there is, and what is like one and not known
};

/// `file` is what messages call the text.
Edited inject(std::string_view text, std::string const& file, Sidecar const& sidecar);

Edited uninject(std::string_view text, std::string const& file);

}  // namespace ambassador::kubernetes
