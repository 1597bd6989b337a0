#include "kubernetes/plan.hpp"

#include "base/ip_address.hpp"
#include "config/settings/address.hpp"
#include "kubernetes/secrets.hpp"

#include <algorithm>

namespace ambassador::kubernetes {
namespace {

constexpr std::uint16_t first_unprivileged_port = 1024;

bool takes_plain_http(config::ListenAddress const& address) {
  return address.protocol == config::ListenProtocol::http && !address.tls && !address.proxy_protocol;
}

bool is_reached_by_localhost(config::ListenAddress const& address) {
  auto const& host = address.host;
  return host.starts_with("127.") || host == "::1" || host == "0.0.0.0" || host == "::";
}

/// Of whom the port is that the sidecar listens on, for a sentence.
std::string owner_of(config::ListenAddress const& address, config::Settings const& settings) {
  if (address.protocol == config::ListenProtocol::transparent) return "the ambassador's transparent port";
  auto const is_its = [&](config::Mapping const& mapping) {
    auto const& where = mapping.where;
    return where.line == address.where.line && where.column == address.where.column && where.file == address.where.file;
  };
  auto const source = std::find_if(settings.map.begin(), settings.map.end(), is_its);
  if (source != settings.map.end()) return "that of the source " + source->source_text + ", where the ambassador listens";
  return "the ambassador's listener " + to_string(address);
}

/// Each once: a listener may have an address of either family.
std::vector<TakenPort> taken_ports(config::Settings const& settings) {
  std::vector<TakenPort> ports{{admin_port, "the ambassador's admin port"}};
  for (auto const& address : settings.listen) {
    auto const known = std::any_of(ports.begin(), ports.end(), [&](auto const& port) { return port.number == address.port; });
    if (!known) ports.push_back({address.port, owner_of(address, settings)});
  }
  return ports;
}

std::string host_of(config::HostKind kind, std::string const& host) { return kind == config::HostKind::any ? "*" : host; }

void add_reachable(config::AllowRule const& rule, std::vector<Reachable>& found) {
  auto host = host_of(rule.host_kind, rule.host);
  if (rule.network) {
    if (!rule.network->contains(*parse_ip_address("127.0.0.1"))) return;
    host = "127.0.0.1";
  }
  if (rule.ports.empty()) found.push_back({host, 0});
  for (auto const port : rule.ports) found.push_back({host, port});
}

/// Where a call of the Pod's own addresses may end. What is only reported passes, too.
std::vector<Reachable> reachable(config::Settings const& settings) {
  std::vector<Reachable> found;
  if (settings.unmapped != config::Unmapped::block) found.push_back({"*", 0});
  for (auto const& address : settings.listen) {
    if (address.protocol == config::ListenProtocol::http) found.push_back({"*", address.port});
  }
  for (auto const& mapping : settings.map) {
    auto const& source = mapping.source;
    if (!config::has_own_listener(source.scheme)) found.push_back({host_of(source.host_kind, source.host), source.port});
  }
  for (auto const& rule : settings.allow) add_reachable(rule, found);
  return found;
}

void plan_listeners(config::Settings const& settings, Sidecar& sidecar, config::Report& report) {
  auto const& listen = settings.listen;
  sidecar.low_ports = std::any_of(listen.begin(), listen.end(), [](config::ListenAddress const& address) {
    return address.port != 0 && address.port < first_unprivileged_port;
  });
  auto const proxy = std::find_if(listen.begin(), listen.end(), [](config::ListenAddress const& address) {
    return takes_plain_http(address) && is_reached_by_localhost(address);
  });
  if (proxy == listen.end()) {
    report.warning({settings.origin, 0, 0}, "listen", "no plain listener on localhost: the containers get no http_proxy", {},
                   "the default, 127.0.0.1:1080, serves them");
  } else if (proxy->port == 0) {
    report.error(proxy->where, "listen", "any free port: nobody in the Pod could know which", {}, "say which");
  } else {
    sidecar.proxy_port = proxy->port;
  }
  if (!settings.transparent) return;
  report.warning({settings.origin, 0, 0}, "transparent", "inject adds no kernel rules", {},
                 "an init container with NET_ADMIN runs `ambassador redirect --uid 1080`");
}

/// Where none may pass the app keeps its own way to HTTPS: with https_proxy it would have none.
void plan_tunnels(config::Settings const& settings, Sidecar& sidecar, config::Report& report) {
  sidecar.tunnels = !settings.allow.empty() || settings.unmapped != config::Unmapped::block;
  if (sidecar.tunnels || !sidecar.proxy_port || settings.transparent) return;
  report.warning({settings.origin, 0, 0}, "allow", "nothing is allowed: HTTPS of the app goes past the ambassador, unseen", {},
                 "with an entry such as api.example.com:443 it goes through, and what is not listed is blocked");
}

}  // namespace

void plan(config::Settings const& settings, std::vector<SecretDirectory> const& said, Sidecar& sidecar,
          config::Report& report) {
  plan_listeners(settings, sidecar, report);
  plan_tunnels(settings, sidecar, report);
  sidecar.ports = taken_ports(settings);
  sidecar.reachable = reachable(settings);
  sidecar.secrets = plan_secrets(settings, said, report);
}

}  // namespace ambassador::kubernetes
