// IP addresses and networks as values: what may be connected to is decided over these, whatever text they came from.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador {

/// An IPv4 or an IPv6 address. IPv4 is held in its mapped form (RFC 4291 section 2.5.5.2), so that both have 16 bytes.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  ///< in network order

  /// From four bytes in host order.
  static constexpr IpAddress v4(std::uint32_t address) noexcept {
    IpAddress out;
    out.bytes[10] = out.bytes[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i) out.bytes[12 + i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
    return out;
  }

  /// Whether it is IPv4: mapped addresses are IPv4, for the kernel takes them so.
  [[nodiscard]] constexpr bool is_v4() const noexcept {
    for (std::size_t i = 0; i < 10; ++i) {
      if (bytes[i] != 0) return false;
    }
    return bytes[10] == 0xff && bytes[11] == 0xff;
  }
  /// The last four bytes, in host order: the address where it is IPv4.
  [[nodiscard]] constexpr std::uint32_t low_bits() const noexcept {
    return static_cast<std::uint32_t>(bytes[12]) << 24 | static_cast<std::uint32_t>(bytes[13]) << 16 |
           static_cast<std::uint32_t>(bytes[14]) << 8 | bytes[15];
  }

  auto operator<=>(IpAddress const&) const = default;
};

/// Reads `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`, and nothing else: no zone, no octal, hex or short forms.
std::optional<IpAddress> parse_ip_address(std::string_view text);

/// Whether resolvers would take the host for an IPv4 address rather than ask for its name: its last label is a number,
/// decimal or 0x… (the "ends in a number" rule of the URL standard; `127.1`, `2130706433` and `0x7f.1` are 127.0.0.1 to
/// getaddrinfo). One trailing dot does not count. True of plain addresses too.
bool looks_like_ipv4(std::string_view host) noexcept;

/// The canonical text (RFC 5952), IPv6 without brackets; a mapped address as IPv4.
std::string to_string(IpAddress const& address);

/// A network in CIDR notation.
struct IpNetwork {
  IpAddress address;      ///< bits behind the prefix are zero
  unsigned prefix = 128;  ///< bits that count, of all 128: an IPv4 /8 is 104

  [[nodiscard]] bool contains(IpAddress const& other) const noexcept;
  bool operator==(IpNetwork const&) const = default;
};

/// Reads `10.0.0.0/8`, `fd00::/8`, or an address alone (its own network). Nothing where bits behind the prefix are set.
std::optional<IpNetwork> parse_ip_network(std::string_view text);

std::string to_string(IpNetwork const& network);

}  // namespace ambassador
