#include "config/settings/fields.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ambassador::config {
namespace {

constexpr char const* token_hint = "letters, digits and !#$%&'*+-.^_`|~";

/// Fields that frame a message, or are about one connection (RFC 9110 section 7.6): they are the ambassador's to write.
constexpr std::array<std::string_view, 10> own_fields{
    "Connection", "Content-Length",    "Host",    "Keep-Alive", "Proxy-Connection", "TE",
    "Trailer",    "Transfer-Encoding", "Upgrade", "Via"};

bool is_own(std::string_view name) {
  return std::any_of(own_fields.begin(), own_fields.end(), [&](std::string_view own) { return iequals(own, name); });
}

bool contains(Fields const& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(), [&](auto const& field) { return iequals(field.first, name); });
}

bool fits(Node const& field, Fields const& before, Report& report) {
  if (!is_token(field.name)) {
    report.error(field.name_where, field.path, "not the name of a field", field.name, token_hint);
    return false;
  }
  if (contains(before, field.name)) {
    report.error(field.name_where, field.path, "the same field twice: case does not count in its name", field.name);
    return false;
  }
  if (std::none_of(field.text.begin(), field.text.end(), [](char c) { return is_control(c) && c != '\t'; })) return true;
  refuse(report, field, "the value of a field cannot hold control bytes");
  return false;
}

std::string own_field_message(std::string_view name) { return fmt::format("{} is the ambassador's own field", name); }

/// The fields to set or to add.
Fields read_changed(Node const& node, Report& report) {
  auto fields = read_fields(node, report);
  for (auto const& field : node.children) {
    if (is_own(field.name)) report.error(field.name_where, field.path, own_field_message(field.name), field.name);
  }
  return fields;
}

}  // namespace

Fields read_fields(Node const& node, Report& report) {
  Fields fields;
  for (auto const& field : node.children) {
    if (fits(field, fields, report)) fields.emplace_back(field.name, trim(field.text));
  }
  return fields;
}

HeaderRules read_header_rules(Node const& node, Report& report) {
  HeaderRules rules;
  if (auto const* const set = node.find("set")) rules.set = read_changed(*set, report);
  if (auto const* const add = node.find("add")) rules.add = read_changed(*add, report);
  auto const* const remove = node.find("remove");
  if (remove == nullptr) return rules;
  for (auto const& entry : remove->children) {
    auto name = read_field_name(entry, report);
    if (!name) continue;
    if (bool const set = contains(rules.set, *name); set || contains(rules.add, *name)) {
      refuse(report, entry, fmt::format("the field is both removed and {}", set ? "set" : "added"),
             "set replaces what is there: it needs no remove");
    } else if (std::any_of(rules.remove.begin(), rules.remove.end(),
                           [&](std::string const& other) { return iequals(other, *name); })) {
      refuse(report, entry, "the same field twice: case does not count in its name");
    } else {
      rules.remove.push_back(std::move(*name));
    }
  }
  return rules;
}

std::optional<std::string> read_field_name(Node const& node, Report& report) {
  if (!is_token(node.text)) {
    refuse(report, node, "not the name of a field", token_hint);
  } else if (is_own(node.text)) {
    refuse(report, node, own_field_message(node.text));
  } else {
    return node.text;
  }
  return std::nullopt;
}

}  // namespace ambassador::config
