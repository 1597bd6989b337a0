#include "config/settings/yaml_text.hpp"

#include "base/bytes.hpp"
#include "config/settings/address.hpp"
#include "config/settings/allow.hpp"
#include "config/settings/mapping.hpp"
#include "config/settings/retry.hpp"
#include "config/settings/waits.hpp"
#include "config/units.hpp"

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

/// A share as a percentage, with as many digits as come back the same.
std::string percent(double share) { return fmt::format("{:.12g}", share * 100); }

class YamlText {
 public:
  explicit YamlText(Settings const& settings) : settings_(settings) {}

  std::string write() {
    line("# from {}", escape(settings_.origin, 256));
    write_addresses();
    line("unmapped: {}", std::array{"block", "report", "allow"}.at(static_cast<std::size_t>(settings_.unmapped)));
    if (settings_.reject_status != 403) line("# a blocked call gets {}", settings_.reject_status);
    write_via();
    write_map();
    write_allow();
    write_log();
    line("trace: {}", std::array{"off", "propagate", "on"}.at(static_cast<std::size_t>(settings_.trace)));
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
    for (auto const& address : settings_.listen) {
      if (address.protocol == ListenProtocol::http) write_listener(address);
    }
    if (settings_.transparent) line("transparent: {}", *settings_.transparent);
    line("admin: {}", settings_.admin ? quoted(to_string(*settings_.admin)) : "off");
  }

  void write_listener(ListenAddress const& address) {
    if (!address.tls && !address.proxy_protocol) {
      line("  - {}", quoted(to_string(address)));
      return;
    }
    line("  - address: {}", quoted(to_string(address)));
    if (address.proxy_protocol) line("    proxy_protocol: true");
    if (!address.tls) return;
    line("    tls:");
    line("      certificates:");
    for (auto const& pair : address.tls->certificates)
      line("        - {{cert: {}, key: {}}}", quoted(pair.cert), quoted(pair.key));
    if (address.tls->client_ca.empty()) return;
    line("      client_ca: {}", quoted(address.tls->client_ca));
    if (!address.tls->client_required) line("      client: optional");
  }

  void write_via() {
    if (settings_.via) line("via: {}", proxy(*settings_.via));
  }

  static std::string proxy(Via const& via) {
    if (via.credentials_file.empty()) return quoted(via.text);
    return fmt::format("{{url: {}, credentials_file: {}}}", quoted(via.text), quoted(via.credentials_file));
  }

  void write_map() {
    if (settings_.map.empty()) return;
    line("map:");
    for (auto const& mapping : settings_.map) {
      line("  - source: {}", quoted(mapping.source_text));
      write_targets(mapping.targets);
      if (mapping.match == MatchKind::exact) line("    match: exact");
      write_when(mapping.when);
      write_tls(mapping.tls);
      write_credential(mapping);
      write_rules(mapping);
      write_own_timeouts(mapping.timeout);
      write_bounds(mapping);
      write_resilience(mapping);
      if (mapping.proxy_protocol == ProxyProtocol::v1) line("    proxy_protocol: v1");
      if (mapping.proxy_protocol == ProxyProtocol::v2) line("    proxy_protocol: v2");
      if (auto const via = inherited_via(settings_, mapping.targets); mapping.via != via)
        line("    via: {}", mapping.via ? proxy(*mapping.via) : "off");
    }
  }

  void write_targets(std::vector<Target> const& targets) {
    if (targets.size() == 1 && !targets.front().weight) {
      line("    target: {}", quoted(targets.front().text));
      return;
    }
    line("    target:");
    for (auto const& target : targets) {
      if (target.weight) {
        line("      - {{url: {}, weight: {}}}", quoted(target.text), *target.weight);
      } else {
        line("      - {}", quoted(target.text));
      }
    }
  }

  void write_resilience(Mapping const& mapping) {
    constexpr std::array names{"least_requests", "round_robin", "ewma", "hash"};
    if (mapping.balance != Balance::least_requests)
      line("    balance: {}", names.at(static_cast<std::size_t>(mapping.balance)));
    if (mapping.hash.of == HashKey::Of::header) line("    hash: {{header: {}}}", quoted(mapping.hash.name));
    if (mapping.hash.of == HashKey::Of::cookie) line("    hash: {{cookie: {}}}", quoted(mapping.hash.name));
    if (mapping.health) write_health(*mapping.health, mapping.source.scheme);
    if (mapping.retry != default_retry(mapping.source.scheme)) write_retry(mapping.retry);
    if (auto const& mirror = mapping.mirror)
      line("    mirror: {{target: {}, percent: {}}}", quoted(mirror->target.text), percent(mirror->share));
    if (mapping.fault) write_fault(*mapping.fault);
  }

  void write_health(HealthCheck const& health, SourceScheme source) {
    if (health.kind == HealthCheck::Kind::tcp && has_key(row_of(source), "health.path")) {
      line("    health: tcp");
      return;
    }
    auto const path = health.kind == HealthCheck::Kind::http ? fmt::format("path: {}, ", quoted(health.path)) : std::string{};
    line("    health: {{{}interval: {}, timeout: {}, fall: {}, rise: {}}}", path, duration_text(health.interval),
         duration_text(health.timeout), health.fall, health.rise);
  }

  void write_retry(Retry const& retry) {
    std::string on;
    auto const add = [&](std::string const& cause) { on.append(on.empty() ? "" : ", ").append(cause); };
    if (retry.on_connect) add("connect");
    if (retry.on_reset) add("reset");
    for (auto const status : retry.on) add(std::to_string(status));
    auto const per_try = retry.per_try ? fmt::format(", per_try: {}", duration_text(*retry.per_try)) : std::string{};
    line("    retry: {{attempts: {}, on: [{}]{}}}", retry.attempts, on, per_try);
  }

  void write_fault(Fault const& fault) {
    std::string what;
    if (fault.delay.count() != 0) what += fmt::format("delay: {}, ", duration_text(fault.delay));
    if (fault.abort != 0) what += fmt::format("abort: {}, ", fault.abort);
    line("    fault: {{{}percent: {}}}", what, percent(fault.share));
  }

  void write_tls(UpstreamTls const& tls) {
    if (tls == UpstreamTls{}) return;
    line("    tls:");
    write_text("ca", tls.ca);
    write_text("cert", tls.cert);
    write_text("key", tls.key);
    write_text("server_name", tls.server_name);
    if (!tls.verify) line("      verify: false");
  }

  void write_credential(Mapping const& mapping) {
    if (!mapping.credential) return;
    line("    credential:");
    write_text("header", mapping.credential->header);
    write_text("prefix", mapping.credential->prefix);
    write_text("file", mapping.credential->file);
  }

  /// A key of a section of a source; an empty value is left out.
  void write_text(std::string_view name, std::string const& value) {
    if (!value.empty()) line("      {}: {}", name, quoted(value));
  }

  void write_rules(Mapping const& mapping) {
    if (mapping.request_headers.empty() && mapping.response_headers.empty()) return;
    line("    headers:");
    write_direction("request", mapping.request_headers);
    write_direction("response", mapping.response_headers);
  }

  void write_direction(std::string_view name, HeaderRules const& rules) {
    if (rules.empty()) return;
    line("      {}:", name);
    if (!rules.remove.empty()) line("        remove:");
    for (auto const& field : rules.remove) line("          - {}", quoted(field));
    if (!rules.set.empty()) line("        set:");
    write_fields(rules.set, "          ");
    if (!rules.add.empty()) line("        add:");
    write_fields(rules.add, "          ");
  }

  void write_fields(std::vector<std::pair<std::string, std::string>> const& fields, std::string_view indent) {
    for (auto const& [name, value] : fields)
      line("{}{}: {}", indent, quoted(name), quoted(holds_secret(name) ? redacted : value));
  }

  void write_bounds(Mapping const& mapping) {
    if (auto const& rate = mapping.rate)
      line("    rate: {{requests: {}, per: {}, burst: {}}}", rate->requests, duration_text(rate->per), rate->burst);
    std::string own;
    auto const add = [&](std::string_view name, std::size_t value, std::size_t fallback) {
      if (value != fallback) own += fmt::format("{}{}: {}", own.empty() ? "" : ", ", name, value);
    };
    add("connections", mapping.connections, settings_.limits.connections);
    add("pending", mapping.pending, settings_.limits.pending);
    add("requests", mapping.requests, 0);
    if (!own.empty()) line("    limits: {{{}}}", own);
  }

  void write_when(When const& when) {
    if (when.empty()) return;
    line("    when:");
    if (!when.methods.empty()) line("      methods:");
    for (auto const& method : when.methods) line("        - {}", quoted(method));
    if (!when.headers.empty()) line("      headers:");
    write_fields(when.headers, "        ");
  }

  void write_own_timeouts(Timeouts const& timeouts) {
    std::string own;
    for (auto const& wait : waits) {
      bool const tunnel = wait.value == &Timeouts::idle && timeouts.tunnel_idle != settings_.timeout.tunnel_idle;
      if (timeouts.*wait.value == settings_.timeout.*wait.value && !tunnel) continue;
      own += fmt::format("{}{}: {}", own.empty() ? "" : ", ", wait.name, duration_text(timeouts.*wait.value));
    }
    if (!own.empty()) line("    timeout: {{{}}}", own);
  }

  void write_allow() {
    if (settings_.allow.empty()) return;
    line("allow:");
    for (auto const& rule : settings_.allow) {
      bool const plain = !rule.any_sni && rule.addresses == own_networks(rule);
      line("  - {}{}", plain ? "" : "to: ", quoted(rule.text));
      if (plain) continue;
      if (rule.any_sni) line("    sni: any");
      if (!rule.addresses.empty()) line("    addresses:");
      for (auto const& network : rule.addresses) line("      - {}", quoted(to_string(network)));
    }
  }

  void write_log() {
    auto const& log = settings_.log;
    auto const calls = log.share == 1.0 ? "all" : log.share == 0.0 ? "errors" : fmt::format("{}", log.share);
    line("log: {{format: {}, calls: {}, query: {}}}", log.format == LogFormat::text ? "text" : "json", calls,
         log.redact_query ? "redact" : "keep");
  }

  void write_timeouts() {
    std::string all;
    auto const& timeouts = settings_.timeout;
    // `idle` holds for tunnels too where it is written: the two defaults cannot be.
    bool const written = timeouts.idle == timeouts.tunnel_idle;
    if (!written)
      line("# idle: {}, in tunnels and TCP connections {}", duration_text(timeouts.idle), duration_text(timeouts.tunnel_idle));
    for (auto const& wait : waits) {
      if (wait.value == &Timeouts::idle && !written) continue;
      all += fmt::format("{}{}: {}", all.empty() ? "" : ", ", wait.name, duration_text(timeouts.*wait.value));
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
