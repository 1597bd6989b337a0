// How connections leave, beside where to: with TLS or without, which addresses a name may have, through which parent
// proxy, and how many. Built once from the settings; an equal way has one number, so that its connections are shared.
#pragma once

#include "balance/address_rules.hpp"
#include "config/settings.hpp"
#include "net/current.hpp"
#include "net/tls_source.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::upstream {

struct Egress {
  std::uint32_t id = 0;  ///< equal ones have the same
  balance::AddressRules addresses;
  net::TlsSource* tls = nullptr;                               ///< null: no TLS
  std::string server_name;                                     ///< for SNI and the certificate; empty: the upstream's host
  config::Via const* via = nullptr;                            ///< null: straight to the upstream
  net::Current<std::string> const* via_credentials = nullptr;  ///< the value of Proxy-Authorization; null: none
  std::size_t connections = 0;                                 ///< `limits.connections`
  std::size_t pending = 0;                                     ///< `limits.pending`
  bool tunnelled = false;  ///< with `via`: the parent is asked for a tunnel, not for the call itself
};

/// What the host is where the parent proxy must not be asked for it; nothing where it may, where it is a name, which the
/// parent looks up, or where there is no parent.
std::optional<balance::AddressClass> refused_to_parent(Egress const& egress, std::string_view host) noexcept;

/// Whether a parent proxy is asked for the calls themselves: its connections are for calls to anywhere.
inline bool goes_by_parent(Egress const& egress) noexcept { return egress.via != nullptr && !egress.tunnelled; }

/// Whose pool a call to `upstream` takes its connections from.
inline Authority const& next_pool(Authority const& upstream, Egress const& egress) noexcept {
  return goes_by_parent(egress) ? egress.via->authority : upstream;
}

/// Where the calls to a target go to.
Authority authority_of(config::Target const& target);

class EgressTable {
 public:
  /// Where the contexts and the secrets of files are, which outlive the table.
  struct Files {
    std::function<net::TlsSource&(config::UpstreamTls const&, config::TargetScheme)> tls;
    std::function<net::Current<std::string> const&(config::Via const&)> via_credentials;
  };

  /// Borrows the settings.
  EgressTable(config::Settings const& settings, Files const& files);

  [[nodiscard]] Egress const& of_mapping(std::size_t index) const noexcept { return mappings_[index]; }
  /// Of a source with a mirror.
  [[nodiscard]] Egress const& of_mirror(std::size_t index) const noexcept { return mirrors_[index]; }
  /// `scheme`: http, https, or tcp for a tunnel.
  [[nodiscard]] Egress const& of_allowed(std::size_t index, config::TargetScheme scheme) const noexcept {
    return allowed_[index][kind_of(scheme)];
  }
  [[nodiscard]] Egress const& of_unmapped(config::TargetScheme scheme) const noexcept { return unmapped_[kind_of(scheme)]; }

 private:
  using ByScheme = std::array<Egress, 3>;

  static std::size_t kind_of(config::TargetScheme scheme) noexcept {
    return scheme == config::TargetScheme::http ? 0 : scheme == config::TargetScheme::https ? 1 : 2;
  }
  [[nodiscard]] Egress mapping_egress(config::Mapping const& mapping, config::Target const& target) const;
  [[nodiscard]] ByScheme unnamed_egresses(balance::AddressRules const& addresses) const;
  void number();

  config::Settings const& settings_;
  Files const& files_;
  std::vector<Egress> mappings_;
  std::vector<Egress> mirrors_;  ///< by mapping; unused where it has none
  std::vector<ByScheme> allowed_;
  ByScheme unmapped_;
};

}  // namespace ambassador::upstream
