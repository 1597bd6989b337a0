#include "kubernetes/editor.hpp"

#include "base/bytes.hpp"
#include "kubernetes/lines.hpp"

#include <algorithm>

namespace ambassador::kubernetes {
namespace {

constexpr std::string_view was_mark = " # was:";  ///< behind a key: what follows on its line was the whole value

Fault odd_style(std::size_t at) {
  return {at, "this is written in a way that cannot be added to: write it as `key: value`, a line each"};
}

/// Whether only spaces and the dashes of lists stand before the byte.
bool is_in_block(std::string_view text, std::size_t at) {
  auto const before = text.substr(line_start(text, at), at - line_start(text, at));
  return before.find_first_not_of(" -") == std::string_view::npos;
}

/// Whether the text behind a key's colon, to the end of the line, says that there is nothing.
bool says_nothing(std::string_view rest) {
  rest = trim(rest);
  if (rest.starts_with('{') || rest.starts_with('[')) {
    auto const close = rest.find_first_not_of(" \t", 1);
    if (close == std::string_view::npos || (rest[close] != '}' && rest[close] != ']')) return false;
    rest.remove_prefix(close + 1);
  } else {
    for (std::string_view const null : {"null", "Null", "NULL", "~"}) {
      if (!rest.starts_with(null)) continue;
      rest.remove_prefix(null.size());
      break;
    }
  }
  return rest.empty() || rest.starts_with('#') || (is_blank(rest.front()) && trim(rest).starts_with('#'));
}

}  // namespace

void require_own(Node const& node) {
  if (node.kind == Node::Kind::alias || node.shared) {
    throw Fault{node.at, "an anchor and its aliases share this part: write it out in each place"};
  }
}

Editor::Editor(std::string_view text) : text_(text) { layout.line_break = line_break(text); }

void Editor::insert(Node const& into, std::size_t before, Value const& more) {
  if (more.children().empty()) return;
  require_own(into);
  bool const list = more.kind() == Value::Kind::list;
  if (into.kind != Node::Kind::null && into.kind != (list ? Node::Kind::list : Node::Kind::map)) {
    throw Fault{into.at, into.name + (list ? " must be a list" : " must be a map")};
  }
  if (into.children.empty()) return can_fill(into) ? fill(into, more) : fill_brackets(into, more);
  into.flow ? insert_in_brackets(into, before, more) : insert_lines(into, before, more);
}

void Editor::insert_lines(Node const& into, std::size_t before, Value const& more) {
  auto const at = begin_of(into, into.children.at(before));
  auto const line = line_start(text_, at);
  auto const column = at - line;
  std::string const pad(column, ' ');
  auto lines = block_lines(more, column, layout);
  if (is_first_on_line(text_, at)) {
    insert_text(above_comments(text_, line), pad + lines.append(layout.line_break));
  } else if (into.kind == Node::Kind::map && is_in_block(text_, at)) {
    insert_text(at, lines.append(layout.line_break) + pad);
  } else {
    throw odd_style(at);
  }
}

void Editor::insert_in_brackets(Node const& into, std::size_t before, Value const& more) {
  auto const at = begin_of(into, into.children.at(before));
  bool const broken = is_first_on_line(text_, at);
  auto const column = at - line_start(text_, at);
  auto const behind = broken ? ',' + std::string{layout.line_break} + std::string(column, ' ') : std::string{", "};
  insert_text(at, json_members(more, column, broken, layout) + behind);
}

void Editor::fill_brackets(Node const& empty, Value const& more) {
  if (!empty.flow) throw odd_style(empty.name_at);
  if (text_[empty.at] != '{' && text_[empty.at] != '[') throw odd_style(empty.at);
  insert_text(empty.at + 1, json_members(more, 0, false, layout));
}

bool Editor::can_fill(Node const& empty) const {
  if (empty.in_brackets || empty.name.empty() || !is_in_block(text_, empty.name_at)) return false;
  auto const colon = behind_name(empty);
  auto const end = line_end(text_, colon);
  if (empty.is_collection() && empty.at >= end) return false;  // its brackets are on another line
  return says_nothing(text_.substr(colon, end - colon));
}

void Editor::fill(Node const& empty, Value const& more) {
  auto const colon = behind_name(empty);
  auto const in = more.kind() == Value::Kind::list ? layout.dash : layout.step;
  auto const column = empty.name_at - line_start(text_, colon) + in;
  insert_text(colon, std::string{was_mark});
  insert_text(line_end(text_, colon),
              std::string{layout.line_break} + std::string(column, ' ') + block_lines(more, column, layout));
}

void Editor::insert_text(std::size_t at, std::string text) { splices_.push_back({at, 0, std::move(text)}); }

void Editor::erase(std::size_t begin, std::size_t end) {
  if (end == std::string_view::npos || end < begin) throw odd_style(begin);
  splices_.push_back({begin, end - begin, {}});
}

bool Editor::was_empty(Node const& node) const {
  if (node.in_brackets || node.name.empty()) return false;
  return text_.substr(behind_name(node)).starts_with(was_mark);
}

void Editor::take_out(Node const& from, std::vector<std::size_t> const& children) {
  if (children.empty()) return;
  bool const all = children.size() == from.children.size();
  if (from.flow) {
    take_out_of_brackets(from, children);
  } else if (all && was_empty(from)) {
    auto const colon = behind_name(from);
    auto const last = begin_of(from, from.children.back());
    auto const last_line = line_start(text_, last);
    erase(colon, colon + was_mark.size());
    erase(line_end(text_, colon), block_end(text_, last_line, last - last_line, from.kind == Node::Kind::map));
  } else {
    for (auto const child : children) take_out_lines(from, child);
  }
}

void Editor::take_out_lines(Node const& from, std::size_t child) {
  auto const at = begin_of(from, from.children[child]);
  auto const line = line_start(text_, at);
  bool const first = is_first_on_line(text_, at);
  if (child + 1 < from.children.size()) {
    auto const next = begin_of(from, from.children[child + 1]);
    return first ? erase(line, comment_between(text_, line, line_start(text_, next), at - line)) : erase(at, next);
  }
  auto const end = block_end(text_, line, at - line, from.kind == Node::Kind::map);
  first ? erase(line, next_line(text_, end)) : erase(at, end);
}

/// Neighbours go together: the comma behind them too, or, at the end, the one before.
void Editor::take_out_of_brackets(Node const& from, std::vector<std::size_t> const& children) {
  for (std::size_t i = 0; i < children.size();) {
    auto const first = children[i];
    auto next = first;
    while (i < children.size() && children[i] == next) ++i, ++next;
    auto const begin = begin_of(from, from.children[first]);
    if (next < from.children.size()) {
      erase(begin, begin_of(from, from.children[next]));
      continue;
    }
    auto const comma = first == 0 ? begin : text_.rfind(',', begin);
    erase(comma, flow_end(text_, from.children.back().at));
  }
}

std::size_t Editor::begin_of(Node const& parent, Node const& child) const {
  if (parent.kind == Node::Kind::map) return child.name_at;
  if (child.kind == Node::Kind::null) throw Fault{parent.at, "an item of this list is empty"};
  return parent.flow ? child.at : dash_of(child);
}

std::size_t Editor::dash_of(Node const& item) const {
  auto line = line_start(text_, item.at);
  auto end = item.at;
  for (;;) {
    auto const last = end > line ? text_.find_last_not_of(" \t", end - 1) : std::string_view::npos;
    if (last != std::string_view::npos && last >= line && text_[last] == '-') return last;
    if ((last != std::string_view::npos && last >= line) || line == 0) throw odd_style(item.at);
    line = line_start(text_, line - 1);
    auto const comment = text_.substr(line, line_end(text_, line) - line).find('#');
    end = comment == std::string_view::npos ? line_end(text_, line) : line + comment;
  }
}

std::size_t Editor::column_of_item(Node const& item) const {
  auto const dash = dash_of(item);
  return dash - line_start(text_, dash);
}

std::size_t Editor::behind_name(Node const& node) const {
  bool const quoted = text_[node.name_at] == '"' || text_[node.name_at] == '\'';
  auto const end = quoted ? flow_end(text_, node.name_at) : node.name_at + node.name.size();
  auto const colon = text_.find_first_not_of(" \t", end);
  bool const plain = quoted || text_.substr(node.name_at).starts_with(node.name);
  if (!plain || colon == std::string_view::npos || text_[colon] != ':') throw odd_style(node.name_at);
  return colon + 1;
}

std::string Editor::result() && {
  std::stable_sort(splices_.begin(), splices_.end(), [](Splice const& a, Splice const& b) { return a.at < b.at; });
  std::string out;
  std::size_t done = 0;
  for (auto const& splice : splices_) {
    auto const at = std::max(splice.at, done);
    out.append(text_.substr(done, at - done)).append(splice.text);
    done = std::max(at, splice.at + splice.erased);
  }
  return out.append(text_.substr(done));
}

}  // namespace ambassador::kubernetes
