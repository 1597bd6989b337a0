#include "route/route_table.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ambassador::route {
namespace {

/// A source's path ends at a segment boundary of the request's: `/api` is in `/api` and `/api/x`, not in `/apix`.
bool ends_at_boundary(std::string_view path, std::size_t length) noexcept {
  return length == path.size() || path[length] == '/';
}

bool has_field(std::span<wire::http::Field const> fields, std::string_view name, std::string_view value) noexcept {
  return std::any_of(fields.begin(), fields.end(),
                     [&](wire::http::Field const& field) { return iequals(field.name, name) && field.value == value; });
}

std::string exact_key(std::string_view path, std::optional<std::string_view> query) {
  std::string key{path.empty() ? std::string_view{"/"} : path};
  if (query) key.append("?").append(*query);
  return key;
}

}  // namespace

WhenMiss judge_when(config::When const& when, Query const& query) noexcept {
  if (!when.methods.empty() && std::find(when.methods.begin(), when.methods.end(), query.method) == when.methods.end()) {
    return WhenMiss::method;
  }
  return unfit_header(when, query).empty() ? WhenMiss::none : WhenMiss::header;
}

std::string_view unfit_header(config::When const& when, Query const& query) noexcept {
  for (auto const& [name, value] : when.headers) {
    if (!has_field(query.fields, name, value)) return name;
  }
  return {};
}

RouteTable::RouteTable(std::span<config::Mapping const> map) : map_{map} {
  for (std::uint32_t index = 0; index < map_.size(); ++index) add(index);
}

void RouteTable::add(std::uint32_t index) {
  auto const& mapping = map_[index];
  auto const& source = mapping.source;
  if (config::has_own_listener(source.scheme)) return;
  auto& host = hosts_.add(source.host_kind, source.host);
  host.sources.push_back(index);
  auto entry = std::find_if(host.ports.begin(), host.ports.end(), [&](auto const& port) { return port.first == source.port; });
  if (entry == host.ports.end()) entry = host.ports.insert(host.ports.end(), {source.port, {}});
  auto& paths = entry->second;
  if (mapping.match == config::MatchKind::exact) {
    paths.exact[exact_key(source.path, source.query)].push_back(index);
    return;
  }
  paths.prefix[source.path].push_back(index);
  auto const place = std::lower_bound(paths.lengths.begin(), paths.lengths.end(), source.path.size(), std::greater<>{});
  if (place == paths.lengths.end() || *place != source.path.size()) paths.lengths.insert(place, source.path.size());
}

std::optional<std::uint32_t> RouteTable::first_fitting(Indices const& candidates, Query const& query) const {
  for (auto const index : candidates) {
    if (judge_when(map_[index].when, query) == WhenMiss::none) return index;
  }
  return std::nullopt;
}

std::optional<RouteTable::Match> RouteTable::find_in(PathIndex const& paths, Query const& query) const {
  if (!paths.exact.empty()) {
    auto const found = query.query ? paths.exact.find(exact_key(query.path, query.query)) : paths.exact.find(query.path);
    if (found != paths.exact.end()) {
      if (auto const index = first_fitting(found->second, query)) return Match{&map_[*index], *index, query.path.size()};
    }
  }
  for (auto const length : paths.lengths) {
    if (length > query.path.size() || !ends_at_boundary(query.path, length)) continue;
    auto const found = paths.prefix.find(query.path.substr(0, length));
    if (found == paths.prefix.end()) continue;
    if (auto const index = first_fitting(found->second, query)) return Match{&map_[*index], *index, length};
  }
  return std::nullopt;
}

std::optional<RouteTable::Match> RouteTable::find_on(HostEntry const& host, Query const& query, Ports ports) const {
  for (auto const port : {ports[0], ports[1], any_port}) {
    auto const entry =
        std::find_if(host.ports.begin(), host.ports.end(), [&](auto const& known) { return known.first == port; });
    if (entry == host.ports.end()) continue;
    if (auto const match = find_in(entry->second, query)) return match;
  }
  return std::nullopt;
}

std::optional<RouteTable::Match> RouteTable::find_literal(Query const& query, Ports ports) const {
  auto const* host = hosts_.find_literal(query.host);
  return host == nullptr ? std::nullopt : find_on(*host, query, ports);
}

std::optional<RouteTable::Match> RouteTable::find_pattern(Query const& query, Ports ports) const {
  std::optional<Match> match;
  hosts_.visit_patterns(query.host, [&](HostEntry const& host) {
    match = find_on(host, query, ports);
    return match.has_value();
  });
  return match;
}

std::optional<RouteTable::Match> RouteTable::find_at_any_port(Query const& query) const {
  std::optional<Match> best;
  auto const* host = hosts_.find_literal(query.host);
  if (host == nullptr) return best;
  for (auto const& [number, paths] : host->ports) {
    auto const match = find_in(paths, query);
    if (match && (!best || match->matched > best->matched)) best = match;
  }
  return best;
}

std::span<std::uint32_t const> RouteTable::sources_on(std::string_view host) const {
  auto const* entry = hosts_.find_literal(host);
  return entry == nullptr ? std::span<std::uint32_t const>{} : entry->sources;
}

std::span<std::uint32_t const> RouteTable::sources_for(std::string_view host) const {
  std::span<std::uint32_t const> sources;
  hosts_.visit(host, [&](HostEntry const& entry) {
    sources = entry.sources;
    return !sources.empty();
  });
  return sources;
}

}  // namespace ambassador::route
