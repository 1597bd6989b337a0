#include "config/settings/mapping.hpp"

#include "base/bytes.hpp"
#include "config/keys/keys.hpp"
#include "config/settings/balancing.hpp"
#include "config/settings/fault_injection.hpp"
#include "config/settings/fields.hpp"
#include "config/settings/health_check.hpp"
#include "config/settings/mapping_uri.hpp"
#include "config/settings/mirror.hpp"
#include "config/settings/retry.hpp"
#include "config/settings/source_keys.hpp"
#include "config/settings/targets.hpp"
#include "config/settings/values.hpp"
#include "config/settings/via.hpp"
#include "config/settings/waits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

/// `https:// or tls://`.
std::string tls_prefixes() {
  std::vector<std::string_view> prefixes;
  for (auto const& target : target_rows) {
    if (target.tls) prefixes.push_back(target.prefix);
  }
  return in_words(prefixes);
}

class MappingReader {
 public:
  MappingReader(Node const& entry, Settings const& global, EndpointFiles& files, Report& report)
      : entry_(entry), global_(global), files_(files), report_(report) {}

  std::optional<Mapping> read() {
    if (auto const* const match = entry_.find("match")) {
      mapping_.match = static_cast<MatchKind>(read_choice(*match, report_).value_or(0));
    }
    bool const known = read_ends();
    read_conditions();
    read_changes();
    read_bounds();
    read_balancing(entry_, mapping_, report_);
    read_resilience();
    read_tls();
    read_credential();
    read_parent();
    if (!known) return std::nullopt;
    judge_schemes();
    judge_source_keys(entry_, mapping_, report_);
    judge_credentials();
    judge_parent();
    return std::move(mapping_);
  }

 private:
  /// Whether the source and the targets could be read.
  bool read_ends() {
    auto const* const source_node = entry_.find("source");
    auto const* const target_node = entry_.find("target");
    auto source = source_node != nullptr ? read_source(*source_node, mapping_.match, report_) : std::nullopt;
    if (source) {
      mapping_.source_text = source_node->text;
      mapping_.where = source_node->where;
      mapping_.source = *source;
    }
    auto targets = target_node != nullptr ? read_targets(*target_node, mapping_.source.scheme, mapping_.match, files_, report_)
                                          : std::nullopt;
    if (targets) mapping_.targets = std::move(*targets);
    return source && targets;
  }

  void read_conditions() {
    auto const* const when = entry_.find("when");
    if (when == nullptr) return;
    if (auto const* const methods = when->find("methods")) {
      for (auto const& method : methods->children) {
        if (check_method(method, method.text, report_)) mapping_.when.methods.push_back(method.text);
      }
    }
    if (auto const* const headers = when->find("headers")) mapping_.when.headers = read_fields(*headers, report_);
  }

  void read_changes() {
    auto const* const headers = entry_.find("headers");
    if (headers == nullptr) return;
    if (auto const* const request = headers->find("request")) mapping_.request_headers = read_header_rules(*request, report_);
    if (auto const* const response = headers->find("response"))
      mapping_.response_headers = read_header_rules(*response, report_);
  }

  void read_bounds() {
    mapping_.timeout = global_.timeout;
    if (auto const* const timeout = entry_.find("timeout")) read_timeouts(*timeout, mapping_.timeout, report_);
    mapping_.connections = global_.limits.connections;
    mapping_.pending = global_.limits.pending;
    if (auto const* const limits = entry_.find("limits")) {
      read_count_of(*limits, "connections", mapping_.connections, report_);
      read_count_of(*limits, "pending", mapping_.pending, report_);
      read_count_of(*limits, "requests", mapping_.requests, report_);
    }
    if (auto const* const rate = entry_.find("rate")) {
      mapping_.rate.emplace();
      read_count_of(*rate, "requests", mapping_.rate->requests, report_);
      mapping_.rate->burst = mapping_.rate->requests;
      read_count_of(*rate, "burst", mapping_.rate->burst, report_);
      read_duration_of(*rate, "per", mapping_.rate->per, report_);
    }
    if (auto const* const header = entry_.find("proxy_protocol"))
      mapping_.proxy_protocol = static_cast<ProxyProtocol>(read_choice(*header, report_).value_or(0));
  }

  void read_resilience() {
    if (auto const* const health = entry_.find("health")) mapping_.health = read_health_check(*health, report_);
    mapping_.retry = default_retry(mapping_.source.scheme);
    if (auto const* const retry = entry_.find("retry"))
      mapping_.retry = read_retry(*retry, mapping_.retry, mapping_.timeout.response, report_);
    if (auto const* const mirror = entry_.find("mirror")) mapping_.mirror = read_mirror(*mirror, report_);
    if (auto const* const fault = entry_.find("fault")) mapping_.fault = read_fault(*fault, report_);
  }

  void read_tls() {
    auto const* const node = entry_.find("tls");
    if (node == nullptr) return;
    auto& tls = mapping_.tls;
    tls.where = node->where;
    text(*node, "ca", tls.ca);
    text(*node, "cert", tls.cert);
    text(*node, "key", tls.key);
    refuse_half_a_pair(*node, report_);
    if (auto const* const name = node->find("server_name")) read_server_name(*name);
    if (auto const* const verify = node->find("verify")) tls.verify = read_boolean(*verify, report_).value_or(true);
    if (auto const* const ca = node->find("ca"); ca != nullptr && !tls.verify)
      refuse(report_, *ca, "a ca is of no use with verify: false", "remove one of them");
  }

  void text(Node const& section, std::string_view name, std::string& value) {
    if (auto const* const node = section.find(name)) value = read_text(*node, report_).value_or("");
  }

  void read_server_name(Node const& node) {
    Authority authority;
    auto const fault = parse_authority(node.text, authority);
    if (fault == UriFault::none && authority.port == 0 && !node.text.ends_with(':')) {
      mapping_.tls.server_name = authority.host;
    } else {
      refuse(report_, node, "must be " + form_in_words(*node.key),
             fault == UriFault::none ? "without a port" : std::string{describe(fault)});
    }
  }

  void read_credential() {
    auto const* const node = entry_.find("credential");
    if (node == nullptr) return;
    Credential credential;
    credential.where = node->where;
    if (auto const* const header = node->find("header")) credential.header = read_field_name(*header, report_).value_or("");
    text(*node, "prefix", credential.prefix);
    text(*node, "file", credential.file);
    mapping_.credential = std::move(credential);
  }

  void read_parent() {
    auto const* const via = entry_.find("via");
    mapping_.via = via != nullptr ? read_via(*via, report_) : inherited_via(global_, mapping_.targets);
  }

  // ---- what goes with what

  void judge_schemes() {
    auto const& protocol = row_of(mapping_.source.scheme);
    auto const target = mapping_.targets.front().scheme;
    if (&protocol_to(target) != &protocol) {
      refuse(report_, *entry_.find("target"),
             fmt::format("a source with {} goes to {}, not to {}", protocol.prefix, in_words(target_prefixes(protocol.targets)),
                         uri_prefix(target)));
    }
    auto const* const tls = entry_.find("tls");
    auto const ends = tls_ends();
    if (tls != nullptr && ends.empty()) refuse_key(report_, *tls, "is only for a target with " + tls_prefixes());
    if (!ends.empty() && !mapping_.tls.verify) warn_of_unverified(ends, *tls->find("verify"));
  }

  /// The targets that TLS is spoken to, the mirror's last.
  [[nodiscard]] std::vector<Target const*> tls_ends() const {
    std::vector<Target const*> ends;
    for (auto const& target : mapping_.targets) {
      if (is_tls(target.scheme)) ends.push_back(&target);
    }
    if (mapping_.mirror && is_tls(mapping_.mirror->target.scheme)) ends.push_back(&mapping_.mirror->target);
    return ends;
  }

  void warn_of_unverified(std::vector<Target const*> const& ends, Node const& verify) {
    report_.warning(verify.where, verify.path,
                    fmt::format("the certificates of {}{} are not verified: anyone in between can read and change what is sent",
                                ends.front()->authority.text(0), ends.size() > 1 ? " and the other targets" : ""),
                    {}, "name who signed them: tls: {ca: /tls/ca.crt}");
  }

  /// A secret is sent where nobody in between can read it. Of several targets that break this the first is told.
  void judge_credentials() {
    if (!mapping_.credential || !has_key(row_of(mapping_.source.scheme), "credential")) return;
    for (auto const& target : mapping_.targets) {
      if (!judge_credential(target)) return;
    }
  }

  bool judge_credential(Target const& target) {
    auto const& node = *entry_.find("credential");
    if (is_tls(target.scheme)) {
      if (mapping_.tls.verify) return true;
      report_.error(node.where, node.path, "a credential for a target that is not verified: anyone in between could take it",
                    target.text, "remove verify: false");
      return false;
    }
    if (is_loopback_host(target.authority.host) && !leaves_by_proxy()) return true;
    report_.error(node.where, node.path, "a credential over plain HTTP: anyone in between could read it", target.text,
                  "write https://");
    return false;
  }

  /// One way out for all the targets: they leave this machine, or none does.
  void judge_parent() {
    if (!mapping_.via) return;
    auto const& targets = mapping_.targets;
    auto const srv = std::find_if(targets.begin(), targets.end(), [](Target const& target) { return target.srv; });
    if (srv != targets.end()) refuse_srv_by_parent(*srv, *entry_.find("target"));
    if (srv == targets.end() && mapping_.mirror && mapping_.mirror->target.srv)
      refuse_srv_by_parent(mapping_.mirror->target, *entry_.find("mirror")->find("target"));
    if (entry_.find("via") != nullptr) return;
    auto const local = std::find_if(targets.begin(), targets.end(),
                                    [](Target const& target) { return is_loopback_host(target.authority.host); });
    if (local == targets.end()) return;
    report_.error(local->where, entry_.find("target")->path,
                  "some of the targets are on this machine, and the others are reached by the parent proxy", local->text,
                  "give the source a via of its own, or via: off");
  }

  void refuse_srv_by_parent(Target const& target, Node const& node) {
    report_.error(target.where, node.path, "a parent proxy cannot reach a host that is looked up as SRV", target.text,
                  "write via: off, or a host and a port");
  }

  [[nodiscard]] bool leaves_by_proxy() const { return mapping_.via && !is_loopback_host(mapping_.via->authority.host); }

  Node const& entry_;
  Settings const& global_;
  EndpointFiles& files_;
  Report& report_;
  Mapping mapping_;
};

}  // namespace

std::optional<Mapping> read_mapping(Node const& entry, Settings const& global, EndpointFiles& files, Report& report) {
  return MappingReader(entry, global, files, report).read();
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
