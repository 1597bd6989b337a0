#include "kubernetes/exemption.hpp"

#include "kubernetes/image.hpp"

#include <algorithm>
#include <vector>

namespace ambassador::kubernetes {
namespace {

constexpr std::string_view disabled = "disabled";

bool is_true(std::string_view text) {
  return text == "true" || text == "True" || text == "TRUE" || text == "yes" || text == "on";
}

/// Wherever a person would write it: on the workload, on what it makes, on the Pod.
std::vector<Node const*> metadata_of(Workload const& workload) {
  std::vector<Node const*> found;
  auto const add = [&](Node const* object) {
    auto const* const metadata = object == nullptr ? nullptr : object->look("metadata");
    if (metadata != nullptr && std::ranges::find(found, metadata) == found.end()) found.push_back(metadata);
  };
  add(workload.object);
  add(workload.object->at_path({"spec", "jobTemplate"}));
  add(workload.pod);
  return found;
}

bool is_disabled(Workload const& workload) {
  bool found = false;
  for (auto const* const metadata : metadata_of(workload)) {
    if (auto const* const label = metadata->at_path({"labels", inject_mark})) {
      throw Fault{label->name_at, std::string{inject_mark} + " is an annotation, and here it is a label: move it"};
    }
    auto const* const said = metadata->at_path({"annotations", inject_mark});
    if (said == nullptr) continue;
    if (said->text != disabled) {
      throw Fault{said->name_at, std::string{inject_mark} + " is \"" + said->text +
                                     "\": it may only be `disabled`; to have the sidecar leave the annotation out"};
    }
    found = true;
  }
  return found;
}

Node const* controller_of(Workload const& workload) {
  auto const* const owners = workload.object->at_path({"metadata", "ownerReferences"});
  if (owners == nullptr) return nullptr;
  auto const controls = [](Node const& owner) { return is_true(owner.text_at({"controller"})); };
  auto const found = std::ranges::find_if(owners->children, controls);
  return found == owners->children.end() ? nullptr : &*found;
}

/// Somebody gave it the sidecar by hand, or by the library chart.
bool has_own(Node const& spec) {
  auto const is_it = [](Node const& container) {
    return container.text_at({"name"}) == sidecar_name && image_name(container.text_at({"image"})) == sidecar_name;
  };
  return std::ranges::any_of(std::initializer_list<std::string_view>{"initContainers", "containers"}, [&](auto list) {
    auto const* const containers = spec.look(list);
    return containers != nullptr && std::ranges::any_of(containers->children, is_it);
  });
}

}  // namespace

std::optional<std::string> exemption(Workload const& workload, Warn const& warn) {
  if (is_disabled(workload)) return std::string{inject_mark} + " is disabled";
  if (auto const* const owner = controller_of(workload)) {
    return "it is made by " + std::string{owner->text_at({"kind"})} + '/' + std::string{owner->text_at({"name"})} +
           ", which would make it anew: inject that";
  }
  if (workload.pod == nullptr) return std::nullopt;
  auto const& spec = *workload.pod->find("spec");
  if (has_own(spec)) return "it has the ambassador already";
  if (!is_true(spec.text_at({"hostNetwork"}))) return std::nullopt;
  auto const* const own = spec.find("hostNetwork");
  warn(own == nullptr ? spec.at : own->name_at,
       "hostNetwork: the sidecar's ports would be open to every process of the node: it gets none",
       "annotate it with " + std::string{inject_mark} + ": disabled, and this is not said again");
  return "it has hostNetwork";
}

bool is_controlled(Workload const& workload) { return controller_of(workload) != nullptr; }

std::string leave_out_hint() { return "; to leave this one out annotate it with " + std::string{inject_mark} + ": disabled"; }

}  // namespace ambassador::kubernetes
