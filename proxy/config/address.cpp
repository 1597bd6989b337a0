#include "config/address.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>
#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr std::uint64_t max_port = 65'535;

constexpr std::string_view any_v4 = "0.0.0.0";
constexpr std::string_view any_v6 = "::";
constexpr std::string_view loopback_v4 = "127.0.0.1";
constexpr std::string_view loopback_v6 = "::1";

/// The text before the last colon outside brackets, and the one behind it.
struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

HostPort split_port(std::string_view text) {
  auto const bracket = text.rfind(']');
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::uint16_t> parse_port(std::string_view text, std::uint64_t least) {
  auto const value = text.size() <= 5 ? parse_decimal(text) : std::nullopt;
  if (!value || *value < least || *value > max_port) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

ListenAddress listen_address(std::string_view host, std::uint16_t port, Node const& node, bool second = false) {
  return {std::string{host}, port, second, node.where};
}

std::string listen_hint(HostPort const& parts) {
  if (!parts.port && parse_port(parts.host, 0))
    return fmt::format("write 127.0.0.1:{0}, or :{0} for every address", parts.host);
  if (!parts.port) return fmt::format("write \"{}:1080\"", parts.host);
  if (std::count(parts.host.begin(), parts.host.end(), ':') > 1) return "an IPv6 address stands in brackets: \"[::1]:1080\"";
  if (parts.host == "*") return fmt::format("write :{} for every address", *parts.port);
  return "write 127.0.0.1:1080, \"[::1]:1080\", localhost:1080, or :1080 for every address";
}

// ---- allow

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
  return true;
}

/// Why an entry cannot be read at all, where that shows before its parts do.
std::optional<std::string> misfit(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return "an allow entry has no scheme and no path: write host:80";
  if (text.find('/') != std::string_view::npos) return "an allow entry has no path: write host:80";
  return std::nullopt;
}

bool is_address_range(std::string_view text) {
  auto const slash = text.find('/');
  return slash != std::string_view::npos && slash > 0 && text.find("://") == std::string_view::npos &&
         slash + 1 < text.size() && is_digit(text[slash + 1]) &&
         text.substr(0, slash).find_first_not_of("0123456789abcdefABCDEF.:[]") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> canonical_ip(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    auto const address = boost::urls::parse_ipv6_address(host.substr(1, host.size() - 2));
    return address ? std::optional{std::string{address->to_string()}} : std::nullopt;
  }
  auto const address = boost::urls::parse_ipv4_address(host);
  return address ? std::optional{std::string{address->to_string()}} : std::nullopt;
}

std::vector<ListenAddress> read_listen(Node const& node, Report& report) {
  auto const parts = split_port(node.text);
  auto const port = parts.port ? parse_port(*parts.port, 0) : std::nullopt;
  if (port && parts.host.empty()) return {listen_address(any_v4, *port, node), listen_address(any_v6, *port, node, true)};
  if (port && iequals(parts.host, "localhost")) {
    return {listen_address(loopback_v4, *port, node), listen_address(loopback_v6, *port, node, true)};
  }
  auto const ip = canonical_ip(parts.host);
  if (port && ip) return {listen_address(*ip, *port, node)};
  if (node.text.starts_with("unix:")) {
    refuse(report, node, "a listener on a unix socket is not in this version");
  } else if (parts.port && !port && (ip || parts.host.empty() || iequals(parts.host, "localhost"))) {
    refuse(report, node, "the port is not a number from 0 to 65535", "port 0 is any free one");
  } else {
    refuse(report, node, "not an IP address and a port", listen_hint(parts));
  }
  return {};
}

std::optional<AllowRule> read_allow(Node const& node, Report& report) {
  AllowText const entry{node, report};
  if (is_address_range(node.text)) return entry.refused("an address range in allow is not in this version", "");
  if (auto const hint = misfit(node.text)) return entry.refused("not a host and a port", *hint);
  auto const parts = split_port(node.text);
  if (!parts.port) {
    return entry.refused("an allow entry needs a port",
                         fmt::format("write \"{0}:80\", or \"{0}:*\" for every port", node.text));
  }
  AllowRule rule;
  rule.text = node.text;
  rule.where = node.where;
  auto ports = read_ports(*parts.port, entry);
  if (!ports || !read_allowed_host(parts.host, rule, entry)) return std::nullopt;
  if (rule.host_kind == HostKind::any && ports->empty()) {
    return entry.refused("this would allow everything", "say so with unmapped: allow");
  }
  rule.ports = std::move(*ports);
  return rule;
}

bool overlap(ListenAddress const& a, ListenAddress const& b) noexcept {
  if (a.port == 0 || a.port != b.port) return false;
  bool const a_v6 = a.host.find(':') != std::string::npos;
  bool const b_v6 = b.host.find(':') != std::string::npos;
  if (a_v6 != b_v6) return false;
  auto const any = a_v6 ? any_v6 : any_v4;
  return a.host == b.host || a.host == any || b.host == any;
}

std::string to_string(ListenAddress const& address) {
  bool const v6 = address.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", address.host, address.port) : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace ambassador::config
