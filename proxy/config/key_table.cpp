#include "config/keys.hpp"

#include <algorithm>
#include <array>

namespace ambassador::config {
namespace {

// Bounds of every number. Durations are in milliseconds, sizes in bytes.
constexpr std::uint64_t shortest_wait = 1;
constexpr std::uint64_t longest_connect = 10ULL * 60 * 1000;
constexpr std::uint64_t longest_wait = 24ULL * 60 * 60 * 1000;
constexpr std::uint64_t smallest_head = 1024;
constexpr std::uint64_t largest_head = 1024 * 1024;
constexpr std::uint64_t fewest_fields = 10;
constexpr std::uint64_t most_fields = 10'000;
constexpr std::uint64_t smallest_target = 256;
constexpr std::uint64_t largest_target = 256 * 1024;
constexpr std::uint64_t most_connections = 65'535;
constexpr std::uint64_t most_pending = 1'000'000;
constexpr std::uint64_t most_workers = 256;

constexpr std::string_view connect_doc = "Until connected to the upstream, the look-up of its name included.";
constexpr std::string_view body_doc = "In each such time 1 KiB of a client's body must come, or its end.";
constexpr std::string_view response_doc = "From the request sent until the response's head.";
constexpr std::string_view idle_doc =
    "Without a byte in a response or an upgraded stream; 0 is never, for streams that may be silent for days.";

constexpr std::array keys{
    Key{.path = "listen",
        .form = Form::addresses,
        .fallback = "127.0.0.1:1080, [::1]:1080",
        .doc = "Where clients connect: one address or a list of them; :1080 is every address of the machine, port 0 any free "
               "port."},
    Key{.path = "admin",
        .form = Form::admin,
        .fallback = "127.0.0.1:9901",
        .doc = "Where /metrics, /healthz and /readyz are served; off for nowhere."},
    Key{.path = "unmapped",
        .form = Form::choice,
        .fallback = "block",
        .doc = "What happens to a call that is neither in the map nor allowed: block refuses it, report passes it and logs "
               "that it "
               "would have been blocked, allow passes it.",
        .choices = "block|report|allow"},
    Key{.path = "map",
        .form = Form::sections,
        .doc = "From source URIs to targets; the more exact source wins, then the longer."},
    Key{.path = "map[].source",
        .form = Form::source,
        .doc = "What the app calls: http://host[:port][/path]. The host may be * (any) or *.suffix. A loopback host with a "
               "port of "
               "its own is also listened on.",
        .required = true},
    Key{.path = "map[].target",
        .form = Form::target,
        .doc = "Where the call goes: http://host[:port][/path].",
        .required = true},
    Key{.path = "map[].match",
        .form = Form::choice,
        .fallback = "prefix",
        .doc = "prefix matches the source's path and what is below it, exact the whole URI with its query.",
        .choices = "prefix|exact"},
    Key{.path = "map[].when", .doc = "Conditions; where they do not hold, the next longest source is tried."},
    Key{.path = "map[].when.methods", .form = Form::methods, .doc = "The request has one of these methods."},
    Key{.path = "map[].when.headers",
        .form = Form::headers,
        .doc = "The request has each of these fields with exactly this value."},
    Key{.path = "map[].timeout",
        .form = Form::timeouts,
        .doc = "This source's own waits over the global ones; one duration means response."},
    Key{.path = "map[].timeout.connect",
        .form = Form::duration,
        .doc = connect_doc,
        .least = shortest_wait,
        .most = longest_connect},
    Key{.path = "map[].timeout.body", .form = Form::duration, .doc = body_doc, .least = shortest_wait, .most = longest_wait},
    Key{.path = "map[].timeout.response",
        .form = Form::duration,
        .doc = response_doc,
        .least = shortest_wait,
        .most = longest_wait},
    Key{.path = "map[].timeout.idle",
        .form = Form::duration,
        .doc = idle_doc,
        .least = shortest_wait,
        .most = longest_wait,
        .may_be_zero = true},
    Key{.path = "allow",
        .form = Form::allow,
        .doc = "Destinations that may be reached as they are: host:80, host:80,443, host:*, *:80 or *.suffix:80."},
    Key{.path = "log", .doc = "The log of calls on standard output."},
    Key{.path = "log.format",
        .form = Form::choice,
        .fallback = "text",
        .doc = "One line of text or one JSON object a call.",
        .choices = "text|json"},
    Key{.path = "log.calls",
        .form = Form::share,
        .fallback = "all",
        .doc = "Which calls are logged: all, errors (those that fail or are blocked), or a share of those that succeed such as "
               "0.1 "
               "or 10%; failures are always logged."},
    Key{.path = "log.query",
        .form = Form::choice,
        .fallback = "keep",
        .doc = "Whether the query of a URL is logged as it is.",
        .choices = "keep|redact"},
    Key{.path = "workers",
        .form = Form::workers,
        .fallback = "auto",
        .doc = "Threads that serve: auto is one per core of the cgroup's quota, 2 without a quota, 4 at most.",
        .least = 1,
        .most = most_workers},
    Key{.path = "timeout", .doc = "How long each wait may take."},
    Key{.path = "timeout.connect",
        .form = Form::duration,
        .fallback = "3s",
        .doc = connect_doc,
        .least = shortest_wait,
        .most = longest_connect},
    Key{.path = "timeout.head",
        .form = Form::duration,
        .fallback = "30s",
        .doc = "Until a client's request head is complete.",
        .least = shortest_wait,
        .most = longest_wait},
    Key{.path = "timeout.body",
        .form = Form::duration,
        .fallback = "30s",
        .doc = body_doc,
        .least = shortest_wait,
        .most = longest_wait},
    Key{.path = "timeout.response",
        .form = Form::duration,
        .fallback = "15s",
        .doc = response_doc,
        .least = shortest_wait,
        .most = longest_wait},
    Key{.path = "timeout.idle",
        .form = Form::duration,
        .fallback = "5m",
        .doc = idle_doc,
        .least = shortest_wait,
        .most = longest_wait,
        .may_be_zero = true},
    Key{.path = "timeout.keepalive",
        .form = Form::duration,
        .fallback = "75s",
        .doc = "A client connection between two calls.",
        .least = shortest_wait,
        .most = longest_wait},
    Key{.path = "limits", .doc = "How much is taken before a call is refused."},
    Key{.path = "limits.head",
        .form = Form::size,
        .fallback = "64KiB",
        .doc = "Bytes of a request head (431) or a response head (502).",
        .least = smallest_head,
        .most = largest_head},
    Key{.path = "limits.fields",
        .form = Form::count,
        .fallback = "100",
        .doc = "Fields of a head: 431, or 502.",
        .least = fewest_fields,
        .most = most_fields},
    Key{.path = "limits.target",
        .form = Form::size,
        .fallback = "16KiB",
        .doc = "Bytes of a request's target: 414.",
        .least = smallest_target,
        .most = largest_target},
    Key{.path = "limits.connections",
        .form = Form::count,
        .fallback = "1024",
        .doc = "Connections to one upstream.",
        .least = 1,
        .most = most_connections},
    Key{.path = "limits.pending",
        .form = Form::count,
        .fallback = "1024",
        .doc = "Calls that wait for one of these connections; 0 lets none wait.",
        .most = most_pending},
    Key{.path = "expect", .form = Form::sections, .doc = "Cases that check runs through the map; each has goes_to or blocked."},
    Key{.path = "expect[].request",
        .form = Form::request,
        .doc = "A method and a URL: GET http://localhost/api.",
        .required = true},
    Key{.path = "expect[].goes_to", .form = Form::url, .doc = "The URL that the request must be sent to."},
    Key{.path = "expect[].blocked", .form = Form::truth, .doc = "true: the request must be blocked."},
};

/// Keys that the next versions bring.
constexpr std::array<std::string_view, 17> later_keys{
    "trace",        "transparent",        "via",           "map[].balance", "map[].hash",
    "map[].tls",    "map[].credential",   "map[].headers", "map[].rate",    "map[].limits",
    "map[].health", "map[].retry",        "map[].mirror",  "map[].fault",   "map[].reads",
    "map[].user",   "map[].password_file"};

}  // namespace

std::span<Key const> all_keys() noexcept { return keys; }

Key const* find_key(std::string_view path) noexcept {
  auto const* const found = std::find_if(keys.begin(), keys.end(), [&](Key const& key) { return key.path == path; });
  return found == keys.end() ? nullptr : &*found;
}

bool is_later_key(std::string_view path) noexcept {
  return std::find(later_keys.begin(), later_keys.end(), path) != later_keys.end();
}

std::string_view name_of(Key const& key) noexcept {
  auto const dot = key.path.rfind('.');
  return dot == std::string_view::npos ? key.path : key.path.substr(dot + 1);
}

std::vector<Key const*> keys_under(std::string_view path) {
  std::vector<Key const*> found;
  for (auto const& key : keys) {
    auto const name = name_of(key);
    auto const parent = key.path.substr(0, key.path.size() - name.size() - (name.size() == key.path.size() ? 0 : 1));
    if (parent == path) found.push_back(&key);
  }
  return found;
}

}  // namespace ambassador::config
