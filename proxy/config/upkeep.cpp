#include "config/upkeep.hpp"

#include "base/bytes.hpp"
#include "config/mapping_uri.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr std::string_view only_http = "is only for a source with http://";

std::string text_of(Milliseconds duration) { return duration_text(static_cast<std::uint64_t>(duration.count())); }

void read_wait(Node const& section, std::string_view name, Milliseconds& value, Report& report) {
  if (auto const* const node = section.find(name)) value = read_duration(*node, report).value_or(value);
}

void read_number(Node const& section, std::string_view name, unsigned& value, Report& report) {
  if (auto const* const node = section.find(name)) value = static_cast<unsigned>(read_count(*node, report).value_or(value));
}

void read_share_of_calls(Node const& section, double& share, Report& report) {
  if (auto const* const node = section.find("percent")) share = read_percent(*node, report).value_or(share);
}

/// Reports a word where only `word` or a section may be; whether it is that word.
bool is_word(Node const& node, std::string_view word, std::string hint, Report& report) {
  if (node.kind != Node::Kind::scalar) return false;
  if (node.text != word) refuse(report, node, "must be " + form_in_words(*node.key), std::move(hint));
  return true;
}

// ---- hash

HashKey read_hash(Node const& node, Report& report) {
  HashKey hash;
  if (is_word(node, "client", {}, report)) return hash;
  auto const* const header = node.find("header");
  auto const* const cookie = node.find("cookie");
  if ((header != nullptr) == (cookie != nullptr)) {
    report.error(node.where, node.path, "a hash has either a header or a cookie", {}, "or write hash: client");
    return hash;
  }
  auto const& named = header != nullptr ? *header : *cookie;
  hash.of = header != nullptr ? HashKey::Of::header : HashKey::Of::cookie;
  hash.name = named.text;
  if (!is_token(named.text)) refuse(report, named, "must be " + form_in_words(*named.key));
  if (header != nullptr) std::transform(hash.name.begin(), hash.name.end(), hash.name.begin(), to_lower);
  return hash;
}

// ---- health

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

HealthCheck read_health(Node const& node, Report& report) {
  HealthCheck health;
  auto const hint = node.text.starts_with('/') ? fmt::format("write {{path: {}}}", node.text) : std::string{};
  if (is_word(node, "tcp", hint, report)) {
    health.kind = HealthCheck::Kind::tcp;
    return health;
  }
  auto const* const path = node.find("path");
  health.kind = path != nullptr ? HealthCheck::Kind::http : HealthCheck::Kind::tcp;
  if (path != nullptr) health.path = read_check_path(*path, report);
  read_wait(node, "interval", health.interval, report);
  read_wait(node, "timeout", health.timeout, report);
  read_number(node, "fall", health.fall, report);
  read_number(node, "rise", health.rise, report);
  if (health.timeout > health.interval) {
    auto const* const timeout = node.find("timeout");
    refuse(report, timeout != nullptr ? *timeout : *node.find("interval"),
           "health.timeout must not be longer than health.interval",
           fmt::format("they are {} and {}", text_of(health.timeout), text_of(health.interval)));
  }
  return health;
}

// ---- retry

void read_causes(Node const& node, Retry& retry, Report& report) {
  retry.on_connect = retry.on_reset = false;
  retry.on.clear();
  for (auto entry = node.children.begin(); entry != node.children.end(); ++entry) {
    if (!read_choice(*entry, report)) continue;
    if (std::any_of(node.children.begin(), entry, [&](Node const& other) { return other.text == entry->text; })) {
      refuse(report, *entry, "the same cause twice");
    } else if (auto const status = parse_decimal(entry->text)) {
      retry.on.push_back(static_cast<std::uint16_t>(*status));
    } else {
      (entry->text == "connect" ? retry.on_connect : retry.on_reset) = true;
    }
  }
  std::sort(retry.on.begin(), retry.on.end());
}

void read_retry(Node const& node, Mapping& mapping, Report& report) {
  auto& retry = mapping.retry;
  read_number(node, "attempts", retry.attempts, report);
  if (auto const* const on = node.find("on")) read_causes(*on, retry, report);
  auto const* const per_try = node.find("per_try");
  if (per_try == nullptr) return;
  retry.per_try = read_duration(*per_try, report);
  if (!retry.per_try || *retry.per_try <= mapping.timeout.response) return;
  refuse(report, *per_try, "retry.per_try must not be longer than timeout.response, which is for all tries together",
         fmt::format("they are {} and {}", text_of(*retry.per_try), text_of(mapping.timeout.response)));
}

// ---- mirror and fault

std::optional<Mirror> read_mirror(Node const& node, Report& report) {
  Mirror mirror;
  read_share_of_calls(node, mirror.share, report);
  auto const* const url = node.find("target");
  auto target = url != nullptr ? read_target(*url, MatchKind::exact, report) : std::nullopt;
  if (!target) return std::nullopt;
  if (target->query) refuse(report, *url, "a mirror has no query: the calls bring theirs");
  mirror.target = std::move(*target);
  return mirror;
}

Fault read_fault(Node const& node, Report& report) {
  Fault fault;
  read_wait(node, "delay", fault.delay, report);
  read_number(node, "abort", fault.abort, report);
  read_share_of_calls(node, fault.share, report);
  if (node.find("delay") == nullptr && node.find("abort") == nullptr)
    report.error(node.where, node.path, "a fault has a delay, an abort or both", {}, "write {delay: 100ms}, or {abort: 503}");
  return fault;
}

// ---- what goes with what

void refuse_key(Node const& node, std::string_view why, Report& report) {
  report.error(node.name_where, node.path, std::string{why}, node.name);
}

void judge_causes(Node const& on, Report& report) {
  for (auto const& entry : on.children) {
    if (entry.text != "connect") refuse(report, entry, "a source with tcp:// is tried again after connect only");
  }
}

void judge_tcp(Node const& entry, Mapping const& mapping, Report& report) {
  if (mapping.hash.of != HashKey::Of::client) refuse_key(entry.find("hash")->children.front(), only_http, report);
  if (mapping.health && mapping.health->kind == HealthCheck::Kind::http)
    refuse_key(*entry.find("health")->find("path"), only_http, report);
  auto const* const retry = entry.find("retry");
  if (retry == nullptr) return;
  if (auto const* const on = retry->find("on")) judge_causes(*on, report);
  if (auto const* const per_try = retry->find("per_try")) refuse_key(*per_try, only_http, report);
}

}  // namespace

Retry default_retry(SourceScheme scheme) {
  Retry retry;
  if (scheme == SourceScheme::http) return retry;
  retry.on_reset = false;
  retry.on.clear();
  return retry;
}

void read_upkeep(Node const& entry, Mapping& mapping, Report& report) {
  mapping.retry = default_retry(mapping.source.scheme);
  if (auto const* const balance = entry.find("balance"))
    mapping.balance = static_cast<Balance>(read_choice(*balance, report).value_or(0));
  if (auto const* const hash = entry.find("hash")) {
    mapping.hash = read_hash(*hash, report);
    if (mapping.balance != Balance::hash) refuse_key(*hash, "is only for balance: hash", report);
  }
  if (auto const* const health = entry.find("health")) mapping.health = read_health(*health, report);
  if (auto const* const retry = entry.find("retry")) read_retry(*retry, mapping, report);
  if (auto const* const mirror = entry.find("mirror")) mapping.mirror = read_mirror(*mirror, report);
  if (auto const* const fault = entry.find("fault")) mapping.fault = read_fault(*fault, report);
}

void judge_upkeep(Node const& entry, Mapping const& mapping, Report& report) {
  if (mapping.source.scheme == SourceScheme::tcp) {
    judge_tcp(entry, mapping, report);
    return;
  }
  auto const* const health = entry.find("health");
  if (health != nullptr && health->kind == Node::Kind::map && health->find("path") == nullptr)
    report.error(health->where, health->path, "path is missing", {}, "add path: /healthz, or write health: tcp");
}

}  // namespace ambassador::config
