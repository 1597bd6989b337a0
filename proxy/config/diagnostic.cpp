#include "config/diagnostic.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <string_view>

namespace ambassador::config {
namespace {

constexpr std::size_t max_shown_bytes = 200;  // of an offending text

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
