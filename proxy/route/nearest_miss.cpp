#include "route/nearest_miss.hpp"

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

/// Causes from far to near: what fits up to `when` is nearer than what fits up to the path.
MissCause judge(config::Mapping const& mapping, Query const& query) {
  auto const& source = mapping.source;
  if (source.port != 0 && source.port != query.port) return MissCause::port;
  auto const path = std::string_view{source.path};
  bool const inside = query.path.starts_with(path) && (path.size() == query.path.size() || query.path[path.size()] == '/');
  bool const same = query.path == path || (path.empty() && query.path == "/");
  bool const exact = mapping.match == config::MatchKind::exact;
  if (exact ? !same : !inside) return MissCause::path;
  if (exact && source.query != query.query) return MissCause::query;
  return judge_when(mapping.when, query) == WhenMiss::method ? MissCause::method : MissCause::header;
}

NearestMiss nearest_on_host(std::span<config::Mapping const> map, std::span<std::uint32_t const> sources, Query const& query) {
  NearestMiss best;
  std::size_t best_common = 0;
  for (auto const index : sources.first(std::min(sources.size(), max_miss_candidates))) {
    auto const& mapping = map[index];
    auto const cause = judge(mapping, query);
    auto const& path = mapping.source.path;
    auto const common = static_cast<std::size_t>(
        std::mismatch(path.begin(), path.end(), query.path.begin(), query.path.end()).first - path.begin());
    if (cause > best.cause || (cause == best.cause && common > best_common)) {
      best = {cause, &mapping};
      best_common = common;
    }
  }
  return best;
}

NearestMiss nearest_host(std::span<config::Mapping const> map, std::string_view host) {
  NearestMiss best;
  auto best_distance = max_host_edits + 1;
  for (auto const& mapping : map.first(std::min(map.size(), max_miss_candidates))) {
    if (mapping.source.host_kind == config::HostKind::any) continue;
    auto const distance = edit_distance(mapping.source.host, host);
    if (distance < best_distance) {
      best_distance = distance;
      best = {MissCause::host, &mapping};
    }
  }
  return best;
}

std::string request_origin(RequestUrl const& url) { return "http://" + url.authority.text(80); }

}  // namespace

NearestMiss find_nearest_miss(Rules const& rules, RequestUrl const& url, std::string_view method,
                              std::span<wire::http::Field const> fields) {
  auto const map = rules.routes().map();
  auto const sources = rules.routes().sources_on(url.authority.host);
  auto query = query_of(url, method, fields);
  if (url.form == TargetForm::authority) {
    if (sources.empty()) return nearest_host(map, query.host);
    return {MissCause::port, &map[sources.front()]};
  }
  if (url.scheme != Scheme::http) {
    return sources.empty() ? NearestMiss{} : NearestMiss{MissCause::scheme, &map[sources.front()]};
  }
  return sources.empty() ? nearest_host(map, query.host) : nearest_on_host(map, sources, query);
}

std::string describe(NearestMiss const& miss, RequestUrl const& url, std::string_view method) {
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
    case MissCause::header: return "a header that the `when` of " + listed + " asks for is missing or differs";
  }
  return {};
}

std::string lines_to_paste(RequestUrl const& url) {
  if (url.form == TargetForm::absolute && url.scheme == Scheme::http) {
    return "allow:\n  - \"" + url.authority.host + ':' + std::to_string(url.port()) + "\"\n";
  }
  return "map:\n  - source: " + request_origin(url) + url.path + "\n    target: http://the-real-service\n";
}

std::string describe_block(Decision const& decision, NearestMiss const& miss, RequestUrl const& url, std::string_view method) {
  std::string text = "not in the map";
  if (decision.refusal == Refusal::connect_not_mapped) text = "CONNECT is for the hosts of http sources only in this version";
  if (decision.refusal == Refusal::https_not_served) text = "https:// is not served in this version";
  if (auto const detail = describe(miss, url, method); !detail.empty()) text.append(": ").append(detail);
  return text;
}

}  // namespace ambassador::route
