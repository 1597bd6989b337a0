#include "kubernetes/addition.hpp"

#include "base/bytes.hpp"
#include "kubernetes/calls.hpp"
#include "kubernetes/lines.hpp"
#include "kubernetes/variables.hpp"

#include <algorithm>

namespace ambassador::kubernetes {
namespace {

class PodAddition {
 public:
  PodAddition(Editor& editor, Workload const& workload, Sidecar const& sidecar, Warn const& warn)
      : editor_(editor), workload_(workload), spec_(*workload.pod->find("spec")), sidecar_(sidecar), warn_(warn) {}

  void run() {
    read_layout();
    auto const& containers = *spec_.find("containers");
    auto const* const init = spec_.find("initContainers");
    if (init != nullptr) note_variables(*init);
    note_variables(containers);
    if (sidecar_.form == Sidecar::Form::native) {
      add_to(spec_, "initContainers", Value::list().with(container(sidecar_)), anchor_of_new());
      if (init != nullptr) add_variables(*init);
    } else {
      editor_.insert(containers, 0, Value::list().with(container(sidecar_)));
    }
    add_variables(containers);
    add_sysctl();
    add_to(spec_, "volumes", volumes(sidecar_, config_map_name(workload_.name)), anchor_of_new());
    add_annotations(containers);
    advise_on_pod(workload_, sidecar_, warn_);
  }

 private:
  /// The document's own way to stand in.
  void read_layout() {
    auto const& containers = *spec_.find("containers");
    auto const column = [&](std::size_t at) { return at - line_start(editor_.text(), at); };
    editor_.layout.step = 2;
    editor_.layout.dash = 2;
    if (spec_.flow || spec_.name_at == 0) return;
    auto const key = column(containers.name_at);
    if (key > column(spec_.name_at)) editor_.layout.step = key - column(spec_.name_at);
    if (!containers.flow) {
      auto const item = editor_.column_of_item(containers.children.front());
      editor_.layout.dash = item > key ? item - key : 0;
    }
  }

  [[nodiscard]] std::size_t anchor_of_new() const { return number_of(spec_, "containers"); }

  static std::size_t number_of(Node const& map, std::string_view name) {
    return static_cast<std::size_t>(map.find(name) - map.children.data());
  }

  /// To the collection of this name; where there is none, it is made in front of the map's child of this number.
  void add_to(Node const& map, std::string_view name, Value more, std::size_t before, std::string const& kept_as = {}) {
    require_own(map);
    if (auto const* const there = map.find(name)) {
      if (is_lost(there) && name != "annotations") keep(kept_as.empty() ? name : kept_as);
      return editor_.insert(*there, 0, more);
    }
    if (map.look(name) != nullptr) {
      throw Fault{map.find("<<")->name_at, std::string{name} + " comes from a merge key (<<): write it out here"};
    }
    if (is_lost(&map) && name != "annotations") keep(map.name);
    editor_.insert(map, before, Value::map().with(std::string{name}, std::move(more)));
  }

  void keep(std::string_view name) {
    if (!kept_.empty()) kept_ += ' ';
    kept_ += name;
  }

  void add_sysctl() {
    auto const* const context = spec_.find("securityContext");
    auto const* const sysctls = context == nullptr ? nullptr : context->look("sysctls");
    auto const is_it = [](Node const& one) { return one.text_at({"name"}) == low_port_sysctl; };
    if (sysctls != nullptr && std::ranges::any_of(sysctls->children, is_it)) return keep(low_port_sysctl);
    if (!sidecar_.low_ports) return;
    auto one = Value::map().with("name", Value::text(std::string{low_port_sysctl})).with("value", Value::text("0"));
    auto list = Value::list().with(std::move(one).short_form());
    if (context != nullptr) return add_to(*context, "sysctls", std::move(list), 0);
    add_to(spec_, "securityContext", Value::map().with("sysctls", std::move(list)), anchor_of_new());
  }

  /// What has the name of one of ours stays, now and when ours are taken out.
  void note_variables(Node const& containers) {
    for (auto const& container : containers.children) {
      for (auto const variable : variable_names) {
        if (variable_of(container, variable) != nullptr) keep(kept_variable(container.text_at({"name"}), variable));
      }
    }
  }

  void add_variables(Node const& containers) {
    require_own(containers);
    for (auto const& container : containers.children) {
      require_own(container);
      add_variables_to(container);
    }
  }

  void add_variables_to(Node const& container) {
    auto const variables = environment(sidecar_);
    if (variables.empty() || has_own_proxy(container, sidecar_, warn_)) return;
    advise_on_calls(container, sidecar_, warn_);
    // By either name it is the user's list of what goes past: the other name must not say something else.
    bool const own_list = variable_of(container, "no_proxy") != nullptr || variable_of(container, "NO_PROXY") != nullptr;
    auto more = Value::list();
    for (auto const& [variable, value] : variables) {
      if (auto const* const own = variable_of(container, variable)) {
        advise_on_variable(container, *own, sidecar_, warn_);
      } else if (!own_list || !iequals(variable, "no_proxy")) {
        more.add(Value::map().with("name", Value::text(variable)).with("value", Value::text(value)));
      }
    }
    if (more.children().empty()) return;
    add_to(container, "env", std::move(more), behind_image(container), kept_variable(container.text_at({"name"}), "env"));
  }

  /// Where a reader looks for `env`: not in front of the name and the image, as far as something follows them.
  static std::size_t behind_image(Node const& container) {
    std::size_t before = 0;
    while (before + 1 < container.children.size()) {
      auto const& name = container.children[before].name;
      if (name != "name" && name != "image" && name != "imagePullPolicy" && name != "command" && name != "args") break;
      ++before;
    }
    return before;
  }

  void add_annotations(Node const& containers) {
    auto more = Value::map().with(std::string{injected_mark}, Value::text(sidecar_.version));
    auto const* const metadata = workload_.pod->find("metadata");
    auto const* const annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
    bool const chosen = annotations != nullptr && annotations->look(default_container) != nullptr;
    if (chosen) keep(default_container);
    // Before `kept` is written all that is kept must be known: these two may add to it.
    if (is_lost(metadata)) keep("metadata");
    if (is_lost(annotations)) keep("annotations");
    if (!kept_.empty()) more.add(std::string{kept_mark}, Value::text(kept_));
    auto const app = std::string{containers.children.front().text_at({"name"})};
    if (!chosen) more.add(std::string{default_container}, Value::text(app));
    if (metadata == nullptr) {
      auto made = Value::map().with("annotations", std::move(more));
      return add_to(*workload_.pod, "metadata", std::move(made), number_of(*workload_.pod, "spec"));
    }
    add_to(*metadata, "annotations", std::move(more), 0);
  }

  /// Whether it will not show that it was there and empty.
  [[nodiscard]] bool is_lost(Node const* node) const {
    return node != nullptr && node->is_collection() && node->children.empty() && !editor_.can_fill(*node);
  }

  Editor& editor_;
  Workload const& workload_;
  Node const& spec_;
  Sidecar const& sidecar_;
  Warn const& warn_;
  std::string kept_;
};

}  // namespace

void add_sidecar(Editor& editor, Workload const& workload, Sidecar const& sidecar, Warn const& warn) {
  PodAddition{editor, workload, sidecar, warn}.run();
}

}  // namespace ambassador::kubernetes
