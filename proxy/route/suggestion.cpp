#include "route/suggestion.hpp"

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "route/decision.hpp"
#include "route/yaml_text.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include <fmt/format.h>

namespace ambassador::route {
namespace {

constexpr std::size_t ports_per_entry = 64;  // as many as one entry of `allow` may have
constexpr std::size_t max_shown_bytes = 256;

struct Tally {
  std::uint64_t count = 0;
  SystemTime last;

  void add(Tally const& more) {
    count += more.count;
    last = std::max(last, more.last);
  }
};

struct AllowedHost {
  std::set<std::uint16_t> ports;
  Tally tally;
};

/// What is to be added: `allow` by host, sources by their `http://host[:port]` and then by path.
struct Additions {
  std::map<std::string, AllowedHost> allow;
  std::map<std::string, std::map<std::string, Tally>> sources;
};

/// `/a` of `/a/b`; the root's is empty, and so is that of a segment that is too long or that YAML may not hold.
std::string_view first_segment(std::string_view path) noexcept {
  path = path.substr(0, path.find('/', 1));
  return path.size() > max_seen_segment || path == "/" ? std::string_view{} : writable(path);
}

Additions additions_for(SeenCalls const& seen) {
  Additions additions;
  for (auto const& call : seen.calls) {
    Tally const tally{call.count, call.last};
    if (call.form == SeenForm::origin) {
      auto const origin = "http://" + Authority{call.host, call.port}.text(http_port);
      additions.sources[origin][call.path].add(tally);
    } else {
      auto& host = additions.allow[call.host];
      host.ports.insert(call.port);
      host.tally.add(tally);
    }
  }
  // The root covers what is below it.
  for (auto& [origin, paths] : additions.sources) {
    auto const root = paths.find("");
    if (root == paths.end()) continue;
    auto all = root->second;
    for (auto at = std::next(root); at != paths.end(); ++at) all.add(at->second);
    paths = {{"", all}};
  }
  return additions;
}

/// RFC 3339, in whole seconds.
std::string time_text(SystemTime time) {
  auto const second = std::chrono::floor<std::chrono::seconds>(time);
  auto const day = std::chrono::floor<std::chrono::days>(second);
  std::chrono::year_month_day const date{day};
  std::chrono::hh_mm_ss const clock{second - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::string calls_text(std::uint64_t count) { return fmt::format("{} {}", count, count == 1 ? "call" : "calls"); }

void append_tally(std::string& out, Tally const& tally) {
  out += fmt::format("  # {}, last {}\n", calls_text(tally.count), time_text(tally.last));
}

/// One entry, or several where the ports are more than one may have.
void append_allowed(std::string& out, std::string const& host, AllowedHost const& allowed) {
  append_tally(out, allowed.tally);
  std::size_t written = 0;
  std::string ports;
  for (auto const port : allowed.ports) {
    if (!ports.empty()) ports += ',';
    ports += std::to_string(port);
    if (++written % ports_per_entry != 0 && written != allowed.ports.size()) continue;
    out += allow_to_paste(host, ports);
    ports.clear();
  }
}

void append_additions(std::string& out, Additions const& additions) {
  if (!additions.allow.empty()) out += "allow:\n";
  for (auto const& [host, allowed] : additions.allow) append_allowed(out, host, allowed);
  if (!additions.sources.empty()) out += "map:\n";
  for (auto const& [origin, paths] : additions.sources) {
    for (auto const& [path, tally] : paths) {
      append_tally(out, tally);
      out += source_to_paste(origin + path);
    }
  }
}

void append_unused(std::string& out, std::string_view list, std::size_t index, std::string_view text,
                   config::Location const& where) {
  out += fmt::format("# never used: {}[{}] {} ({}", list, index, escape(text, max_shown_bytes),
                     escape(where.file, max_shown_bytes));
  if (where.line != 0) out += fmt::format(":{}", where.line);
  out += ")\n";
}

bool is_unused(std::vector<std::uint64_t> const& uses, std::size_t index) { return index < uses.size() && uses[index] == 0; }

std::string unused(Usage const& usage) {
  std::string out;
  auto const& map = usage.settings.map;
  auto const& allow = usage.settings.allow;
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (is_unused(usage.map, i)) append_unused(out, "map", i, map[i].source_text, map[i].where);
  }
  for (std::size_t i = 0; i < allow.size(); ++i) {
    if (is_unused(usage.allow, i)) append_unused(out, "allow", i, allow[i].text, allow[i].where);
  }
  return out;
}

}  // namespace

SeenDestination seen_destination(RequestUrl const& url, std::uint16_t listener_port) noexcept {
  SeenDestination seen{SeenForm::absolute, url.authority.host, url.port(), {}};
  if (url.form == TargetForm::authority) {
    seen.form = SeenForm::connect;
    return seen;
  }
  if (!is_meant_for_map(url, listener_port)) return seen;
  bool const own = names_listener(url, listener_port);
  seen.form = SeenForm::origin;
  seen.path = first_segment(url.path);
  if (own) seen.host = "localhost";
  // The listener's own port is not written: it would be a source that is listened on.
  bool const own_port = url.form == TargetForm::origin && (url.authority.port == 0 || has_listener_port(url, listener_port));
  if (own || own_port) seen.port = http_port;
  return seen;
}

std::string suggest(SeenCalls const& seen, Usage const* usage, std::vector<std::string> const& notes) {
  std::string out;
  auto const additions = additions_for(seen);
  if (seen.calls.empty()) {
    out = "# Nothing to suggest: the configuration covers every call that was seen.\n";
  } else {
    out =
        "# Covers the calls that were seen and that the configuration does not cover. Look at each entry, and add it to the\n"
        "# list of that name.\n";
  }
  if (!additions.sources.empty()) out += "# In place of the-real-service write where the calls are to go.\n";
  if (seen.overflow != 0) {
    out +=
        fmt::format("# {} to further destinations are not in it: at most {} are kept.\n", calls_text(seen.overflow), max_seen);
  }
  for (auto const& note : notes) out += "# " + note + '\n';
  append_additions(out, additions);
  if (usage != nullptr) out += unused(*usage);
  return out;
}

}  // namespace ambassador::route
