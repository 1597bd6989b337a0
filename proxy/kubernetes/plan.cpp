#include "kubernetes/plan.hpp"

#include "base/bytes.hpp"
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

}  // namespace

void plan(config::Settings const& settings, std::vector<SecretDirectory> const& said, Sidecar& sidecar,
          config::Report& report) {
  plan_listeners(settings, sidecar, report);
  sidecar.tunnels = !settings.allow.empty();
  sidecar.secrets = plan_secrets(settings, said, report);
}

}  // namespace ambassador::kubernetes
