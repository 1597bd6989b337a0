#include "kubernetes/advice.hpp"

#include "base/bytes.hpp"
#include "kubernetes/variables.hpp"

namespace ambassador::kubernetes {
namespace {

bool is_tcp(Node const& port) {
  auto const protocol = port.text_at({"protocol"});
  return protocol.empty() || protocol == "TCP";
}

void advise_on_ports(Node const& container, Sidecar const& sidecar, Warn const& warn) {
  auto const* const ports = container.look("ports");
  if (ports == nullptr) return;
  for (auto const& port : ports->children) {
    for (auto const& taken : sidecar.ports) {
      if (!is_tcp(port) || port.text_at({"containerPort"}) != std::to_string(taken.number)) continue;
      warn(port.at, "port " + std::to_string(taken.number) + " is " + taken.what + ": one of the two will not start",
           "give one of them another port");
    }
  }
}

/// It starts with the app's containers, and does not end with them.
void advise_on_plain_form(Workload const& workload, Node const& spec, Warn const& warn) {
  auto const policy = spec.text_at({"restartPolicy"});
  if (policy == "Never" || policy == "OnFailure") {
    warn(spec.name_at, "as a plain container the sidecar keeps the " + workload.kind + " from ending",
         "let the app end it past the proxy: curl --noproxy '*' -X POST http://localhost:9901/quit");
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
    auto const* const containers = spec.find(list);
    if (containers == nullptr) continue;
    for (auto const& container : containers->children) advise_on_ports(container, sidecar, warn);
  }
  if (sidecar.form == Sidecar::Form::container) advise_on_plain_form(workload, spec, warn);
}

bool has_own_proxy(Node const& container, Sidecar const& sidecar, Warn const& warn) {
  auto const* const lower = variable_of(container, "http_proxy");
  auto const* const upper = variable_of(container, "HTTP_PROXY");
  if (lower == nullptr || upper == nullptr) return false;
  auto const port = std::to_string(sidecar.proxy_port.value_or(0));
  auto const is_ours = [&](Node const& variable) { return names_proxy(variable.text_at({"value"}), port); };
  if (is_ours(*lower) || is_ours(*upper)) return false;
  warn(lower->at,
       "container " + std::string{container.text_at({"name"})} +
           " has a proxy of its own in http_proxy and HTTP_PROXY: it was left as it is, and goes past the ambassador",
       "remove both; a parent proxy is the configuration's `via`");
  return true;
}

void advise_on_variable(Node const& container, Node const& variable, Sidecar const& sidecar, Warn const& warn) {
  auto const value = variable.text_at({"value"});
  auto const name = variable.text_at({"name"});
  auto const of = std::string{name} + " of container " + std::string{container.text_at({"name"})};
  auto const proxy = "http://localhost:" + std::to_string(*sidecar.proxy_port);
  if (variable.look("valueFrom") != nullptr) {
    warn(variable.at, of + " comes from elsewhere: it was left as it is", "it must bring localhost to " + proxy);
  } else if (iequals(name, "no_proxy")) {
    if (!passes_by(value, "localhost")) return;
    warn(variable.at, of + " has localhost, which then never reaches the ambassador: it was left as it is",
         "take it out there");
  } else if (!names_proxy(value, std::to_string(*sidecar.proxy_port))) {
    warn(variable.at, of + " is not the ambassador: it was left as it is",
         "remove it, or name " + proxy + "; a parent proxy is the configuration's `via`");
  }
}

}  // namespace ambassador::kubernetes
