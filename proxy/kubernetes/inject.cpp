#include "kubernetes/inject.hpp"

#include "base/bytes.hpp"
#include "kubernetes/addition.hpp"
#include "kubernetes/exemption.hpp"
#include "kubernetes/image.hpp"
#include "kubernetes/lines.hpp"
#include "kubernetes/removal.hpp"
#include "kubernetes/stream.hpp"

#include <algorithm>
#include <set>

namespace ambassador::kubernetes {
namespace {

std::string full_name(std::string_view space, std::string_view name) { return std::string{space}.append("/").append(name); }

/// Adds a sidecar to each workload of a text that has none.
class Injection {
 public:
  /// `had`: whether each of the workloads had one before.
  Injection(Stream const& stream, std::vector<bool> const& had, Sidecar const& sidecar, Edited& edited, config::Report& report)
      : stream_(stream), had_(had), sidecar_(sidecar), edited_(edited), report_(report), editor_(stream.text) {
    for (auto const& part : stream.parts) note_config_maps(part.root);
  }

  std::string run() {
    for (auto const& part : stream_.parts) {
      for (auto const& workload : find_workloads(part.root)) consider(part, workload);
      for (auto& passed : find_passed(part.root)) {
        edited_.done.push_back({std::move(passed.label), std::move(passed.space), std::move(passed.why)});
      }
    }
    return std::move(editor_).result();
  }

 private:
  void note_config_maps(Node const& object) {
    if (object.text_at({"kind"}) == "ConfigMap") {
      theirs_.insert(full_name(object.text_at({"metadata", "namespace"}), object.text_at({"metadata", "name"})));
    }
    if (!is_list(object)) return;
    for (auto const& item : object.find("items")->children) note_config_maps(item);
  }

  void consider(Part const& part, Workload const& workload) {
    auto const place = stream_.place(part, workload.label());
    auto const warn = [&](std::size_t at, std::string message, std::string hint) {
      report_.warning(stream_.where(at), place, std::move(message), {}, std::move(hint));
    };
    bool const had = had_.at(seen_++);
    try {
      auto left = exemption(workload, warn).value_or("");
      if (left.empty()) add(part, workload, warn);
      bool const taken_out = had && !left.empty();
      edited_.done.push_back({workload.label(), workload.space, std::move(left), taken_out, config_map_name(workload.name)});
    } catch (Fault const& fault) {
      report_.error(stream_.where(fault.at), place, fault.message);
    }
  }

  void add(Part const& part, Workload const& workload, Warn const& warn) {
    refuse_unfit(workload);
    add_sidecar(editor_, workload, sidecar_, warn);
    add_config_map(part, workload);
  }

  /// In front of its workload. One serves all workloads of the name.
  void add_config_map(Part const& part, Workload const& workload) {
    auto const name = config_map_name(workload.name);
    auto const known_as = full_name(workload.space, name);
    if (theirs_.contains(known_as)) {
      throw Fault{workload.object->at,
                  "a ConfigMap named " + name + " is there already, and inject did not put it there: rename it"};
    }
    if (!ours_.insert(known_as).second) return;
    bool const own_list = workload.items == nullptr && is_json(part);
    auto made = config_map(sidecar_, name, workload.space, own_list);
    if (own_list) return add_list(part.root, made);
    if (workload.items != nullptr) return editor_.insert(*workload.items, workload.item, Value::list().with(std::move(made)));
    auto const line_break = std::string{editor_.layout.line_break};
    auto const lines = block_lines(made, 0, {.step = 2, .dash = 2, .line_break = editor_.layout.line_break}) + line_break;
    auto const marker = "---" + line_break;
    editor_.insert_text(part.document.begin, part.document.marked ? marker + lines : lines + marker);
  }

  /// The whole text is one JSON value: it stays one, as a List.
  [[nodiscard]] bool is_json(Part const& part) const {
    return part.root.flow && !part.document.marked && stream_.text[part.root.at] == '{' && stream_.parts.size() == 1;
  }

  void add_list(Node const& root, Value const& config_map) {
    auto const line_break = std::string{editor_.layout.line_break};
    editor_.insert_text(root.at, R"({"apiVersion": "v1", "kind": "List", "items": [)" + line_break +
                                     json(config_map, 0, true, editor_.layout) + ',' + line_break);
    editor_.insert_text(flow_end(stream_.text, root.at), line_break + "]}");
  }

  Stream const& stream_;
  std::vector<bool> const& had_;
  Sidecar const& sidecar_;
  Edited& edited_;
  config::Report& report_;
  Editor editor_;
  std::size_t seen_ = 0;
  std::set<std::string> theirs_;
  std::set<std::string> ours_;
};

std::vector<bool> which_have(Stream const& stream) {
  std::vector<bool> had;
  for (auto const& part : stream.parts) {
    for (auto const& workload : find_workloads(part.root)) had.push_back(is_injected(workload));
  }
  return had;
}

std::string_view image_of_sidecar(Workload const& workload) {
  auto const& spec = *workload.pod->find("spec");
  for (auto const list : {"initContainers", "containers"}) {
    auto const* const containers = spec.find(list);
    if (containers == nullptr) continue;
    for (auto const& container : containers->children) {
      if (container.text_at({"name"}) == sidecar_name) return container.text_at({"image"});
    }
  }
  return {};
}

/// A cluster that pulls from a registry of its own finds no image where that is not said again.
void advise_on_images(Stream const& stream, Sidecar const& sidecar, config::Report& report) {
  for (auto const& part : stream.parts) {
    for (auto const& workload : find_workloads(part.root)) {
      if (!is_injected(workload)) continue;
      auto const was = image_of_sidecar(workload);
      if (was.empty() || repository(was) == sidecar_name || repository(was) == repository(sidecar.image)) continue;
      report.warning(stream.where(workload.object->at), stream.place(part, workload.label()),
                     "the sidecar's image was " + std::string{was} + " and is now " + sidecar.image, {},
                     "--image " + std::string{was} + " keeps it");
    }
  }
}

void require_objects(Stream const& stream, config::Report& report) {
  if (report.has_errors()) return;
  for (auto const& part : stream.parts) {
    if (is_object(part.root)) return;
  }
  auto const list = std::ranges::find_if(stream.parts, [](Part const& part) { return part.root.kind == Node::Kind::list; });
  report.error({stream.file, 0, 0}, {},
               std::string{"no Kubernetes object in it"} + (stream.as_given ? "" : " beside what inject added"), {},
               list == stream.parts.end()
                   ? "each has an apiVersion and a kind, as `helm template` and `kubectl get -o yaml` print them"
                   : "put this list under `items:` of an object with `kind: List` and `apiVersion: v1`");
}

Edited finish(Edited edited, std::string text, config::Report& report) {
  if (!report.has_errors()) edited.text = std::move(text);
  edited.diagnostics = report.take();
  return edited;
}

/// The text without sidecars, or nothing where it cannot be read or edited: that is reported.
std::optional<std::string> removed(Stream const& stream, config::Report& report) {
  if (report.has_errors()) return std::nullopt;
  try {
    return without_sidecars(stream);
  } catch (Fault const& fault) {
    report.error(stream.where(fault.at), {}, fault.message);
    return std::nullopt;
  }
}

/// Whether what is injected is valid, and gives the text back.
bool comes_back(std::string const& injected, std::string const& text, std::string const& file) {
  config::Report report;
  auto const stream = read_stream(injected, file, report);
  return removed(stream, report) == text;
}

bool is_too_large(std::string_view text, std::string const& file, config::Report& report) {
  if (text.size() <= max_manifest_bytes) return false;
  report.error({file, 0, 0}, {}, "larger than " + std::to_string(max_manifest_bytes) + " bytes");
  return true;
}

}  // namespace

Edited inject(std::string_view text, std::string const& file, Sidecar const& sidecar) {
  Edited edited;
  config::Report report;
  if (is_too_large(text, file, report)) return finish({}, {}, report);
  auto stream = read_stream(text, file, report);
  auto const bare = removed(stream, report);
  if (!bare) return finish({}, {}, report);
  advise_on_images(stream, sidecar, report);
  auto const had = which_have(stream);
  if (*bare != text) {
    stream = read_stream(*bare, file, report);
    stream.as_given = false;
  }
  require_objects(stream, report);
  if (report.has_errors()) return finish({}, {}, report);
  auto injected = Injection{stream, had, sidecar, edited, report}.run();
  if (!report.has_errors() && !comes_back(injected, *bare, file)) {
    report.error({file, 0, 0}, {}, "this is written in a way that cannot be edited without harm; nothing was changed", {},
                 "write the Pods' templates as plain `key: value` lines");
  }
  return finish(std::move(edited), std::move(injected), report);
}

Edited uninject(std::string_view text, std::string const& file) {
  Edited edited;
  config::Report report;
  if (is_too_large(text, file, report)) return finish({}, {}, report);
  auto const stream = read_stream(text, file, report);
  require_objects(stream, report);
  for (auto const& part : stream.parts) {
    for (auto const& workload : find_workloads(part.root)) {
      if (!is_injected(workload)) continue;
      edited.done.push_back({workload.label(), workload.space, {}, true, config_map_name(workload.name)});
    }
  }
  auto bare = removed(stream, report);
  return finish(std::move(edited), std::move(bare).value_or(std::string{}), report);
}

}  // namespace ambassador::kubernetes
