// Collects every fault of a configuration, so that a user mends them all in one go. The order in which they are found
// does not show: they are handed out by place.
#pragma once

#include "config/diagnostic.hpp"

#include <string>
#include <vector>

namespace ambassador::config {

class Report {
 public:
  void error(Location where, std::string path, std::string message, std::string offending = {}, std::string hint = {});
  void warning(Location where, std::string path, std::string message, std::string offending = {}, std::string hint = {});

  [[nodiscard]] bool has_errors() const noexcept;

  /// All that was reported, sorted by file, line and column.
  std::vector<Diagnostic> take();

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace ambassador::config
