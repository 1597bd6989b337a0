#include "config/settings/address.hpp"

#include "base/bytes.hpp"
#include "config/settings/host_port.hpp"
#include "config/settings/values.hpp"

#include <fmt/format.h>
#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr std::string_view any_v4 = "0.0.0.0";
constexpr std::string_view any_v6 = "::";
constexpr std::string_view loopback_v4 = "127.0.0.1";
constexpr std::string_view loopback_v6 = "::1";

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

/// One certificate of a section that has `cert` and `key`.
void add_certificate(Node const& section, ListenTls& tls, Report& report) {
  auto const* const cert = section.find("cert");
  auto const* const key = section.find("key");
  if (cert == nullptr || key == nullptr) return;
  auto cert_file = read_text(*cert, report);
  auto key_file = read_text(*key, report);
  if (cert_file && key_file) tls.certificates.push_back({std::move(*cert_file), std::move(*key_file), cert->where});
}

ListenTls read_listen_tls(Node const& node, Report& report) {
  ListenTls tls;
  auto const* const more = node.find("certificates");
  refuse_half_a_pair(node, report);
  add_certificate(node, tls, report);
  if (more != nullptr) {
    for (auto const& entry : more->children) add_certificate(entry, tls, report);
  }
  if (node.find("cert") == nullptr && node.find("key") == nullptr && (more == nullptr || more->children.empty())) {
    report.error(node.where, node.path, "a listener with TLS needs a certificate", "",
                 "add cert: /tls/tls.crt and key: /tls/tls.key");
  }
  auto const* const client_ca = node.find("client_ca");
  if (client_ca != nullptr) tls.client_ca = read_text(*client_ca, report).value_or("");
  if (auto const* const client = node.find("client")) {
    tls.client_required = read_choice(*client, report).value_or(0) == 0;
    if (client_ca == nullptr) refuse(report, *client, "client without client_ca", "add client_ca: /tls/clients.crt");
  }
  return tls;
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

std::vector<ListenAddress> read_address(Node const& node, Report& report) {
  auto const parts = split_port(node.text);
  auto const port = parts.port ? parse_port(*parts.port, 0) : std::nullopt;
  if (port && parts.host.empty()) return {listen_address(any_v4, *port, node), listen_address(any_v6, *port, node, true)};
  if (port && iequals(parts.host, "localhost")) {
    return {listen_address(loopback_v4, *port, node, true), listen_address(loopback_v6, *port, node, true)};
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

std::vector<ListenAddress> read_listen(Node const& node, Report& report) {
  if (node.kind != Node::Kind::map) return read_address(node, report);
  auto const* const address = node.find("address");
  auto addresses = address != nullptr ? read_address(*address, report) : std::vector<ListenAddress>{};
  auto const* const tls = node.find("tls");
  auto const* const proxy_protocol = node.find("proxy_protocol");
  auto const listen_tls = tls != nullptr ? std::optional{read_listen_tls(*tls, report)} : std::nullopt;
  bool const with_header = proxy_protocol != nullptr && read_boolean(*proxy_protocol, report).value_or(false);
  for (auto& one : addresses) {
    one.tls = listen_tls;
    one.proxy_protocol = with_header;
  }
  return addresses;
}

bool overlap(ListenAddress const& a, ListenAddress const& b) noexcept {
  if (a.port == 0 || a.port != b.port) return false;
  if (a.both_families || b.both_families) return true;
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
