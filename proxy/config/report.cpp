#include "config/report.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace ambassador::config {
namespace {

constexpr std::size_t max_shown_bytes = 200;  // of an offending text

}  // namespace

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

namespace {

/// The user's text may be in a path or a hint: a diagnostic is one line all the same.
void append_line(std::string& out, std::string_view text) {
  for (char const c : text) {
    if (is_control(c)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

std::string to_string(Diagnostic const& diagnostic) {
  std::string out = diagnostic.where.file;
  if (diagnostic.where.line != 0) out += fmt::format(":{}:{}", diagnostic.where.line, diagnostic.where.column);
  if (!out.empty()) out += ": ";
  out += diagnostic.severity == Severity::error ? "error: " : "warning: ";
  if (!diagnostic.path.empty()) append_line(out, diagnostic.path + ": ");
  append_line(out, diagnostic.message);
  if (!diagnostic.offending.empty()) out += fmt::format(": \"{}\"", escape(diagnostic.offending, max_shown_bytes));
  if (!diagnostic.hint.empty()) append_line(out, " (" + diagnostic.hint + ')');
  return out;
}

}  // namespace ambassador::config
