#include "kubernetes/advice.hpp"

#include "base/bytes.hpp"

namespace ambassador::kubernetes {
namespace {

/// Whether a client with this no_proxy passes the sidecar by.
bool passes_localhost_by(std::string_view no_proxy) {
  bool found = false;
  for_each_list_element(no_proxy, [&](std::string_view entry) {
    found = found || entry == "*" || iequals(entry, "localhost") || entry.starts_with("127.") || entry == "::1";
  });
  return found;
}

/// Whether it names the sidecar, however that is written.
bool names_proxy(std::string_view value, std::string_view port) {
  if (value.starts_with("http://")) value.remove_prefix(7);
  if (value.ends_with('/')) value.remove_suffix(1);
  auto const colon = value.rfind(':');
  if (colon == std::string_view::npos || value.substr(colon + 1) != port) return false;
  auto const host = value.substr(0, colon);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

void advise_on_ports(Node const& containers, Warn const& warn) {
  for (auto const& container : containers.children) {
    auto const* const ports = container.look("ports");
    if (ports == nullptr) continue;
    for (auto const& port : ports->children) {
      if (port.text_at({"containerPort"}) != std::to_string(admin_port)) continue;
      warn(port.at, "port 9901 is the ambassador's admin port: one of the two will not start", "give the app another port");
    }
  }
}

/// It starts with the app's containers, and does not end with them.
void advise_on_plain_form(Workload const& workload, Node const& spec, Warn const& warn) {
  auto const policy = spec.text_at({"restartPolicy"});
  if (policy == "Never" || policy == "OnFailure") {
    warn(spec.name_at, "as a plain container the sidecar keeps the " + workload.kind + " from ending",
         "let the app call `ambassador quit` at its end, or POST http://localhost:9901/quit");
  }
  auto const* const init = spec.find("initContainers");
  if (init == nullptr || init->children.empty()) return;
  warn(init->name_at, "init containers run before a plain container starts: they go without the proxy",
       "the native sidecar serves them too");
}

}  // namespace

void advise_on_pod(Workload const& workload, Sidecar const& sidecar, Warn const& warn) {
  auto const& spec = *workload.pod->find("spec");
  for (auto const list : {"initContainers", "containers"}) {
    if (auto const* const containers = spec.find(list)) advise_on_ports(*containers, warn);
  }
  if (sidecar.form == Sidecar::Form::container) advise_on_plain_form(workload, spec, warn);
}

void advise_on_variable(Node const& container, Node const& variable, Sidecar const& sidecar, Warn const& warn) {
  auto const value = variable.text_at({"value"});
  auto const name = variable.text_at({"name"});
  auto const of = std::string{name} + " of container " + std::string{container.text_at({"name"})};
  auto const proxy = "http://localhost:" + std::to_string(*sidecar.proxy_port);
  if (variable.look("valueFrom") != nullptr) {
    warn(variable.at, of + " comes from elsewhere: it was left as it is", "it must bring localhost to " + proxy);
  } else if (iequals(name, "no_proxy")) {
    if (!passes_localhost_by(value)) return;
    warn(variable.at, of + " has localhost, which then never reaches the ambassador: it was left as it is",
         "take it out there");
  } else if (!names_proxy(value, std::to_string(*sidecar.proxy_port))) {
    warn(variable.at, of + " is not the ambassador: it was left as it is",
         "remove it, or name " + proxy + "; a parent proxy is the configuration's `via`");
  }
}

}  // namespace ambassador::kubernetes
