#include "config/drop_in.hpp"

#include "base/bytes.hpp"
#include "config/document/document.hpp"
#include "config/document/json_comments.hpp"
#include "config/document/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr std::string_view proxy_section = "Proxy";
constexpr std::string_view separator = "__";
constexpr unsigned least_reject_status = 200;
constexpr unsigned most_reject_status = 599;

/// One setting: its key as written, its value, its place.
struct Setting {
  std::string name;
  std::string value;
  Location where;
};

/// By the key in lower case, below `Proxy`: "request__urimap__0__source".
using SettingsByKey = std::map<std::string, Setting>;

bool is_drop_in_variable(std::string_view name) {
  return name.size() > proxy_section.size() + separator.size() &&
         iequals(name.substr(0, proxy_section.size()), proxy_section) &&
         name.substr(proxy_section.size()).starts_with(separator);
}

/// Collects the values of a JSON tree under their joined keys, as .NET flattens it.
void flatten(Node const& node, std::string const& key, SettingsByKey& settings, Report& report) {
  std::size_t index = 0;
  for (auto const& child : node.children) {
    auto const name = node.kind == Node::Kind::list ? std::to_string(index++) : child.name;
    auto const path = key.empty() ? name : fmt::format("{}{}{}", key, separator, name);
    if (child.kind == Node::Kind::list || child.kind == Node::Kind::map) {
      flatten(child, path, settings, report);
    } else if (!settings.emplace(lowered(path), Setting{path, child.text, child.where}).second) {
      report.error(child.name_where, "", "the same key twice: case does not count", path);
    }
  }
}

void read_appsettings(std::string const& text, std::string const& file, SettingsByKey& settings, Report& report) {
  auto const document = parse_document(without_json_comments(text), file, report);
  if (!document) return;
  for (auto const& child : document->children) {
    if (iequals(child.name, proxy_section)) flatten(child, "", settings, report);
  }
}

void read_variables(std::map<std::string, std::string> const& environment, SettingsByKey& settings) {
  for (auto const& [name, value] : environment) {
    if (!is_drop_in_variable(name)) continue;
    auto const key = name.substr(proxy_section.size() + separator.size());
    settings[lowered(key)] = {name, value, {"environment " + name, 0, 0}};
  }
}

class Translation {
 public:
  Translation(SettingsByKey settings, Report& report) : settings_(std::move(settings)), report_(report) {}

  DropIn translate() {
    drop_in_.root = map_node({});
    read_port();
    read_reject();
    read_map();
    for (auto const& [key, setting] : settings_) refuse_unknown(setting);
    return std::move(drop_in_);
  }

 private:
  std::optional<Setting> take(std::string const& key) {
    auto node = settings_.extract(key);
    return node.empty() ? std::nullopt : std::optional{std::move(node.mapped())};
  }

  void fault(Setting const& setting, std::string message, std::string hint) {
    report_.error(setting.where, setting.name, std::move(message), setting.value, std::move(hint));
  }

  void read_port() {
    auto const port = take("port");
    if (!port) return;
    auto const number = parse_decimal(port->value);
    if (!number || *number > 65'535) {
      fault(*port, "not a port", "write a number from 0 to 65535");
      return;
    }
    add_child(drop_in_.root, "listen", scalar_node(fmt::format("localhost:{}", *number), port->where));
  }

  void read_reject() {
    if (auto const reject = take("request__rejectunknown")) {
      if (iequals(reject->value, "false")) {
        add_child(drop_in_.root, "unmapped", scalar_node("allow", reject->where));
      } else if (!iequals(reject->value, "true")) {
        fault(*reject, "not true or false", "write true or false");
      }
    }
    if (auto const status = take("request__rejectstatus")) {
      auto const number = parse_decimal(status->value);
      if (number && *number >= least_reject_status && *number <= most_reject_status) {
        drop_in_.reject_status = static_cast<unsigned>(*number);
      } else {
        fault(*status, "not the status of a reply",
              fmt::format("write a number from {} to {}", least_reject_status, most_reject_status));
      }
    }
  }

  /// `UriMap__Source` alone, then `UriMap__0__Source` and so on in the order of their numbers.
  void read_map() {
    constexpr std::string_view map_key = "request__urimap__";
    std::map<std::uint64_t, std::string> numbered;
    for (auto const& [key, setting] : settings_) {
      if (!key.starts_with(map_key)) continue;
      auto const rest = std::string_view{key}.substr(map_key.size());
      auto const digits = rest.substr(0, rest.find(separator));
      if (auto const number = parse_decimal(digits)) numbered.emplace(*number, fmt::format("{}{}__", map_key, digits));
    }
    add_mapping(std::string{map_key});
    for (auto const& [number, key] : numbered) add_mapping(key);
  }

  void add_mapping(std::string const& key) {
    auto source = take(key + "source");
    auto target = take(key + "target");
    if (!source && !target) return;
    if (!source || !target) {
      auto const& present = source ? *source : *target;
      fault(present, fmt::format("a {} without its {}", source ? "Source" : "Target", source ? "Target" : "Source"),
            "set both");
      return;
    }
    auto* map = drop_in_.root.find("map");
    if (map == nullptr) map = &add_child(drop_in_.root, "map", list_node(source->where));
    auto mapping = map_node(source->where);
    add_child(mapping, "match", scalar_node("exact", source->where));
    add_child(mapping, "source", scalar_node(std::move(source->value), source->where));
    add_child(mapping, "target", scalar_node(std::move(target->value), target->where));
    map->children.push_back(std::move(mapping));
    ++drop_in_.mappings;
  }

  void refuse_unknown(Setting const& setting) {
    bool const variable = is_drop_in_variable(setting.name);
    std::vector<std::string> names;
    for (std::string_view const name :
         {"Port", "Request__RejectUnknown", "Request__RejectStatus", "Request__UriMap__Source", "Request__UriMap__Target",
          "Request__UriMap__0__Source", "Request__UriMap__0__Target"}) {
      names.push_back(variable ? fmt::format("{}{}{}", proxy_section, separator, name) : std::string{name});
    }
    report_.error(setting.where, "", "unknown setting of the proxy", setting.name, did_you_mean(setting.name, names));
  }

  SettingsByKey settings_;
  Report& report_;
  DropIn drop_in_;
};

}  // namespace

bool has_drop_in_variables(std::map<std::string, std::string> const& environment) {
  return std::any_of(environment.begin(), environment.end(),
                     [](auto const& variable) { return is_drop_in_variable(variable.first); });
}

std::optional<DropIn> read_drop_in(std::optional<std::string> const& appsettings, std::string const& file,
                                   std::map<std::string, std::string> const& environment, Report& report) {
  SettingsByKey settings;
  if (appsettings) read_appsettings(*appsettings, file, settings, report);
  read_variables(environment, settings);
  if (settings.empty()) return std::nullopt;
  return Translation(std::move(settings), report).translate();
}

}  // namespace ambassador::config
