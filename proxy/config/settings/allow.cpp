#include "config/settings/allow.hpp"

#include "base/bytes.hpp"
#include "config/settings/host_port.hpp"
#include "config/settings/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ambassador::config {
namespace {

constexpr unsigned all_bits = 128;
constexpr unsigned v4_bits = 32;

/// What the words of `addresses` stand for: RFC 1918, RFC 6598, RFC 4193; RFC 1122 section 3.2.1.3 and RFC 4291.
constexpr std::array<std::string_view, 5> private_networks{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                                                           "fc00::/7"};
constexpr std::array<std::string_view, 2> loopback_networks{"127.0.0.0/8", "::1"};

struct AllowText {
  Node const& node;
  Report& report;

  std::nullopt_t refused(std::string message, std::string hint) const {
    refuse(report, node, std::move(message), std::move(hint));
    return std::nullopt;
  }
};

std::optional<std::vector<std::uint16_t>> read_ports(std::string_view text, AllowText const& entry) {
  std::vector<std::uint16_t> ports;
  if (text == "*") return ports;
  while (true) {
    auto const comma = std::min(text.find(','), text.size());
    auto const port = parse_port(trim(text.substr(0, comma)), 1);
    if (!port) return entry.refused("a port is not a number from 1 to 65535", "write host:80, host:80,443 or host:*");
    if (std::find(ports.begin(), ports.end(), *port) == ports.end()) ports.push_back(*port);
    if (ports.size() > max_allowed_ports)
      return entry.refused(fmt::format("more than {} ports", max_allowed_ports), "write host:*");
    if (comma == text.size()) return ports;
    text.remove_prefix(comma + 1);
  }
}

bool read_allowed_host(std::string_view host, AllowRule& rule, AllowText const& entry) {
  if (host == "*") {
    rule.host_kind = HostKind::any;
    rule.host = "*";
    return true;
  }
  bool const suffix = host.starts_with("*.");
  Authority authority;
  auto const fault = parse_authority(suffix ? host.substr(2) : host, authority);
  bool const literal_suffix = suffix && authority.host.starts_with('[');
  if (fault != UriFault::none || literal_suffix) {
    entry.refused("not a host", host.find('*') != std::string_view::npos
                                    ? "a * stands for a whole host, or for its first labels: *.example.com"
                                    : std::string{describe(fault)});
    return false;
  }
  rule.host_kind = suffix ? HostKind::suffix : HostKind::literal;
  rule.host = suffix ? '.' + authority.host : authority.host;
  if (!suffix) rule.network = parse_ip_network(rule.host);
  return true;
}

/// Why an entry cannot be read at all, where that shows before its parts do.
std::optional<std::string> misfit(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return "an allow entry has no scheme and no path: write host:80";
  if (text.find('/') != std::string_view::npos) return "an allow entry has no path: write host:80";
  return std::nullopt;
}

// ---- networks

bool looks_like_a_network(std::string_view text) {
  auto const slash = text.find('/');
  return slash != std::string_view::npos && slash > 0 && text.find("://") == std::string_view::npos &&
         slash + 1 < text.size() && is_digit(text[slash + 1]) &&
         text.substr(0, slash).find_first_not_of("0123456789abcdefABCDEF.:[]") == std::string_view::npos &&
         text.substr(0, slash).find_first_of(".:") != std::string_view::npos;
}

/// What would be a network where `text` is none: the same without the bits behind its prefix, or a right prefix.
std::string network_hint(std::string_view text) {
  auto const slash = text.find('/');
  auto const address = parse_ip_address(text.substr(0, slash));
  if (!address) return "write 10.0.0.0/8 or fd00::/8";
  auto const bits = address->is_v4() ? v4_bits : all_bits;
  auto const written = slash == std::string_view::npos ? std::nullopt : parse_decimal(text.substr(slash + 1));
  if (!written || *written > bits) return fmt::format("its prefix has 0 to {} bits", bits);
  IpNetwork network{*address, static_cast<unsigned>(*written) + all_bits - bits};
  for (unsigned bit = network.prefix; bit < all_bits; ++bit) {
    network.address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  }
  bool const bracketed = text.front() == '[';
  return fmt::format("bits behind the prefix are set: write {}{}{}/{}", bracketed ? "[" : "", to_string(network.address),
                     bracketed ? "]" : "", *written);
}

/// `192.0.2.0/24:443`, or `[2001:db8::]/32:443`.
std::optional<AllowRule> read_network(AllowText const& entry) {
  std::string_view const text = entry.node.text;
  auto const slash = text.find('/');
  auto const colon = std::min(text.find(':', slash), text.size());
  auto const address = text.substr(0, slash);
  if (address.front() != '[' && address.find(':') != std::string_view::npos) {
    return entry.refused("an IPv6 network stands in brackets, so that its port can be told apart",
                         fmt::format("write \"[{}]{}{}\"", address, text.substr(slash), colon == text.size() ? ":443" : ""));
  }
  auto const network = parse_ip_network(text.substr(0, colon));
  if (!network) return entry.refused("not a network", network_hint(text.substr(0, colon)));
  if (colon == text.size()) {
    return entry.refused("an allow entry needs a port", fmt::format("write \"{0}:443\", or \"{0}:*\" for every port", text));
  }
  auto ports = read_ports(text.substr(colon + 1), entry);
  if (!ports) return std::nullopt;
  AllowRule rule;
  rule.network = network;
  rule.ports = std::move(*ports);
  return rule;
}

void add_networks(std::vector<IpNetwork>& networks, std::vector<IpNetwork> const& more) {
  for (auto const& network : more) {
    if (std::find(networks.begin(), networks.end(), network) == networks.end()) networks.push_back(network);
  }
}

template <std::size_t N>
std::vector<IpNetwork> networks_of(std::array<std::string_view, N> const& texts) {
  std::vector<IpNetwork> networks;
  networks.reserve(N);
  for (auto const text : texts) networks.push_back(parse_ip_network(text).value());
  return networks;
}

std::vector<IpNetwork> read_networks(Node const& node, Report& report) {
  std::vector<IpNetwork> networks;
  for (auto const& entry : node.children) {
    if (entry.text == "private") {
      add_networks(networks, networks_of(private_networks));
    } else if (entry.text == "loopback") {
      add_networks(networks, networks_of(loopback_networks));
    } else if (auto const network = parse_ip_network(entry.text)) {
      add_networks(networks, {*network});
    } else {
      refuse(report, entry, "not a network, nor one of the words private and loopback", network_hint(entry.text));
    }
  }
  return networks;
}

// ---- entries

std::optional<AllowRule> read_destination(Node const& node, Report& report) {
  AllowText const entry{node, report};
  if (looks_like_a_network(node.text)) return read_network(entry);
  if (auto const hint = misfit(node.text)) return entry.refused("not a host and a port", *hint);
  auto const parts = split_port(node.text);
  if (!parts.port) {
    return entry.refused("an allow entry needs a port",
                         fmt::format("write \"{0}:80\", or \"{0}:*\" for every port", node.text));
  }
  AllowRule rule;
  auto ports = read_ports(*parts.port, entry);
  if (!ports || !read_allowed_host(parts.host, rule, entry)) return std::nullopt;
  if (rule.host_kind == HostKind::any && ports->empty()) {
    return entry.refused("this would allow everything", "say so with unmapped: allow");
  }
  rule.ports = std::move(*ports);
  return rule;
}

}  // namespace

std::optional<AllowRule> read_allow(Node const& node, Report& report) {
  auto const* const to = node.kind == Node::Kind::map ? node.find("to") : &node;
  auto rule = to != nullptr ? read_destination(*to, report) : std::nullopt;
  auto const* const addresses = node.find("addresses");
  auto const networks = addresses != nullptr ? read_networks(*addresses, report) : std::vector<IpNetwork>{};
  auto const* const sni = node.find("sni");
  bool const any_sni = sni != nullptr && read_choice(*sni, report) == 1;
  if (!rule) return std::nullopt;
  if (addresses != nullptr && rule->network) {
    report.error(addresses->where, addresses->path, "addresses are those of a name, and this entry is an address itself",
                 to->text, "remove addresses");
  }
  rule->text = to->text;
  rule->where = to->where;
  rule->any_sni = any_sni;
  rule->addresses = networks;
  add_networks(rule->addresses, own_networks(*rule));
  return rule;
}

std::vector<IpNetwork> own_networks(AllowRule const& rule) {
  bool const own = rule.host_kind == HostKind::literal
                       ? !rule.network && is_loopback_host(rule.host)
                       : rule.host_kind == HostKind::suffix && is_loopback_host('x' + rule.host);
  return own ? networks_of(loopback_networks) : std::vector<IpNetwork>{};
}

}  // namespace ambassador::config
