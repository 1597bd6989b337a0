// The tree that a document becomes, and that the environment is laid over: text, and where each part of it was written.
#pragma once

#include "config/report.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::config {

struct Key;

/// A value, or a list or map of values. Its key is known once its shape was checked.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };

  Kind kind = Kind::null;
  std::string text;       ///< of a scalar
  bool quoted = false;    ///< of a scalar: never a number or a truth
  bool reported = false;  ///< it is known to be wrong: nothing more is said of it
  Location where;
  std::vector<Node> children;  ///< of a list or a map
  std::string name;            ///< the key, where this is a child of a map
  Location name_where;
  std::string path;          ///< `map[0].source`, set by check_shape
  Key const* key = nullptr;  ///< set by check_shape

  /// The child of this name, or nothing.
  [[nodiscard]] Node const* find(std::string_view child) const noexcept;
  [[nodiscard]] Node* find(std::string_view child) noexcept;
};

Node scalar_node(std::string text, Location where);
Node map_node(Location where);
Node list_node(Location where);

/// Adds a child to a map; the name is taken to be where the value is.
Node& add_child(Node& map, std::string name, Node value);

/// Reports the node's text at the node's place and path, unless the node was reported before.
void refuse(Report& report, Node const& node, std::string message, std::string hint = {});

/// Reports the node's name, a key that does not belong where it is, at its place.
void refuse_key(Report& report, Node const& node, std::string_view why);

}  // namespace ambassador::config
