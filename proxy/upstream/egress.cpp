#include "upstream/egress.hpp"

#include <algorithm>

namespace ambassador::upstream {
namespace {

using balance::AddressPolicy;
using config::TargetScheme;

constexpr std::array unmapped_schemes{TargetScheme::http, TargetScheme::https, TargetScheme::tcp};

/// Whether connections of one may be lent to calls of the other.
bool same_way(Egress const& a, Egress const& b) {
  bool const same_via = a.via == b.via || (a.via != nullptr && b.via != nullptr && *a.via == *b.via);
  return same_via && a.addresses.policy == b.addresses.policy && a.addresses.permitted == b.addresses.permitted &&
         a.tls == b.tls && a.server_name == b.server_name && a.connections == b.connections && a.pending == b.pending &&
         a.tunnelled == b.tunnelled;
}

}  // namespace

std::optional<balance::AddressClass> refused_to_parent(Egress const& egress, std::string_view host) noexcept {
  if (egress.via == nullptr) return std::nullopt;
  auto const literal = parse_ip_address(host);
  if (!literal) return std::nullopt;
  auto rules = egress.addresses;
  if (rules.policy == AddressPolicy::mapped) rules.literal = literal;
  return balance::refusal(*literal, rules);
}

Authority authority_of(config::Target const& target) {
  Authority upstream{target.authority.host, target.port};
  if (target.fully_qualified) upstream.host.push_back('.');  // no search domains
  return upstream;
}

EgressTable::EgressTable(config::Settings const& settings, Files const& files) : settings_{settings}, files_{files} {
  for (auto const& mapping : settings.map) {
    mappings_.push_back(mapping_egress(mapping, mapping.targets.front()));
    mirrors_.push_back(mapping.mirror ? mapping_egress(mapping, mapping.mirror->target) : Egress{});
    mirrors_.back().tunnelled = true;
  }
  for (auto const& rule : settings.allow) {
    auto permitted = rule.addresses;
    if (rule.network) permitted.push_back(*rule.network);
    allowed_.push_back(unnamed_egresses({AddressPolicy::allowed, std::move(permitted), {}}));
  }
  unmapped_ = unnamed_egresses({AddressPolicy::unmapped, {}, {}});
  number();
}

Egress EgressTable::mapping_egress(config::Mapping const& mapping, config::Target const& target) const {
  Egress egress{.addresses = {AddressPolicy::mapped, {}, {}},
                .server_name = mapping.tls.server_name,
                .connections = mapping.connections != 0 ? mapping.connections : settings_.limits.connections,
                .pending = mapping.connections != 0 ? mapping.pending : settings_.limits.pending,
                .tunnelled = target.scheme != TargetScheme::http};
  if (config::is_tls(target.scheme)) egress.tls = &files_.tls(mapping.tls, target.scheme);
  if (mapping.via) {
    egress.via = &*mapping.via;
    if (!mapping.via->credentials_file.empty()) egress.via_credentials = &files_.via_credentials(*mapping.via);
  }
  return egress;
}

EgressTable::ByScheme EgressTable::unnamed_egresses(balance::AddressRules const& addresses) const {
  ByScheme all;
  for (auto const scheme : unmapped_schemes) {
    auto& egress = all[kind_of(scheme)];
    egress.addresses = addresses;
    egress.connections = settings_.limits.connections;
    egress.pending = settings_.limits.pending;
    egress.tunnelled = scheme != TargetScheme::http;
    if (scheme == TargetScheme::https) egress.tls = &files_.tls({}, scheme);
    if (!settings_.via) continue;
    egress.via = &*settings_.via;
    if (!settings_.via->credentials_file.empty()) egress.via_credentials = &files_.via_credentials(*settings_.via);
  }
  return all;
}

void EgressTable::number() {
  std::vector<Egress const*> known;
  auto const give = [&](Egress& egress) {
    auto const same = std::find_if(known.begin(), known.end(), [&](auto const* other) { return same_way(*other, egress); });
    egress.id = static_cast<std::uint32_t>(same - known.begin());
    if (same == known.end()) known.push_back(&egress);
  };
  for (auto& egress : mappings_) give(egress);
  for (auto& egress : mirrors_) give(egress);
  for (auto& schemes : allowed_) {
    for (auto& egress : schemes) give(egress);
  }
  for (auto& egress : unmapped_) give(egress);
}

}  // namespace ambassador::upstream
