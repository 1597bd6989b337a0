#include "config/document/document.hpp"

#include "config/document/yaml_hint.hpp"
#include "config/units.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

namespace ambassador::config {
namespace {

std::size_t count_nodes(Node const& node) {
  std::size_t count = 1;
  for (auto const& child : node.children) count += count_nodes(child);
  return count;
}

std::size_t depth_of(Node const& node) {
  std::size_t deepest = 0;
  for (auto const& child : node.children) deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

/// A fault of ours, thrown as the parser's own are, that no typing error explains.
struct Refusal : YAML::ParserException {
  using ParserException::ParserException;
};

/// Whether the quoted text that begins at `start` ends: at the end of a file the parser takes one that does not.
bool is_closed(std::string_view text, std::size_t start) {
  char const quote = text[start];
  for (auto i = start + 1; i < text.size(); ++i) {
    bool const escaped = quote == '"' ? text[i] == '\\' : text.substr(i, 2) == "''";
    if (escaped) {
      ++i;
    } else if (text[i] == quote) {
      return true;
    }
  }
  return false;
}

/// Builds the tree from the parser's events. Faults that leave the structure intact are reported, and reading goes on;
/// those that do not are thrown as the parser's own are.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::string const& file, Report& report) : text_(text), file_(file), report_(report) {}

  [[nodiscard]] Location location(YAML::Mark const& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  [[nodiscard]] Node take_root() { return std::move(root_); }

  void OnDocumentStart(YAML::Mark const&) override {}
  void OnDocumentEnd() override {}

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override { complete(make(mark, Node::Kind::null), anchor); }

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    auto const found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal(mark, "an alias inside what it names");
    Node copy = found->second;
    spend(mark, count_nodes(copy));
    if (frames_.size() + depth_of(copy) > max_document_depth) throw Refusal(mark, too_deep());
    complete(std::move(copy), 0);
  }

  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, std::string const& value) override {
    auto node = make(mark, Node::Kind::scalar);
    refuse_tag(mark, tag);
    node.quoted = tag == "!";
    refuse_open_quote(mark);
    node.text = value;
    complete(std::move(node), anchor);
  }

  void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(mark, Node::Kind::list, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(mark, Node::Kind::map, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node> key;  ///< of a map: read, and its value is not
  };

  static std::string too_deep() { return fmt::format("nested deeper than {} levels", max_document_depth); }

  /// The parser gives "?" where nothing was written, and "!" for a quoted text.
  void refuse_tag(YAML::Mark const& mark, std::string const& tag) {
    if (tag == "?" || tag == "!" || tag.empty()) return;
    report_.error(location(mark), "", "a tag has no meaning here", tag, "remove it");
  }

  void refuse_open_quote(YAML::Mark const& mark) const {
    auto const start = static_cast<std::size_t>(mark.pos);
    bool const quote = start < text_.size() && (text_[start] == '"' || text_[start] == '\'');
    if (quote && !is_closed(text_, start)) throw Refusal(mark, "a quote that is never closed");
  }

  void spend(YAML::Mark const& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > max_document_nodes) {
      throw Refusal(mark, fmt::format("more than {} values, aliases expanded", max_document_nodes));
    }
  }

  Node make(YAML::Mark const& mark, Node::Kind kind) {
    spend(mark, 1);
    Node node;
    node.kind = kind;
    node.where = location(mark);
    return node;
  }

  void open(YAML::Mark const& mark, Node::Kind kind, YAML::anchor_t anchor) {
    if (frames_.size() >= max_document_depth) throw Refusal(mark, too_deep());
    frames_.push_back({make(mark, kind), anchor, std::nullopt});
  }

  void close() {
    auto frame = std::move(frames_.back());
    frames_.pop_back();
    complete(std::move(frame.node), frame.anchor);
  }

  void complete(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& frame = frames_.back();
    if (frame.node.kind == Node::Kind::list) {
      frame.node.children.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
    } else {
      add_entry(frame.node, *frame.key, std::move(node));
      frame.key.reset();
    }
  }

  void add_entry(Node& map, Node const& key, Node value) {
    if (key.kind != Node::Kind::scalar) {
      report_.error(key.where, "", "a key must be a plain text", "", "quote it if it is one");
      return;
    }
    if (auto const* const first = map.find(key.text)) {
      report_.error(key.where, "", "duplicate key", key.text, fmt::format("it is already on line {}", first->name_where.line));
      return;
    }
    value.name = key.text;
    value.name_where = key.where;
    map.children.push_back(std::move(value));
  }

  std::string_view text_;
  std::string const& file_;
  Report& report_;
  Node root_;
  std::vector<Frame> frames_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
};

/// Only to learn where a second document begins.
class PlaceOfDocument final : public YAML::EventHandler {
 public:
  std::optional<YAML::Mark> start;

  void OnDocumentStart(YAML::Mark const& mark) override { start = mark; }
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const&, YAML::anchor_t) override {}
  void OnAlias(YAML::Mark const&, YAML::anchor_t) override {}
  void OnScalar(YAML::Mark const&, std::string const&, YAML::anchor_t, std::string const&) override {}
  void OnSequenceStart(YAML::Mark const&, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(YAML::Mark const&, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// The parser takes some control bytes for the end of the file, and would drop the rest in silence.
bool refuse_odd_bytes(std::string_view text, std::string const& file, Report& report) {
  if (text.size() > max_document_bytes) {
    report.error({file, 0, 0}, "", fmt::format("larger than {}", size_text(max_document_bytes)));
    return false;
  }
  Location where{file, 1, 1};
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f) {
      report.error(where, "", fmt::format("a control byte (0x{:02x})", byte), "", "is this a text file in UTF-8?");
      return false;
    }
    if (c == '\n') {
      ++where.line;
      where.column = 0;
    }
    ++where.column;
  }
  return true;
}

std::optional<Node> build(std::string_view text, TreeBuilder& builder, Report& report) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  if (parser.HandleNextDocument(builder)) {
    PlaceOfDocument second;
    if (parser.HandleNextDocument(second) && second.start) {
      report.error(builder.location(*second.start), "", "a second document", "", "one file holds one configuration");
    }
  }
  auto root = builder.take_root();
  if (root.kind == Node::Kind::null) root.kind = Node::Kind::map;
  return root;
}

}  // namespace

std::optional<Node> parse_document(std::string_view text, std::string const& file, Report& report) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (!refuse_odd_bytes(text, file, report)) return std::nullopt;
  TreeBuilder builder(text, file, report);
  try {
    return build(text, builder, report);
  } catch (Refusal const& fault) {
    report.error(builder.location(fault.mark), "", fmt::format("not valid: {}", fault.msg));
    return std::nullopt;
  } catch (YAML::Exception const& fault) {
    auto const where = fault.mark.is_null() ? Location{file, 0, 0} : builder.location(fault.mark);
    report.error(where, "", fmt::format("not valid YAML: {}", fault.msg), "", yaml_hint(text, where.line));
    return std::nullopt;
  }
}

}  // namespace ambassador::config
