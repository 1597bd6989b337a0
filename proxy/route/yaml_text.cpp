#include "route/yaml_text.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ambassador::route {

std::string_view writable(std::string_view path) {
  auto const odd = std::find_if(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (odd == path.end()) return path;
  auto const before = path.substr(0, static_cast<std::size_t>(odd - path.begin()));
  return before.substr(0, before.rfind('/'));
}

std::string yaml_text(std::string_view text) {
  bool const plain = !text.ends_with(':') && std::all_of(text.begin(), text.end(), [](char c) {
    return is_unreserved(c) || c == '/' || c == ':' || c == '%';
  });
  if (plain) return std::string{text};
  std::string quoted{'"'};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted.push_back('\\');
    if (text.substr(i).starts_with("${")) quoted.push_back('$');
    quoted.push_back(text[i]);
  }
  return quoted += '"';
}

std::string source_to_paste(std::string_view source) {
  return "  - source: " + yaml_text(source) + "\n    target: http://the-real-service\n";
}

}  // namespace ambassador::route
