#include "kubernetes/document.hpp"

#include "kubernetes/lines.hpp"

namespace ambassador::kubernetes {
namespace {

bool is_marker(std::string_view stream, std::size_t line, std::string_view marker) {
  auto const rest = stream.substr(line);
  return rest.starts_with(marker) &&
         (rest.size() == marker.size() || std::string_view{" \t\r\n"}.find(rest[marker.size()]) != std::string_view::npos);
}

}  // namespace

std::vector<Document> split(std::string_view stream) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  auto const start = stream.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  std::vector<Document> documents{{start, stream.size(), false}};
  for (auto line = start; line < stream.size(); line = next_line(stream, line)) {
    auto& open = documents.back();
    if (is_marker(stream, line, "---")) {
      open.end = line;
      documents.push_back({line, stream.size(), true});
    } else if (is_marker(stream, line, "...")) {
      open.end = next_line(stream, line);
      documents.push_back({open.end, stream.size(), false});
    }
  }
  return documents;
}

}  // namespace ambassador::kubernetes
