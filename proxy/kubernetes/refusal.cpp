// The Pods that cannot have a sidecar.
#include "kubernetes/addition.hpp"
#include "kubernetes/exemption.hpp"
#include "kubernetes/secret_name.hpp"

namespace ambassador::kubernetes {
namespace {

std::size_t place_of(Node const& map, std::string_view name) {
  auto const* const node = map.find(name);
  return node == nullptr ? map.at : node->name_at;
}

void refuse_windows(Node const& spec) {
  bool const says_os = spec.text_at({"os", "name"}) == "windows";
  if (!says_os && spec.text_at({"nodeSelector", "kubernetes.io/os"}) != "windows") return;
  throw Fault{place_of(spec, says_os ? "os" : "nodeSelector"), "a Windows Pod: the sidecar runs on Linux" + leave_out_hint()};
}

/// What we would add must not be there as somebody else's.
void refuse_names(Node const& spec) {
  for (auto const list : {"containers", "initContainers"}) {
    auto const* const containers = spec.find(list);
    if (containers == nullptr) continue;
    for (auto const& container : containers->children) {
      if (container.text_at({"name"}).empty()) throw Fault{container.at, "a container has no name"};
      if (container.text_at({"name"}) != sidecar_name) continue;
      throw Fault{container.at, "a container named ambassador is there already, and inject did not put it there: rename it" +
                                    leave_out_hint()};
    }
  }
  auto const* const volumes = spec.find("volumes");
  if (volumes == nullptr) return;
  for (auto const& volume : volumes->children) {
    auto const name = volume.text_at({"name"});
    if (name != config_volume && !name.starts_with(secret_volume_prefix)) continue;
    throw Fault{volume.at,
                "a volume named " + std::string{name} + " is there already, and inject did not put it there: rename it"};
  }
}

/// The ConfigMap is named after it.
void refuse_name(Workload const& workload) {
  constexpr std::size_t max_name = 253;  // RFC 1123, as Kubernetes reads it
  if (workload.name.empty()) throw Fault{workload.object->at, "it has no metadata.name: the ConfigMap is named after it"};
  auto const longer = config_map_name(workload.name).size();
  if (longer <= max_name) return;
  throw Fault{workload.object->at, "its ConfigMap would have a name of " + std::to_string(longer) +
                                       " bytes, and 253 is the most: give the workload a shorter one"};
}

}  // namespace

void refuse_unfit(Workload const& workload) {
  if (workload.not_own != nullptr) require_own(*workload.not_own);
  if (workload.pod == nullptr) {
    auto const path = std::string{workload.expected} + (workload.expected.empty() ? "spec" : ".spec");
    throw Fault{workload.object->at, "it has no " + path + ".containers"};
  }
  refuse_name(workload);
  auto const& spec = *workload.pod->find("spec");
  auto const& containers = *spec.find("containers");
  if (containers.kind != Node::Kind::list || containers.children.empty()) {
    throw Fault{containers.name_at, "containers must be a list that holds one at least"};
  }
  refuse_windows(spec);
  refuse_names(spec);
}

}  // namespace ambassador::kubernetes
