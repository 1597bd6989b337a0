#include "config/keys/shape.hpp"

#include "config/document/nearest.hpp"
#include "config/keys/keys.hpp"
#include "config/protocol.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr std::string_view not_in_this_version = "is not in this version";

std::string join(std::string_view parent, std::string_view name) {
  return parent.empty() ? std::string{name} : fmt::format("{}.{}", parent, name);
}

std::string_view kind_in_words(Node const& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a single value";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "keys of its own";
  }
  return "";
}

class Shape {
 public:
  explicit Shape(Report& report) : report_(report) {}

  /// `table_path` is the section's path in the table, `path` the one in the document: `map[]` and `map[0]`.
  void check_section(Node& node, std::string const& table_path, std::string const& path) {
    check_required(node, table_path, path);
    auto const unfit = [&](Node& child) {
      child.path = join(path, child.name);
      child.key = find_key(join(table_path, child.name));
      if (child.key != nullptr) return !check_value(child);
      refuse_unknown(child, table_path);
      return true;
    };
    std::erase_if(node.children, unfit);
  }

 private:
  void check_required(Node const& node, std::string const& table_path, std::string const& path) {
    for (auto const* const key : keys_under(table_path)) {
      if (!key->required || node.find(name_of(*key)) != nullptr) continue;
      report_.error(node.where, path, fmt::format("{} is missing", name_of(*key)), "", form_in_words(*key));
    }
  }

  void refuse_unknown(Node const& child, std::string const& table_path) {
    if (is_later_key(join(table_path, child.name))) {
      report_.error(child.name_where, child.path, std::string{not_in_this_version}, child.name);
      return;
    }
    std::vector<std::string> names;
    for (auto const* const key : keys_under(table_path)) names.emplace_back(name_of(*key));
    auto hint = place_elsewhere(child.name);
    if (auto const near = nearest(child.name, names); !near.empty() || hint.empty()) hint = did_you_mean(child.name, names);
    report_.error(child.name_where, child.path, "unknown key", child.name, hint);
  }

  /// Where a key that is right, but not here, belongs.
  static std::string place_elsewhere(std::string_view name) {
    std::string places;
    for (auto const& key : all_keys()) {
      if (name_of(key) == name) places += fmt::format("{}{}", places.empty() ? "it belongs in " : " or ", key.path);
    }
    return places;
  }

  bool check_value(Node& node) {
    if (node.kind == Node::Kind::null) {
      report_.error(node.name_where, node.path, "has no value", "",
                    fmt::format("write {}, or remove the key", form_in_words(*node.key)));
      return false;
    }
    switch (node.key->form) {
      case Form::section: return check_map(node);
      case Form::sections: return check_sections(node);
      case Form::timeouts: return check_timeouts(node);
      case Form::listeners: return check_listeners(node);
      case Form::allow: return check_entries(node);
      case Form::methods:
      case Form::field_names:
      case Form::networks: return check_texts(node);
      case Form::hash:
      case Form::health:
      case Form::proxy:
      case Form::proxy_or_off: return check_word_or_section(node);
      case Form::headers: return check_headers(node);
      case Form::targets: return check_targets(node);
      case Form::causes: return check_causes(node);
      default: return check_scalar(node);
    }
  }

  bool wrong_kind(Node const& node, std::string hint = {}) {
    report_.error(node.where, node.path, fmt::format("must be {}, not {}", form_in_words(*node.key), kind_in_words(node)),
                  node.text, std::move(hint));
    return false;
  }

  bool check_scalar(Node const& node) { return node.kind == Node::Kind::scalar || wrong_kind(node); }

  bool check_map(Node& node) {
    if (node.kind != Node::Kind::map) return wrong_kind(node);
    check_section(node, std::string{node.key->path}, node.path);
    return true;
  }

  bool check_sections(Node& node) {
    if (node.kind != Node::Kind::list) return wrong_kind(node);
    auto const table_path = fmt::format("{}[]", node.key->path);
    std::size_t index = 0;
    auto const unfit = [&](Node& entry) {
      entry.path = fmt::format("{}[{}]", node.path, index++);
      if (entry.kind == Node::Kind::map) {
        check_section(entry, table_path, entry.path);
        return false;
      }
      report_.error(entry.where, entry.path, fmt::format("an entry must have keys of its own, not {}", kind_in_words(entry)),
                    entry.text, example_entry(*node.key));
      return true;
    };
    std::erase_if(node.children, unfit);
    return true;
  }

  static std::string example_entry(Key const& key) {
    if (key.path == "map") return "- {source: http://localhost/api, target: http://numbers-api/rng}";
    if (key.path == "expect") return "- {request: GET http://localhost/api, goes_to: http://numbers-api/rng}";
    return "- {cert: /tls/tls.crt, key: /tls/tls.key}";
  }

  bool check_timeouts(Node& node) {
    if (node.kind == Node::Kind::scalar) {
      auto response = scalar_node(std::move(node.text), node.where);
      node.kind = Node::Kind::map;
      node.text.clear();
      add_child(node, "response", std::move(response));
    }
    return check_map(node);
  }

  /// One listener may stand without its list.
  bool check_listeners(Node& node) {
    if (node.kind != Node::Kind::list && !is_unquoted_ipv6(node)) {
      Node entry;
      std::swap(entry.kind, node.kind);
      std::swap(entry.text, node.text);
      std::swap(entry.children, node.children);
      entry.reported = node.reported;
      entry.where = node.where;
      node.kind = Node::Kind::list;
      node.children.push_back(std::move(entry));
    }
    if (node.kind == Node::Kind::list && node.children.empty()) return empty_list(node, "addresses", "write 127.0.0.1:1080");
    return check_entries(node);
  }

  /// An IPv6 address without quotes is a list to YAML, or a map with a list for its key.
  static bool is_unquoted_ipv6(Node const& entry) {
    return entry.kind == Node::Kind::list || (entry.kind == Node::Kind::map && entry.children.empty());
  }

  /// A list of single values.
  bool check_texts(Node& node) {
    return check_each(node, [this](Node& entry) {
      if (entry.kind == Node::Kind::scalar) return true;
      return wrong_entry(entry, "a single value");
    });
  }

  /// A list of single values and of sections.
  bool check_entries(Node& node) {
    auto const table_path = fmt::format("{}[]", node.key->path);
    return check_each(node, [&](Node& entry) {
      if (entry.kind == Node::Kind::scalar) return true;
      if (entry.kind != Node::Kind::map || entry.children.empty()) {
        return wrong_entry(entry, entry.kind == Node::Kind::map ? "a single value" : "a single value, or have keys of its own");
      }
      check_section(entry, table_path, entry.path);
      return true;
    });
  }

  template <class Fits>
  bool check_each(Node& node, Fits fits) {
    if (node.kind != Node::Kind::list)
      return wrong_kind(node, node.text.empty() ? "" : fmt::format("write [\"{}\"]", node.text));
    std::size_t index = 0;
    auto const unfit = [&](Node& entry) {
      entry.path = fmt::format("{}[{}]", node.path, index++);
      entry.key = node.key;
      return !fits(entry);
    };
    std::erase_if(node.children, unfit);
    return true;
  }

  bool wrong_entry(Node const& entry, std::string_view right) {
    report_.error(entry.where, entry.path, fmt::format("an entry must be {}, not {}", right, kind_in_words(entry)), "",
                  is_unquoted_ipv6(entry) ? "an IPv6 address needs quotes: \"[::1]:1080\"" : "");
    return false;
  }

  bool check_word_or_section(Node& node) {
    if (node.kind == Node::Kind::scalar) return true;
    return check_map(node);
  }

  bool check_headers(Node& node) {
    if (node.kind != Node::Kind::map) return wrong_kind(node);
    auto const unfit = [&](Node& field) {
      field.path = join(node.path, field.name);
      field.key = node.key;
      if (field.kind == Node::Kind::scalar) return false;
      report_.error(field.where, field.path, fmt::format("the value of a field must be a text, not {}", kind_in_words(field)),
                    "", "quote it");
      return true;
    };
    std::erase_if(node.children, unfit);
    return true;
  }

  /// One target stands alone; more of them, and one with a weight, in a list.
  bool check_targets(Node& node) {
    if (node.kind == Node::Kind::scalar) return true;
    if (node.kind == Node::Kind::map) return wrong_kind(node, "write [{url: http://numbers-api/rng, weight: 9}]");
    if (node.children.empty()) return empty_list(node, "targets", "write http://numbers-api/rng");
    return check_entries(node);
  }

  bool check_causes(Node& node) {
    if (node.kind == Node::Kind::list && node.children.empty()) return empty_list(node, "causes", "attempts: 0 is no retry");
    return check_texts(node);
  }

  bool empty_list(Node const& node, std::string_view of, std::string hint) {
    report_.error(node.where, node.path, fmt::format("an empty list of {}", of), "", std::move(hint));
    return false;
  }

  Report& report_;
};

}  // namespace

void check_shape(Node& root, Report& report) {
  if (root.kind != Node::Kind::map) {
    report.error(root.where, "", fmt::format("the configuration must be keys and values, not {}", kind_in_words(root)),
                 root.text, "begin with map:");
    root = map_node(root.where);
    return;
  }
  Shape(report).check_section(root, "", "");
}

}  // namespace ambassador::config
