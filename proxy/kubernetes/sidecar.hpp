// The one sidecar, and all that its Pod gets with it. The library chart and the examples give the same.
#pragma once

#include "kubernetes/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ambassador::kubernetes {

/// A Secret that is mounted into the sidecar, and into it alone.
struct Secret {
  std::string name;
  std::string directory;           ///< where: the configuration names files in it
  std::vector<std::string> files;  ///< their names, which are the Secret's keys
};

/// A port of the Pod that the sidecar listens on.
struct TakenPort {
  std::uint16_t number = 0;
  std::string what;  ///< of whom, in words
};

/// Where in the Pod itself a call through the sidecar may end.
struct Reachable {
  std::string host;        ///< `*` is any
  std::uint16_t port = 0;  ///< 0 is any
};

struct Sidecar {
  enum class Form : std::uint8_t {
    native,     ///< an init container that stays: Kubernetes 1.29 and later
    container,  ///< a container beside the app's
  };

  std::string version;
  std::string image;
  std::string configuration;  ///< the file's text
  Form form = Form::native;
  std::optional<std::uint16_t> proxy_port;  ///< what http_proxy names; nothing: no listener that an app could use so
  bool tunnels = false;                     ///< https_proxy too: a tunnel may pass
  bool low_ports = false;                   ///< it listens below 1024
  std::vector<Secret> secrets;
  std::vector<TakenPort> ports;
  std::vector<Reachable> reachable;
};

constexpr std::string_view sidecar_name = "ambassador";
constexpr std::string_view config_volume = "ambassador-config";
constexpr std::string_view low_port_sysctl = "net.ipv4.ip_unprivileged_port_start";
constexpr std::string_view default_container = "kubectl.kubernetes.io/default-container";
constexpr unsigned admin_port = 9901;

/// On the Pod's template and on the ConfigMap: the version that put it there. What has it may be taken out again.
constexpr std::string_view injected_mark = "ambassador/injected";
/// On the Pod's template: what looks like ours and was there before. Names, with spaces between.
constexpr std::string_view kept_mark = "ambassador/kept";
/// On a workload or its template, `disabled`: nothing is added.
constexpr std::string_view inject_mark = "ambassador/inject";
/// On the ConfigMap: the List around it is ours too.
constexpr std::string_view list_mark = "ambassador/list";

/// Every variable that a container may get, in the order in which it gets them.
constexpr std::string_view variable_names[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                               "HTTPS_PROXY", "no_proxy",   "NO_PROXY"};

/// How `kept_mark` names a variable of a container, or its `env`.
std::string kept_variable(std::string_view container, std::string_view name);

Value container(Sidecar const& sidecar);
Value volumes(Sidecar const& sidecar, std::string const& config_map_name);
/// Name and value of what every other container gets.
std::vector<std::pair<std::string, std::string>> environment(Sidecar const& sidecar);
/// Whether a variable of this name may have this value from `environment`, of whichever sidecar.
bool is_from_environment(std::string_view name, std::string_view value);
std::string config_map_name(std::string_view workload);
/// `in_own_list`: it is in a List that was made for it.
Value config_map(Sidecar const& sidecar, std::string const& name, std::string const& space, bool in_own_list);

}  // namespace ambassador::kubernetes
