// The settings of the small proxy that we replace: `Proxy__Port`, `Proxy__Request__UriMap__Source`, … in the environment,
// over `Proxy` in appsettings.json. As .NET reads them: the case of a key does not count, levels are joined by `__`, and
// JSON may have comments and trailing commas.
#pragma once

#include "config/document/node.hpp"

#include <map>
#include <optional>
#include <string>

namespace ambassador::config {

/// The same, as a document of our own keys.
struct DropIn {
  Node root;
  std::size_t mappings = 0;
  std::optional<unsigned> reject_status;
};

/// Whether any variable is the drop-in's.
bool has_drop_in_variables(std::map<std::string, std::string> const& environment);

/// Reads the drop-in's settings; nothing where neither place has any. `appsettings` is the text of `file`, where there is
/// one.
std::optional<DropIn> read_drop_in(std::optional<std::string> const& appsettings, std::string const& file,
                                   std::map<std::string, std::string> const& environment, Report& report);

}  // namespace ambassador::config
