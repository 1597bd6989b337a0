#include "command/commands.hpp"

#include "admin/suggest.hpp"
#include "app/app.hpp"
#include "app/machine/worker_count.hpp"
#include "app/startup.hpp"
#include "command/admin_client.hpp"
#include "command/say.hpp"
#include "config/keys/schema.hpp"
#include "config/load.hpp"
#include "net/now.hpp"
#include "route/explanation.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <system_error>
#include <thread>

#include <fmt/format.h>

namespace ambassador::command {

namespace {

constexpr Milliseconds wait_pause{20};             ///< between two looks at whether it is ready
constexpr std::chrono::seconds wait_try_limit{1};  ///< for one of them

/// Empty where it is not set.
std::string variable(char const* name) {
  auto const* const value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

/// The admin port that the command line names, or the configuration; nothing, and said why, where there is none.
std::optional<std::string> where_to_ask(std::string const& admin, app::ConfigurationOptions const& options) {
  if (!admin.empty()) return admin;
  auto const found = app::find_admin(options);
  if (!found) return std::nullopt;
  if (found->port != 0) return admin_url(*found);
  fmt::print(stderr, "ambassador: the admin port is any free one: say which with --admin URL\n");
  return std::nullopt;
}

/// What came of one question.
Exit report(std::string const& admin, std::string_view path, Result<AdminAnswer> const& answer) {
  if (answer && answer->ok()) {
    fmt::print("{}", answer->text);
    return Exit::ok;
  }
  auto const why = answer ? fmt::format("{} {}", answer->status, answer->text) : answer.error().code.message() + '\n';
  fmt::print(stderr, "ambassador: {}{}: {}", admin, path, why);
  return Exit::failed;
}

}  // namespace

std::string version() { return AMBASSADOR_VERSION; }

Exit run(app::ConfigurationOptions const& options, bool share_port) {
  auto const snapshot = app::load_snapshot(options);
  if (!snapshot) return Exit::failed;
  app::App app{snapshot,
               {.share_port = share_port,
                .name_server = variable("AMBASSADOR_DNS"),
                .service_manager = variable("NOTIFY_SOCKET"),
                .version = version(),
                .workers = snapshot->settings.workers.value_or(app::machine::automatic_workers()),
                .configuration = options},
               observe::make_event_log()};
  auto const faults = app.load_files();
  for (auto const& fault : faults) fmt::print(stderr, "{}\n", config::to_string(fault));
  if (!faults.empty()) return Exit::failed;
  if (auto const failed = app.open()) {
    say(failed->message);
    return Exit::failed;
  }
  app.run();
  return Exit::ok;
}

Exit check(app::ConfigurationOptions const& options, bool no_files) {
  auto const snapshot = app::load_snapshot(options, no_files);
  if (!snapshot) return Exit::failed;
  bool const as_expected = app::run_expectations(*snapshot) == 0;
  auto const faults = no_files ? std::vector<config::Diagnostic>{} : app::ConfigFiles{snapshot->settings}.load();
  for (auto const& fault : faults) fmt::print(stderr, "{}\n", config::to_string(fault));
  if (!as_expected || !faults.empty()) return Exit::failed;
  auto const& settings = snapshot->settings;
  fmt::print("{}: ok: {} sources, {} allow entries, {} expectations hold\n", settings.origin, settings.map.size(),
             settings.allow.size(), settings.expect.size());
  return Exit::ok;
}

Exit explain(app::ConfigurationOptions const& options, std::string const& method, std::string const& url) {
  auto const snapshot = app::load_snapshot(options);
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
  auto const answer = ask_admin(admin, {.path = "/suggest"});
  if (!answer) {
    fmt::print(stderr, "ambassador: cannot ask {}: {}\n", admin, answer.error().code.message());
    return Exit::failed;
  }
  fmt::print(answer->ok() ? stdout : stderr, "{}", answer->text);
  return answer->ok() ? Exit::ok : Exit::failed;
}

Exit suggest_from_log(std::string const& log, app::ConfigurationOptions const& options) {
  std::shared_ptr<route::Snapshot const> const snapshot = options.file ? app::load_snapshot(options) : nullptr;
  if (options.file && !snapshot) return Exit::failed;
  admin::LogSuggestion suggestion{snapshot.get()};
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

Exit healthcheck(std::string const& admin, app::ConfigurationOptions const& options) {
  auto const where = where_to_ask(admin, options);
  return where ? report(*where, "/healthz", ask_admin(*where, {.path = "/healthz"})) : Exit::failed;
}

Exit quit(std::string const& admin, app::ConfigurationOptions const& options) {
  auto const where = where_to_ask(admin, options);
  if (!where) return Exit::failed;
  return report(*where, "/quit", ask_admin(*where, {.path = "/quit", .method = boost::beast::http::verb::post}));
}

Exit wait(std::string const& admin, app::ConfigurationOptions const& options, Milliseconds timeout) {
  auto const where = where_to_ask(admin, options);
  if (!where) return Exit::failed;
  auto const end = net::now() + timeout;
  for (;;) {
    auto const left = std::chrono::duration_cast<Milliseconds>(end - net::now());
    auto const answer =
        ask_admin(*where, {.path = "/readyz", .limit = std::clamp(left, wait_pause, Milliseconds{wait_try_limit})});
    bool const is_last = net::now() + wait_pause >= end;
    if (is_last || (answer && answer->ok())) return report(*where, "/readyz", answer);
    std::this_thread::sleep_for(wait_pause);
  }
}

Exit schema() {
  fmt::print("{}", config::json_schema());
  return Exit::ok;
}

}  // namespace ambassador::command
