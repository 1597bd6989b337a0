// Where the calls of a source go: one target, a list of them, and files that hold such lists.
#pragma once

#include "config/document/node.hpp"
#include "config/inputs.hpp"
#include "config/settings/settings.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ambassador::config {

/// What one source's `target` may list.
constexpr std::size_t max_written_targets = 64;
/// What one source may have with those of its files, and lines of a file that are neither empty nor comments.
constexpr std::size_t max_targets = 1024;

/// The files that `file://` targets name. Each is read once, so that all who name it see the same.
class EndpointFiles {
 public:
  explicit EndpointFiles(Inputs const& inputs) : inputs_(inputs) {}

  /// Nothing where it cannot be read.
  std::optional<std::string> const& read(std::string const& path);

  /// `check --no-files`: one that cannot be read is no error.
  [[nodiscard]] bool may_be_missing() const noexcept { return inputs_.files_may_be_missing; }

  /// All that were asked for.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  Inputs const& inputs_;
  std::map<std::string, std::optional<std::string>> texts_;
};

/// The targets of a source of this scheme, at least one; nothing where any cannot be read, or they do not go together.
std::optional<std::vector<Target>> read_targets(Node const& node, SourceScheme source, MatchKind match, EndpointFiles& files,
                                                Report& report);

}  // namespace ambassador::config
