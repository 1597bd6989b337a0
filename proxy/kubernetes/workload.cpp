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

constexpr std::string_view list_suffix = "List";

/// Both empty where it is no object.
struct Type {
  std::string_view version;
  std::string_view kind;
};

/// Of a list's items, what they do not say themselves the list says for them, as kubectl has it.
Type type_of(Node const& object, Type const& inherited = {}) {
  Type const own{object.text_at({"apiVersion"}), object.text_at({"kind"})};
  if (own.version.empty() && own.kind.empty()) return inherited;
  return own.version.empty() || own.kind.empty() ? Type{} : own;
}

/// Of a DeploymentList a Deployment; of a List anything.
Type type_of_items(Node const& list) {
  auto type = type_of(list);
  type.kind.remove_suffix(list_suffix.size());
  return type.kind.empty() ? Type{} : type;
}

std::optional<Kind> known_kind(Type const& type) {
  auto const slash = type.version.find('/');
  auto const group = slash == std::string_view::npos ? std::string_view{} : type.version.substr(0, slash);
  auto const found =
      std::find_if(kinds.begin(), kinds.end(), [&](Kind const& kind) { return kind.group == group && kind.name == type.kind; });
  if (found == kinds.end() || type.version.empty()) return std::nullopt;
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

std::optional<Workload> workload_of(Node const& object, Type const& inherited = {}) {
  auto const kind = known_kind(type_of(object, inherited));
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

/// It has what a Deployment has, by a kind that is not known here.
std::optional<Passed> passed_of(Node const& object, Type const& inherited = {}) {
  auto const type = type_of(object, inherited);
  if (type.kind.empty() || known_kind(type)) return std::nullopt;
  if (object.at_path({"spec", "template", "spec", "containers"}) == nullptr) return std::nullopt;
  auto const is_it = [&](Kind const& kind) { return kind.name == type.kind; };
  auto const* const same = std::find_if(kinds.begin(), kinds.end(), is_it);
  std::string why = "inject does not know the kind " + std::string{type.kind} + " of " + std::string{type.version};
  if (same != kinds.end() && !same->group.empty()) why += ": write apiVersion: " + std::string{same->group} + "/v1";
  return Passed{std::string{type.kind} + '/' + name_of(object), std::string{object.text_at({"metadata", "namespace"})},
                std::move(why)};
}

}  // namespace

bool is_object(Node const& root) { return !type_of(root).kind.empty(); }

bool is_list(Node const& root) {
  auto const* const items = root.find("items");
  return items != nullptr && items->resolved().kind != Node::Kind::scalar && type_of(root).kind.ends_with(list_suffix);
}

std::vector<Passed> find_passed(Node const& root) {
  std::vector<Passed> found;
  auto const add = [&](std::optional<Passed> passed) {
    if (passed) found.push_back(std::move(*passed));
  };
  if (!is_list(root)) {
    add(passed_of(root));
    return found;
  }
  for (auto const& item : root.find("items")->children) add(passed_of(item.resolved(), type_of_items(root)));
  return found;
}

std::vector<Workload> find_workloads(Node const& root) {
  std::vector<Workload> found;
  if (!is_list(root)) {
    if (auto workload = workload_of(root)) found.push_back(std::move(*workload));
    return found;
  }
  auto const& items = *root.find("items");
  for (std::size_t i = 0; i < items.children.size(); ++i) {
    auto workload = workload_of(items.children[i].resolved(), type_of_items(root));
    if (!workload) continue;
    workload->items = &items;
    workload->item = i;
    if (items.children[i].kind == Node::Kind::alias) workload->not_own = &items.children[i];
    found.push_back(std::move(*workload));
  }
  return found;
}

}  // namespace ambassador::kubernetes
