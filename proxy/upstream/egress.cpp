#include "upstream/egress.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::upstream {
namespace {

using balance::AddressPolicy;
using config::TargetScheme;

constexpr std::array unmapped_schemes{TargetScheme::http, TargetScheme::https, TargetScheme::tcp};

/// Makes the options of one configuration.
class Maker {
 public:
  Maker(config::Settings const& settings, EgressTable::Files const& files) : settings_{settings}, files_{files} {}

  [[nodiscard]] EgressOptions for_mapping(config::Mapping const& mapping, config::Target const& target) const {
    EgressOptions options;
    options.addresses = {AddressPolicy::mapped, {}, {}};
    options.server_name = mapping.tls.server_name;
    options.limits.connections = mapping.connections != 0 ? mapping.connections : settings_.limits.connections;
    options.limits.pending = mapping.connections != 0 ? mapping.pending : settings_.limits.pending;
    options.tunnelled = !config::row_of(target.scheme).absolute_form;
    if (config::is_tls(target.scheme)) options.tls = files_.tls(mapping.tls, target.scheme);
    if (mapping.via) go_by(options, *mapping.via);
    return options;
  }

  [[nodiscard]] EgressOptions for_unnamed(balance::AddressRules const& addresses, TargetScheme scheme) const {
    EgressOptions options;
    options.addresses = addresses;
    options.limits.connections = settings_.limits.connections;
    options.limits.pending = settings_.limits.pending;
    options.tunnelled = !config::row_of(scheme).absolute_form;
    if (config::is_tls(scheme)) options.tls = files_.tls({}, scheme);
    if (settings_.via) go_by(options, *settings_.via);
    return options;
  }

 private:
  void go_by(EgressOptions& options, config::Via const& via) const {
    if (!via.credentials_file.empty()) options.via_credentials = files_.via_credentials(via);
    options.via = via;
  }

  config::Settings const& settings_;
  EgressTable::Files const& files_;
};

}  // namespace

std::optional<balance::AddressClass> refused_to_parent(EgressOptions const& options, std::string_view host) noexcept {
  if (!options.via) return std::nullopt;
  auto const literal = parse_ip_address(host);
  if (!literal) return std::nullopt;
  auto rules = options.addresses;
  if (rules.policy == AddressPolicy::mapped) rules.literal = literal;
  return balance::refusal(*literal, rules);
}

Authority authority_of(config::Target const& target) {
  Authority upstream{target.authority.host, target.port};
  if (target.fully_qualified) upstream.host.push_back('.');  // no search domains
  return upstream;
}

std::shared_ptr<Egress const> Egresses::of(EgressOptions options) {
  std::erase_if(known_, [](auto const& egress) { return egress.expired(); });
  for (auto const& egress : known_) {
    if (auto known = egress.lock(); known && known->options == options) return known;
  }
  auto const made = std::make_shared<Egress>(Egress{std::move(options), next_++, {}});
  made->self = made;
  known_.push_back(made);
  return made;
}

EgressTable::EgressTable(config::Settings const& settings, Files const& files, Egresses& egresses) {
  Maker const maker{settings, files};
  auto const shared = [&](EgressOptions options) {
    auto egress = egresses.of(std::move(options));
    ids_.push_back(egress->id);
    return egress;
  };
  auto const unnamed = [&](balance::AddressRules const& addresses) {
    ByScheme all;
    for (auto const scheme : unmapped_schemes) all[kind_of(scheme)] = shared(maker.for_unnamed(addresses, scheme));
    return all;
  };
  auto const to_mirror = [&](config::Mapping const& mapping) {
    auto options = maker.for_mapping(mapping, mapping.mirror->target);
    options.server_name.clear();  // `tls.server_name` is the targets'
    options.tunnelled = true;     // its calls are written for the mirror, not for a parent proxy
    return shared(std::move(options));
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
