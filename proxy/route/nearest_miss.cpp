#include "route/nearest_miss.hpp"

#include "route/yaml_text.hpp"

#include <algorithm>
#include <array>

namespace ambassador::route {
namespace {

constexpr std::size_t max_host_edits = 2;
constexpr std::size_t max_compared_host = 64;

/// Levenshtein's distance, or more than `max_host_edits` where it does not matter how much.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  auto const difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > max_host_edits || a.size() >= max_compared_host || b.size() >= max_compared_host) return max_host_edits + 1;
  std::array<std::size_t, max_compared_host> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// What a miss is judged by: the request, and whether its port is the listener's, which fits a source without one.
struct Asked {
  Query query;
  bool own_port = false;  ///< origin-form, and the listener's port
  bool own_name = false;  ///< the listener itself, by a loopback name: it stands for localhost at any port
};

Asked asked_of(RequestUrl const& url, std::string_view method, std::span<wire::http::Field const> fields,
               std::uint16_t listener_port) {
  return {query_of(url, method, fields), url.form == TargetForm::origin && has_listener_port(url, listener_port),
          names_listener(url, listener_port)};
}

bool port_fits(config::SourcePattern const& source, Asked const& asked) {
  return source.port == 0 || source.port == asked.query.port || asked.own_name || (asked.own_port && source.port == 80);
}

/// Causes from far to near: what fits up to `when` is nearer than what fits up to the path.
MissCause judge(config::Mapping const& mapping, Asked const& asked) {
  auto const& source = mapping.source;
  auto const& query = asked.query;
  if (!port_fits(source, asked)) return MissCause::port;
  auto const path = std::string_view{source.path};
  bool const inside = query.path.starts_with(path) && (path.size() == query.path.size() || query.path[path.size()] == '/');
  bool const same = query.path == path || (path.empty() && query.path == "/");
  bool const exact = mapping.match == config::MatchKind::exact;
  if (exact ? !same : !inside) return MissCause::path;
  if (exact && source.query != query.query) return MissCause::query;
  return judge_when(mapping.when, query) == WhenMiss::method ? MissCause::method : MissCause::header;
}

NearestMiss nearest_on_host(std::span<config::Mapping const> map, std::span<std::uint32_t const> sources, Asked const& asked) {
  NearestMiss best;
  std::size_t best_common = 0;
  for (auto const index : sources.first(std::min(sources.size(), max_miss_candidates))) {
    auto const& mapping = map[index];
    auto const cause = judge(mapping, asked);
    auto const& path = mapping.source.path;
    auto const& other = asked.query.path;
    auto const common =
        static_cast<std::size_t>(std::mismatch(path.begin(), path.end(), other.begin(), other.end()).first - path.begin());
    if (cause > best.cause || (cause == best.cause && common > best_common)) {
      best = {cause, &mapping, unfit_header(mapping.when, asked.query)};
      best_common = common;
    }
  }
  return best;
}

/// The sources that the request's host leads to, where it is the listener's those on localhost too.
std::span<std::uint32_t const> sources_for(RouteTable const& routes, Asked const& asked) {
  auto const named = routes.sources_on(asked.query.host);
  if (!named.empty()) return named;
  auto const local = asked.own_name ? routes.sources_on("localhost") : std::span<std::uint32_t const>{};
  return local.empty() ? routes.sources_for(asked.query.host) : local;
}

NearestMiss nearest_host(std::span<config::Mapping const> map, std::string_view host) {
  NearestMiss best;
  auto best_distance = max_host_edits + 1;
  for (auto const& mapping : map.first(std::min(map.size(), max_miss_candidates))) {
    if (mapping.source.host_kind == config::HostKind::any || config::has_own_listener(mapping.source.scheme)) continue;
    auto const distance = edit_distance(mapping.source.host, host);
    if (distance < best_distance) {
      best_distance = distance;
      best = {MissCause::host, &mapping, {}};
    }
  }
  return best;
}

bool allows_host(config::AllowRule const& rule, std::string_view host) {
  switch (rule.host_kind) {
    case config::HostKind::literal: return rule.host == host;
    case config::HostKind::suffix: return host.ends_with(rule.host);
    case config::HostKind::any: return true;
  }
  return false;
}

/// An allow entry that has the host, though not the port.
config::AllowRule const* find_allowed_host(Rules const& rules, RequestUrl const& url) {
  std::span<config::AllowRule const> const allowed = rules.settings().allow;
  auto const looked_at = allowed.first(std::min(allowed.size(), max_miss_candidates));
  if (looked_at.empty()) return nullptr;
  auto const address = parse_ip_address(url.authority.host);
  auto const found = std::find_if(looked_at.begin(), looked_at.end(), [&](config::AllowRule const& rule) {
    return rule.network ? address && rule.network->contains(*address) : allows_host(rule, url.authority.host);
  });
  return found == looked_at.end() ? nullptr : &*found;
}

/// The source's `http://host[:port]` that would take the request. The listener's own port is not written: it would be
/// a source that is listened on.
std::string source_origin(RequestUrl const& url, std::uint16_t listener_port) {
  if (names_listener(url, listener_port)) return "http://localhost";
  bool const own_port = url.form == TargetForm::origin && has_listener_port(url, listener_port);
  return "http://" + (own_port ? url.authority.host : url.authority.text(80));
}

}  // namespace

NearestMiss find_nearest_miss(Rules const& rules, RequestUrl const& url, std::string_view method,
                              std::span<wire::http::Field const> fields, std::uint16_t listener_port) {
  auto const& routes = rules.routes();
  auto const asked = asked_of(url, method, fields, listener_port);
  if (url.form != TargetForm::origin) {
    if (auto const* const allow = find_allowed_host(rules, url)) return {.cause = MissCause::port, .allow = allow};
  }
  if (url.form == TargetForm::authority) {
    auto const named = routes.sources_on(url.authority.host);
    return named.empty() ? nearest_host(routes.map(), url.authority.host)
                         : NearestMiss{MissCause::port, &routes.map()[named.front()]};
  }
  auto const sources = sources_for(routes, asked);
  if (url.form == TargetForm::absolute && url.scheme == Scheme::https) {
    return sources.empty() ? NearestMiss{} : NearestMiss{MissCause::scheme, &routes.map()[sources.front()]};
  }
  return sources.empty() ? nearest_host(routes.map(), url.authority.host) : nearest_on_host(routes.map(), sources, asked);
}

std::string describe(NearestMiss const& miss, RequestUrl const& url, std::string_view method) {
  if (miss.allow != nullptr) return "port " + std::to_string(url.port()) + " is not allowed, " + miss.allow->text + " is";
  if (miss.source == nullptr) return {};
  auto const& listed = miss.source->source_text;
  switch (miss.cause) {
    case MissCause::none: return {};
    case MissCause::scheme: return "scheme https is not listed, " + listed + " is";
    case MissCause::host: return "host " + url.authority.host + " is not listed, " + listed + " is";
    case MissCause::port: return "port " + std::to_string(url.port()) + " is not listed, " + listed + " is";
    case MissCause::path: return "path " + url.path + " is not inside a source, " + listed + " is the nearest";
    case MissCause::query: return "the query differs from the one of " + listed;
    case MissCause::method: return "method " + std::string{method} + " is not in the `when` of " + listed;
    case MissCause::header:
      return "header " + std::string{miss.header} + " is missing, or not what the `when` of " + listed + " asks for";
  }
  return {};
}

std::string lines_to_paste(RequestUrl const& url, std::uint16_t listener_port) {
  if (!is_meant_for_map(url, listener_port)) return "allow:\n" + allow_to_paste(url.authority.host, std::to_string(url.port()));
  auto const source = source_origin(url, listener_port).append(writable(url.path));
  return "map:\n" + source_to_paste(source);
}

std::string describe_block(NearestMiss const& miss, RequestUrl const& url, std::string_view method) {
  std::string text = "not in the map";
  if (auto const detail = describe(miss, url, method); !detail.empty()) text.append(": ").append(detail);
  return text;
}

}  // namespace ambassador::route
