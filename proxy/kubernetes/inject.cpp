#include "kubernetes/inject.hpp"

#include "base/bytes.hpp"
#include "kubernetes/addition.hpp"
#include "kubernetes/lines.hpp"
#include "kubernetes/removal.hpp"
#include "kubernetes/stream.hpp"

#include <set>

namespace ambassador::kubernetes {
namespace {

bool is_disabled(Workload const& workload) {
  auto const says = [](Node const* object) {
    return object != nullptr && object->text_at({"metadata", "annotations", inject_mark}) == "disabled";
  };
  return says(workload.object) || says(workload.pod);
}

std::string full_name(std::string_view space, std::string_view name) { return std::string{space}.append("/").append(name); }

/// Adds a sidecar to each workload of a text that has none.
class Injection {
 public:
  Injection(Stream const& stream, Sidecar const& sidecar, Edited& edited, config::Report& report)
      : stream_(stream), sidecar_(sidecar), edited_(edited), report_(report), editor_(stream.text) {
    for (auto const& part : stream.parts) note_config_maps(part.root);
  }

  std::string run() {
    for (auto const& part : stream_.parts) {
      for (auto const& workload : find_workloads(part.root)) {
        bool const disabled = is_disabled(workload);
        edited_.done.push_back({workload.label(), workload.space, disabled});
        if (!disabled) add(part, workload);
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

  void add(Part const& part, Workload const& workload) {
    auto const place = stream_.place(part, workload.label());
    auto const warn = [&](std::size_t at, std::string message, std::string hint) {
      report_.warning(stream_.where(at), place, std::move(message), {}, std::move(hint));
    };
    try {
      refuse_unfit(workload);
      add_sidecar(editor_, workload, sidecar_, warn);
      add_config_map(part, workload);
    } catch (Fault const& fault) {
      report_.error(stream_.where(fault.at), place, fault.message);
    }
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
  Sidecar const& sidecar_;
  Edited& edited_;
  config::Report& report_;
  Editor editor_;
  std::set<std::string> theirs_;
  std::set<std::string> ours_;
};

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
  if (*bare != text) {
    stream = read_stream(*bare, file, report);
    stream.as_given = false;
  }
  if (report.has_errors()) return finish({}, {}, report);
  auto injected = Injection{stream, sidecar, edited, report}.run();
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
  for (auto const& part : stream.parts) {
    for (auto const& workload : find_workloads(part.root)) {
      if (workload.pod != nullptr && has_sidecar(*workload.pod)) edited.done.push_back({workload.label(), workload.space});
    }
  }
  auto bare = removed(stream, report);
  return finish(std::move(edited), std::move(bare).value_or(std::string{}), report);
}

}  // namespace ambassador::kubernetes
