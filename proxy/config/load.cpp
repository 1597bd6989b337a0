#include "config/load.hpp"

#include "config/find.hpp"
#include "config/keys/overlay.hpp"
#include "config/keys/shape.hpp"
#include "config/settings/model.hpp"
#include "config/settings/validate.hpp"

namespace ambassador::config {
namespace {

Settings read_draft(Draft& draft, Inputs const& inputs, Report& report) {
  check_shape(draft.root, report);
  auto settings = read_model(draft.root, inputs, report);
  settings.origin = draft.origin;
  settings.unmapped_tunnels = !draft.is_drop_in;
  if (draft.reject_status) settings.reject_status = *draft.reject_status;
  add_listeners_of_sources(settings, draft.drop_in_mappings);
  validate(settings, report);
  return settings;
}

}  // namespace

Loaded load(Inputs const& inputs) {
  Report report;
  auto draft = find_configuration(inputs, report);
  bool const found = draft.has_value();
  // Without a document the environment and the flags are still judged: a user mends all at once.
  if (!found) draft.emplace();
  if (!found) draft->root = map_node({});
  overlay_environment(draft->root, inputs.environment, report);
  overlay_flags(draft->root, inputs.flags, report);
  auto settings = read_draft(*draft, inputs, report);
  Loaded loaded;
  if (!report.has_errors()) loaded.settings = std::move(settings);
  loaded.diagnostics = report.take();
  return loaded;
}

}  // namespace ambassador::config
