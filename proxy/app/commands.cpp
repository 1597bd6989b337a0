#include "app/commands.hpp"

#include "app/admin_client.hpp"
#include "app/app.hpp"
#include "app/explanation.hpp"
#include "app/startup.hpp"
#include "app/suggest.hpp"
#include "config/load.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <system_error>

#include <fmt/format.h>

namespace ambassador::app {

std::string version() { return AMBASSADOR_VERSION; }

Exit run(ConfigurationOptions const& options, bool share_port) {
  auto const snapshot = load_snapshot(options);
  if (!snapshot) return Exit::failed;
  auto const* name_server = std::getenv("AMBASSADOR_DNS");
  App app{*snapshot,
          {.share_port = share_port,
           .name_server = name_server == nullptr ? std::string{} : std::string{name_server},
           .version = version(),
           .workers = snapshot->settings.workers.value_or(automatic_workers())},
          observe::make_event_log()};
  auto const faults = app.load_files();
  for (auto const& fault : faults) fmt::print(stderr, "{}\n", config::to_string(fault));
  if (!faults.empty()) return Exit::failed;
  if (auto const failed = app.open()) {
    fmt::print(stderr, "ambassador: {}\n", failed->message);
    return Exit::failed;
  }
  app.run();
  return Exit::ok;
}

Exit check(ConfigurationOptions const& options, bool no_files) {
  auto const snapshot = load_snapshot(options, no_files);
  if (!snapshot) return Exit::failed;
  bool const as_expected = run_expectations(*snapshot) == 0;
  auto const faults = no_files ? std::vector<config::Diagnostic>{} : ConfigFiles{snapshot->settings}.load();
  for (auto const& fault : faults) fmt::print(stderr, "{}\n", config::to_string(fault));
  if (!as_expected || !faults.empty()) return Exit::failed;
  auto const& settings = snapshot->settings;
  fmt::print("{}: ok: {} sources, {} allow entries, {} expectations hold\n", settings.origin, settings.map.size(),
             settings.allow.size(), settings.expect.size());
  return Exit::ok;
}

Exit explain(ConfigurationOptions const& options, std::string const& method, std::string const& url) {
  auto const snapshot = load_snapshot(options);
  if (!snapshot) return Exit::failed;
  auto const explanation = explain(snapshot->rules, method, url);
  fmt::print("{}", to_text(explanation));
  return explanation.passes() ? Exit::ok : Exit::blocked;
}

Exit explain_at(std::string const& admin, std::string const& method, std::string const& url) {
  auto const answer = ask_explain(admin, method, url);
  if (!answer) {
    fmt::print(stderr, "ambassador: cannot ask {}: {}\n", admin, answer.error().code.message());
    return Exit::failed;
  }
  fmt::print("{}", answer->text);
  if (!answer->understood) return Exit::failed;
  return answer->passes ? Exit::ok : Exit::blocked;
}

Exit suggest_at(std::string const& admin) {
  auto const answer = ask_suggest(admin);
  if (!answer) {
    fmt::print(stderr, "ambassador: cannot ask {}: {}\n", admin, answer.error().code.message());
    return Exit::failed;
  }
  fmt::print(answer->understood ? stdout : stderr, "{}", answer->text);
  return answer->understood ? Exit::ok : Exit::failed;
}

Exit suggest_from_log(std::string const& log, ConfigurationOptions const& options) {
  auto const snapshot = options.file ? load_snapshot(options) : nullptr;
  if (options.file && !snapshot) return Exit::failed;
  LogSuggestion suggestion{snapshot.get()};
  std::ifstream file;
  if (log != "-") file.open(log, std::ios::binary);
  std::istream& lines = log == "-" ? std::cin : file;
  bool const opened = lines.good();
  if (opened) suggestion.read(lines);
  if (!opened || lines.bad()) {
    fmt::print(stderr, "ambassador: cannot read {}: {}\n", log, std::generic_category().message(errno));
    return Exit::failed;
  }
  fmt::print("{}", suggestion.text());
  return Exit::ok;
}

Exit schema() {
  fmt::print("{}", config::json_schema());
  return Exit::ok;
}

}  // namespace ambassador::app
