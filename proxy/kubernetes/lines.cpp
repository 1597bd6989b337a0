#include "kubernetes/lines.hpp"

#include <algorithm>

namespace ambassador::kubernetes {
namespace {

/// The spaces at a line's begin.
std::size_t indentation(std::string_view text, std::size_t line) {
  auto const first = text.find_first_not_of(' ', line);
  return (first == std::string_view::npos ? text.size() : first) - line;
}

std::string_view content(std::string_view text, std::size_t line) {
  auto const line_text = text.substr(line, line_end(text, line) - line);
  auto const first = line_text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{} : line_text.substr(first);
}

std::size_t quoted_end(std::string_view text, std::size_t at) {
  char const quote = text[at];
  for (auto i = at + 1; i < text.size(); ++i) {
    bool const escaped = quote == '"' ? text[i] == '\\' : text.substr(i, 2) == "''";
    if (escaped) {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t plain_end(std::string_view text, std::size_t at) {
  auto end = at;
  for (; end < text.size() && std::string_view{",[]{}\r\n"}.find(text[end]) == std::string_view::npos; ++end) {
    if (text.substr(end, 2) == " #" || text.substr(end, 2) == ": ") break;
  }
  return text.find_last_not_of(" \t", end - 1) + 1;
}

}  // namespace

std::size_t line_start(std::string_view text, std::size_t at) {
  auto const before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  if (before != std::string_view::npos) return before + 1;
  return text.starts_with("\xEF\xBB\xBF") && at >= 3 ? 3 : 0;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  auto const end = std::min(text.find('\n', at), text.size());
  return end > at && end < text.size() && text[end - 1] == '\r' ? end - 1 : end;
}

std::size_t next_line(std::string_view text, std::size_t at) {
  auto const end = text.find('\n', at);
  return end == std::string_view::npos ? text.size() : end + 1;
}

int line_number(std::string_view text, std::size_t at) {
  return static_cast<int>(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

bool is_first_on_line(std::string_view text, std::size_t at) {
  auto const start = line_start(text, at);
  return start + indentation(text, start) >= at;
}

std::string_view line_break(std::string_view text) {
  auto const end = text.find('\n');
  return end != std::string_view::npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

std::size_t above_comments(std::string_view text, std::size_t line) {
  auto const column = indentation(text, line);
  while (line > 0) {
    auto const above = line_start(text, line - 1);
    if (above == line || indentation(text, above) != column || !content(text, above).starts_with('#')) break;
    line = above;
  }
  return line;
}

std::size_t comment_between(std::string_view text, std::size_t line, std::size_t end, std::size_t column) {
  for (; line < end; line = next_line(text, line)) {
    if (indentation(text, line) <= column && content(text, line).starts_with('#')) return line;
  }
  return end;
}

std::size_t block_end(std::string_view text, std::size_t line, std::size_t column, bool key) {
  auto end = line_end(text, line);
  for (auto next = next_line(text, line); next < text.size(); next = next_line(text, next)) {
    auto const has = content(text, next);
    if (has.empty() || has.starts_with('#')) continue;
    auto const in = indentation(text, next);
    bool const is_item = in == column && (has == "-" || has.starts_with("- "));
    if (in <= column && !(key && is_item)) break;
    end = line_end(text, next);
  }
  return end;
}

std::size_t flow_end(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::string_view::npos;
  if (text[at] == '"' || text[at] == '\'') return quoted_end(text, at);
  if (text[at] != '{' && text[at] != '[') return plain_end(text, at);
  char const close = text[at] == '{' ? '}' : ']';
  for (auto i = at + 1; i < text.size();) {
    if (text[i] == close) return i + 1;
    if (text[i] == '#' && (text[i - 1] == ' ' || text[i - 1] == '\n' || text[i - 1] == '\t')) {
      i = next_line(text, i);
    } else if (std::string_view{" \t\r\n,:"}.find(text[i]) != std::string_view::npos) {
      ++i;
    } else {
      auto const end = flow_end(text, i);
      if (end == std::string_view::npos || end <= i) return std::string_view::npos;
      i = end;
    }
  }
  return std::string_view::npos;
}

}  // namespace ambassador::kubernetes
