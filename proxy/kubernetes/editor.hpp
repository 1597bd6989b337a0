// Changes a text where its tree says. All that is added stands in front of something that is there, or behind the key whose
// value is empty: the end of what was read need never be known, and taking it out again is the exact reverse.
#pragma once

#include "kubernetes/node.hpp"
#include "kubernetes/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::kubernetes {

/// What an alias also stands for cannot be changed in one place alone: throws Fault.
void require_own(Node const& node);

class Editor {
 public:
  explicit Editor(std::string_view text);

  Layout layout;

  /// Adds entries to a map, or items to a list, in front of the child of this number. What is empty is filled. Throws Fault
  /// where it is written in a way that cannot be added to.
  void insert(Node const& into, std::size_t before, Value const& more);
  /// Adds this text as it is.
  void insert_text(std::size_t at, std::string text);

  /// Takes the children of these numbers out, in order. Where it was empty before, it is again.
  void take_out(Node const& from, std::vector<std::size_t> const& children);
  void erase(std::size_t begin, std::size_t end);

  /// Whether what is added to something empty will show that it was there, and empty.
  [[nodiscard]] bool can_fill(Node const& empty) const;
  /// Whether it shows.
  [[nodiscard]] bool was_empty(Node const& node) const;

  [[nodiscard]] std::size_t column_of_item(Node const& item) const;
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] std::string result() &&;

 private:
  struct Splice {
    std::size_t at = 0;
    std::size_t erased = 0;
    std::string text;
  };

  void insert_lines(Node const& into, std::size_t before, Value const& more);
  void insert_in_brackets(Node const& into, std::size_t before, Value const& more);
  void fill_brackets(Node const& empty, Value const& more);
  void fill(Node const& empty, Value const& more);
  [[nodiscard]] std::size_t begin_of(Node const& parent, Node const& child) const;
  [[nodiscard]] std::size_t dash_of(Node const& item) const;
  [[nodiscard]] std::size_t behind_name(Node const& node) const;
  void take_out_lines(Node const& from, std::size_t child);
  void take_out_of_brackets(Node const& from, std::vector<std::size_t> const& children);

  std::string_view text_;
  std::vector<Splice> splices_;
};

}  // namespace ambassador::kubernetes
