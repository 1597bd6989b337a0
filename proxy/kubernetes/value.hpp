// What is added to a document: a small tree that knows how it is written, as YAML's lines or in brackets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ambassador::kubernetes {

class Value {
 public:
  enum class Kind : std::uint8_t { text, literal, list, map };

  /// A string, whatever it looks like.
  static Value text(std::string text) { return Value{Kind::text, std::move(text)}; }
  /// A number.
  static Value number(unsigned number) { return Value{Kind::literal, std::to_string(number)}; }
  static Value yes() { return Value{Kind::literal, "true"}; }
  static Value no() { return Value{Kind::literal, "false"}; }
  static Value list() { return Value{Kind::list, {}}; }
  static Value map() { return Value{Kind::map, {}}; }

  /// One more entry of a map.
  Value&& with(std::string name, Value value) && {
    children_.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
  /// One more item of a list.
  Value&& with(Value item) && { return std::move(*this).with({}, std::move(item)); }
  void add(std::string name, Value value) { children_.emplace_back(std::move(name), std::move(value)); }
  void add(Value item) { add({}, std::move(item)); }
  /// It is short: among lines too it is written in brackets, on one.
  Value&& short_form() && {
    short_ = true;
    return std::move(*this);
  }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_short() const noexcept { return short_ || children_.empty(); }
  [[nodiscard]] std::string const& text() const noexcept { return text_; }
  [[nodiscard]] std::vector<std::pair<std::string, Value>> const& children() const noexcept { return children_; }

 private:
  Value(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  Kind kind_;
  std::string text_;
  std::vector<std::pair<std::string, Value>> children_;
  bool short_ = false;
};

/// How a document is laid out.
struct Layout {
  std::size_t step = 2;  ///< how far a map's entries stand in from its key
  std::size_t dash = 2;  ///< the same of a list's dashes; may be 0
  std::string_view line_break = "\n";
};

/// The entries of a map, or the items of a list, as lines whose first column is `column`. The first line is not brought there,
/// and the last has no break.
std::string block_lines(Value const& value, std::size_t column, Layout const& layout);

/// The same as JSON without the brackets around; with `broken` each on lines of its own, further ones `column` in.
std::string json_members(Value const& value, std::size_t column, bool broken, Layout const& layout);

/// All of it as JSON.
std::string json(Value const& value, std::size_t column, bool broken, Layout const& layout);

}  // namespace ambassador::kubernetes
