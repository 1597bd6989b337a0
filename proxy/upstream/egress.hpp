// How connections leave, beside where to: with TLS or without, which addresses a name may have, through which parent
// proxy, and how many. Built from the settings; equal options make one Egress with one number, so that its connections are
// shared, also with those of the settings before a reload.
#pragma once

#include "balance/address_rules.hpp"
#include "balance/pool_state.hpp"
#include "base/uri.hpp"
#include "config/settings/settings.hpp"
#include "net/current.hpp"
#include "net/tls_source.hpp"
#include "upstream/idle_input.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::upstream {

/// What tells one egress from another. Holds what it needs, so that a pool may outlive the settings that it was made for.
struct EgressOptions {
  balance::AddressRules addresses;
  std::shared_ptr<net::TlsSource> tls;  ///< null: no TLS
  std::string server_name;              ///< for SNI and the certificate; empty: the upstream's host
  std::optional<config::Via> via;       ///< none: straight to the upstream
  std::shared_ptr<net::Current<std::string> const> via_credentials;  ///< the value of Proxy-Authorization; null: none
  balance::PoolLimits limits;
  bool tunnelled = false;  ///< with `via`: the parent is asked for a tunnel, not for the call itself
  TakeIdleInput take_idle_input = refuse_idle_input;

  /// Whether connections of one may be lent to calls of the other.
  bool operator==(EgressOptions const&) const = default;
};

struct Egress {
  EgressOptions options;
  std::uint32_t id = 0;              ///< equal options have the same
  std::weak_ptr<Egress const> self;  ///< of one that is shared
};

/// One Egress for all equal options, as long as somebody holds it. Numbers are never used twice. On one thread.
class Egresses {
 public:
  /// The one that is known for these options; else a new one.
  std::shared_ptr<Egress const> of(EgressOptions options);

 private:
  std::vector<std::weak_ptr<Egress const>> known_;
  std::uint32_t next_ = 0;
};

/// Returns what the host is if the parent proxy must not be asked for it. Returns nullopt if it may be asked, if the host is a
/// name, which the parent looks up, or if there is no parent.
std::optional<balance::AddressClass> refused_to_parent(EgressOptions const& options, std::string_view host) noexcept;

/// Whether a parent proxy is asked for the calls themselves: its connections are for calls to anywhere.
inline bool goes_by_parent(Egress const& egress) noexcept { return egress.options.via && !egress.options.tunnelled; }

/// Whose pool a call to `upstream` takes its connections from.
inline Authority const& next_pool(Authority const& upstream, Egress const& egress) noexcept {
  return goes_by_parent(egress) ? egress.options.via->authority : upstream;
}

/// Where the calls to a target go to.
Authority authority_of(config::Target const& target);

class EgressTable {
 public:
  /// Where the contexts and the secrets of files are.
  struct Files {
    std::function<std::shared_ptr<net::TlsSource>(config::UpstreamTls const&, config::TargetScheme)> tls;
    std::function<std::shared_ptr<net::Current<std::string> const>(config::Via const&)> via_credentials;
  };

  EgressTable(config::Settings const& settings, Files const& files, Egresses& egresses);

  [[nodiscard]] Egress const& of_mapping(std::size_t index) const noexcept { return *mappings_[index]; }
  /// Of a source with a mirror.
  [[nodiscard]] Egress const& of_mirror(std::size_t index) const noexcept { return *mirrors_[index]; }
  /// `scheme`: http, https, or tcp for a tunnel.
  [[nodiscard]] Egress const& of_allowed(std::size_t index, config::TargetScheme scheme) const noexcept {
    return *allowed_[index][kind_of(scheme)];
  }
  [[nodiscard]] Egress const& of_unmapped(config::TargetScheme scheme) const noexcept { return *unmapped_[kind_of(scheme)]; }

  /// Whether anything leaves by it.
  [[nodiscard]] bool has(Egress const& egress) const noexcept {
    return std::binary_search(ids_.begin(), ids_.end(), egress.id);
  }

 private:
  using EgressPtr = std::shared_ptr<Egress const>;
  using ByScheme = std::array<EgressPtr, 3>;

  static std::size_t kind_of(config::TargetScheme scheme) noexcept {
    return scheme == config::TargetScheme::http ? 0 : scheme == config::TargetScheme::https ? 1 : 2;
  }

  std::vector<EgressPtr> mappings_;
  std::vector<EgressPtr> mirrors_;  ///< by mapping; null where it has none
  std::vector<ByScheme> allowed_;
  ByScheme unmapped_;
  std::vector<std::uint32_t> ids_;  ///< of all of them, in order
};

}  // namespace ambassador::upstream
