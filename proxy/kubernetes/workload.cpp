#include "kubernetes/workload.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ambassador::kubernetes {
namespace {

struct Kind {
  std::string_view group;  ///< of its apiVersion: others have kinds of the same name, and another shape
  std::string_view name;
  std::string_view template_at;
};

constexpr std::string_view in_template = "spec.template";

constexpr std::array<Kind, 7> kinds{{{"apps", "Deployment", in_template},
                                     {"apps", "StatefulSet", in_template},
                                     {"apps", "DaemonSet", in_template},
                                     {"apps", "ReplicaSet", in_template},
                                     {"batch", "Job", in_template},
                                     {"batch", "CronJob", "spec.jobTemplate.spec.template"},
                                     {"", "Pod", ""}}};

std::optional<Kind> kind_of(Node const& object) {
  auto const version = object.text_at({"apiVersion"});
  auto const slash = version.find('/');
  auto const group = slash == std::string_view::npos ? std::string_view{} : version.substr(0, slash);
  auto const name = object.text_at({"kind"});
  auto const found =
      std::find_if(kinds.begin(), kinds.end(), [&](Kind const& kind) { return kind.group == group && kind.name == name; });
  if (found == kinds.end() || version.empty()) return std::nullopt;
  return *found;
}

/// As kubectl names what has only a generateName.
std::string name_of(Node const& object) {
  auto const name = object.text_at({"metadata", "name"});
  if (!name.empty()) return std::string{name};
  std::string generated{object.text_at({"metadata", "generateName"})};
  while (generated.ends_with('-')) generated.pop_back();
  return generated;
}

void find_template(Workload& workload, std::string_view path) {
  auto const* node = workload.object;
  auto const step_to = [&](Node const* next) {
    node = next;
    if (node != nullptr && (node->shared || node->kind == Node::Kind::alias)) workload.not_own = node;
  };
  step_to(node);
  while (!path.empty() && node != nullptr) {
    auto const dot = std::min(path.find('.'), path.size());
    step_to(node->find(path.substr(0, dot)));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  workload.pod = node;
  if (node == nullptr) return;
  auto const* const spec = node->find("spec");
  if (spec == nullptr || spec->find("containers") == nullptr) workload.pod = nullptr;
  step_to(spec);
}

std::optional<Workload> workload_of(Node const& object) {
  auto const kind = kind_of(object);
  if (!kind) return std::nullopt;
  Workload workload;
  workload.object = &object;
  workload.kind = kind->name;
  workload.name = name_of(object);
  workload.space = object.text_at({"metadata", "namespace"});
  workload.expected = kind->template_at;
  find_template(workload, kind->template_at);
  return workload;
}

}  // namespace

bool is_list(Node const& root) {
  return root.text_at({"kind"}) == "List" && root.text_at({"apiVersion"}) == "v1" && root.find("items") != nullptr;
}

std::vector<Workload> find_workloads(Node const& root) {
  std::vector<Workload> found;
  if (!is_list(root)) {
    if (auto workload = workload_of(root)) found.push_back(std::move(*workload));
    return found;
  }
  auto const& items = *root.find("items");
  for (std::size_t i = 0; i < items.children.size(); ++i) {
    auto workload = workload_of(items.children[i].resolved());
    if (!workload) continue;
    workload->items = &items;
    workload->item = i;
    if (items.children[i].kind == Node::Kind::alias) workload->not_own = &items.children[i];
    found.push_back(std::move(*workload));
  }
  return found;
}

}  // namespace ambassador::kubernetes
