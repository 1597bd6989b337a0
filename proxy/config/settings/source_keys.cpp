#include "config/settings/source_keys.hpp"

#include "config/protocol.hpp"

#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::config {
namespace {

/// What is wrong with a key that only the protocols have for which `has` is true.
template <class Has>
std::string only_for(Has has) {
  std::vector<std::string_view> prefixes;
  for (auto const& protocol : protocols()) {
    if (has(protocol)) prefixes.push_back(protocol.prefix);
  }
  return fmt::format("is only for a source with {}", in_words(prefixes));
}

/// Returns the node of `retry.per_try`, or null if it is not written.
Node const* find_below(Node const& entry, std::string_view key) {
  auto const dot = key.find('.');
  auto const* const child = entry.find(key.substr(0, dot));
  if (child == nullptr || dot == std::string_view::npos) return child;
  return find_below(*child, key.substr(dot + 1));
}

void refuse_keys_of_others(Node const& entry, ProtocolRow const& protocol, Report& report) {
  std::set<std::string_view> others;
  for (auto const& other : protocols()) others.insert(other.own_keys.begin(), other.own_keys.end());
  for (auto const key : others) {
    if (has_key(protocol, key)) continue;
    auto const* const node = find_below(entry, key);
    if (node != nullptr) refuse_key(report, *node, only_for([&](ProtocolRow const& other) { return has_key(other, key); }));
  }
}

/// What is matched exactly is a path.
void judge_match(Node const& entry, Mapping const& mapping, ProtocolRow const& protocol, Report& report) {
  if (mapping.match == MatchKind::prefix || protocol.has_path) return;
  refuse_key(report, *entry.find("match"), only_for([](ProtocolRow const& other) { return other.has_path; }));
}

/// A check of a source with paths asks for one, or says that it only connects.
void judge_health(Node const& entry, ProtocolRow const& protocol, Report& report) {
  auto const* const health = entry.find("health");
  if (health == nullptr || health->kind != Node::Kind::map || !has_key(protocol, "health.path")) return;
  if (health->find("path") == nullptr)
    report.error(health->where, health->path, "path is missing", {}, "add path: /healthz, or write health: tcp");
}

void judge_causes(Node const& entry, ProtocolRow const& protocol, Report& report) {
  auto const* const causes = find_below(entry, "retry.on");
  if (causes == nullptr || !retries_on_connect_only(protocol)) return;
  for (auto const& cause : causes->children) {
    if (cause.text != "connect")
      refuse(report, cause, fmt::format("a source with {} is tried again after connect only", protocol.prefix));
  }
}

}  // namespace

void judge_source_keys(Node const& entry, Mapping const& mapping, Report& report) {
  auto const& protocol = row_of(mapping.source.scheme);
  refuse_keys_of_others(entry, protocol, report);
  judge_match(entry, mapping, protocol, report);
  judge_health(entry, protocol, report);
  judge_causes(entry, protocol, report);
}

}  // namespace ambassador::config
