#include "balance/address_rules.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace ambassador::balance {
namespace {

constexpr auto first_always_refused = AddressClass::reserved;
constexpr unsigned all_bits = 128;
constexpr unsigned v4_offset = 96;  // bits before an IPv4 address in its mapped form

struct Range {
  IpNetwork network;
  AddressClass is;
};

constexpr Range v4(std::uint32_t address, unsigned prefix, AddressClass is) {
  return {{IpAddress::v4(address), v4_offset + prefix}, is};
}

/// From the address's leading 16-bit groups and its trailing ones; between them are zeros.
constexpr Range v6(std::initializer_list<unsigned> front, std::initializer_list<unsigned> back, unsigned prefix,
                   AddressClass is) {
  IpAddress address;
  auto const put = [&](std::size_t at, std::initializer_list<unsigned> groups) {
    for (auto const group : groups) {
      address.bytes[at++] = static_cast<std::uint8_t>(group >> 8);
      address.bytes[at++] = static_cast<std::uint8_t>(group & 0xff);
    }
  };
  put(0, front);
  put(16 - 2 * back.size(), back);
  return {{address, prefix}, is};
}

/// The first that contains an address says what it is.
constexpr std::array ranges{
    // AWS, Google, Azure, Oracle, DigitalOcean, OpenStack and others share the first.
    v4(0xa9fea9fe, 32, AddressClass::metadata),                         // 169.254.169.254
    v4(0xa9feaa02, 32, AddressClass::metadata),                         // 169.254.170.2, AWS: tasks' credentials
    v4(0xa9feaa17, 32, AddressClass::metadata),                         // 169.254.170.23, AWS: pods' credentials
    v4(0xa9fe2a2a, 32, AddressClass::metadata),                         // 169.254.42.42, Scaleway
    v4(0xa9fe0017, 32, AddressClass::metadata),                         // 169.254.0.23, Tencent
    v4(0x646464c8, 32, AddressClass::metadata),                         // 100.100.100.200, Alibaba
    v4(0xc00000c0, 32, AddressClass::metadata),                         // 192.0.0.192, Oracle's classic cloud
    v4(0xa83f8110, 32, AddressClass::metadata),                         // 168.63.129.16, Azure's WireServer
    v6({0xfd00, 0xec2}, {0x254}, 128, AddressClass::metadata),          // AWS
    v6({0xfd00, 0xec2}, {0x23}, 128, AddressClass::metadata),           // AWS: pods' credentials
    v6({0xfd20, 0xce}, {0x254}, 128, AddressClass::metadata),           // Google
    v6({0xfd00, 0xc1}, {0xa9fe, 0xa9fe}, 128, AddressClass::metadata),  // Oracle
    v6({0xfd00, 0x42}, {0x42}, 128, AddressClass::metadata),            // Scaleway
    v6({0xfe80}, {0xa9fe, 0xa9fe}, 128, AddressClass::metadata),        // OpenStack

    v4(0x00000000, 8, AddressClass::unspecified),
    v4(0x0a000000, 8, AddressClass::private_),     // 10.0.0.0
    v4(0x64400000, 10, AddressClass::cgnat),       // 100.64.0.0
    v4(0x7f000000, 8, AddressClass::loopback),     // 127.0.0.0
    v4(0xa9fe0000, 16, AddressClass::link_local),  // 169.254.0.0
    v4(0xac100000, 12, AddressClass::private_),    // 172.16.0.0
    v4(0xc0000000, 24, AddressClass::special),     // 192.0.0.0
    v4(0xc0a80000, 16, AddressClass::private_),    // 192.168.0.0
    v4(0xc6120000, 15, AddressClass::special),     // 198.18.0.0
    v4(0xe0000000, 4, AddressClass::multicast),    // 224.0.0.0
    v4(0xffffffff, 32, AddressClass::broadcast),
    v4(0xf0000000, 4, AddressClass::reserved),  // 240.0.0.0
    v4(0x00000000, 0, AddressClass::public_),

    v6({}, {}, 128, AddressClass::unspecified),
    v6({}, {1}, 128, AddressClass::loopback),
    v6({}, {}, 96, AddressClass::public_),                    // compatible: as the IPv4 inside
    v6({0, 0, 0, 0, 0xffff}, {}, 96, AddressClass::public_),  // translated: as the IPv4 inside
    v6({0x64, 0xff9b}, {}, 96, AddressClass::public_),        // NAT64: as the IPv4 inside
    v6({0x64, 0xff9b, 1}, {}, 48, AddressClass::private_),    // NAT64 of this network's own
    v6({0x2001, 2}, {}, 48, AddressClass::special),           // benchmarks, RFC 5180
    v6({0x2001, 0x10}, {}, 28, AddressClass::special),        // ORCHID, RFC 4843
    v6({0x2000}, {}, 3, AddressClass::public_),               // all that was given to anybody
    v6({0xfc00}, {}, 7, AddressClass::private_),
    v6({0xfe80}, {}, 10, AddressClass::link_local),
    v6({0xfec0}, {}, 10, AddressClass::private_),  // site-local, RFC 3879
    v6({0xff00}, {}, 8, AddressClass::multicast),
    v6({}, {}, 0, AddressClass::special),
};

AddressClass class_in_table(IpAddress const& address) noexcept {
  return std::find_if(ranges.begin(), ranges.end() - 1, [&](Range const& range) { return range.network.contains(address); })
      ->is;
}

bool begins_with(IpAddress const& address, std::size_t at, std::initializer_list<unsigned> bytes) noexcept {
  return std::equal(bytes.begin(), bytes.end(), address.bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

/// The IPv4 address from the bytes at these places.
IpAddress v4_of(IpAddress const& address, std::array<std::size_t, 4> places) noexcept {
  std::uint32_t bits = 0;
  for (auto const place : places) bits = bits << 8 | address.bytes[place];
  return IpAddress::v4(bits);
}

/// Where NAT64 prefixes of 48, 56, 64 and 96 bits put the address, RFC 6052 section 2.2.
constexpr std::array<std::array<std::size_t, 4>, 4> local_nat64_places{
    {{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, {12, 13, 14, 15}}};

/// A translator does not look at the bytes
/// behind it, so that all lengths are read: the length that this network uses is not known here. What reads as 0.x.x.x is
/// part of the prefix.
AddressClass worst_of_local_nat64(IpAddress const& address) noexcept {
  auto worst = AddressClass::public_;
  for (auto const& places : local_nat64_places) {
    if (address.bytes[places[0]] == 0) continue;
    worst = std::max(worst, class_in_table(v4_of(address, places)));
  }
  return worst;
}

/// The worst of all IPv4 addresses inside; public where there is none.
AddressClass class_inside(IpAddress const& address) noexcept {
  auto const low = IpAddress::v4(address.low_bits());
  if (address.is_v4()) return AddressClass::public_;
  if (begins_with(address, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return address.low_bits() > 1 ? class_in_table(low) : AddressClass::public_;  // :: and ::1 wrap nothing
  }
  if (begins_with(address, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0})) return class_in_table(low);
  if (begins_with(address, 0, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return class_in_table(low);
  if (begins_with(address, 0, {0, 0x64, 0xff, 0x9b, 0, 1})) return worst_of_local_nat64(address);
  auto worst = AddressClass::public_;
  if (begins_with(address, 0, {0x20, 0x02})) worst = class_in_table(v4_of(address, {2, 3, 4, 5}));
  if (begins_with(address, 0, {0x20, 0x01, 0, 0})) {
    auto const server = v4_of(address, {4, 5, 6, 7});
    worst = std::max(class_in_table(server), class_in_table(IpAddress::v4(~address.low_bits())));
  }
  bool const isatap = begins_with(address, 8, {0, 0, 0x5e, 0xfe}) || begins_with(address, 8, {2, 0, 0x5e, 0xfe});
  return isatap ? std::max(worst, class_in_table(low)) : worst;
}

/// Whether a network that was written for this purpose reaches so far.
bool opens(IpNetwork const& network, IpAddress const& address, AddressClass is) noexcept {
  bool const about_v4 = network.address.is_v4() && network.prefix >= v4_offset;
  if (about_v4 != address.is_v4() || !network.contains(address)) return false;
  if (is < first_always_refused || network.prefix == all_bits) return true;
  return std::any_of(ranges.begin(), ranges.end(), [&](Range const& range) {
    return range.is == is && range.network.prefix <= network.prefix && range.network.contains(network.address);
  });
}

bool names(AddressRules const& rules, IpAddress const& address, AddressClass is) noexcept {
  if (rules.policy == AddressPolicy::unmapped) return false;
  if (rules.literal == address) return true;
  return std::any_of(rules.permitted.begin(), rules.permitted.end(),
                     [&](IpNetwork const& network) { return opens(network, address, is); });
}

}  // namespace

AddressClass classify(IpAddress const& address) noexcept { return std::max(class_in_table(address), class_inside(address)); }

std::string_view name(AddressClass address_class) noexcept {
  switch (address_class) {
    case AddressClass::public_: return "a public address";
    case AddressClass::special: return "a special-purpose address";
    case AddressClass::cgnat: return "an address of a carrier's NAT";
    case AddressClass::private_: return "a private address";
    case AddressClass::loopback: return "a loopback address";
    case AddressClass::reserved: return "a reserved address";
    case AddressClass::multicast: return "a multicast address";
    case AddressClass::broadcast: return "a broadcast address";
    case AddressClass::unspecified: return "an unspecified address";
    case AddressClass::link_local: return "a link-local address";
    case AddressClass::metadata: return "a cloud's metadata address";
  }
  return "an unknown kind of address";
}

std::optional<AddressClass> refusal(IpAddress const& address, AddressRules const& rules) noexcept {
  auto const is = classify(address);
  auto const first_refused = rules.policy == AddressPolicy::allowed ? AddressClass::special : first_always_refused;
  if (is < first_refused || names(rules, address, is)) return std::nullopt;
  return is;
}

}  // namespace ambassador::balance
