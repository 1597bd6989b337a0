#include "config/report.hpp"

#include <algorithm>
#include <tuple>

namespace ambassador::config {

void Report::error(Location where, std::string path, std::string message, std::string offending, std::string hint) {
  diagnostics_.push_back(
      {Severity::error, std::move(where), std::move(path), std::move(message), std::move(offending), std::move(hint)});
}

void Report::warning(Location where, std::string path, std::string message, std::string offending, std::string hint) {
  diagnostics_.push_back(
      {Severity::warning, std::move(where), std::move(path), std::move(message), std::move(offending), std::move(hint)});
}

bool Report::has_errors() const noexcept {
  return std::any_of(diagnostics_.begin(), diagnostics_.end(),
                     [](Diagnostic const& diagnostic) { return diagnostic.severity == Severity::error; });
}

std::vector<Diagnostic> Report::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](Diagnostic const& a, Diagnostic const& b) {
    return std::tie(a.where.file, a.where.line, a.where.column) < std::tie(b.where.file, b.where.line, b.where.column);
  });
  return std::move(diagnostics_);
}

}  // namespace ambassador::config
