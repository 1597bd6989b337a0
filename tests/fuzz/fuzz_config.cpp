// Whatever a configuration file holds, there are settings or there are errors, and settings written out are read again.
#include "config/load.hpp"
#include "config/settings/yaml_text.hpp"
#include "fuzz/promise.hpp"
#include "route/decision.hpp"

#include <algorithm>
#include <string>

namespace ambassador::fuzz {
namespace {

config::Loaded load(std::string const& text) {
  config::Inputs inputs;
  inputs.file = "fuzzed.yaml";
  inputs.environment = {{"HOME", "/home/app"}, {"TARGET", "http://numbers"}};
  inputs.read_file = [&](std::string const&) { return std::optional{text}; };
  return config::load(inputs);
}

void promise_diagnostics(config::Loaded const& loaded) {
  bool const error = std::any_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                                 [](auto const& diagnostic) { return diagnostic.severity == config::Severity::error; });
  promise(loaded.settings.has_value() != error, "there are settings or errors, never both and never none");
  for (auto const& diagnostic : loaded.diagnostics) {
    promise(config::to_string(diagnostic).find('\n') == std::string::npos, "a diagnostic is one line");
  }
}

void read(std::string const& text) {
  auto const loaded = load(text);
  promise_diagnostics(loaded);
  if (!loaded.settings) return;
  auto const written = config::to_yaml(*loaded.settings);
  auto const again = load(written);
  promise(again.settings.has_value(), "settings written out are valid");
  promise(config::to_yaml(*again.settings) == written, "settings written out are the same settings");
  route::Rules const rules{*loaded.settings};
  for (auto const& mapping : loaded.settings->map) {
    promise(!rules.routes().sources_for(mapping.source.host).empty(), "a source's host has sources");
  }
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  ambassador::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
