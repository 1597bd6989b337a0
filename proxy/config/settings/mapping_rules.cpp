#include "config/settings/mapping_rules.hpp"

#include "config/protocol.hpp"
#include "config/settings/source_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::config {
namespace {

// ---- schemes and TLS

/// `https:// or tls://`.
std::string tls_prefixes() {
  std::vector<std::string_view> prefixes;
  for (auto const& target : target_rows) {
    if (target.tls) prefixes.push_back(target.prefix);
  }
  return in_words(prefixes);
}

void judge_schemes(Node const& entry, Mapping const& mapping, Report& report) {
  auto const& protocol = row_of(mapping.source.scheme);
  auto const target = mapping.targets.front().scheme;
  if (&protocol_to(target) == &protocol) return;
  refuse(report, *entry.find("target"),
         fmt::format("a source with {} goes to {}, not to {}", protocol.prefix, in_words(target_prefixes(protocol.targets)),
                     uri_prefix(target)));
}

/// The targets that TLS is spoken to, the mirror's last.
std::vector<Target const*> tls_ends(Mapping const& mapping) {
  std::vector<Target const*> ends;
  for (auto const& target : mapping.targets) {
    if (is_tls(target.scheme)) ends.push_back(&target);
  }
  if (mapping.mirror && is_tls(mapping.mirror->target.scheme)) ends.push_back(&mapping.mirror->target);
  return ends;
}

void warn_of_unverified(std::vector<Target const*> const& ends, Node const& verify, Report& report) {
  report.warning(verify.where, verify.path,
                 fmt::format("the certificates of {}{} are not verified: anyone in between can read and change what is sent",
                             ends.front()->authority.text(0), ends.size() > 1 ? " and the other targets" : ""),
                 {}, "name who signed them: tls: {ca: /tls/ca.crt}");
}

void judge_tls(Node const& entry, Mapping const& mapping, Report& report) {
  auto const* const tls = entry.find("tls");
  if (tls == nullptr) return;
  auto const ends = tls_ends(mapping);
  if (ends.empty()) return refuse_key(report, *tls, "is only for a target with " + tls_prefixes());
  if (!mapping.tls.verify) warn_of_unverified(ends, *tls->find("verify"), report);
}

// ---- credentials

bool leaves_by_proxy(Mapping const& mapping) { return mapping.via && !is_loopback_host(mapping.via->authority.host); }

/// Whether a credential may be sent to the target. If it may not, that is reported.
bool judge_credential(Node const& credential, Mapping const& mapping, Target const& target, Report& report) {
  if (is_tls(target.scheme)) {
    if (mapping.tls.verify) return true;
    report.error(credential.where, credential.path,
                 "a credential for a target that is not verified: anyone in between could take it", target.text,
                 "remove verify: false");
    return false;
  }
  if (is_loopback_host(target.authority.host) && !leaves_by_proxy(mapping)) return true;
  report.error(credential.where, credential.path, "a credential over plain HTTP: anyone in between could read it", target.text,
               "write https://");
  return false;
}

/// A secret is sent where nobody in between can read it. Of several targets that break this the first is told.
void judge_credentials(Node const& entry, Mapping const& mapping, Report& report) {
  if (!mapping.credential || !has_key(row_of(mapping.source.scheme), "credential")) return;
  auto const& credential = *entry.find("credential");
  for (auto const& target : mapping.targets) {
    if (!judge_credential(credential, mapping, target, report)) return;
  }
}

// ---- the parent proxy

void refuse_srv_by_parent(Target const& target, Node const& node, Report& report) {
  report.error(target.where, node.path, "a parent proxy cannot reach a host that is looked up as SRV", target.text,
               "write via: off, or a host and a port");
}

void judge_srv_by_parent(Node const& entry, Mapping const& mapping, Report& report) {
  auto const& targets = mapping.targets;
  auto const srv = std::find_if(targets.begin(), targets.end(), [](Target const& target) { return target.srv; });
  if (srv != targets.end()) {
    refuse_srv_by_parent(*srv, *entry.find("target"), report);
  } else if (mapping.mirror && mapping.mirror->target.srv) {
    refuse_srv_by_parent(mapping.mirror->target, *entry.find("mirror")->find("target"), report);
  }
}

/// One way out for all the targets: they leave this machine, or none does.
void judge_parent(Node const& entry, Mapping const& mapping, Report& report) {
  if (!mapping.via) return;
  judge_srv_by_parent(entry, mapping, report);
  if (entry.find("via") != nullptr) return;
  auto const& targets = mapping.targets;
  auto const local = std::find_if(targets.begin(), targets.end(),
                                  [](Target const& target) { return is_loopback_host(target.authority.host); });
  if (local == targets.end()) return;
  report.error(local->where, entry.find("target")->path,
               "some of the targets are on this machine, and the others are reached by the parent proxy", local->text,
               "give the source a via of its own, or via: off");
}

}  // namespace

void judge_mapping(Node const& entry, Mapping const& mapping, Report& report) {
  judge_schemes(entry, mapping, report);
  judge_tls(entry, mapping, report);
  judge_source_keys(entry, mapping, report);
  judge_credentials(entry, mapping, report);
  judge_parent(entry, mapping, report);
}

}  // namespace ambassador::config
