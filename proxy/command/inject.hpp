// `ambassador inject`: manifests from a file or stdin, the same with the sidecar to stdout, and what the user must know to
// stderr. All or nothing: with an error nothing is printed.
#pragma once

#include "command/commands.hpp"
#include "kubernetes/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ambassador::command {

struct InjectOptions {
  std::string input;                  ///< a file; empty or `-` is stdin
  std::optional<std::string> config;  ///< becomes the ConfigMap; nothing: where `run` finds one
  std::string image;                  ///< empty: `ambassador:` and our version
  kubernetes::Sidecar::Form form = kubernetes::Sidecar::Form::native;
  std::vector<kubernetes::SecretDirectory> secrets;
  bool remove = false;  ///< `--uninject`
};

Exit inject(InjectOptions const& options);

}  // namespace ambassador::command
