#include "config/validate.hpp"

#include "base/bytes.hpp"
#include "config/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

std::string path_of(std::string_view list, std::size_t index) { return fmt::format("{}[{}]", list, index); }

/// "line 3", or "environment AMBASSADOR_MAP_1".
std::string place(Location const& where) { return where.line != 0 ? fmt::format("line {}", where.line) : where.file; }

// ---- sources that hide each other

bool same_source(Mapping const& a, Mapping const& b) {
  return a.match == b.match && a.source.host_kind == b.source.host_kind && a.source.host == b.source.host &&
         a.source.port == b.source.port && a.source.path == b.source.path && a.source.query == b.source.query;
}

/// Whether every request that fits `narrow` fits `wide` too.
bool implies(When const& narrow, When const& wide) {
  bool const methods =
      wide.methods.empty() ||
      (!narrow.methods.empty() && std::all_of(narrow.methods.begin(), narrow.methods.end(), [&](auto const& method) {
        return std::find(wide.methods.begin(), wide.methods.end(), method) != wide.methods.end();
      }));
  return methods && std::all_of(wide.headers.begin(), wide.headers.end(), [&](auto const& field) {
           return std::any_of(narrow.headers.begin(), narrow.headers.end(), [&](auto const& other) {
             return iequals(field.first, other.first) && field.second == other.second;
           });
         });
}

void refuse_shadowed_sources(Settings const& settings, Report& report) {
  for (std::size_t later = 1; later < settings.map.size(); ++later) {
    auto const& hidden = settings.map[later];
    auto const end = settings.map.begin() + static_cast<std::ptrdiff_t>(later);
    auto const earlier = std::find_if(settings.map.begin(), end, [&](Mapping const& mapping) {
      return same_source(mapping, hidden) && implies(hidden.when, mapping.when);
    });
    if (earlier == end) continue;
    bool const duplicate = implies(earlier->when, hidden.when);
    report.error(hidden.where, path_of("map", later) + ".source",
                 duplicate ? fmt::format("the same source is already on {}", place(earlier->where))
                           : fmt::format("never reached: the same source on {} takes all its requests", place(earlier->where)),
                 hidden.source_text, duplicate ? "remove one of them" : "put the one with more in when first");
  }
}

// ---- targets that are ourselves

/// The addresses that connecting to `host` may reach on this machine, as a listener has them; none for another's name.
std::vector<std::string> own_addresses(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost")) return {"127.0.0.1", "::1"};
  if (host == "0.0.0.0") return {"127.0.0.1"};
  if (host == "[::]") return {"::1"};
  auto const ip = canonical_ip(host);
  return ip ? std::vector{*ip} : std::vector<std::string>{};
}

bool reaches(Target const& target, ListenAddress const& listener) {
  bool const loopback =
      is_loopback_host(target.authority.host) || target.authority.host == "0.0.0.0" || target.authority.host == "[::]";
  auto const addresses = own_addresses(target.authority.host);
  return std::any_of(addresses.begin(), addresses.end(), [&](std::string const& address) {
    return loopback ? overlap(listener, {address, target.port, false, {}})
                    : listener.host == address && listener.port == target.port;
  });
}

void refuse_calls_to_itself(Settings const& settings, Report& report) {
  auto const refuse_target = [&](std::size_t index, std::string_view what, ListenAddress const& listener) {
    auto const& target = settings.map[index].target;
    report.error(target.where, path_of("map", index) + ".target", "the ambassador would call itself", target.text,
                 fmt::format("{} {} is its own", what, to_string(listener)));
  };
  for (std::size_t i = 0; i < settings.map.size(); ++i) {
    auto const& target = settings.map[i].target;
    auto const listener =
        std::find_if(settings.listen.begin(), settings.listen.end(), [&](auto const& own) { return reaches(target, own); });
    if (listener != settings.listen.end()) {
      refuse_target(i, "the listener", *listener);
    } else if (settings.admin && reaches(target, *settings.admin)) {
      refuse_target(i, "the admin address", *settings.admin);
    }
  }
}

// ---- listeners in each other's way

void refuse_overlapping_listeners(Settings const& settings, Report& report) {
  for (std::size_t i = 0; i < settings.listen.size(); ++i) {
    auto const& listener = settings.listen[i];
    auto const end = settings.listen.begin() + static_cast<std::ptrdiff_t>(i);
    auto const earlier =
        std::find_if(settings.listen.begin(), end, [&](auto const& other) { return overlap(listener, other); });
    if (earlier != end) {
      report.error(listener.where, "listen", fmt::format("already covered by {}", to_string(*earlier)), to_string(listener));
    }
    if (settings.admin && overlap(listener, *settings.admin)) {
      auto const& where = listener.where.file.empty() ? settings.admin->where : listener.where;
      report.error(
          where, listener.where.file.empty() ? "admin" : "listen",
          fmt::format("the listener {} and the admin address {} are the same", to_string(listener), to_string(*settings.admin)),
          "", "give one of them another port");
    }
  }
}

}  // namespace

void add_listeners_of_sources(Settings& settings, std::size_t without_listeners) {
  for (std::size_t i = without_listeners; i < settings.map.size(); ++i) {
    auto const& source = settings.map[i].source;
    bool const own_port = source.host_kind == HostKind::literal && source.port_written && is_loopback_host(source.host);
    if (!own_port) continue;
    bool second = false;
    for (auto const& host : own_addresses(source.host)) {
      ListenAddress address{host, source.port, second, settings.map[i].where};
      second = true;
      bool const covered =
          std::any_of(settings.listen.begin(), settings.listen.end(), [&](auto const& own) { return overlap(own, address); });
      if (!covered) settings.listen.push_back(std::move(address));
    }
  }
}

void validate(Settings const& settings, Report& report) {
  refuse_shadowed_sources(settings, report);
  refuse_calls_to_itself(settings, report);
  refuse_overlapping_listeners(settings, report);
  if (!report.has_errors() && settings.map.empty() && settings.allow.empty() && settings.unmapped == Unmapped::block) {
    report.warning({settings.origin, 0, 0}, "map", "nothing is mapped and nothing allowed: every call will be blocked", "",
                   "add - {source: http://localhost/api, target: http://numbers-api/rng}");
  }
}

}  // namespace ambassador::config
