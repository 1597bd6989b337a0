#include "config/settings/validate.hpp"

#include "base/bytes.hpp"
#include "config/settings/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

std::string path_of(std::string_view list, std::size_t index) { return fmt::format("{}[{}]", list, index); }

/// "line 3", or "environment AMBASSADOR_MAP_1".
std::string place(Location const& where) { return where.line != 0 ? fmt::format("line {}", where.line) : where.file; }

bool same_place(Location const& a, Location const& b) { return a.file == b.file && a.line == b.line && a.column == b.column; }

// ---- sources that hide each other

/// Sources with listeners of their own that are the same are listeners in each other's way.
bool same_source(Mapping const& a, Mapping const& b) {
  return a.source.scheme == b.source.scheme && !has_own_listener(a.source.scheme) && a.match == b.match &&
         a.source.host_kind == b.source.host_kind && a.source.host == b.source.host && a.source.port == b.source.port &&
         a.source.path == b.source.path && a.source.query == b.source.query;
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

bool reaches(std::string_view host, std::uint16_t port, ListenAddress const& listener) {
  bool const loopback = is_loopback_host(host) || host == "0.0.0.0" || host == "[::]";
  auto const addresses = own_addresses(host);
  return std::any_of(addresses.begin(), addresses.end(), [&](std::string const& address) {
    return loopback ? overlap(listener, {address, port, false, {}}) : listener.host == address && listener.port == port;
  });
}

/// What of ours is at this host and port, in words, or an empty text.
std::string own_listener(Settings const& settings, std::string_view host, std::uint16_t port) {
  for (auto const& listener : settings.listen) {
    if (reaches(host, port, listener)) return fmt::format("the listener {} is its own", to_string(listener));
  }
  if (settings.admin && reaches(host, port, *settings.admin))
    return fmt::format("the admin address {} is its own", to_string(*settings.admin));
  return {};
}

void refuse_calls_to_itself(Settings const& settings, Report& report) {
  auto const judge = [&](std::string_view host, std::uint16_t port, Location const& where, std::string path,
                         std::string const& text) {
    auto own = own_listener(settings, host, port);
    if (!own.empty()) report.error(where, std::move(path), "the ambassador would call itself", text, std::move(own));
  };
  auto const judge_via = [&](Via const& via, std::string path) {
    judge(via.authority.host, via.authority.port, via.where, std::move(path), via.text);
  };
  for (std::size_t i = 0; i < settings.map.size(); ++i) {
    auto const& mapping = settings.map[i];
    auto const judge_target = [&](Target const& target, std::string_view key) {
      // What SRV answers is known later: whatever is connected to is compared with our own addresses again.
      if (!target.srv) judge(target.authority.host, target.port, target.where, path_of("map", i).append(key), target.text);
    };
    for (auto const& target : mapping.targets) judge_target(target, ".target");
    if (mapping.mirror) judge_target(mapping.mirror->target, ".mirror.target");
    if (mapping.via && mapping.via != settings.via) judge_via(*mapping.via, path_of("map", i) + ".via");
  }
  if (settings.via) judge_via(*settings.via, "via");
}

// ---- listeners in each other's way

/// The key that a listener comes from.
std::string key_of(ListenAddress const& listener) {
  switch (listener.protocol) {
    case ListenProtocol::http: return "listen";
    case ListenProtocol::transparent: return "transparent";
    default: return path_of("map", listener.mapping) + ".source";
  }
}

std::string taken_by(ListenAddress const& listener) {
  switch (listener.protocol) {
    case ListenProtocol::http: return fmt::format("the listener {} speaks HTTP", to_string(listener));
    case ListenProtocol::transparent: return "transparent listens there";
    default:
      return fmt::format("the {} source on {} is listened on there", find_protocol(listener.protocol)->prefix,
                         place(listener.where));
  }
}

void refuse_overlap(ListenAddress const& listener, ListenAddress const& earlier, Report& report) {
  bool const http = listener.protocol == ListenProtocol::http && earlier.protocol == ListenProtocol::http;
  report.error(listener.where, key_of(listener),
               http ? fmt::format("already covered by {}", to_string(earlier))
                    : fmt::format("it needs a port of its own: {}", taken_by(earlier)),
               to_string(listener), http ? "" : "give one of them another port");
}

void refuse_overlapping_listeners(Settings const& settings, Report& report) {
  std::size_t reported = settings.listen.size();
  for (std::size_t i = 0; i < settings.listen.size(); ++i) {
    auto const& listener = settings.listen[i];
    auto const end = settings.listen.begin() + static_cast<std::ptrdiff_t>(i);
    auto const earlier =
        std::find_if(settings.listen.begin(), end, [&](auto const& other) { return overlap(listener, other); });
    if (earlier != end) {
      // The second address of one text says nothing new.
      bool const said = reported + 1 == i && same_place(settings.listen[reported].where, listener.where);
      if (!said) refuse_overlap(listener, *earlier, report);
      reported = i;
    }
    if (settings.admin && overlap(listener, *settings.admin)) {
      bool const unwritten = listener.where.file.empty();
      report.error(
          unwritten ? settings.admin->where : listener.where, unwritten ? "admin" : key_of(listener),
          fmt::format("the listener {} and the admin address {} are the same", to_string(listener), to_string(*settings.admin)),
          "", "give one of them another port");
    }
  }
}

/// Whether a listener for HTTP is there already. One for anything else is in the way, which validate says.
bool is_covered(Settings const& settings, ListenAddress const& address) {
  return std::any_of(settings.listen.begin(), settings.listen.end(),
                     [&](ListenAddress const& own) { return own.protocol == ListenProtocol::http && overlap(own, address); });
}

}  // namespace

void add_listeners_of_sources(Settings& settings, std::size_t without_listeners) {
  for (std::size_t i = without_listeners; i < settings.map.size(); ++i) {
    auto const& source = settings.map[i].source;
    bool const own_port = source.host_kind == HostKind::literal && source.port_written && is_loopback_host(source.host);
    if (!own_port) continue;
    auto const addresses = own_addresses(source.host);
    for (auto const& host : addresses) {
      ListenAddress address{host, source.port, addresses.size() > 1, settings.map[i].where};
      if (has_own_listener(source.scheme)) {
        address.protocol = row_of(source.scheme).listener;
        address.mapping = i;
      } else if (is_covered(settings, address)) {
        continue;
      }
      settings.listen.push_back(std::move(address));
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
