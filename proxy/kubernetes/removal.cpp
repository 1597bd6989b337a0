#include "kubernetes/removal.hpp"

#include "base/bytes.hpp"
#include "kubernetes/editor.hpp"
#include "kubernetes/exemption.hpp"
#include "kubernetes/lines.hpp"
#include "kubernetes/secret_name.hpp"
#include "kubernetes/sidecar.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace ambassador::kubernetes {
namespace {

using Picks = std::vector<std::size_t>;  ///< numbers of children, in order
using IsOurs = std::function<bool(Node const&)>;

std::set<std::string, std::less<>> kept_names(Node const& pod) {
  std::set<std::string, std::less<>> names;
  auto text = pod.text_at({"metadata", "annotations", kept_mark});
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    names.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

/// Takes the sidecar out of one Pod.
class PodRemoval {
 public:
  PodRemoval(Editor& editor, Node const& pod) : editor_(editor), pod_(pod), kept_(kept_names(pod)) {}

  void run() {
    auto const& spec = *pod_.find("spec");
    Picks from_spec;
    auto const named = [](Node const& item) { return item.text_at({"name"}) == sidecar_name; };
    auto const from = [&](Node const& parent, Picks& picks, std::string_view name, IsOurs const& is_ours) {
      if (auto const* const child = parent.find(name)) take_from(*child, is_ours, parent, picks);
    };
    from(spec, from_spec, "initContainers", named);
    from(spec, from_spec, "volumes", [](Node const& volume) {
      auto const name = volume.text_at({"name"});
      return name == config_volume || name.starts_with(secret_volume_prefix);
    });
    if (auto const* const context = spec.find("securityContext")) {
      Picks from_context;
      from(*context, from_context, "sysctls",
           [&](Node const& one) { return one.text_at({"name"}) == low_port_sysctl && !kept_.contains(low_port_sysctl); });
      finish(*context, from_context, spec, from_spec);
    }
    for (auto const list : {"initContainers", "containers"}) {
      auto const* const containers = spec.find(list);
      if (containers == nullptr) continue;
      for (auto const& container : containers->children) take_variables(container);
      // The plain form stands among the app's.
      if (std::string_view{list} == "containers") take_children(*containers, named);
    }
    std::sort(from_spec.begin(), from_spec.end());
    editor_.take_out(spec, from_spec);
    take_annotations();
  }

 private:
  static Picks pick(Node const& from, IsOurs const& is_ours) {
    Picks picks;
    for (std::size_t i = 0; i < from.children.size(); ++i) {
      if (is_ours(from.children[i])) picks.push_back(i);
    }
    return picks;
  }

  void take_children(Node const& from, IsOurs const& is_ours) { editor_.take_out(from, pick(from, is_ours)); }

  void take_from(Node const& from, IsOurs const& is_ours, Node const& parent, Picks& from_parent) {
    finish(from, pick(from, is_ours), parent, from_parent);
  }

  /// Where nothing would be left of what was made for ours, it goes as a whole.
  void finish(Node const& from, Picks const& picks, Node const& parent, Picks& from_parent) {
    if (picks.empty()) return;
    bool const was_there = editor_.was_empty(from) || kept_.contains(from.name);
    if (picks.size() < from.children.size() || was_there) return editor_.take_out(from, picks);
    from_parent.push_back(static_cast<std::size_t>(&from - parent.children.data()));
  }

  /// Else somebody has changed it since, and it is theirs.
  static bool is_as_added(Node const& variable) {
    return variable.look("valueFrom") == nullptr &&
           is_from_environment(variable.text_at({"name"}), variable.text_at({"value"}));
  }

  void take_variables(Node const& container) {
    auto const name = container.text_at({"name"});
    auto const* const variables = container.find("env");
    if (variables == nullptr || name == sidecar_name) return;
    std::set<std::string_view> seen;  // a second one of a name is somebody else's
    auto const is_ours = [&](Node const& variable) {
      auto const which = variable.text_at({"name"});
      bool const known = std::ranges::find(variable_names, which) != std::end(variable_names);
      return known && is_as_added(variable) && !kept_.contains(kept_variable(name, which)) && seen.insert(which).second;
    };
    auto const picks = pick(*variables, is_ours);
    bool const was_there = editor_.was_empty(*variables) || kept_.contains(kept_variable(name, "env"));
    if (picks.empty() || picks.size() < variables->children.size() || was_there) return editor_.take_out(*variables, picks);
    editor_.take_out(container, {static_cast<std::size_t>(variables - container.children.data())});
  }

  void take_annotations() {
    auto const* const metadata = pod_.find("metadata");
    auto const* const annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
    if (annotations == nullptr) return;
    Picks from_metadata;
    auto const is_ours = [&](Node const& one) {
      return one.name == injected_mark || one.name == kept_mark ||
             (one.name == default_container && !kept_.contains(default_container));
    };
    take_from(*annotations, is_ours, *metadata, from_metadata);
    Picks from_pod;
    finish(*metadata, from_metadata, pod_, from_pod);
    editor_.take_out(pod_, from_pod);
  }

  Editor& editor_;
  Node const& pod_;
  std::set<std::string, std::less<>> kept_;
};

/// A List that was made around one object and its ConfigMap.
bool take_own_list(Editor& editor, Node const& root) {
  auto const& items = *root.find("items");
  bool const own = items.flow && items.children.size() == 2 && is_our_config_map(items.children.front()) &&
                   !items.children.front().text_at({"metadata", "annotations", list_mark}).empty();
  if (!own) return false;
  auto const& object = items.children.back();
  editor.erase(root.at, object.at);
  editor.erase(flow_end(editor.text(), object.at), flow_end(editor.text(), root.at));
  return true;
}

void take_document(Editor& editor, Stream const& stream, std::size_t number) {
  auto const& document = stream.parts[number].document;
  auto end = document.end;
  if (!document.marked && end < stream.text.size()) {
    auto const line = stream.text.substr(end, line_end(stream.text, end) - end);
    if (trim(line) == "---") end = next_line(stream.text, end);
  }
  editor.erase(document.begin, end);
}

}  // namespace

bool is_our_config_map(Node const& object) {
  return object.text_at({"kind"}) == "ConfigMap" && !object.text_at({"metadata", "annotations", injected_mark}).empty();
}

bool is_injected(Workload const& workload) {
  if (workload.pod == nullptr || is_controlled(workload)) return false;
  return !workload.pod->text_at({"metadata", "annotations", injected_mark}).empty();
}

std::string without_sidecars(Stream const& stream) {
  Editor editor{stream.text};
  for (std::size_t i = 0; i < stream.parts.size(); ++i) {
    auto const& root = stream.parts[i].root;
    if (is_our_config_map(root)) take_document(editor, stream, i);
    if (is_list(root) && !take_own_list(editor, root)) {
      auto const& items = *root.find("items");
      Picks config_maps;
      for (std::size_t item = 0; item < items.children.size(); ++item) {
        if (is_our_config_map(items.children[item])) config_maps.push_back(item);
      }
      editor.take_out(items, config_maps);
    }
    for (auto const& workload : find_workloads(root)) {
      if (workload.not_own == nullptr && is_injected(workload)) PodRemoval{editor, *workload.pod}.run();
    }
  }
  return std::move(editor).result();
}

}  // namespace ambassador::kubernetes
