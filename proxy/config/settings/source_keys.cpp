#include "config/settings/source_keys.hpp"

#include <array>

namespace ambassador::config {
namespace {

/// Keys that speak of requests, which bytes have none of.
constexpr std::array<std::string_view, 6> http_keys{"when", "credential", "headers", "rate", "mirror", "fault"};

constexpr std::string_view only_http = "is only for a source with http://";

void judge_causes(Node const& on, Report& report) {
  for (auto const& cause : on.children) {
    if (cause.text != "connect") refuse(report, cause, "a source with tcp:// is tried again after connect only");
  }
}

void judge_tcp(Node const& entry, Mapping const& mapping, Report& report) {
  for (auto const key : http_keys) {
    if (auto const* const node = entry.find(key)) refuse_key(report, *node, only_http);
  }
  if (mapping.match == MatchKind::exact) refuse_key(report, *entry.find("match"), only_http);
  if (mapping.hash.of != HashKey::Of::client) refuse_key(report, entry.find("hash")->children.front(), only_http);
  if (mapping.health && mapping.health->kind == HealthCheck::Kind::http)
    refuse_key(report, *entry.find("health")->find("path"), only_http);
  auto const* const retry = entry.find("retry");
  if (retry == nullptr) return;
  if (auto const* const on = retry->find("on")) judge_causes(*on, report);
  if (auto const* const per_try = retry->find("per_try")) refuse_key(report, *per_try, only_http);
}

void judge_http(Node const& entry, Report& report) {
  if (auto const* const header = entry.find("proxy_protocol")) refuse_key(report, *header, "is only for a source with tcp://");
  auto const* const health = entry.find("health");
  if (health != nullptr && health->kind == Node::Kind::map && health->find("path") == nullptr)
    report.error(health->where, health->path, "path is missing", {}, "add path: /healthz, or write health: tcp");
}

}  // namespace

void judge_source_keys(Node const& entry, Mapping const& mapping, Report& report) {
  if (mapping.source.scheme == SourceScheme::tcp) {
    judge_tcp(entry, mapping, report);
  } else {
    judge_http(entry, report);
  }
}

}  // namespace ambassador::config
