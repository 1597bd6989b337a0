#include "config/document/json_comments.hpp"

#include <algorithm>

namespace ambassador::config {
namespace {

/// One past the string that begins at `start`.
std::size_t end_of_string(std::string_view text, std::size_t start) {
  for (std::size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

/// One past the comment that begins at `start`, or `start` where none does.
std::size_t end_of_comment(std::string_view text, std::size_t start) {
  auto const rest = text.substr(start);
  if (rest.starts_with("//")) return std::min(text.find('\n', start), text.size());
  if (!rest.starts_with("/*")) return start;
  auto const close = text.find("*/", start + 2);
  return close == std::string_view::npos ? text.size() : close + 2;
}

}  // namespace

std::string without_json_comments(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      i = end_of_string(text, i);
      continue;
    }
    auto const end = end_of_comment(text, i);
    for (auto at = i; at < end; ++at) {
      if (text[at] != '\n' && text[at] != '\r') out[at] = ' ';
    }
    i = std::max(end, i + 1);
  }
  return out;
}

}  // namespace ambassador::config
