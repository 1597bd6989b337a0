// Which addresses of a name may be connected to, whatever text they came from: a name that anyone may point anywhere must
// not lead to a cloud's metadata, to this machine or into the private network, unless the configuration says so itself.
// It is asked for each address after the look-up, and what it let pass is what is connected to.
#pragma once

#include "base/ip_address.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ambassador::balance {

/// What is at an address, from the harmless to the worst: the IANA special-purpose registries (RFC 6890), and the
/// metadata services of the clouds. Documentation ranges count as public.
enum class AddressClass : std::uint8_t {
  public_,
  special,      ///< benchmarks, protocol assignments, IPv6 that nobody was given
  cgnat,        ///< RFC 6598
  private_,     ///< RFC 1918, RFC 4193, and what only a local NAT64 knows (RFC 8215)
  loopback,     ///< RFC 1122 section 3.2.1.3
  reserved,     ///< 240.0.0.0/4; from here on they are refused to mapped targets too
  multicast,    ///< RFC 5771, RFC 4291 section 2.7
  broadcast,    ///< 255.255.255.255
  unspecified,  ///< 0.0.0.0/8 and ::, which connect to this machine
  link_local,   ///< RFC 3927, RFC 4291 section 2.5.6
  metadata,     ///< where a cloud hands out credentials
};

/// What an address leads to. One that wraps IPv4 is as bad as the IPv4 inside: mapped, compatible (`::10.0.0.1`),
/// translated (RFC 2765), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380) and ISATAP (RFC 5214).
AddressClass classify(IpAddress const& address) noexcept;

/// With its article, for a sentence: "a link-local address".
std::string_view name(AddressClass address_class) noexcept;

/// By what a call is let through.
enum class AddressPolicy : std::uint8_t {
  mapped,    ///< a target of the map
  allowed,   ///< an entry of `allow`
  unmapped,  ///< `unmapped: allow` or `report`: nothing in the configuration names the destination
};

struct AddressRules {
  AddressPolicy policy = AddressPolicy::mapped;
  /// What the allow entry names: itself a network, or its `addresses`. None reaches further than it says: one of IPv6 is
  /// not about IPv4, and classes from `reserved` on are opened only by an address alone, or a network inside their range.
  std::vector<IpNetwork> permitted;
  /// The address as which the configuration (a target, an allow entry) writes its host; never one that a client wrote.
  std::optional<IpAddress> literal;

  bool operator==(AddressRules const&) const = default;
};

/// What the address is where it may not be reached; nothing where it may. `AddressPolicy::unmapped` looks neither at
/// `permitted` nor at `literal`.
std::optional<AddressClass> refusal(IpAddress const& address, AddressRules const& rules) noexcept;

}  // namespace ambassador::balance
