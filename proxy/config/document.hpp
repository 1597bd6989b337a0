// The configuration as a tree that knows where each part was written. It holds text only: what a text means is decided
// by the key it stands under, so that YAML's own ideas (`no` is false, `1:30` is ninety) never apply.
//
// Bounded: bytes, depth, and nodes after aliases are expanded. Refused: duplicate keys, keys that are not a text, tags,
// a second document, control bytes.
#pragma once

#include "config/keys.hpp"
#include "config/report.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ambassador::config {

constexpr std::size_t max_document_bytes = 1024 * 1024;
constexpr std::size_t max_document_depth = 32;
constexpr std::size_t max_document_nodes = 20'000;

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

/// Reads YAML (so JSON too). Nothing where it cannot be read at all; an empty document is an empty map.
std::optional<Node> parse_document(std::string_view text, std::string const& file, Report& report);

}  // namespace ambassador::config
