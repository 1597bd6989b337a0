// As much of JSON Schema (draft 2020-12) as our schema uses. A keyword that is not known here fails, so that the schema
// cannot grow beyond what is checked.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <regex>
#include <string>

namespace ambassador::config {

namespace json = boost::json;

class SchemaCheck {
 public:
  /// What is wrong first, or nothing.
  static std::string fault(json::value const& value, json::object const& schema, std::string const& path = "") {
    for (auto const& [keyword, rule] : schema) {
      if (auto text = fault_by(value, std::string{keyword}, rule, schema, path); !text.empty()) return text;
    }
    return {};
  }

 private:
  static std::string fault_by(json::value const& value, std::string const& keyword, json::value const& rule,
                              json::object const& schema, std::string const& path) {
    auto const wrong = [&] { return path + " breaks " + keyword + " " + json::serialize(rule); };
    if (keyword == "$schema" || keyword == "title" || keyword == "description" || keyword == "default") return {};
    if (keyword == "type") return has_type(value, rule) ? "" : wrong();
    if (keyword == "const") return value == rule ? "" : wrong();
    if (keyword == "enum") return contains(rule.as_array(), value) ? "" : wrong();
    if (keyword == "pattern")
      return !value.is_string() || std::regex_search(value.as_string().c_str(), regex(rule)) ? "" : wrong();
    if (keyword == "minimum") return !value.is_number() || number(value) >= number(rule) ? "" : wrong();
    if (keyword == "maximum") return !value.is_number() || number(value) <= number(rule) ? "" : wrong();
    if (keyword == "minItems") return !value.is_array() || value.as_array().size() >= number(rule) ? "" : wrong();
    if (keyword == "anyOf") return fits_any(value, rule.as_array(), path) ? "" : wrong();
    if (keyword == "items") return fault_of_items(value, rule.as_object(), path);
    if (keyword == "required") return has_all(value, rule.as_array()) ? "" : wrong();
    if (keyword == "properties" || keyword == "additionalProperties") return fault_of_members(value, schema, path);
    if (keyword == "propertyNames") return fault_of_names(value, rule.as_object(), path);
    return "unknown keyword " + keyword;
  }

  static std::regex regex(json::value const& rule) { return std::regex(rule.as_string().c_str(), std::regex::ECMAScript); }

  static double number(json::value const& value) { return value.to_number<double>(); }

  static bool contains(json::array const& array, json::value const& value) {
    return std::find(array.begin(), array.end(), value) != array.end();
  }

  static bool has_type(json::value const& value, json::value const& type) {
    if (auto const* const types = type.if_array()) {
      return std::any_of(types->begin(), types->end(), [&](json::value const& one) { return has_type(value, one); });
    }
    auto const& name = type.as_string();
    return (name == "object" && value.is_object()) || (name == "array" && value.is_array()) ||
           (name == "string" && value.is_string()) || (name == "integer" && value.is_int64()) ||
           (name == "number" && value.is_number()) || (name == "boolean" && value.is_bool());
  }

  static bool fits_any(json::value const& value, json::array const& schemas, std::string const& path) {
    return std::any_of(schemas.begin(), schemas.end(),
                       [&](json::value const& schema) { return fault(value, schema.as_object(), path).empty(); });
  }

  static std::string fault_of_items(json::value const& value, json::object const& schema, std::string const& path) {
    if (!value.is_array()) return {};
    for (auto const& item : value.as_array()) {
      if (auto text = fault(item, schema, path + "[]"); !text.empty()) return text;
    }
    return {};
  }

  static bool has_all(json::value const& value, json::array const& names) {
    return !value.is_object() || std::all_of(names.begin(), names.end(), [&](json::value const& name) {
      return value.as_object().contains(name.as_string());
    });
  }

  static std::string fault_of_members(json::value const& value, json::object const& schema, std::string const& path) {
    if (!value.is_object()) return {};
    auto const* const properties = schema.if_contains("properties");
    auto const& others = schema.at("additionalProperties");
    for (auto const& [name, member] : value.as_object()) {
      auto const* const known = properties != nullptr ? properties->as_object().if_contains(name) : nullptr;
      auto const here = path + "." + std::string{name};
      if (known == nullptr && others.is_bool()) return here + " is not a property";
      if (auto text = fault(member, known != nullptr ? known->as_object() : others.as_object(), here); !text.empty())
        return text;
    }
    return {};
  }

  static std::string fault_of_names(json::value const& value, json::object const& schema, std::string const& path) {
    if (!value.is_object()) return {};
    for (auto const& member : value.as_object()) {
      if (auto text = fault(json::value(member.key()), schema, path); !text.empty()) return text;
    }
    return {};
  }
};

}  // namespace ambassador::config
