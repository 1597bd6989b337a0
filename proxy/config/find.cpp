#include "config/find.hpp"

#include "config/document/document.hpp"
#include "config/document/substitute.hpp"
#include "config/drop_in.hpp"
#include "config/keys/overlay.hpp"

#include <fmt/format.h>

#include <array>

namespace ambassador::config {
namespace {

constexpr std::array<std::string_view, 2> usual_files{"./ambassador.yaml", "/etc/ambassador/ambassador.yaml"};
constexpr std::string_view appsettings_file = "./appsettings.json";
constexpr std::string_view file_variable = "AMBASSADOR_CONFIG";

std::optional<std::string> read(Inputs const& inputs, std::string const& path) {
  return inputs.read_file ? inputs.read_file(path) : std::nullopt;
}

std::optional<Draft> draft_of(std::string const& text, std::string const& path, Inputs const& inputs, Report& report) {
  auto root = parse_document(text, path, report);
  if (!root) return std::nullopt;
  substitute_environment(*root, inputs.environment, report);
  if (has_drop_in_variables(inputs.environment)) {
    report.warning({path, 0, 0}, "", "the Proxy__ variables are not used, because this file is", "", "remove one of the two");
  }
  Draft draft;
  draft.root = std::move(*root);
  draft.origin = path;
  return draft;
}

/// A file that the user named must be there.
std::optional<Draft> read_named(std::string const& path, Location const& named, Inputs const& inputs, Report& report) {
  auto const text = read(inputs, path);
  if (text) return draft_of(*text, path, inputs, report);
  report.error(named, "", "the configuration file cannot be read", path, "does it exist, and may this user read it?");
  return std::nullopt;
}

std::optional<Draft> read_old_settings(Inputs const& inputs, Report& report) {
  std::string const file(appsettings_file);
  auto drop_in = read_drop_in(read(inputs, file), file, inputs.environment, report);
  if (!drop_in) return std::nullopt;
  Draft draft;
  draft.root = std::move(drop_in->root);
  draft.origin = has_drop_in_variables(inputs.environment) ? "the environment" : file;
  draft.is_drop_in = true;
  draft.drop_in_mappings = drop_in->mappings;
  draft.reject_status = drop_in->reject_status;
  return draft;
}

}  // namespace

std::optional<Draft> find_configuration(Inputs const& inputs, Report& report) {
  if (inputs.file) return read_named(*inputs.file, {"flag -c", 0, 0}, inputs, report);
  auto const variable = inputs.environment.find(std::string{file_variable});
  if (variable != inputs.environment.end() && !variable->second.empty()) {
    return read_named(variable->second, {fmt::format("environment {}", file_variable), 0, 0}, inputs, report);
  }
  for (auto const path : usual_files) {
    if (auto const text = read(inputs, std::string{path})) return draft_of(*text, std::string{path}, inputs, report);
  }
  if (auto draft = read_old_settings(inputs, report)) return draft;
  if (is_configuration(inputs.environment) || is_configuration(inputs.flags)) {
    Draft draft;
    draft.root = map_node({});
    draft.origin = is_configuration(inputs.environment) ? "the environment" : "the flags";
    return draft;
  }
  if (!report.has_errors()) {
    report.error({}, "",
                 fmt::format("no configuration found; looked for: -c FILE, {}, {}, {}, the Proxy__ variables, \"Proxy\" in {}, "
                             "AMBASSADOR_MAP_1",
                             file_variable, usual_files[0], usual_files[1], appsettings_file),
                 "", "AMBASSADOR_MAP_1=\"http://localhost/api => http://numbers-api/rng\" is the shortest");
  }
  return std::nullopt;
}

}  // namespace ambassador::config
