#include "upstream/egress.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::upstream {
namespace {

using balance::AddressPolicy;
using config::TargetScheme;

constexpr std::array unmapped_schemes{TargetScheme::http, TargetScheme::https, TargetScheme::tcp};

/// Whether connections of one may be lent to calls of the other.
bool same_way(Egress const& a, Egress const& b) {
  bool const same_via = a.via == b.via || (a.via != nullptr && b.via != nullptr && *a.via == *b.via);
  return same_via && a.via_credentials == b.via_credentials && a.addresses.policy == b.addresses.policy &&
         a.addresses.permitted == b.addresses.permitted && a.tls == b.tls && a.server_name == b.server_name &&
         a.connections == b.connections && a.pending == b.pending && a.tunnelled == b.tunnelled;
}

/// Makes the ways of one configuration.
class Maker {
 public:
  Maker(config::Settings const& settings, EgressTable::Files const& files) : settings_{settings}, files_{files} {
    if (settings.via) via_ = std::make_shared<config::Via const>(*settings.via);
  }

  [[nodiscard]] Egress for_mapping(config::Mapping const& mapping, config::Target const& target) const {
    Egress egress;
    egress.addresses = {AddressPolicy::mapped, {}, {}};
    egress.server_name = mapping.tls.server_name;
    egress.connections = mapping.connections != 0 ? mapping.connections : settings_.limits.connections;
    egress.pending = mapping.connections != 0 ? mapping.pending : settings_.limits.pending;
    egress.tunnelled = !config::row_of(target.scheme).absolute_form;
    if (config::is_tls(target.scheme)) egress.tls = files_.tls(mapping.tls, target.scheme);
    if (mapping.via) go_by(egress, std::make_shared<config::Via const>(*mapping.via));
    return egress;
  }

  [[nodiscard]] Egress for_unnamed(balance::AddressRules const& addresses, TargetScheme scheme) const {
    Egress egress;
    egress.addresses = addresses;
    egress.connections = settings_.limits.connections;
    egress.pending = settings_.limits.pending;
    egress.tunnelled = !config::row_of(scheme).absolute_form;
    if (config::is_tls(scheme)) egress.tls = files_.tls({}, scheme);
    if (via_) go_by(egress, via_);
    return egress;
  }

 private:
  void go_by(Egress& egress, std::shared_ptr<config::Via const> via) const {
    if (!via->credentials_file.empty()) egress.via_credentials = files_.via_credentials(*via);
    egress.via = std::move(via);
  }

  config::Settings const& settings_;
  EgressTable::Files const& files_;
  std::shared_ptr<config::Via const> via_;
};

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

std::shared_ptr<Egress const> Ways::of(Egress egress) {
  std::erase_if(known_, [](auto const& way) { return way.expired(); });
  for (auto const& way : known_) {
    if (auto known = way.lock(); known && same_way(*known, egress)) return known;
  }
  egress.id = next_++;
  auto const made = std::make_shared<Egress>(std::move(egress));
  made->self = made;
  known_.push_back(made);
  return made;
}

EgressTable::EgressTable(config::Settings const& settings, Files const& files, Ways& ways) {
  Maker const maker{settings, files};
  auto const shared = [&](Egress egress) {
    auto way = ways.of(std::move(egress));
    ids_.push_back(way->id);
    return way;
  };
  auto const unnamed = [&](balance::AddressRules const& addresses) {
    ByScheme all;
    for (auto const scheme : unmapped_schemes) all[kind_of(scheme)] = shared(maker.for_unnamed(addresses, scheme));
    return all;
  };
  auto const to_mirror = [&](config::Mapping const& mapping) {
    auto way = maker.for_mapping(mapping, mapping.mirror->target);
    way.server_name.clear();  // `tls.server_name` is the targets'
    way.tunnelled = true;     // its calls are written for the mirror, not for a parent proxy
    return shared(std::move(way));
  };
  for (auto const& mapping : settings.map) {
    mappings_.push_back(shared(maker.for_mapping(mapping, mapping.targets.front())));
    mirrors_.push_back(mapping.mirror ? to_mirror(mapping) : nullptr);
  }
  for (auto const& rule : settings.allow) {
    auto permitted = rule.addresses;
    if (rule.network) permitted.push_back(*rule.network);
    allowed_.push_back(unnamed({AddressPolicy::allowed, std::move(permitted), {}}));
  }
  unmapped_ = unnamed({AddressPolicy::unmapped, {}, {}});
  std::sort(ids_.begin(), ids_.end());
}

}  // namespace ambassador::upstream
