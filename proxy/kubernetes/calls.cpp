#include "kubernetes/calls.hpp"

#include "base/bytes.hpp"
#include "kubernetes/variables.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ambassador::kubernetes {
namespace {

/// The port behind a host: 80 where none is written; nothing where this is no such host, or a variable names the port.
std::optional<std::uint16_t> port_behind(std::string_view rest) {
  if (!rest.starts_with(':')) {
    bool const longer = !rest.empty() && (is_alpha(rest.front()) || is_digit(rest.front()) || rest.front() == '.' ||
                                          rest.front() == '-' || rest.front() == '@');
    return longer ? std::nullopt : std::optional<std::uint16_t>{80};
  }
  rest.remove_prefix(1);
  auto const end = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  auto const port = parse_decimal(rest.substr(0, end));
  constexpr std::uint64_t max_port = 65535;
  return port && *port <= max_port ? std::optional{static_cast<std::uint16_t>(*port)} : std::nullopt;
}

/// The words of a command, one text.
std::string words(Node const* command) {
  std::string text;
  if (command == nullptr) return text;
  for (auto const& word : command->children) text.append(word.resolved().text).append(" ");
  return text;
}

/// Whether the command says itself what goes past the proxy.
bool chooses_its_way(std::string_view command) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"noproxy", "no-proxy", "no_proxy", "NO_PROXY", "-Y off"},
                             [&](auto word) { return command.find(word) != std::string_view::npos; });
}

bool reaches(Sidecar const& sidecar, LocalCall const& call) {
  if (call.port == admin_port) return false;
  return std::ranges::any_of(sidecar.reachable, [&](Reachable const& one) {
    return (one.host == "*" || one.host == call.host) && (one.port == 0 || one.port == call.port);
  });
}

bool goes_past(Node const& container, LocalCall const& call) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"no_proxy", "NO_PROXY"}, [&](auto name) {
    auto const* const list = variable_of(container, name);
    return list != nullptr && passes_by(list->text_at({"value"}), call.host);
  });
}

}  // namespace

std::vector<LocalCall> local_calls(std::string_view text) {
  std::vector<LocalCall> found;
  for (std::string_view const host : {"localhost", "127.0.0.1"}) {
    auto const url = "http://" + std::string{host};
    for (auto at = text.find(url); at != std::string_view::npos; at = text.find(url, at + 1)) {
      auto const port = port_behind(text.substr(at + url.size()));
      if (!port) continue;
      LocalCall call{std::string{host}, *port};
      if (std::ranges::find(found, call) == found.end()) found.push_back(std::move(call));
    }
  }
  return found;
}

void advise_on_calls(Node const& container, Sidecar const& sidecar, Warn const& warn) {
  auto const probe = [&](std::string_view name) { return container.at_path({name, "exec", "command"}); };
  auto const hook = [&](std::string_view name) { return container.at_path({"lifecycle", name, "exec", "command"}); };
  for (auto const& [name, node] :
       std::initializer_list<std::pair<std::string_view, Node const*>>{{"command", container.look("command")},
                                                                       {"args", container.look("args")},
                                                                       {"startupProbe", probe("startupProbe")},
                                                                       {"livenessProbe", probe("livenessProbe")},
                                                                       {"readinessProbe", probe("readinessProbe")},
                                                                       {"postStart", hook("postStart")},
                                                                       {"preStop", hook("preStop")}}) {
    auto const text = words(node);
    if (chooses_its_way(text)) continue;
    for (auto const& call : local_calls(text)) {
      if (reaches(sidecar, call) || goes_past(container, call)) continue;
      auto const address = call.host + ':' + std::to_string(call.port);
      warn(node->at,
           "the " + std::string{name} + " of container " + std::string{container.text_at({"name"})} + " names http://" +
               address + ": with http_proxy such a call goes to the ambassador, which does not let it pass",
           call.port == admin_port ? "let it go past: curl --noproxy '*'"
                                   : "let it go past, as by curl --noproxy '*', or add `" + address + "` to `allow`");
    }
  }
}

}  // namespace ambassador::kubernetes
