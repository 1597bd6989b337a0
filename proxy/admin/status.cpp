#include "admin/status.hpp"

#include "admin/endpoints.hpp"
#include "net/stream.hpp"
#include "observe/counter.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>

namespace ambassador::admin {
namespace {

namespace json = boost::json;

constexpr double microseconds_in_second = 1e6;

std::int64_t unix_milliseconds(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string_view name_of(config::Unmapped unmapped) {
  switch (unmapped) {
    case config::Unmapped::block: return "block";
    case config::Unmapped::report: return "report";
    case config::Unmapped::allow: break;
  }
  return "allow";
}

json::object configuration_of(StatusParts const& parts) {
  json::object object;
  object["origin"] = parts.snapshot.settings.origin;
  object["loaded"] = parts.reloads.since();
  object["number"] = parts.reloads.number();
  object["unmapped"] = name_of(parts.snapshot.settings.unmapped);
  if (auto const& last = parts.reloads.last()) {
    object["last_reload"] = {{"time", last->time}, {"faults", json::array(last->faults.begin(), last->faults.end())}};
  } else {
    object["last_reload"] = nullptr;
  }
  return object;
}

json::object log_of(StatusParts const& parts) {
  auto const& log = parts.snapshot.settings.log;
  return {{"share", log.share},
          {"query", log.redact_query ? "redact" : "keep"},
          {"lines_dropped", static_cast<std::uint64_t>(parts.metrics.log_lines_dropped().Value())}};
}

json::object object_of(observe::CallCounts const& counts) {
  return {{"calls", counts.calls},         {"failed", counts.failed},
          {"retries", counts.retries},     {"bytes_in", counts.bytes_in},
          {"bytes_out", counts.bytes_out}, {"durations", json::array(counts.durations.begin(), counts.durations.end())}};
}

/// Upper bounds of all buckets but the last, in seconds.
json::array bounds() {
  json::array seconds;
  for (auto const bound : observe::duration_bounds) seconds.push_back(bound / microseconds_in_second);
  return seconds;
}

json::value number_or_null(std::optional<std::chrono::seconds> seconds) {
  return seconds ? json::value(seconds->count()) : json::value(nullptr);  // in braces they would be arrays
}

/// The first mapping of each source's text: several that differ in `when` alone share their endpoints' states.
using SourceIndex = std::unordered_map<std::string_view, config::Mapping const*>;

SourceIndex index_of(config::Settings const& settings) {
  SourceIndex index;
  for (auto const& mapping : settings.map) index.try_emplace(mapping.source_text, &mapping);
  return index;
}

json::array endpoints_of(StatusParts const& parts, SourceIndex const& index, SteadyTime now,
                         std::map<std::string, std::uint64_t>& in_flight) {
  json::array all;
  auto const last_answer = [&](std::string const& host) { return parts.resolver.last_good(host); };
  parts.endpoints.for_each([&](std::string const& source, std::string const& address, balance::EndpointState const& state) {
    auto const found = index.find(source);
    if (found == index.end()) return;  // of a configuration that ends
    auto const calls = state.in_flight.load(std::memory_order_relaxed);
    in_flight[source] += calls;
    all.push_back({{"source", source},
                   {"address", address},
                   {"state", state_text(state, now)},
                   {"available", balance::is_available(state, nanoseconds(now))},
                   {"in_flight", calls},
                   {"dns_age_s", number_or_null(dns_age(*found->second, address, last_answer, now))}});
  });
  return all;
}

/// Sources of the same text are counted as one.
json::array sources_of(StatusParts const& parts, SourceIndex const& index,
                       std::map<std::string, std::uint64_t> const& in_flight) {
  json::array all;
  auto const& map = parts.snapshot.settings.map;
  auto const counts = parts.metrics.call_counts();
  for (std::size_t i = 0; i < std::min(map.size(), counts.size()); ++i) {
    if (index.at(map[i].source_text) != &map[i]) continue;
    auto object = object_of(counts[i]);
    object["source"] = map[i].source_text;
    auto const found = in_flight.find(map[i].source_text);
    object["in_flight"] = found == in_flight.end() ? 0 : found->second;
    all.push_back(std::move(object));
  }
  return all;
}

/// Of the calls that no mapping decided, by what became of them.
json::object unmapped_of(StatusParts const& parts) {
  auto const counts = [&](observe::Unmapped fate) { return object_of(parts.metrics.unmapped_counts(fate)); };
  return {{"passed", counts(observe::Unmapped::passed)},
          {"blocked", counts(observe::Unmapped::blocked)},
          {"refused", counts(observe::Unmapped::refused)}};
}

}  // namespace

std::optional<std::chrono::seconds> dns_age(config::Mapping const& mapping, std::string const& address,
                                            LastAnswer const& last_answer, SteadyTime now) {
  auto const age_by = [&](std::string const& host, std::uint16_t port) -> std::optional<std::chrono::seconds> {
    auto const past = last_answer(host);
    if (!past) return std::nullopt;
    auto const& list = past->answer.list;
    bool const has_it = std::any_of(list.begin(), list.end(), [&](net::ResolvedAddress const& one) {
      return net::to_text({one.address, one.port != 0 ? one.port : port}) == address;
    });
    if (!has_it) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::seconds>(now - past->at);
  };
  if (mapping.via) return age_by(mapping.via->authority.host, mapping.via->authority.port);
  for (auto const& target : mapping.targets) {
    auto const name = target.fully_qualified ? target.authority.host + '.' : target.authority.host;  // as it is looked up
    if (auto const age = age_by(name, target.port)) return age;
  }
  return std::nullopt;
}

std::string status_json(StatusParts const& parts, SystemTime now, SteadyTime steady_now) {
  std::map<std::string, std::uint64_t> in_flight;
  auto const index = index_of(parts.snapshot.settings);
  auto endpoints = endpoints_of(parts, index, steady_now, in_flight);
  auto const uncovered = parts.metrics.uncovered_counts();
  json::object status;
  status["version"] = parts.version;
  status["now_ms"] = unix_milliseconds(now);
  status["started_ms"] = unix_milliseconds(parts.started);
  status["draining"] = parts.draining;
  status["configuration"] = configuration_of(parts);
  status["log"] = log_of(parts);
  status["blocked"] = uncovered.blocked;
  status["reported"] = uncovered.reported;
  status["bounds"] = bounds();
  status["sources"] = sources_of(parts, index, in_flight);
  status["unmapped"] = unmapped_of(parts);
  status["endpoints"] = std::move(endpoints);
  return json::serialize(status) + '\n';
}

}  // namespace ambassador::admin
