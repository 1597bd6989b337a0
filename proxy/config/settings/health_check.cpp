#include "config/settings/health_check.hpp"

#include "config/settings/values.hpp"
#include "config/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

/// The path and the query that a check asks for.
std::string read_check_path(Node const& node, Report& report) {
  auto const question = std::min(node.text.find('?'), node.text.size());
  auto const path = std::string_view{node.text}.substr(0, question);
  auto const query = std::string_view{node.text}.substr(question);
  std::string normal;
  auto fault = path.starts_with('/') ? normalise_path(path, normal) : UriFault::not_absolute;
  if (fault == UriFault::none && !query.empty()) fault = check_query(query.substr(1));
  if (fault != UriFault::none) refuse(report, node, fmt::format("not a path: {}", describe(fault)), "write /healthz");
  return normal.append(query);
}

void judge_timeout(Node const& node, HealthCheck const& health, Report& report) {
  if (health.timeout <= health.interval) return;
  auto const* const timeout = node.find("timeout");
  refuse(report, timeout != nullptr ? *timeout : *node.find("interval"),
         "health.timeout must not be longer than health.interval",
         fmt::format("they are {} and {}", duration_text(health.timeout), duration_text(health.interval)));
}

}  // namespace

HealthCheck read_health_check(Node const& node, Report& report) {
  HealthCheck health;
  auto const hint = node.text.starts_with('/') ? fmt::format("write {{path: {}}}", node.text) : std::string{};
  if (is_word(node, "tcp", hint, report)) {
    health.kind = HealthCheck::Kind::tcp;
    return health;
  }
  auto const* const path = node.find("path");
  health.kind = path != nullptr ? HealthCheck::Kind::http : HealthCheck::Kind::tcp;
  if (path != nullptr) health.path = read_check_path(*path, report);
  read_duration_of(node, "interval", health.interval, report);
  read_duration_of(node, "timeout", health.timeout, report);
  read_count_of(node, "fall", health.fall, report);
  read_count_of(node, "rise", health.rise, report);
  judge_timeout(node, health, report);
  return health;
}

}  // namespace ambassador::config
