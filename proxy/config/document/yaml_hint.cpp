#include "config/document/yaml_hint.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

std::string_view line_of(std::string_view text, int line) {
  for (int i = 1; i < line && !text.empty(); ++i) text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  return text.substr(0, std::min(text.find('\n'), text.size()));
}

/// The text from `start` on, up to what ends an unquoted value.
std::string_view word_at(std::string_view line, std::size_t start) {
  auto const end = line.find_first_of(" \t,}\r", start);
  return line.substr(start, end == std::string_view::npos ? end : end - start);
}

bool begins_value(std::string_view line, std::size_t at) {
  auto const before = line.substr(0, at);
  if (before.empty()) return true;
  if (before.ends_with('[') || before.ends_with(',')) return true;
  auto const last = before.find_last_not_of(" \t");
  return is_blank(before.back()) &&
         (last == std::string_view::npos || std::string_view{":-,[{"}.find(before[last]) != std::string_view::npos);
}

std::string hint_for_star(std::string_view line) {
  for (auto at = line.find('*'); at != std::string_view::npos; at = line.find('*', at + 1)) {
    if (!begins_value(line, at)) continue;
    auto word = word_at(line, at);
    word = word.substr(0, word.find(']'));
    return fmt::format("YAML needs quotes around a text that begins with *: \"{}\"", escape(word, 80));
  }
  return {};
}

std::string hint_for_ipv6(std::string_view line) {
  for (auto at = line.find('['); at != std::string_view::npos; at = line.find('[', at + 1)) {
    auto const close = line.find(']', at);
    if (close == std::string_view::npos || !begins_value(line, at)) continue;
    auto const inside = line.substr(at + 1, close - at - 1);
    bool const address = inside.find(':') != std::string_view::npos && std::all_of(inside.begin(), inside.end(), [](char c) {
                           return hex_value(c) >= 0 || c == ':' || c == '.';
                         });
    if (!address || line.substr(close + 1, 1) != ":") continue;
    auto word = word_at(line, at);
    if (word.ends_with(']')) word.remove_suffix(1);
    return fmt::format("YAML needs quotes around an IPv6 address: \"{}\"", escape(word, 80));
  }
  return {};
}

std::string hint_for_line(std::string_view line) {
  if (auto hint = hint_for_ipv6(line); !hint.empty()) return hint;
  if (auto hint = hint_for_star(line); !hint.empty()) return hint;
  if (line.starts_with('\t')) return "indent with blanks, not with tabs";
  auto const inside = line.substr(std::min(line.find_first_of("{["), line.size()));
  if (inside.find("${", 1) != std::string_view::npos) return "inside {…} and […] YAML needs quotes around a ${NAME}";
  if (inside.find('?') != std::string_view::npos) return "inside {…} and […] YAML needs quotes around a text with a ?";
  return {};
}

}  // namespace

std::string yaml_hint(std::string_view text, int line) {
  if (line <= 0) return {};
  if (auto hint = hint_for_line(line_of(text, line)); !hint.empty()) return hint;
  return line > 1 ? hint_for_line(line_of(text, line - 1)) : std::string{};
}

}  // namespace ambassador::config
