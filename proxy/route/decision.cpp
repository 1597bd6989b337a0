#include "route/decision.hpp"

#include <algorithm>

namespace ambassador::route {
namespace {

/// The target's path and the rest of the request's, with one slash between them.
void append_joined(std::string& out, std::string_view target, std::string_view rest) {
  if (rest.empty()) {
    out.append(target.empty() ? std::string_view{"/"} : target);
    return;
  }
  if (target.ends_with('/')) target.remove_suffix(1);
  out.append(target).append(rest);
}

bool has_port(config::AllowRule const& rule, std::uint16_t port) {
  return rule.ports.empty() || std::find(rule.ports.begin(), rule.ports.end(), port) != rule.ports.end();
}

/// What of the request's path the source did not take. The root source takes `/` whole: it is the empty path too.
std::string_view rest_of(RequestUrl const& url, RouteTable::Match const& match) {
  if (match.mapping->match == config::MatchKind::exact || url.path == "/") return {};
  return std::string_view{url.path}.substr(match.matched);
}

}  // namespace

bool names_listener(RequestUrl const& url, std::uint16_t listener_port) noexcept {
  return has_listener_port(url, listener_port) && is_loopback_host(url.authority.host);
}

bool has_listener_port(RequestUrl const& url, std::uint16_t listener_port) noexcept {
  return listener_port != 0 && url.port() == listener_port;
}

bool is_meant_for_map(RequestUrl const& url, std::uint16_t listener_port) noexcept {
  if (url.form == TargetForm::origin) return true;
  if (url.form != TargetForm::absolute || url.scheme == Scheme::https) return false;
  return names_listener(url, listener_port) || (is_loopback_host(url.authority.host) && url.port() == http_port);
}

Query query_of(RequestUrl const& url, std::string_view method, std::span<wire::http::Field const> fields) noexcept {
  auto const query = url.has_query ? std::optional<std::string_view>{url.query} : std::nullopt;
  return {method, url.authority.host, url.port(), url.path, query, fields};
}

Rules::Rules(config::Settings const& settings) : settings_{settings}, routes_{settings.map} {
  for (auto const& rule : settings.allow) {
    if (rule.network) {
      allowed_networks_.push_back(&rule);
    } else {
      allowed_.add(rule.host_kind, rule.host).push_back(&rule);
    }
  }
}

std::optional<RouteTable::Match> Rules::find_source(RequestUrl const& url, Query const& query,
                                                    std::uint16_t listener_port) const {
  // A Host without a port, or with the listener's own, matches a source without one.
  bool const own_port = url.form == TargetForm::origin && (url.authority.port == 0 || has_listener_port(url, listener_port));
  RouteTable::Ports const ports{query.port, own_port ? http_port : query.port};
  if (auto match = routes_.find_literal(query, ports)) return match;
  if (names_listener(url, listener_port)) {
    // Any loopback name of the listener stands for localhost: with its port, without one, with any.
    auto local = query;
    local.host = "localhost";
    if (auto match = routes_.find_literal(local, {listener_port, http_port})) return match;
    if (auto match = routes_.find_at_any_port(local)) return match;
  }
  return routes_.find_pattern(query, ports);
}

config::AllowRule const* Rules::find_allowed(RequestUrl const& url) const {
  config::AllowRule const* found = nullptr;
  auto const find_in = [&](std::vector<config::AllowRule const*> const& rules, auto fits) {
    auto const rule = std::find_if(rules.begin(), rules.end(),
                                   [&](auto const* candidate) { return has_port(*candidate, url.port()) && fits(*candidate); });
    if (rule != rules.end()) found = *rule;
    return found != nullptr;
  };
  auto const& host = url.authority.host;
  if (auto const address = allowed_networks_.empty() ? std::nullopt : parse_ip_address(host)) {
    find_in(allowed_networks_, [&](config::AllowRule const& rule) { return rule.network->contains(*address); });
  }
  if (found == nullptr) {
    allowed_.visit(host, [&](auto const& rules) { return find_in(rules, [](config::AllowRule const&) { return true; }); });
  }
  return found;
}

Decision Rules::decide_unmapped(RequestUrl const& url, std::uint16_t listener_port) const {
  Decision decision;
  if (url.form == TargetForm::absolute || url.form == TargetForm::authority) decision.allow = find_allowed(url);
  bool const asked_of_unmapped = url.form != TargetForm::authority || settings_.unmapped_tunnels;
  if (decision.allow != nullptr) {
    decision.verdict = Verdict::allowed;
  } else if (settings_.unmapped != config::Unmapped::block && asked_of_unmapped && !names_listener(url, listener_port)) {
    decision.verdict = settings_.unmapped == config::Unmapped::allow ? Verdict::allowed : Verdict::reported;
  }
  return decision;
}

/// A tunnel to what a source names literally is answered by ourselves, and the calls inside are decided one by one. Any
/// other needs to be allowed, and is left to the two ends.
Decision Rules::decide_connect(RequestUrl const& url, std::uint16_t listener_port) const {
  auto const& map = routes_.map();
  for (auto const index : routes_.sources_on(url.authority.host)) {
    if (map[index].source.port == url.authority.port)
      return {Verdict::mapped, {&map[index], index, 0}, &map[index].targets.front(), nullptr};
  }
  return decide_unmapped(url, listener_port);
}

Decision Rules::decide(RequestUrl const& url, std::string_view method, std::span<wire::http::Field const> fields,
                       std::uint16_t listener_port) const {
  if (url.form == TargetForm::authority) return decide_connect(url, listener_port);
  // Sources are http: an absolute https:// is none of them. In origin form the scheme is only what the listener speaks.
  bool const may_be_mapped = url.form != TargetForm::absolute || url.scheme == Scheme::http;
  if (auto const match = may_be_mapped ? find_source(url, query_of(url, method, fields), listener_port) : std::nullopt) {
    return {Verdict::mapped, *match, &match->mapping->targets.front(), nullptr};
  }
  return decide_unmapped(url, listener_port);
}

config::TargetScheme target_scheme(Decision const& decision, RequestUrl const& url) noexcept {
  if (decision.verdict == Verdict::mapped) return decision.target->scheme;
  if (url.form == TargetForm::authority) return config::TargetScheme::tcp;
  return url.scheme;
}

std::size_t append_target_url(std::string& out, Decision const& decision, RequestUrl const& url) {
  auto const scheme = target_scheme(decision, url);
  out.append(config::uri_prefix(scheme));
  if (decision.verdict != Verdict::mapped) {
    out.append(url.authority.text(config::default_port(scheme)));
    auto const path_begins = out.size();
    out.append(url.path);
    if (url.has_query) out.append("?").append(url.query);
    return path_begins;
  }
  auto const& target = *decision.target;
  out.append(target.host_header);
  auto const path_begins = out.size();
  append_joined(out, target.path, rest_of(url, decision.match));
  if (target.query) {
    out.append("?").append(*target.query);
  } else if (url.has_query && decision.match.mapping->match != config::MatchKind::exact) {
    out.append("?").append(url.query);
  }
  return path_begins;
}

}  // namespace ambassador::route
