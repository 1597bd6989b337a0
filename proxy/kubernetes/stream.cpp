#include "kubernetes/stream.hpp"

#include "kubernetes/lines.hpp"

namespace ambassador::kubernetes {

std::string Stream::place(Part const& part, std::string const& object) const {
  auto const document = "document " + std::to_string(part.number);
  return object.empty() ? document : document + ", " + object;
}

config::Location Stream::where(std::size_t at) const {
  if (!as_given) return {file, 0, 0};
  return {file, line_number(text, at), static_cast<int>(at - line_start(text, at)) + 1};
}

Stream read_stream(std::string_view text, std::string const& file, config::Report& report) {
  Stream stream{text, file, true, {}};
  std::size_t number = 0;
  for (auto const& document : split(text)) {
    auto tree = parse(text, document.begin, document.end);
    bool const holds = tree.fault || tree.root.kind != Node::Kind::null;
    stream.parts.push_back({document, std::move(tree.root), holds ? ++number : 0});
    auto const& part = stream.parts.back();
    if (tree.fault) report.error(stream.where(tree.fault->at), stream.place(part), tree.fault->message);
    bool const edits = tree.duplicate && !find_workloads(part.root).empty();
    if (edits) report.error(stream.where(tree.duplicate->at), stream.place(part), tree.duplicate->message);
  }
  return stream;
}

}  // namespace ambassador::kubernetes
