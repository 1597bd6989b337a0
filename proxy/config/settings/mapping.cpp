#include "config/settings/mapping.hpp"

#include "base/bytes.hpp"
#include "config/keys/keys.hpp"
#include "config/settings/balancing.hpp"
#include "config/settings/fault_injection.hpp"
#include "config/settings/fields.hpp"
#include "config/settings/health_check.hpp"
#include "config/settings/mapping_rules.hpp"
#include "config/settings/mapping_uri.hpp"
#include "config/settings/mirror.hpp"
#include "config/settings/retry.hpp"
#include "config/settings/targets.hpp"
#include "config/settings/values.hpp"
#include "config/settings/via.hpp"
#include "config/settings/waits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

/// Returns whether the source and the targets could be read.
bool read_ends(Node const& entry, EndpointFiles& files, Mapping& mapping, Report& report) {
  auto const* const source_node = entry.find("source");
  auto const* const target_node = entry.find("target");
  auto source = source_node != nullptr ? read_source(*source_node, mapping.match, report) : std::nullopt;
  if (source) {
    mapping.source_text = source_node->text;
    mapping.where = source_node->where;
    mapping.source = *source;
  }
  auto targets =
      target_node != nullptr ? read_targets(*target_node, mapping.source.scheme, mapping.match, files, report) : std::nullopt;
  if (targets) mapping.targets = std::move(*targets);
  return source && targets;
}

When read_when(Node const& node, Report& report) {
  When when;
  if (auto const* const methods = node.find("methods")) {
    for (auto const& method : methods->children) {
      if (check_method(method, method.text, report)) when.methods.push_back(method.text);
    }
  }
  if (auto const* const headers = node.find("headers")) when.headers = read_fields(*headers, report);
  return when;
}

void read_headers(Node const& node, Mapping& mapping, Report& report) {
  if (auto const* const request = node.find("request")) mapping.request_headers = read_header_rules(*request, report);
  if (auto const* const response = node.find("response")) mapping.response_headers = read_header_rules(*response, report);
}

/// The global limits, with the entry's own over them.
void read_own_limits(Node const& entry, Limits const& global, Mapping& mapping, Report& report) {
  mapping.connections = global.connections;
  mapping.pending = global.pending;
  auto const* const limits = entry.find("limits");
  if (limits == nullptr) return;
  read_count_of(*limits, "connections", mapping.connections, report);
  read_count_of(*limits, "pending", mapping.pending, report);
  read_count_of(*limits, "requests", mapping.requests, report);
}

Rate read_rate(Node const& node, Report& report) {
  Rate rate;
  read_count_of(node, "requests", rate.requests, report);
  rate.burst = rate.requests;
  read_count_of(node, "burst", rate.burst, report);
  read_duration_of(node, "per", rate.per, report);
  return rate;
}

void read_text_of(Node const& section, std::string_view key, std::string& value, Report& report) {
  if (auto const* const node = section.find(key)) value = read_text(*node, report).value_or("");
}

/// Returns an empty text if the node is not a host without a port.
std::string read_server_name(Node const& node, Report& report) {
  Authority authority;
  auto const fault = parse_authority(node.text, authority);
  if (fault == UriFault::none && authority.port == 0 && !node.text.ends_with(':')) return authority.host;
  refuse(report, node, "must be " + form_in_words(*node.key),
         fault == UriFault::none ? "without a port" : std::string{describe(fault)});
  return {};
}

UpstreamTls read_upstream_tls(Node const& node, Report& report) {
  UpstreamTls tls;
  tls.where = node.where;
  read_text_of(node, "ca", tls.ca, report);
  read_text_of(node, "cert", tls.cert, report);
  read_text_of(node, "key", tls.key, report);
  refuse_half_a_pair(node, report);
  if (auto const* const server_name = node.find("server_name")) tls.server_name = read_server_name(*server_name, report);
  if (auto const* const verify = node.find("verify")) tls.verify = read_boolean(*verify, report).value_or(true);
  if (auto const* const ca = node.find("ca"); ca != nullptr && !tls.verify)
    refuse(report, *ca, "a ca is of no use with verify: false", "remove one of them");
  return tls;
}

Credential read_credential(Node const& node, Report& report) {
  Credential credential;
  credential.where = node.where;
  if (auto const* const header = node.find("header")) credential.header = read_field_name(*header, report).value_or("");
  read_text_of(node, "prefix", credential.prefix, report);
  read_text_of(node, "file", credential.file, report);
  return credential;
}

/// The keys that choose an endpoint, check it, and act on a call that fails.
void read_resilience(Node const& entry, Mapping& mapping, Report& report) {
  read_balancing(entry, mapping, report);
  if (auto const* const health = entry.find("health")) mapping.health = read_health_check(*health, report);
  mapping.retry = default_retry(mapping.source.scheme);
  if (auto const* const retry = entry.find("retry"))
    mapping.retry = read_retry(*retry, mapping.retry, mapping.timeout.response, report);
  if (auto const* const mirror = entry.find("mirror")) mapping.mirror = read_mirror(*mirror, report);
  if (auto const* const fault = entry.find("fault")) mapping.fault = read_fault(*fault, report);
}

/// The keys beside the source and the target.
void read_changes(Node const& entry, Settings const& global, Mapping& mapping, Report& report) {
  if (auto const* const when = entry.find("when")) mapping.when = read_when(*when, report);
  if (auto const* const headers = entry.find("headers")) read_headers(*headers, mapping, report);
  mapping.timeout = global.timeout;
  if (auto const* const timeout = entry.find("timeout")) read_timeouts(*timeout, mapping.timeout, report);
  read_own_limits(entry, global.limits, mapping, report);
  if (auto const* const rate = entry.find("rate")) mapping.rate = read_rate(*rate, report);
  read_resilience(entry, mapping, report);
  if (auto const* const tls = entry.find("tls")) mapping.tls = read_upstream_tls(*tls, report);
  if (auto const* const credential = entry.find("credential")) mapping.credential = read_credential(*credential, report);
  auto const* const via = entry.find("via");
  mapping.via = via != nullptr ? read_via(*via, report) : inherited_via(global, mapping.targets);
  if (auto const* const header = entry.find("proxy_protocol"))
    mapping.proxy_protocol = static_cast<ProxyProtocol>(read_choice(*header, report).value_or(0));
}

}  // namespace

std::optional<Mapping> read_mapping(Node const& entry, Settings const& global, EndpointFiles& files, Report& report) {
  Mapping mapping;
  if (auto const* const match = entry.find("match"))
    mapping.match = static_cast<MatchKind>(read_choice(*match, report).value_or(0));
  bool const known = read_ends(entry, files, mapping, report);
  read_changes(entry, global, mapping, report);
  if (!known) return std::nullopt;
  judge_mapping(entry, mapping, report);
  return mapping;
}

std::optional<Via> inherited_via(Settings const& global, std::vector<Target> const& targets) {
  bool const stays =
      std::all_of(targets.begin(), targets.end(), [](Target const& target) { return is_loopback_host(target.authority.host); });
  return stays ? std::nullopt : global.via;
}

void read_timeouts(Node const& node, Timeouts& timeouts, Report& report) {
  for (auto const& wait : waits) {
    auto const* const child = node.find(wait.name);
    if (child == nullptr) continue;
    auto const value = read_duration(*child, report);
    if (!value) continue;
    timeouts.*wait.value = *value;
    if (wait.value == &Timeouts::idle) timeouts.tunnel_idle = *value;
  }
}

bool check_method(Node const& node, std::string_view method, Report& report) {
  if (!is_token(method)) {
    refuse(report, node, "not a method", "write a name such as GET");
    return false;
  }
  if (std::none_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; })) return true;
  std::string upper(method);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  refuse(report, node, "methods are told apart by case", fmt::format("write {}", upper));
  return false;
}

}  // namespace ambassador::config
