#include "kubernetes/node.hpp"

#include "base/bytes.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace ambassador::kubernetes {
namespace {

/// The parser takes what follows a value for one more document, without a marker between them.
Fault second_value(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with('{')) {
    return {at, "another JSON value begins here: put a line `---` between the two, or make both items of a List"};
  }
  return {at, "this does not belong to what is above it: is a line `---` missing, or does it stand in too little?"};
}

/// Builds the tree from the parser's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::size_t begin, Tree& tree) : text_(text), begin_(begin), tree_(tree) {}

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (std::exchange(begun_, true)) tree_.fault = second_value(text_, begin_ + static_cast<std::size_t>(mark.pos));
  }
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override { complete(make(mark, Node::Kind::null, anchor)); }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override { complete(make(mark, Node::Kind::alias, anchor)); }
  void OnScalar(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor, std::string const& value) override {
    auto node = make(mark, Node::Kind::scalar, anchor);
    node.text = value;
    complete(std::move(node));
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(make(mark, Node::Kind::list, anchor), style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override {
    open(make(mark, Node::Kind::map, anchor), style);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    std::optional<Node> key = std::nullopt;      ///< of a map: read, and its value is not
    std::unordered_set<std::string> names = {};  ///< of a map
  };

  [[nodiscard]] Node make(YAML::Mark const& mark, Node::Kind kind, YAML::anchor_t anchor) const {
    Node node;
    node.kind = kind;
    node.at = begin_ + static_cast<std::size_t>(mark.pos);
    node.in_brackets = !frames_.empty() && frames_.back().node.flow;
    node.anchor = anchor;
    return node;
  }

  void open(Node node, YAML::EmitterStyle::value style) {
    node.flow = style == YAML::EmitterStyle::Flow;
    frames_.push_back({std::move(node)});
  }

  void close() {
    auto node = std::move(frames_.back().node);
    frames_.pop_back();
    complete(std::move(node));
  }

  void complete(Node node) {
    if (frames_.empty()) {
      tree_.root = std::move(node);
      return;
    }
    auto& frame = frames_.back();
    if (frame.node.kind == Node::Kind::list) {
      frame.node.children.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
    } else {
      add_entry(frame, *frame.key, std::move(node));
      frame.key.reset();
    }
  }

  void add_entry(Frame& map, Node& key, Node value) {
    // The parser takes a last line without a colon for a key, too.
    bool const bare = value.kind == Node::Kind::null && value.at == key.at && !map.node.flow && text_[key.at] != '?';
    if (bare && !tree_.fault) tree_.fault = second_value(text_, key.at);
    value.name = std::move(key.text);
    value.name_at = key.at;
    bool const twice = key.kind == Node::Kind::scalar && !map.names.insert(value.name).second;
    if (twice && !tree_.duplicate) {
      tree_.duplicate = {key.at, "the key " + value.name + " is there twice"};
    }
    map.node.children.push_back(std::move(value));
  }

  std::string_view text_;
  std::size_t begin_;
  Tree& tree_;
  std::vector<Frame> frames_;
  bool begun_ = false;
};

void collect_anchors(Node& node, std::unordered_map<std::size_t, Node*>& anchors) {
  if (node.anchor != 0 && node.kind != Node::Kind::alias) anchors.emplace(node.anchor, &node);
  for (auto& child : node.children) collect_anchors(child, anchors);
}

void tie_aliases(Node& node, std::unordered_map<std::size_t, Node*> const& anchors) {
  if (auto const found = node.kind == Node::Kind::alias ? anchors.find(node.anchor) : anchors.end(); found != anchors.end()) {
    node.target = found->second;
    found->second->shared = true;
  }
  for (auto& child : node.children) tie_aliases(child, anchors);
}

/// The parser takes some control bytes for the end of the text, and would drop the rest in silence.
std::optional<Fault> odd_byte(std::string_view text, std::size_t begin, std::size_t end) {
  auto const is_odd = [](char c) { return is_control(c) && c != '\t' && c != '\n' && c != '\r'; };
  auto const* const found = std::find_if(text.data() + begin, text.data() + end, is_odd);
  if (found == text.data() + end) return std::nullopt;
  return Fault{static_cast<std::size_t>(found - text.data()), "a control byte: is this a text in UTF-8?"};
}

std::string hint(std::string_view document) {
  return document.find("{{") == std::string_view::npos ? "" : " (a chart's template? `helm template` renders it)";
}

constexpr int max_merged = 256;  // maps that one look may visit: a merge may lead back to itself

Node const* look_in(Node const& map, std::string_view child, int& left) noexcept {
  if (auto const* const own = map.find(child)) return &own->resolved();
  auto const* const merge = map.find("<<");
  if (merge == nullptr || --left < 0) return nullptr;
  auto const& merged = merge->resolved();
  if (merged.kind == Node::Kind::map) return look_in(merged, child, left);
  for (auto const& one : merged.children) {
    if (auto const* const found = look_in(one.resolved(), child, left)) return found;
  }
  return nullptr;
}

}  // namespace

Node const* Node::find(std::string_view child) const noexcept {
  if (kind != Kind::map) return nullptr;
  auto const found = std::find_if(children.begin(), children.end(), [&](Node const& one) { return one.name == child; });
  return found == children.end() ? nullptr : &*found;
}

Node const* Node::look(std::string_view child) const noexcept {
  int left = max_merged;
  return look_in(resolved(), child, left);
}

Node const* Node::at_path(std::initializer_list<std::string_view> path) const noexcept {
  auto const* node = this;
  for (auto const step : path) {
    node = node->look(step);
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::string_view Node::text_at(std::initializer_list<std::string_view> path) const noexcept {
  auto const* const node = at_path(path);
  return node != nullptr && node->kind == Kind::scalar ? std::string_view{node->text} : std::string_view{};
}

Tree parse(std::string_view text, std::size_t begin, std::size_t end) {
  Tree tree;
  tree.fault = odd_byte(text, begin, end);
  if (tree.fault) return tree;
  auto const document = text.substr(begin, end - begin);
  try {
    std::istringstream stream{std::string{document}};
    YAML::Parser parser{stream};
    TreeBuilder builder{text, begin, tree};
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (YAML::Exception const& failed) {
    if (tree.fault) return tree;
    auto const at = failed.mark.is_null() ? 0 : static_cast<std::size_t>(failed.mark.pos);
    tree.fault = Fault{std::min(begin + at, end), "not valid YAML: " + failed.msg + hint(document)};
    return tree;
  }
  if (tree.fault) return tree;
  std::unordered_map<std::size_t, Node*> anchors;
  collect_anchors(tree.root, anchors);
  tie_aliases(tree.root, anchors);
  return tree;
}

}  // namespace ambassador::kubernetes
