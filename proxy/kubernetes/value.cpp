#include "kubernetes/value.hpp"

#include "kubernetes/scalar.hpp"

namespace ambassador::kubernetes {
namespace {

bool is_collection(Value const& value) { return value.kind() == Value::Kind::list || value.kind() == Value::Kind::map; }

std::string brackets(Value const& value, std::string const& inside) {
  return value.kind() == Value::Kind::list ? '[' + inside + ']' : '{' + inside + '}';
}

/// In brackets on one line, as a person writes it.
std::string short_text(Value const& value) {
  if (value.kind() == Value::Kind::literal) return value.text();
  if (value.kind() == Value::Kind::text) return scalar(value.text());
  std::string inside;
  for (auto const& [name, child] : value.children()) {
    if (!inside.empty()) inside += ", ";
    if (!name.empty()) inside += scalar(name) + ": ";
    inside += short_text(child);
  }
  return brackets(value, inside);
}

/// What stands behind `key:`, whose column is known.
std::string behind_key(Value const& value, std::size_t column, Layout const& layout) {
  auto const inner = column + layout.step;
  if (value.kind() == Value::Kind::text && value.text().find('\n') != std::string::npos) {
    return ' ' + block_scalar(value.text(), inner, layout.line_break);
  }
  if (!is_collection(value) || value.is_short()) return ' ' + short_text(value);
  auto const at = value.kind() == Value::Kind::list ? column + layout.dash : inner;
  return std::string{layout.line_break} + std::string(at, ' ') + block_lines(value, at, layout);
}

std::string item(Value const& value, std::size_t column, Layout const& layout) {
  constexpr std::size_t dash_width = 2;
  bool const lines = is_collection(value) && !value.is_short();
  return "- " + (lines ? block_lines(value, column + dash_width, layout) : short_text(value));
}

}  // namespace

std::string block_lines(Value const& value, std::size_t column, Layout const& layout) {
  std::string out;
  for (auto const& [name, child] : value.children()) {
    if (!out.empty()) out.append(layout.line_break).append(column, ' ');
    out += value.kind() == Value::Kind::list ? item(child, column, layout)
                                             : scalar(name) + ':' + behind_key(child, column, layout);
  }
  return out;
}

std::string json_members(Value const& value, std::size_t column, bool broken, Layout const& layout) {
  std::string out;
  for (auto const& [name, child] : value.children()) {
    if (!out.empty()) out += broken ? ',' + std::string{layout.line_break} + std::string(column, ' ') : ", ";
    if (value.kind() == Value::Kind::map) out += quoted(name) + ": ";
    out += json(child, column, broken, layout);
  }
  return out;
}

std::string json(Value const& value, std::size_t column, bool broken, Layout const& layout) {
  if (value.kind() == Value::Kind::literal) return value.text();
  if (value.kind() == Value::Kind::text) return quoted(value.text());
  bool const lines = broken && !value.is_short();
  auto const inner = column + layout.step;
  auto const members = json_members(value, inner, lines, layout);
  if (!lines) return brackets(value, members);
  auto const to = [&](std::size_t at) { return std::string{layout.line_break} + std::string(at, ' '); };
  return brackets(value, to(inner) + members + to(column));
}

}  // namespace ambassador::kubernetes
