#include "config/document/node.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::config {

Node const* Node::find(std::string_view child) const noexcept {
  if (kind != Kind::map) return nullptr;
  auto const found = std::find_if(children.begin(), children.end(), [&](Node const& node) { return node.name == child; });
  return found == children.end() ? nullptr : &*found;
}

Node* Node::find(std::string_view child) noexcept { return const_cast<Node*>(std::as_const(*this).find(child)); }

Node scalar_node(std::string text, Location where) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::move(text);
  node.where = std::move(where);
  return node;
}

Node map_node(Location where) {
  Node node;
  node.kind = Node::Kind::map;
  node.where = std::move(where);
  return node;
}

Node list_node(Location where) {
  Node node;
  node.kind = Node::Kind::list;
  node.where = std::move(where);
  return node;
}

Node& add_child(Node& map, std::string name, Node value) {
  value.name = std::move(name);
  value.name_where = value.where;
  return map.children.emplace_back(std::move(value));
}

void refuse(Report& report, Node const& node, std::string message, std::string hint) {
  if (node.reported) return;
  report.error(node.where, node.path, std::move(message), node.text, std::move(hint));
}

void refuse_key(Report& report, Node const& node, std::string_view why) {
  report.error(node.name_where, node.path, std::string{why}, node.name);
}

}  // namespace ambassador::config
