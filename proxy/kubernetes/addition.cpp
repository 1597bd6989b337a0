#include "kubernetes/addition.hpp"

#include "base/bytes.hpp"
#include "kubernetes/lines.hpp"

#include <algorithm>
#include <array>

namespace ambassador::kubernetes {
namespace {

constexpr std::string_view left_as_it_is = "it was left as it is";

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

class PodAddition {
 public:
  PodAddition(Editor& editor, Workload const& workload, Sidecar const& sidecar, Warn const& warn)
      : editor_(editor), workload_(workload), spec_(*workload.pod->find("spec")), sidecar_(sidecar), warn_(warn) {}

  void run() {
    read_layout();
    bool const native = sidecar_.form == Sidecar::Form::native;
    auto const& containers = *spec_.find("containers");
    if (native) {
      add_to(spec_, "initContainers", Value::list().with(container(sidecar_)), anchor_of_new());
    } else {
      editor_.insert(containers, 0, Value::list().with(container(sidecar_)));
      warn_of_plain_form();
    }
    if (sidecar_.low_ports) add_sysctl();
    add_to(spec_, "volumes", volumes(sidecar_, config_map_name(workload_.name)), anchor_of_new());
    auto const* const init = spec_.find("initContainers");
    if (native && init != nullptr) add_variables(*init);
    add_variables(containers);
    add_annotations(containers);
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
    auto one = Value::map().with("name", Value::text(std::string{low_port_sysctl})).with("value", Value::text("0"));
    auto list = Value::list().with(std::move(one).short_form());
    auto const* const context = spec_.find("securityContext");
    if (context == nullptr) {
      return add_to(spec_, "securityContext", Value::map().with("sysctls", std::move(list)), anchor_of_new());
    }
    auto const* const sysctls = context->look("sysctls");
    bool const there =
        sysctls != nullptr && std::any_of(sysctls->children.begin(), sysctls->children.end(),
                                          [](Node const& is) { return is.text_at({"name"}) == low_port_sysctl; });
    if (there) return keep(low_port_sysctl);
    add_to(*context, "sysctls", std::move(list), 0);
  }

  void add_variables(Node const& containers) {
    for (auto const& container : containers.children) {
      require_own(container);
      if (container.kind != Node::Kind::map) throw Fault{container.at, "a container must be a map"};
      add_variables_to(container);
      warn_of_port(container);
    }
  }

  void add_variables_to(Node const& container) {
    auto const name = container.text_at({"name"});
    auto more = Value::list();
    for (auto const& [variable, value] : environment(sidecar_)) {
      if (auto const* const own = variable_of(container, variable)) {
        keep(kept_variable(name, variable));
        warn_of_variable(*own, name, variable);
      } else {
        more.add(Value::map().with("name", Value::text(variable)).with("value", Value::text(value)));
      }
    }
    if (!more.children().empty())
      add_to(container, "env", std::move(more), behind_image(container), kept_variable(name, "env"));
  }

  static Node const* variable_of(Node const& container, std::string_view name) {
    auto const* const variables = container.look("env");
    if (variables == nullptr) return nullptr;
    auto const found = std::find_if(variables->children.begin(), variables->children.end(),
                                    [&](Node const& one) { return one.text_at({"name"}) == name; });
    return found == variables->children.end() ? nullptr : &*found;
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

  void warn_of_variable(Node const& own, std::string_view container, std::string_view variable) {
    auto const value = own.text_at({"value"});
    auto const of = std::string{variable} + " of container " + std::string{container};
    bool const no_proxy = iequals(variable, "no_proxy");
    if (own.look("valueFrom") != nullptr) {
      warn_(own.at, of + " comes from elsewhere: " + std::string{left_as_it_is}, "it must let localhost through the proxy");
    } else if (no_proxy && passes_localhost_by(value)) {
      warn_(own.at, of + " has localhost, which then never reaches the ambassador: " + std::string{left_as_it_is},
            "take localhost out of it");
    } else if (!no_proxy && !names_proxy(value, std::to_string(*sidecar_.proxy_port))) {
      warn_(own.at, of + " is not the ambassador: " + std::string{left_as_it_is},
            "remove it, or name http://localhost:" + std::to_string(*sidecar_.proxy_port) + "; `via` knows a parent proxy");
    }
  }

  void warn_of_port(Node const& container) {
    auto const* const ports = container.look("ports");
    if (ports == nullptr) return;
    for (auto const& port : ports->children) {
      if (port.text_at({"containerPort"}) != std::to_string(admin_port)) continue;
      warn_(port.at, "port 9901 is the ambassador's admin port: one of the two will not start", "give the app another port");
    }
  }

  void warn_of_plain_form() {
    auto const policy = spec_.text_at({"restartPolicy"});
    bool const ends = workload_.kind == "Job" || workload_.kind == "CronJob" || policy == "Never" || policy == "OnFailure";
    if (ends) {
      warn_(spec_.at, "as a plain container the sidecar keeps the Job from ending",
            "let the app call `ambassador quit` at its end, or POST http://localhost:9901/quit");
    }
    auto const* const init = spec_.find("initContainers");
    if (init == nullptr || init->children.empty()) return;
    warn_(init->name_at, "init containers run before a plain container starts: they go without the proxy",
          "the native sidecar serves them too");
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
