#include "command/inject.hpp"

#include "app/startup.hpp"
#include "base/bytes.hpp"
#include "command/say.hpp"
#include "config/load.hpp"
#include "kubernetes/commands.hpp"
#include "kubernetes/inject.hpp"
#include "kubernetes/scalar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>

namespace ambassador::command {
namespace {

void print(std::vector<config::Diagnostic> const& diagnostics) {
  for (auto const& diagnostic : diagnostics) fmt::print(stderr, "{}\n", config::to_string(diagnostic));
}

bool is_image(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return c == ' ' || is_control(c); });
}

/// `appsettings.json` and its like, of the small .NET proxy.
bool is_dotnet_file(std::string const& path) {
  auto const name = std::string_view{path}.substr(path.rfind('/') + 1);
  return name.starts_with("appsettings.") && name.ends_with(".json");
}

/// The configuration as the Pod will have it: the file alone, and none of this shell's variables over it.
struct PodConfiguration {
  std::optional<config::Settings> settings;
  std::string text;
};

PodConfiguration read_for_pod(std::optional<std::string> const& file) {
  config::Inputs inputs;
  inputs.file = file;
  auto const* const named = std::getenv("AMBASSADOR_CONFIG");
  if (named != nullptr) inputs.environment.emplace("AMBASSADOR_CONFIG", named);
  inputs.environment.emplace("AMBASSADOR_ADMIN", fmt::format("[::]:{}", kubernetes::admin_port));
  inputs.files_may_be_missing = true;
  auto const chosen = file.value_or(named == nullptr ? "" : named);
  if (is_dotnet_file(chosen)) {
    say(chosen +
        ": the Pod gets an ambassador.yaml, and this is the file of the small .NET proxy: write the same as `map` "
        "(docs/migrating.md)");
    return {};
  }
  std::map<std::string, std::string> texts;
  inputs.read_file = [&](std::string const& path) -> std::optional<std::string> {
    if (is_dotnet_file(path)) return std::nullopt;  // the image looks for ambassador.yaml
    auto text = app::read_file(path);
    if (text) texts.emplace(path, *text);
    return text;
  };
  auto loaded = config::load(inputs);
  if (texts.empty() && !inputs.file && !inputs.environment.contains("AMBASSADOR_CONFIG")) {
    say("no configuration for the sidecar: name its file with -c FILE (./ambassador.yaml and /etc/ambassador/ambassador.yaml "
        "are not there)");
    return {};
  }
  print(loaded.diagnostics);
  if (!loaded.settings) return {};
  auto text = texts.at(loaded.settings->origin);
  return {std::move(loaded.settings), std::move(text)};
}

std::optional<kubernetes::Sidecar> make_sidecar(InjectOptions const& options) {
  auto read = read_for_pod(options.config);
  if (!read.settings) return std::nullopt;
  if (!kubernetes::is_utf8(read.text)) {
    say(read.settings->origin + ": not a text in UTF-8: a ConfigMap cannot hold it");
    return std::nullopt;
  }
  route::Snapshot const snapshot{std::move(*read.settings)};
  if (app::run_expectations(snapshot) != 0) return std::nullopt;
  kubernetes::Sidecar sidecar;
  sidecar.version = version();
  sidecar.image = options.image.empty() ? "ambassador:" + version() : options.image;
  sidecar.configuration = std::move(read.text);
  sidecar.form = options.form;
  config::Report report;
  kubernetes::plan(snapshot.settings, options.secrets, sidecar, report);
  bool const fits = !report.has_errors();
  print(report.take());
  return fits ? std::optional{std::move(sidecar)} : std::nullopt;
}

bool is_stdin(std::string const& input) { return input.empty() || input == "-"; }

std::string name_of(std::string const& input) { return is_stdin(input) ? "stdin" : input; }

std::optional<std::string> read_input(std::string const& input) {
  if (!is_stdin(input)) {
    auto text = app::read_file(input);
    if (!text) say(input + ": cannot be read: does it exist, and may this user read it?");
    return text;
  }
  std::string text{std::istreambuf_iterator<char>{std::cin}, {}};
  if (!std::cin.bad()) return text;
  say("stdin cannot be read");
  return std::nullopt;
}

std::string outcome(kubernetes::Done const& one, bool removed) {
  if (removed) return "uninjected";
  if (one.left.empty()) return "injected";
  if (one.taken_out) return "uninjected, its sidecar was taken out: " + one.left;
  return "left as it is: " + one.left;
}

void say_done(std::vector<kubernetes::Done> const& done, bool removed) {
  if (done.empty()) {
    say(removed ? "nothing injected in it; passed on as it is"
                : "no Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or Pod in it; passed on as it is");
  }
  for (auto const& one : done) say(one.workload + ' ' + outcome(one, removed));
}

void say_commands(kubernetes::Sidecar const& sidecar, std::vector<kubernetes::Done> const& done) {
  for (auto const& [about, line] : kubernetes::create_commands(sidecar.secrets, done)) {
    say(fmt::format("{}; unless it is there:\n  {}", about, line));
  }
  for (auto const& line : kubernetes::delete_commands(done)) {
    say("what was applied stays in the cluster, the ConfigMap too; to delete it, once the Pods are new:\n  " + line);
  }
}

Exit write(kubernetes::Edited const& edited) {
  print(edited.diagnostics);
  if (!edited.text) return Exit::failed;
  bool const written = std::fwrite(edited.text->data(), 1, edited.text->size(), stdout) == edited.text->size();
  if (written && std::fflush(stdout) == 0) return Exit::ok;
  say("stdout cannot be written");
  return Exit::failed;
}

}  // namespace

Exit inject(InjectOptions const& options) {
  if (is_stdin(options.input) && ::isatty(STDIN_FILENO) == 1) {
    say("no manifest: ambassador inject -c ambassador.yaml < deployment.yaml");
    return Exit::usage;
  }
  if (!is_image(options.image)) {
    say("--image: \"" + escape(options.image, 200) + "\" has white space or a control character in it");
    return Exit::usage;
  }
  auto const sidecar = options.remove ? kubernetes::Sidecar{} : make_sidecar(options);
  if (!sidecar) return Exit::failed;
  auto const text = read_input(options.input);
  if (!text) return Exit::failed;
  auto const file = name_of(options.input);
  auto const edited = options.remove ? kubernetes::uninject(*text, file) : kubernetes::inject(*text, file, *sidecar);
  auto const end = write(edited);
  if (end != Exit::ok) return end;
  say_done(edited.done, options.remove);
  say_commands(*sidecar, edited.done);
  return Exit::ok;
}

}  // namespace ambassador::command
