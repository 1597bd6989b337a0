#include "config/keys/overlay.hpp"

#include "base/bytes.hpp"
#include "config/document/nearest.hpp"
#include "config/keys/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ambassador::config {
namespace {

constexpr std::string_view variable_prefix = "AMBASSADOR_";
constexpr std::string_view map_prefix = "AMBASSADOR_MAP_";

/// Variables that other parts of the program read.
constexpr std::array<std::string_view, 3> known_elsewhere{"AMBASSADOR_CONFIG", "AMBASSADOR_DNS", "AMBASSADOR_ADMIN_URL"};

/// The keys that make a configuration of environment or flags alone.
constexpr std::array<std::string_view, 4> sufficient_keys{"map", "listen", "allow", "unmapped"};

bool is_list(Key const& key) { return key.form == Form::listeners || key.form == Form::allow; }

/// The number of AMBASSADOR_MAP_12, or nothing.
std::optional<std::uint64_t> mapping_number(std::string_view name) {
  return name.starts_with(map_prefix) ? parse_decimal(name.substr(map_prefix.size())) : std::nullopt;
}

Key const* key_of_variable(std::string_view name) {
  auto const keys = all_keys();
  auto const found = std::find_if(keys.begin(), keys.end(), [&](Key const& key) { return environment_name(key) == name; });
  return found == keys.end() ? nullptr : &*found;
}

/// Kubernetes describes every Service to every container. One called `ambassador`, or `ambassador-…`, gives
/// AMBASSADOR_…SERVICE_HOST, …SERVICE_PORT[_NAME], …PORT=tcp://10.0.0.1:80, …PORT_80_TCP[_PROTO|_PORT|_ADDR].
bool is_kubernetes_variable(std::string_view name, std::string_view value) {
  auto const after = [&](std::string_view part) {
    auto const at = name.find(part);
    return at == std::string_view::npos ? std::optional<std::string_view>{} : name.substr(at + part.size());
  };
  if (name.ends_with("_SERVICE_HOST")) return true;
  if (auto const rest = after("_SERVICE_PORT"); rest && (rest->empty() || rest->front() == '_')) return true;
  if (name.ends_with("_PORT") && value.find("://") != std::string_view::npos) return true;
  auto const port = after("_PORT_");
  if (!port) return false;
  auto const digits = std::min(port->find('_'), port->size());
  if (!parse_decimal(port->substr(0, digits))) return false;
  auto const protocol = port->substr(digits);
  return protocol.starts_with("_TCP") || protocol.starts_with("_UDP") || protocol.starts_with("_SCTP");
}

/// The elements of a list by comma. `host:80,443` is one element: what is only digits goes on the one before.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> elements;
  for_each_list_element(text, [&](std::string_view element) {
    if (!elements.empty() && parse_decimal(element) && elements.back().find(':') != std::string::npos) {
      elements.back().append(",").append(element);
    } else {
      elements.emplace_back(element);
    }
  });
  return elements;
}

/// `via: URL` with its key, so that more keys can stand beside it.
void spell_out_proxy(Node& via) {
  auto url = scalar_node(std::move(via.text), via.where);
  via.kind = Node::Kind::map;
  via.text.clear();
  add_child(via, "url", std::move(url));
}

/// The section that holds the key, made where it is missing; nothing where the document has something else there,
/// which check_shape then refuses.
Node* section_of(Node& root, std::string_view path, Location const& where) {
  Node* section = &root;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    auto const name = path.substr(0, dot);
    path.remove_prefix(dot + 1);
    auto* const child = section->find(name);
    section = child != nullptr ? child : &add_child(*section, std::string{name}, map_node(where));
    if (name == "via" && section->kind == Node::Kind::scalar) spell_out_proxy(*section);
    if (section->kind != Node::Kind::map) return nullptr;
  }
  return section;
}

void put(Node& section, std::string_view name, Node value) {
  if (auto* const old = section.find(name)) {
    value.name = std::string{name};
    value.name_where = value.where;
    *old = std::move(value);
  } else {
    add_child(section, std::string{name}, std::move(value));
  }
}

Node value_node(Key const& key, std::string const& text, Location const& where) {
  if (!is_list(key)) return scalar_node(text, where);
  auto list = list_node(where);
  for (auto& element : split_list(text)) list.children.push_back(scalar_node(std::move(element), where));
  return list;
}

void lay_over(Node& root, Key const& key, std::string const& text, Location const& where) {
  if (auto* const section = section_of(root, key.path, where)) put(*section, name_of(key), value_node(key, text, where));
}

/// Whether the text begins with `scheme://`.
bool begins_with_scheme(std::string_view text) {
  auto const colon = text.find("://");
  return colon != std::string_view::npos && colon != 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_token_char);
}

/// The targets by comma. A comma may stand in a path too: the next target begins with its scheme.
std::vector<std::string_view> split_targets(std::string_view text) {
  std::vector<std::string_view> targets;
  std::size_t begin = 0;
  for (auto comma = text.find(','); comma != std::string_view::npos; comma = text.find(',', comma + 1)) {
    if (!begins_with_scheme(trim(text.substr(comma + 1)))) continue;
    targets.push_back(trim(text.substr(begin, comma - begin)));
    begin = comma + 1;
  }
  targets.push_back(trim(text.substr(begin)));
  return targets;
}

/// One target as it is, several as a list.
Node targets_node(std::string_view text, Location const& where) {
  auto const targets = split_targets(text);
  if (targets.size() == 1) return scalar_node(std::string{text}, where);
  auto list = list_node(where);
  for (auto const target : targets) list.children.push_back(scalar_node(std::string{target}, where));
  return list;
}

/// Adds `SOURCE => TARGET` or `SOURCE => TARGET, TARGET` to the map.
void add_mapping(Node& root, std::string_view text, Location const& where, Report& report) {
  auto const arrow = text.find("=>");
  auto const source = trim(text.substr(0, arrow));
  auto const target = arrow == std::string_view::npos ? std::string_view{} : trim(text.substr(arrow + 2));
  if (source.empty() || target.empty()) {
    report.error(where, "map", "not a mapping", std::string{text}, "write http://localhost/api => http://numbers-api/rng");
    return;
  }
  auto* const old = root.find("map");
  auto& list = old != nullptr ? *old : add_child(root, "map", list_node(where));
  if (list.kind != Node::Kind::list) return;
  auto mapping = map_node(where);
  add_child(mapping, "source", scalar_node(std::string{source}, where));
  add_child(mapping, "target", targets_node(target, where));
  list.children.push_back(std::move(mapping));
}

std::vector<std::string> variable_names() {
  std::vector<std::string> names{std::string{map_prefix} + "1"};
  for (auto const& key : all_keys()) {
    if (auto name = environment_name(key); !name.empty()) names.push_back(std::move(name));
  }
  for (auto const name : known_elsewhere) names.emplace_back(name);
  return names;
}

void refuse_variable(std::string const& name, Location const& where, Report& report) {
  auto const near = nearest(name, variable_names());
  report.error(where, "", "no key has this variable", name, near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
}

Location environment_location(std::string const& name) { return {"environment " + name, 0, 0}; }

std::string flag_name(std::string path) {
  std::replace(path.begin(), path.end(), '.', '-');
  return path;
}

}  // namespace

void overlay_environment(Node& root, std::map<std::string, std::string> const& environment, Report& report) {
  std::map<std::uint64_t, std::string> mappings;
  for (auto it = environment.lower_bound(std::string{variable_prefix});
       it != environment.end() && it->first.starts_with(variable_prefix); ++it) {
    auto const& [name, value] = *it;
    if (value.empty() || is_kubernetes_variable(name, value)) continue;
    if (std::find(known_elsewhere.begin(), known_elsewhere.end(), name) != known_elsewhere.end()) continue;
    auto const where = environment_location(name);
    if (auto const number = mapping_number(name)) {
      if (auto const [other, added] = mappings.emplace(*number, name); !added) {
        report.error(where, "map", "the same number as " + other->second, name);
      }
    } else if (auto const* const key = key_of_variable(name)) {
      lay_over(root, *key, value, where);
    } else {
      refuse_variable(name, where, report);
    }
  }
  for (auto const& [number, name] : mappings) add_mapping(root, environment.at(name), environment_location(name), report);
}

void overlay_flags(Node& root, std::vector<std::pair<std::string, std::string>> const& flags, Report& report) {
  std::map<std::string, std::string> values;  // a list's flags are joined as its variable would be
  for (auto const& [path, value] : flags) {
    Location const where{"flag --" + flag_name(path), 0, 0};
    auto const* const key = find_key(path);
    if (path == "map") {
      add_mapping(root, value, where, report);
    } else if (key == nullptr || environment_name(*key).empty()) {
      report.error(where, path, "no key has this flag", path);
    } else {
      auto& text = values[path];
      text = is_list(*key) && !text.empty() ? text + ',' + value : value;
      lay_over(root, *key, text, where);
    }
  }
}

bool is_configuration(std::map<std::string, std::string> const& environment) {
  return std::any_of(environment.begin(), environment.end(), [](auto const& variable) {
    if (variable.second.empty()) return false;
    if (mapping_number(variable.first)) return true;
    return std::any_of(sufficient_keys.begin(), sufficient_keys.end(), [&](std::string_view path) {
      auto const* const key = find_key(path);
      return environment_name(*key) == variable.first;
    });
  });
}

bool is_configuration(std::vector<std::pair<std::string, std::string>> const& flags) {
  return std::any_of(flags.begin(), flags.end(), [](auto const& flag) {
    return std::find(sufficient_keys.begin(), sufficient_keys.end(), flag.first) != sufficient_keys.end();
  });
}

}  // namespace ambassador::config
