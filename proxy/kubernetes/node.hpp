// A document as a tree that knows where each part of it stands in the text. Nothing is interpreted or expanded: the text is
// what is edited, and the tree says where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::kubernetes {

struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map, alias };

  Kind kind = Kind::null;
  bool flow = false;             ///< of a list or a map: written in brackets
  bool in_brackets = false;      ///< it is a child of such a one
  bool shared = false;           ///< an alias elsewhere names it
  std::size_t at = 0;            ///< where it begins in the text; of a null, nowhere in particular
  std::string text;              ///< of a scalar
  std::vector<Node> children;    ///< of a list or a map
  std::string name;              ///< the key, where this is a child of a map
  std::size_t name_at = 0;       ///< where the key begins
  std::size_t anchor = 0;        ///< its own, or the one that an alias names; 0: none
  Node const* target = nullptr;  ///< of an alias

  /// The child of this name that is written here.
  [[nodiscard]] Node const* find(std::string_view child) const noexcept;
  /// The same, also where an alias or a merge key (`<<`) brings it.
  [[nodiscard]] Node const* look(std::string_view child) const noexcept;
  /// What a path of keys leads to, by `look`; null where it leads nowhere.
  [[nodiscard]] Node const* at_path(std::initializer_list<std::string_view> path) const noexcept;
  /// The text at the end of a path of keys, or nothing where there is no text.
  [[nodiscard]] std::string_view text_at(std::initializer_list<std::string_view> path) const noexcept;
  /// What an alias stands for; itself where it is none.
  [[nodiscard]] Node const& resolved() const noexcept { return target != nullptr ? *target : *this; }
  [[nodiscard]] bool is_collection() const noexcept { return kind == Kind::list || kind == Kind::map; }
};

/// Why a text cannot be edited, and where.
struct Fault {
  std::size_t at = 0;
  std::string message;
};

struct Tree {
  Node root;
  std::optional<Fault> fault;      ///< it is not valid YAML; then there is no tree
  std::optional<Fault> duplicate;  ///< a key that is there twice
};

/// Reads the one document that `text` from `begin` to `end` holds; what follows it is a fault. Places count from the text's
/// begin.
Tree parse(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace ambassador::kubernetes
