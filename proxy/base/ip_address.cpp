#include "base/ip_address.hpp"

#include "base/bytes.hpp"

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>

#include <algorithm>

namespace ambassador {
namespace {

constexpr unsigned all_bits = 128;
constexpr unsigned v4_offset = 96;  // bits before an IPv4 address in its mapped form

/// How many bits of byte `i` a prefix of so many bits covers, as a mask.
constexpr std::uint8_t mask_of(unsigned prefix, std::size_t i) noexcept {
  auto const begin = static_cast<unsigned>(i) * 8;
  if (prefix >= begin + 8) return 0xff;
  if (prefix <= begin) return 0;
  return static_cast<std::uint8_t>(0xff << (begin + 8 - prefix));
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  if (auto const v4 = boost::urls::parse_ipv4_address(text)) return IpAddress::v4(v4->to_uint());
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  auto const v6 = boost::urls::parse_ipv6_address(text);
  if (!v6) return std::nullopt;
  IpAddress out;
  auto const bytes = v6->to_bytes();
  std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
  return out;
}

bool looks_like_ipv4(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  auto label = host.substr(host.rfind('.') + 1);  // all of it where there is no dot: npos + 1 is 0
  if (label.empty() || !is_digit(label.front())) return false;
  if (std::all_of(label.begin(), label.end(), is_digit)) return true;
  if (label[0] != '0' || to_lower(label[1]) != 'x') return false;
  label.remove_prefix(2);
  return std::all_of(label.begin(), label.end(), [](char c) { return hex_value(c) >= 0; });
}

std::string to_string(IpAddress const& address) {
  if (address.is_v4()) return boost::urls::ipv4_address{address.low_bits()}.to_string();
  boost::urls::ipv6_address::bytes_type bytes;
  std::copy(address.bytes.begin(), address.bytes.end(), bytes.begin());
  return boost::urls::ipv6_address{bytes}.to_string();
}

bool IpNetwork::contains(IpAddress const& other) const noexcept {
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    if ((other.bytes[i] & mask_of(prefix, i)) != address.bytes[i]) return false;
  }
  return true;
}

std::optional<IpNetwork> parse_ip_network(std::string_view text) {
  auto const slash = text.find('/');
  auto const address = parse_ip_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpNetwork network{*address, all_bits};
  if (slash == std::string_view::npos) return network;
  auto const offset = address->is_v4() ? v4_offset : 0;
  auto const digits = text.substr(slash + 1);
  auto const bits = digits.size() <= 3 ? parse_decimal(digits) : std::nullopt;
  if (!bits || *bits > all_bits - offset) return std::nullopt;
  network.prefix = static_cast<unsigned>(*bits) + offset;
  return network.contains(*address) ? std::optional{network} : std::nullopt;
}

std::string to_string(IpNetwork const& network) {
  auto text = to_string(network.address);
  if (network.prefix == all_bits) return text;
  auto const offset = network.address.is_v4() && network.prefix >= v4_offset ? v4_offset : 0;
  return text + '/' + std::to_string(network.prefix - offset);
}

}  // namespace ambassador
