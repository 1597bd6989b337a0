#include "kubernetes/sidecar.hpp"

#include "base/bytes.hpp"
#include "kubernetes/secret_name.hpp"

#include <algorithm>

namespace ambassador::kubernetes {
namespace {

constexpr unsigned user = 1080;

Value text(std::string_view value) { return Value::text(std::string{value}); }

Value probe(std::string_view path, unsigned period, unsigned failures) {
  auto get = Value::map().with("path", text(path)).with("port", text(sidecar_name));
  return Value::map()
      .with("httpGet", std::move(get))
      .with("periodSeconds", Value::number(period))
      .with("failureThreshold", Value::number(failures))
      .short_form();
}

Value mount(std::string name, std::string_view path) {
  return Value::map()
      .with("name", Value::text(std::move(name)))
      .with("mountPath", text(path))
      .with("readOnly", Value::yes())
      .short_form();
}

std::string volume_of(Secret const& secret) { return secret_volume(secret.name); }

Value mounts(Sidecar const& sidecar) {
  auto list = Value::list().with(mount(std::string{config_volume}, "/etc/ambassador"));
  for (auto const& secret : sidecar.secrets) list.add(mount(volume_of(secret), secret.directory));
  return list;
}

Value security_context() {
  return Value::map()
      .with("runAsNonRoot", Value::yes())
      .with("runAsUser", Value::number(user))
      .with("runAsGroup", Value::number(user))
      .with("readOnlyRootFilesystem", Value::yes())
      .with("allowPrivilegeEscalation", Value::no())
      .with("capabilities", Value::map().with("drop", Value::list().with(text("ALL"))).short_form())
      .with("seccompProfile", Value::map().with("type", text("RuntimeDefault")).short_form());
}

Value resources() {
  return Value::map()
      .with("requests", Value::map().with("cpu", text("10m")).with("memory", text("16Mi")).short_form())
      .with("limits", Value::map().with("memory", text("64Mi")).short_form());
}

constexpr std::string_view proxy_address = "http://localhost:";
/// The API server stays reachable as it is.
constexpr std::string_view past_tunnels = "kubernetes.default.svc,$(KUBERNETES_SERVICE_HOST)";

}  // namespace

std::string kept_variable(std::string_view container, std::string_view name) {
  return std::string{container}.append("/").append(name);
}

Value container(Sidecar const& sidecar) {
  auto made = Value::map()
                  .with("name", text(sidecar_name))
                  .with("image", text(sidecar.image))
                  .with("imagePullPolicy", text("IfNotPresent"));
  if (sidecar.form == Sidecar::Form::native) made.add("restartPolicy", text("Always"));
  auto admin =
      Value::map().with("name", text("AMBASSADOR_ADMIN")).with("value", Value::text("[::]:" + std::to_string(admin_port)));
  auto port = Value::map()
                  .with("name", text(sidecar_name))
                  .with("containerPort", Value::number(admin_port))
                  .with("protocol", text("TCP"));
  made.add("env", Value::list().with(std::move(admin)));
  made.add("ports", Value::list().with(std::move(port)));
  made.add("startupProbe", probe("/readyz", 1, 60));
  made.add("livenessProbe", probe("/healthz", 10, 3));
  made.add("readinessProbe", probe("/readyz", 5, 3));
  made.add("resources", resources());
  made.add("securityContext", security_context());
  made.add("volumeMounts", mounts(sidecar));
  return made;
}

Value volumes(Sidecar const& sidecar, std::string const& config_map_name) {
  auto const volume = [](std::string name, std::string kind, std::string key, std::string of) {
    auto source = Value::map().with(std::move(key), Value::text(std::move(of))).short_form();
    return Value::map().with("name", Value::text(std::move(name))).with(std::move(kind), std::move(source));
  };
  auto list = Value::list().with(volume(std::string{config_volume}, "configMap", "name", config_map_name));
  std::vector<std::string> known;
  for (auto const& secret : sidecar.secrets) {
    if (std::find(known.begin(), known.end(), secret.name) != known.end()) continue;
    known.push_back(secret.name);
    list.add(volume(volume_of(secret), "secret", "secretName", secret.name));
  }
  return list;
}

std::vector<std::pair<std::string, std::string>> environment(Sidecar const& sidecar) {
  if (!sidecar.proxy_port) return {};
  auto const proxy = std::string{proxy_address} + std::to_string(*sidecar.proxy_port);
  std::vector<std::pair<std::string, std::string>> variables{{"http_proxy", proxy}, {"HTTP_PROXY", proxy}};
  if (sidecar.tunnels) variables.insert(variables.end(), {{"https_proxy", proxy}, {"HTTPS_PROXY", proxy}});
  // Empty, and not left out: an image may set it to localhost, and localhost is what goes through the proxy.
  std::string const direct{sidecar.tunnels ? past_tunnels : ""};
  variables.insert(variables.end(), {{"no_proxy", direct}, {"NO_PROXY", direct}});
  return variables;
}

bool is_from_environment(std::string_view name, std::string_view value) {
  if (iequals(name, "no_proxy")) return value.empty() || value == past_tunnels;
  if (!value.starts_with(proxy_address)) return false;
  auto const port = value.substr(proxy_address.size());
  return !port.empty() && std::all_of(port.begin(), port.end(), is_digit);
}

std::string config_map_name(std::string_view workload) { return std::string{workload} + "-ambassador"; }

Value config_map(Sidecar const& sidecar, std::string const& name, std::string const& space, bool in_own_list) {
  auto metadata = Value::map().with("name", Value::text(name));
  if (!space.empty()) metadata.add("namespace", Value::text(space));
  auto annotations = Value::map().with(std::string{injected_mark}, Value::text(sidecar.version));
  if (in_own_list) annotations.add(std::string{list_mark}, text("own"));
  metadata.add("labels", Value::map()
                             .with("app.kubernetes.io/name", text(sidecar_name))
                             .with("app.kubernetes.io/managed-by", text("ambassador-inject")));
  metadata.add("annotations", std::move(annotations));
  return Value::map()
      .with("apiVersion", text("v1"))
      .with("kind", text("ConfigMap"))
      .with("metadata", std::move(metadata))
      .with("data", Value::map().with("ambassador.yaml", Value::text(sidecar.configuration)));
}

}  // namespace ambassador::kubernetes
