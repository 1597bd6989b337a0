// Settings as YAML that can be loaded again: what `/config` shows. Only what the default does not already say.

#include "base/bytes.hpp"
#include "config/address.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/waits.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace ambassador::config {
namespace {

constexpr char redacted[] = "(redacted)";

/// Fields whose values are credentials, by what their names say.
bool holds_secret(std::string_view name) {
  static constexpr std::string_view words[] = {"authorization", "cookie", "token", "secret", "password", "api-key", "apikey"};
  std::string lower{name};
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// In quotes, as YAML takes JSON; a `${` must not be looked up again.
std::string quoted(std::string_view text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) escaped += '$';
    escaped += text[i];
  }
  return boost::json::serialize(boost::json::string(escaped));
}

std::string duration(Milliseconds value) { return duration_text(static_cast<std::uint64_t>(value.count())); }

class YamlText {
 public:
  explicit YamlText(Settings const& settings) : settings_(settings) {}

  std::string write() {
    line("# from {}", escape(settings_.origin, 256));
    write_addresses();
    line("unmapped: {}", std::array{"block", "report", "allow"}.at(static_cast<std::size_t>(settings_.unmapped)));
    if (settings_.reject_status != 403) line("# a blocked call gets {}", settings_.reject_status);
    write_map();
    write_allow();
    write_log();
    line("workers: {}", settings_.workers ? std::to_string(*settings_.workers) : "auto");
    write_timeouts();
    auto const& limits = settings_.limits;
    line("limits: {{head: {}, fields: {}, target: {}, connections: {}, pending: {}}}", size_text(limits.head), limits.fields,
         size_text(limits.target), limits.connections, limits.pending);
    write_expect();
    return std::move(out_);
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
    out_ += '\n';
  }

  void write_addresses() {
    line("listen:");
    for (auto const& address : settings_.listen) line("  - {}", quoted(to_string(address)));
    line("admin: {}", settings_.admin ? quoted(to_string(*settings_.admin)) : "off");
  }

  void write_map() {
    if (settings_.map.empty()) return;
    line("map:");
    for (auto const& mapping : settings_.map) {
      line("  - source: {}", quoted(mapping.source_text));
      line("    target: {}", quoted(mapping.target.text));
      if (mapping.match == MatchKind::exact) line("    match: exact");
      write_when(mapping.when);
      write_own_timeouts(mapping.timeout);
    }
  }

  void write_when(When const& when) {
    if (when.empty()) return;
    line("    when:");
    if (!when.methods.empty()) line("      methods:");
    for (auto const& method : when.methods) line("        - {}", quoted(method));
    if (!when.headers.empty()) line("      headers:");
    for (auto const& [name, value] : when.headers)
      line("        {}: {}", quoted(name), quoted(holds_secret(name) ? redacted : value));
  }

  void write_own_timeouts(Timeouts const& timeouts) {
    std::string own;
    for (auto const& wait : waits) {
      if (timeouts.*wait.value == settings_.timeout.*wait.value) continue;
      own += fmt::format("{}{}: {}", own.empty() ? "" : ", ", wait.name, duration(timeouts.*wait.value));
    }
    if (!own.empty()) line("    timeout: {{{}}}", own);
  }

  void write_allow() {
    if (settings_.allow.empty()) return;
    line("allow:");
    for (auto const& rule : settings_.allow) line("  - {}", quoted(rule.text));
  }

  void write_log() {
    auto const& log = settings_.log;
    auto const calls = log.share == 1.0 ? "all" : log.share == 0.0 ? "errors" : fmt::format("{}", log.share);
    line("log: {{format: {}, calls: {}, query: {}}}", log.format == LogFormat::text ? "text" : "json", calls,
         log.redact_query ? "redact" : "keep");
  }

  void write_timeouts() {
    std::string all;
    for (auto const& wait : waits) {
      all += fmt::format("{}{}: {}", all.empty() ? "" : ", ", wait.name, duration(settings_.timeout.*wait.value));
    }
    line("timeout: {{{}}}", all);
  }

  void write_expect() {
    if (settings_.expect.empty()) return;
    line("expect:");
    for (auto const& expectation : settings_.expect) {
      line("  - request: {}", quoted(expectation.method + ' ' + expectation.url));
      if (expectation.goes_to) {
        line("    goes_to: {}", quoted(*expectation.goes_to));
      } else {
        line("    blocked: true");
      }
    }
  }

  Settings const& settings_;
  std::string out_;
};

}  // namespace

std::string to_yaml(Settings const& settings) { return YamlText(settings).write(); }

}  // namespace ambassador::config
