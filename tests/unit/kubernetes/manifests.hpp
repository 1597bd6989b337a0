// What the tests of `inject` share: the corpus, and sidecars to add.
#pragma once

#include "kubernetes/inject.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace ambassador::kubernetes {

inline std::string read_text(std::filesystem::path const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline Sidecar small_sidecar() {
  Sidecar sidecar;
  sidecar.version = "0.1.0";
  sidecar.image = "ambassador:0.1.0";
  sidecar.configuration = "map:\n  - source: http://localhost/api\n    target: http://numbers-api/rng\n";
  sidecar.proxy_port = 1080;
  return sidecar;
}

/// With everything that may be added.
inline Sidecar large_sidecar() {
  auto sidecar = small_sidecar();
  sidecar.configuration += "\n# the end, and no line after it";
  sidecar.tunnels = true;
  sidecar.low_ports = true;
  sidecar.secrets = {{"payments", "/secrets/payments", {"token"}}, {"tls", "/tls", {"ca.crt"}}};
  return sidecar;
}

inline Sidecar plain_sidecar() {
  auto sidecar = large_sidecar();
  sidecar.form = Sidecar::Form::container;
  return sidecar;
}

inline std::string said(Edited const& edited) {
  std::string all;
  for (auto const& diagnostic : edited.diagnostics) all += to_string(diagnostic) + '\n';
  return all;
}

/// A Pod with these lines in its spec, two in.
inline std::string pod(std::string const& spec) { return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n" + spec; }

inline std::string const one_container = "  containers:\n  - name: app\n    image: app\n";

}  // namespace ambassador::kubernetes
