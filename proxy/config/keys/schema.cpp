#include "config/keys/schema.hpp"

#include "base/bytes.hpp"
#include "config/keys/keys.hpp"
#include "config/keys/pretty_json.hpp"
#include "config/protocol.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ambassador::config {
namespace {

namespace json = boost::json;

constexpr std::string_view duration_pattern = "^0*[1-9][0-9]*(ms|s|m|h)$";
constexpr std::string_view never_pattern = "^0+(ms|s|m|h)?$";
constexpr std::string_view size_pattern = "^[0-9]+(KiB|MiB)?$";
constexpr std::string_view share_pattern = "^(all|errors|[0-9]*\\.?[0-9]+%?)$";
constexpr std::string_view address_pattern =
    "^([0-9.]+|\\[[0-9A-Fa-f:.]+\\]|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt])?:[0-9]{1,5}$";
constexpr std::string_view target_file_pattern = "^file:///.";
constexpr std::string_view percent_pattern = "^[0-9]*\\.?[0-9]+%?$";
constexpr std::string_view url_path_pattern = "^/[^#\\\\ ]*$";
constexpr std::string_view allow_pattern =
    "^(\\*|(\\*\\.)?[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]):(\\*|[0-9]+([ \\t]*,[ \\t]*[0-9]+)*)$";
constexpr std::string_view allow_network_pattern =
    "^([0-9.]+|\\[[0-9A-Fa-f:.]+\\])/[0-9]{1,3}:(\\*|[0-9]+([ \\t]*,[ \\t]*[0-9]+)*)$";
constexpr std::string_view network_pattern = "^(private|loopback|([0-9.]+|\\[?[0-9A-Fa-f:.]+\\]?)(/[0-9]{1,3})?)$";
constexpr std::string_view proxy_pattern = "^[Hh][Tt][Tt][Pp]://([A-Za-z0-9.-][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\]):[0-9]+/?$";
constexpr std::string_view some_pattern = ".";
constexpr std::string_view host_pattern = "^([A-Za-z0-9.-][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\])$";
constexpr std::string_view authority_pattern = "^([A-Za-z0-9.-][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\]):[0-9]+$";
constexpr std::string_view tunnel_pattern = "^CONNECT [ \\t]*([A-Za-z0-9.-][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\]):[0-9]+$";
constexpr std::string_view method_pattern = "^[!#$%&'*+.^_`|~0-9A-Z-]+$";
constexpr std::string_view field_pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
constexpr std::string_view url_pattern = "^[Hh][Tt][Tt][Pp][Ss]?://[^#\\\\ ]+$";
constexpr std::string_view request_pattern = "^[!#$%&'*+.^_`|~0-9A-Z-]+ [ \\t]*[Hh][Tt][Tt][Pp][Ss]?://[^#\\\\ ]+$";

/// A value with a `${NAME}` in it is known only when it is read.
constexpr std::string_view variable_pattern = "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}";

json::object text(std::string_view pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

json::object constant(json::value value) { return {{"const", std::move(value)}}; }

json::object number(Key const& key) { return {{"type", "integer"}, {"minimum", key.least}, {"maximum", key.most}}; }

json::object list_of(json::object items) { return {{"type", "array"}, {"items", std::move(items)}}; }

/// Any of the forms, or a value from the environment.
json::object any_of_all(std::vector<json::object> const& forms) {
  json::array alternatives;
  for (auto const& form : forms) alternatives.emplace_back(form);
  alternatives.emplace_back(text(variable_pattern));
  return {{"anyOf", std::move(alternatives)}};
}

json::object any_of(std::initializer_list<json::object> forms) { return any_of_all({forms.begin(), forms.end()}); }

/// A tool that reads YAML 1.1 writes `off` as `false` and `on` as `true`.
json::object choice(Key const& key) {
  json::array choices;
  for (auto const& one : choices_of(key)) {
    choices.emplace_back(one);
    if (one == "off" || one == "on") choices.emplace_back(one == "on");
  }
  return any_of({{{"enum", std::move(choices)}}});
}

/// The choices that are numbers may be written as such.
json::object causes(Key const& key) {
  json::array choices;
  for (auto const& one : choices_of(key)) {
    choices.emplace_back(one);
    if (auto const number = parse_decimal(one)) choices.emplace_back(*number);
  }
  auto list = list_of(any_of({{{"enum", std::move(choices)}}}));
  list["minItems"] = 1;
  return list;
}

std::vector<json::object> source_forms() {
  std::vector<json::object> forms;
  for (auto const& protocol : protocols()) forms.push_back(text(protocol.source_pattern));
  return forms;
}

std::vector<json::object> target_forms() {
  std::vector<json::object> forms;
  for (auto const& protocol : protocols()) forms.push_back(text(protocol.target_pattern));
  forms.push_back(text(target_file_pattern));
  return forms;
}

/// A target alone, or a list of targets and of sections.
json::object targets(json::object entry) {
  auto forms = target_forms();
  forms.push_back(std::move(entry));
  auto list = list_of(any_of_all(forms));
  list["minItems"] = 1;
  forms.back() = std::move(list);
  return any_of_all(forms);
}

json::object fields() {
  json::object value{{"type", json::array{"string", "number", "boolean"}}};
  return {{"type", "object"}, {"propertyNames", text(field_pattern)}, {"additionalProperties", std::move(value)}};
}

json::object section(std::string_view path);

json::object form_schema(Key const& key) {
  switch (key.form) {
    case Form::section: return section(key.path);
    case Form::sections: return list_of(section(std::string{key.path} + "[]"));
    case Form::timeouts: return any_of({text(duration_pattern), section(key.path)});
    case Form::listeners: {
      auto const entry = section(std::string{key.path} + "[]");
      auto listeners = list_of(any_of({text(address_pattern), entry}));
      listeners["minItems"] = 1;
      return any_of({text(address_pattern), entry, std::move(listeners)});
    }
    case Form::address: return any_of({text(address_pattern)});
    case Form::admin: return any_of({constant("off"), constant(false), text(address_pattern)});
    case Form::choice: return choice(key);
    case Form::duration:
      return key.may_be_zero ? any_of({text(duration_pattern), text(never_pattern), constant(0)})
                             : any_of({text(duration_pattern)});
    case Form::size: return any_of({text(size_pattern), number(key)});
    case Form::count: return any_of({number(key)});
    case Form::workers: return any_of({constant("auto"), number(key)});
    case Form::share: return any_of({text(share_pattern), {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}});
    case Form::source: return any_of_all(source_forms());
    case Form::target: return any_of_all(target_forms());
    case Form::targets: return targets(section(std::string{key.path} + "[]"));
    case Form::copies_to: return any_of({text(row_of(SourceScheme::http).target_pattern)});
    case Form::hash: return any_of({constant("client"), section(key.path)});
    case Form::health: return any_of({constant("tcp"), section(key.path)});
    case Form::url_path: return any_of({text(url_path_pattern)});
    case Form::causes: return causes(key);
    case Form::percent: return any_of({text(percent_pattern), {{"type", "number"}, {"minimum", 0}, {"maximum", 100}}});
    case Form::methods: return list_of(any_of({text(method_pattern)}));
    case Form::headers: return fields();
    case Form::field:
    case Form::cookie: return any_of({text(field_pattern)});
    case Form::field_names: return list_of(any_of({text(field_pattern)}));
    case Form::allow:
      return list_of(any_of({text(allow_pattern), text(allow_network_pattern), section(std::string{key.path} + "[]")}));
    case Form::destination: return any_of({text(allow_pattern), text(allow_network_pattern)});
    case Form::networks: return list_of(any_of({text(network_pattern)}));
    case Form::proxy: return any_of({text(proxy_pattern), section(key.path)});
    case Form::proxy_or_off: return any_of({constant("off"), constant(false), text(proxy_pattern), section(key.path)});
    case Form::proxy_url: return any_of({text(proxy_pattern)});
    case Form::file: return text(some_pattern);
    case Form::host: return any_of({text(host_pattern)});
    case Form::text: return {{"type", "string"}};
    case Form::port: return any_of({number(key)});
    case Form::request: return any_of({text(request_pattern), text(tunnel_pattern)});
    case Form::url: return any_of({text(url_pattern), text(authority_pattern)});
    case Form::truth: return constant(true);
    case Form::boolean: return any_of({{{"type", "boolean"}}});
  }
  return {};
}

/// The default as JSON would have it: a list, a number, or a text.
json::value fallback(Key const& key) {
  if (key.form == Form::listeners || key.form == Form::causes) {
    json::array entries;
    for_each_list_element(key.fallback, [&](std::string_view entry) {
      auto const number = parse_decimal(entry);
      entries.push_back(number ? json::value(*number) : json::value(entry));
    });
    return entries;
  }
  if (key.form == Form::count || key.form == Form::percent) return json::value(std::stoull(std::string{key.fallback}));
  if (key.form == Form::boolean) return json::value(key.fallback == "true");
  return json::value(key.fallback);
}

/// The title is what an editor shows, and the reference in docs/: what may stand there, in words.
json::object key_schema(Key const& key) {
  json::object schema{{"title", form_in_words(key)}, {"description", key.doc}};
  if (!key.fallback.empty()) schema["default"] = fallback(key);
  for (auto& [name, value] : form_schema(key)) schema[name] = std::move(value);
  return schema;
}

json::object section(std::string_view path) {
  json::object properties;
  json::array required;
  for (auto const* const key : keys_under(path)) {
    properties[name_of(*key)] = key_schema(*key);
    if (key->required) required.emplace_back(name_of(*key));
  }
  json::object schema{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

}  // namespace

std::string json_schema() {
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "Configuration of the ambassador"},
                      {"description", "A map from source URIs to targets. What is not in the map is blocked."}};
  for (auto& [name, value] : section("")) schema[name] = std::move(value);
  return pretty_json(schema) + '\n';
}

}  // namespace ambassador::config
