#include "command/admin_client.hpp"
#include "command/commands.hpp"
#include "command/inject.hpp"
#include "command/redirect.hpp"
#include "kubernetes/secret_name.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <utility>

namespace ambassador::command {
namespace {

constexpr char examples[] = R"(Examples:
  ambassador demo                                   see it work, all in one process
  ambassador --map "http://localhost/api => http://numbers-api/rng"
  ambassador -c ambassador.yaml                     (or `run -c`: the same)
  ambassador check -c ambassador.yaml               every error, with its place
  ambassador explain -c ambassador.yaml GET http://localhost/api
  ambassador suggest --admin http://localhost:9901  lines for what was called in report mode
  ambassador inject -c ambassador.yaml < deployment.yaml | kubectl apply -f -
  ambassador wait --timeout 10s && exec ./app       healthcheck, quit: the same way
)";

constexpr char redirect_examples[] = R"(Examples, as root (in Kubernetes: an init container with NET_ADMIN):
  ambassador redirect --uid 1080             TCP of all but user 1080 goes to port 15001; safe to run again
  ambassador redirect --uid 1080 --print     only say the rules
  ambassador redirect --remove               only ours go
Loopback, replies and DNS (port 53) pass; other UDP, and what else cannot be redirected, is rejected.
The configuration needs the same port: `transparent: 15001`, and the ambassador runs as that user.
)";

constexpr char inject_examples[] = R"(Examples:
  ambassador inject -c ambassador.yaml < deployment.yaml | kubectl apply -f -
  helm template shop | ambassador inject -c ambassador.yaml --secret api-keys=/secrets/payments > shop.yaml
  ambassador inject --uninject shop.yaml

Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob and Pod, in lists too; all else passes as it is. Running it
again brings the sidecar up to date. `ambassador/inject: disabled`, an annotation, leaves a workload out. The configuration
is read as the Pod will: without this shell's AMBASSADOR_ variables. Files that it names come from the Secret that has the
name of their directory.
)";

constexpr char suggest_examples[] = R"(Examples:
  ambassador suggest --admin http://localhost:9901
  ambassador suggest --from-log app.log -c ambassador.yaml
  kubectl logs deploy/shop -c ambassador | ambassador suggest --from-log -

What was never used comes after it, as comments. A log line does not say whether a call came through
the proxy port or straight at a listener; the admin port knows.
)";

constexpr char where_it_is[] = R"(
Without --admin it is asked where the configuration has the admin port: -c, AMBASSADOR_CONFIG, ./ambassador.yaml,
/etc/ambassador/ambassador.yaml, AMBASSADOR_ADMIN; else at http://127.0.0.1:9901.
)";

constexpr char healthcheck_examples[] = R"(Examples:
  ambassador healthcheck
  HEALTHCHECK CMD ["/ambassador", "healthcheck"]                      in a Dockerfile
  livenessProbe: {exec: {command: [/ambassador, healthcheck]}}        in a Pod
)";

constexpr char wait_examples[] = R"(Examples:
  ambassador wait --timeout 10s && exec ./app
  lifecycle: {postStart: {exec: {command: [/ambassador, wait]}}}      the next container starts when this one is ready
)";

constexpr char quit_examples[] = R"(Examples:
  ./migrate && ambassador quit                                        in a Job, which must come to its end
  curl --noproxy '*' -X POST http://localhost:9901/quit               the same, from this machine only
)";

constexpr std::uint64_t max_wait = 24 * 60 * 60 * 1'000;  ///< milliseconds

/// An option that stands for a key of the configuration.
void add_key(CLI::App& command, app::ConfigurationOptions& options, char const* name, char const* key, char const* help,
             char const* type) {
  command
      .add_option_function<std::vector<std::string>>(
          name,
          [&options, key](std::vector<std::string> const& values) {
            for (auto const& value : values) options.flags.emplace_back(key, value);
          },
          help)
      ->type_name(type)
      ->allow_extra_args(false);
}

/// The options that every command with a configuration takes.
void add_configuration(CLI::App& command, app::ConfigurationOptions& options) {
  command.add_option("-c,--config", options.file, "The configuration file; see `ambassador schema`")->type_name("FILE");
  add_key(command, options, "--listen", "listen", "Where to listen; may be given again", "ADDRESS");
  add_key(command, options, "--map", "map", "One more source; may be given again", "\"SOURCE => TARGET\"");
  add_key(command, options, "--allow", "allow", "One more destination that may be reached as it is", "HOST:PORT");
  add_key(command, options, "--unmapped", "unmapped", "What becomes of calls outside the map", "block|report|allow");
  add_key(command, options, "--workers", "workers", "Threads", "auto|N");
  add_key(command, options, "--log-format", "log.format", "The access log's lines", "text|json");
  command
      .add_option_function<std::vector<std::string>>(
          "--set",
          [&options](std::vector<std::string> const& values) {
            for (auto const& value : values) {
              auto const equals = value.find('=');
              if (equals == std::string::npos) throw CLI::ValidationError("--set", "wants KEY=VALUE, as timeout.connect=500ms");
              options.flags.emplace_back(value.substr(0, equals), value.substr(equals + 1));
            }
          },
          "Any other scalar of the configuration")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_admin_address(CLI::App& command, app::ConfigurationOptions& options) {
  add_key(command, options, "--admin", "admin", "Where /metrics, /healthz and the like are", "ADDRESS");
}

void add_admin_url(CLI::App& command, std::string& admin) {
  command.add_option("--admin", admin, "Ask a running ambassador's admin port")
      ->type_name("URL")
      ->check([](std::string const& text) {
        return is_admin_url(text) ? std::string{} : "wants a URL such as http://127.0.0.1:9901, not " + text;
      });
}

void add_redirect(CLI::App& command, RedirectOptions& options) {
  command.footer(redirect_examples);
  constexpr std::uint32_t no_uid = std::numeric_limits<std::uint32_t>::max();  // (uid_t)-1
  command.add_option("--uid", options.rules.uids, "The ambassador's user, whose traffic is left alone; may be given again")
      ->check(CLI::Range(std::uint32_t{0}, no_uid - 1))
      ->type_name("UID")
      ->allow_extra_args(false);
  command.add_option("--to", options.rules.port, "The transparent port")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT")
      ->capture_default_str();
  command.add_flag("--remove", options.remove, "Remove the rules; nothing there is fine too");
  command.add_flag("--print", options.print, "Print the rules and change nothing");
  command.add_option("--with", options.with, "The program: nft where it is there, else iptables and ip6tables")
      ->check(CLI::IsMember({"nft", "iptables", "iptables-nft", "iptables-legacy"}))
      ->type_name("PROGRAM");
}

kubernetes::SecretDirectory secret_directory(std::string const& text) {
  auto const equals = text.find('=');
  auto directory = equals == std::string::npos ? std::string{} : text.substr(equals + 1);
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  bool const good = equals != std::string::npos && kubernetes::is_secret_name(text.substr(0, equals)) &&
                    directory.starts_with('/') && directory != "/";
  if (!good) throw CLI::ValidationError("--secret", "wants NAME=/DIR, as api-keys=/secrets/payments, not " + text);
  return {text.substr(0, equals), std::move(directory)};
}

void add_inject(CLI::App& command, InjectOptions& options) {
  command.footer(inject_examples);
  command.add_option("FILE", options.input, "The manifests, YAML or JSON; stdin unless given")->type_name("");
  command.add_option("-c,--config", options.config, "Becomes the ConfigMap; unless given, what `run` would find")
      ->type_name("FILE");
  command.add_flag("--uninject", options.remove, "Take out what was added");
  command.add_option("--image", options.image, "The sidecar's; ambassador:" + version() + " unless given")->type_name("IMAGE");
  command
      .add_option_function<std::vector<std::string>>(
          "--secret",
          [&options](std::vector<std::string> const& values) {
            for (auto const& value : values) options.secrets.push_back(secret_directory(value));
          },
          "Where a Secret is mounted, if its name is not the directory's; may be given again")
      ->type_name("NAME=/DIR")
      ->allow_extra_args(false);
  command
      .add_option_function<std::string>(
          "--sidecar",
          [&options](std::string const& form) {
            options.form = form == "native" ? kubernetes::Sidecar::Form::native : kubernetes::Sidecar::Form::container;
          },
          "container for Kubernetes below 1.29; native unless given")
      ->check(CLI::IsMember({"native", "container"}))
      ->type_name("FORM");
}

/// What the command line says, and the command that it names.
struct Arguments {
  app::ConfigurationOptions configuration;
  bool share_port = false;
  bool no_files = false;
  bool once = false;
  std::string method;
  std::string url;
  std::string admin;
  std::string log;
  std::uint64_t wait_timeout = 30'000;  ///< milliseconds
  InjectOptions injection;
  RedirectOptions redirection;

  std::function<Exit()> command = [this] { return run(configuration, share_port); };
};

/// Adds a command: `call` is what it does.
CLI::App& add_command(CLI::App& cli, Arguments& arguments, char const* name, char const* help, std::function<Exit()> call) {
  auto* const command = cli.add_subcommand(name, help);
  command->callback([&arguments, call = std::move(call)] { arguments.command = call; });
  return *command;
}

/// The options of `run`, which are those without a command too.
void add_run_options(CLI::App& command, Arguments& arguments) {
  add_configuration(command, arguments.configuration);
  add_admin_address(command, arguments.configuration);
  command.add_flag("--share-port", arguments.share_port, "Let another ambassador listen on the same port");
}

void add_run_and_check(CLI::App& cli, Arguments& arguments) {
  add_run_options(cli, arguments);
  add_run_options(add_command(cli, arguments, "run", "Serve; the default", arguments.command), arguments);
  auto& check_command = add_command(cli, arguments, "check", "Validate the configuration and run its `expect` cases",
                                    [&] { return check(arguments.configuration, arguments.no_files); });
  add_configuration(check_command, arguments.configuration);
  check_command.add_flag("--no-files", arguments.no_files,
                         "Leave the files out that the configuration names (certificates, secrets)");
  add_admin_address(check_command, arguments.configuration);
}

void add_explain(CLI::App& cli, Arguments& arguments) {
  auto& command = add_command(cli, arguments, "explain", "Which rule decides on a call, and why; exit 3 if blocked", [&] {
    return arguments.admin.empty() ? explain(arguments.configuration, arguments.method, arguments.url)
                                   : explain_at(arguments.admin, arguments.method, arguments.url);
  });
  add_configuration(command, arguments.configuration);
  add_admin_url(command, arguments.admin);
  command.add_option("method", arguments.method, "GET, POST, CONNECT …")->required();
  command.add_option("url", arguments.url, "http://host/path, or host:port for CONNECT")->required();
}

void add_suggest(CLI::App& cli, Arguments& arguments) {
  auto& command = add_command(cli, arguments, "suggest", "The smallest map and allow list for what report mode saw", [&] {
    return arguments.log.empty() ? suggest_at(arguments.admin) : suggest_from_log(arguments.log, arguments.configuration);
  });
  command.footer(suggest_examples);
  auto* from = command.add_option_group("from", "Where it was seen; one of them");
  add_admin_url(*from, arguments.admin);
  auto* from_log =
      from->add_option("--from-log", arguments.log, "Read an access log, text or JSON; - is stdin")->type_name("FILE");
  from->require_option(1);
  command.add_option("-c,--config", arguments.configuration.file, "Leave out what this configuration covers")
      ->type_name("FILE")
      ->needs(from_log);
}

void add_schema_and_demo(CLI::App& cli, Arguments& arguments) {
  add_command(cli, arguments, "schema", "Print the configuration's JSON schema", [] { return schema(); });
  add_command(cli, arguments, "demo", "The numbers scenario, all in one process, to look at", [&] {
    return demo(arguments.once);
  }).add_flag("--once", arguments.once, "Make the two calls and end");
}

/// The options of the commands that ask a running ambassador how it is.
void add_whom_to_ask(CLI::App& command, Arguments& arguments, std::string const& command_examples) {
  command.footer(command_examples + where_it_is);
  add_admin_url(command, arguments.admin);
  command
      .add_option("-c,--config", arguments.configuration.file, "Where its admin port is, if not where the environment has it")
      ->type_name("FILE");
}

void add_healthcheck_wait_and_quit(CLI::App& cli, Arguments& arguments) {
  add_whom_to_ask(add_command(cli, arguments, "healthcheck", "Whether a running ambassador lives: exit 0 or 1",
                              [&] { return healthcheck(arguments.admin, arguments.configuration); }),
                  arguments, healthcheck_examples);
  auto& wait_command = add_command(cli, arguments, "wait", "Until a running ambassador takes calls: exit 0 or 1", [&] {
    return wait(arguments.admin, arguments.configuration, Milliseconds{arguments.wait_timeout});
  });
  add_whom_to_ask(wait_command, arguments, wait_examples);
  wait_command.add_option("--timeout", arguments.wait_timeout, "How long, at most; 30s unless given")
      ->transform(CLI::AsNumberWithUnit{std::map<std::string, std::uint64_t>{{"ms", 1}, {"s", 1'000}, {"m", 60'000}},
                                        CLI::AsNumberWithUnit::UNIT_REQUIRED})
      ->check(CLI::Range(std::uint64_t{1}, max_wait))
      ->option_text("TIME");
  add_whom_to_ask(add_command(cli, arguments, "quit", "Ends a running ambassador, its calls finished: for Jobs",
                              [&] { return quit(arguments.admin, arguments.configuration); }),
                  arguments, quit_examples);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli{"ambassador: maps localhost addresses to real Services, blocks the rest, logs and counts every call."};
  cli.name("ambassador");
  cli.footer(examples);
  cli.set_version_flag("--version", "ambassador " + version());
  cli.get_formatter()->column_width(36);
  Arguments arguments;
  add_run_and_check(cli, arguments);
  add_explain(cli, arguments);
  add_suggest(cli, arguments);
  add_schema_and_demo(cli, arguments);
  add_inject(add_command(cli, arguments, "inject", "Add the sidecar to Kubernetes manifests",
                         [&] { return inject(arguments.injection); }),
             arguments.injection);
  add_redirect(add_command(cli, arguments, "redirect", "Kernel rules for transparent mode",
                           [&] { return redirect(arguments.redirection); }),
               arguments.redirection);
  add_healthcheck_wait_and_quit(cli, arguments);
  cli.require_subcommand(0, 1);
  try {
    cli.parse(argc, argv);
  } catch (CLI::ParseError const& asked) {
    int const status = cli.exit(asked);
    return status == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  return static_cast<int>(arguments.command());
}

}  // namespace ambassador::command
