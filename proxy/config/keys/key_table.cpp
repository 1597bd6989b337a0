#include "config/keys/keys.hpp"

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
constexpr std::uint64_t most_requests = 1'000'000'000;  // of a rate
constexpr std::uint64_t most_running = 1'000'000;       // calls of one source
constexpr std::uint64_t most_port = 65'535;
constexpr std::uint64_t most_weight = 1000;
constexpr std::uint64_t shortest_interval = 100;
constexpr std::uint64_t longest_interval = 60ULL * 60 * 1000;
constexpr std::uint64_t shortest_check = 10;
constexpr std::uint64_t longest_check = 60ULL * 1000;
constexpr std::uint64_t most_checks = 100;  // in a row, of the same result
constexpr std::uint64_t most_attempts = 10;
constexpr std::uint64_t longest_delay = 5ULL * 60 * 1000;  // of a fault
constexpr std::uint64_t least_status = 200;                // of a fault's answer
constexpr std::uint64_t most_status = 599;

constexpr std::string_view connect_doc = "Until connected to the upstream, the look-up of its name included.";
constexpr std::string_view body_doc = "In each such time 1 KiB of a client's body must come, or its end.";
constexpr std::string_view response_doc = "From the request sent until the response's head.";
constexpr std::string_view idle_doc =
    "Without a byte in a response, an upgraded stream, a tunnel or a TCP connection: 5m by default, in tunnels and TCP "
    "connections 1h; 0 is never, for streams that may be silent for days.";
constexpr std::string_view cert_doc = "Our certificate with its chain, PEM; goes with key.";
constexpr std::string_view key_doc = "The key of cert, PEM.";
constexpr std::string_view set_doc = "These fields get these values, in place of any of that name.";
constexpr std::string_view add_doc = "These fields are added to what is there.";
constexpr std::string_view remove_doc = "These fields are taken out, before set and add.";
constexpr std::string_view credentials_doc = "A file with user:password for the parent proxy.";

constexpr std::array key_table{
    Key{.path = "listen",
        .form = Form::listeners,
        .fallback = "127.0.0.1:1080, [::1]:1080",
        .doc = "Where clients connect: one address or a list of them; :1080 is every address of the machine, port 0 any free "
               "port."},
    Key{.path = "listen[].address", .form = Form::address, .doc = "The address, as it stands alone.", .required = true},
    Key{.path = "listen[].tls", .doc = "TLS towards the clients: cert and key, or certificates."},
    Key{.path = "listen[].tls.cert", .form = Form::file, .doc = "The first certificate with its chain, PEM; goes with key."},
    Key{.path = "listen[].tls.key", .form = Form::file, .doc = key_doc},
    Key{.path = "listen[].tls.certificates",
        .form = Form::sections,
        .doc = "More certificates; the name that the client asks for chooses, and the first is for all other names."},
    Key{.path = "listen[].tls.certificates[].cert",
        .form = Form::file,
        .doc = "A certificate with its chain, PEM.",
        .required = true},
    Key{.path = "listen[].tls.certificates[].key", .form = Form::file, .doc = key_doc, .required = true},
    Key{.path = "listen[].tls.client_ca",
        .form = Form::file,
        .doc = "Who signs the clients' certificates, PEM; without it clients are not asked for one."},
    Key{.path = "listen[].tls.client",
        .form = Form::choice,
        .fallback = "required",
        .doc = "With client_ca: whether a client may come without a certificate.",
        .choices = "required|optional"},
    Key{.path = "listen[].proxy_protocol",
        .form = Form::boolean,
        .fallback = "false",
        .doc = "Each connection begins with a PROXY protocol header, version 1 or 2, of a load balancer."},
    Key{.path = "transparent",
        .form = Form::port,
        .doc = "A port on both loopback addresses, for connections that the kernel redirects here.",
        .least = 1,
        .most = most_port},
    Key{.path = "admin",
        .form = Form::admin,
        .fallback = "127.0.0.1:9901",
        .doc =
            "Where /metrics, /healthz and /readyz are served; [::]:9901 and :9901 are every address of both families, off is "
            "nowhere."},
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
               "its own is also listened on. tcp://localhost:port takes any bytes.",
        .required = true},
    Key{.path = "map[].target",
        .form = Form::targets,
        .doc = "Where the call goes: http:// or https://host[:port][/path]; from a tcp:// source, tcp:// or tls://host:port. "
               "A list shares the calls out; a host that begins with _ is looked up as SRV; file:///path names a file with one "
               "target a line.",
        .required = true},
    Key{.path = "map[].target[].url", .form = Form::target, .doc = "The target, as it stands alone.", .required = true},
    Key{.path = "map[].target[].weight",
        .form = Form::count,
        .doc = "Its share of the calls among the source's targets; 0 gets none. Where only some have one, the others' is 1.",
        .most = most_weight},
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
    Key{.path = "map[].tls", .doc = "How to speak TLS to a target of https:// or tls://."},
    Key{.path = "map[].tls.ca",
        .form = Form::file,
        .doc = "Who may have signed the target's certificate, PEM, in place of SSL_CERT_FILE or the system's bundle."},
    Key{.path = "map[].tls.cert", .form = Form::file, .doc = cert_doc},
    Key{.path = "map[].tls.key", .form = Form::file, .doc = key_doc},
    Key{.path = "map[].tls.server_name",
        .form = Form::host,
        .doc = "The name to ask for and to find in the certificate, where it is not the target's host."},
    Key{.path = "map[].tls.verify",
        .form = Form::boolean,
        .fallback = "true",
        .doc = "false takes any certificate, with a warning at each start."},
    Key{.path = "map[].credential", .doc = "A header that is added from a file; the app need not know the secret."},
    Key{.path = "map[].credential.header",
        .form = Form::field,
        .doc = "The field; the app's own of that name is replaced.",
        .required = true},
    Key{.path = "map[].credential.prefix", .form = Form::text, .doc = "What stands before the file's contents: \"Bearer \"."},
    Key{.path = "map[].credential.file",
        .form = Form::file,
        .doc = "The file with the secret, read again when it changes.",
        .required = true},
    Key{.path = "map[].headers", .doc = "Fields that are set, added or removed."},
    Key{.path = "map[].headers.request", .doc = "In the request, on its way to the target."},
    Key{.path = "map[].headers.request.set", .form = Form::headers, .doc = set_doc},
    Key{.path = "map[].headers.request.add", .form = Form::headers, .doc = add_doc},
    Key{.path = "map[].headers.request.remove", .form = Form::field_names, .doc = remove_doc},
    Key{.path = "map[].headers.response", .doc = "In the response, on its way to the app."},
    Key{.path = "map[].headers.response.set", .form = Form::headers, .doc = set_doc},
    Key{.path = "map[].headers.response.add", .form = Form::headers, .doc = add_doc},
    Key{.path = "map[].headers.response.remove", .form = Form::field_names, .doc = remove_doc},
    Key{.path = "map[].rate", .doc = "How many requests of this source pass in a time; more get 429."},
    Key{.path = "map[].rate.requests",
        .form = Form::count,
        .doc = "Requests in each such time.",
        .least = 1,
        .most = most_requests,
        .required = true},
    Key{.path = "map[].rate.per",
        .form = Form::duration,
        .fallback = "1s",
        .doc = "The time.",
        .least = shortest_wait,
        .most = longest_wait},
    Key{.path = "map[].rate.burst",
        .form = Form::count,
        .doc = "Requests at once after a quiet time; by default as many as requests.",
        .least = 1,
        .most = most_requests},
    Key{.path = "map[].limits", .doc = "This source's own limits; more calls get 503."},
    Key{.path = "map[].limits.connections",
        .form = Form::count,
        .doc = "Connections to the target, in place of limits.connections.",
        .least = 1,
        .most = most_connections},
    Key{.path = "map[].limits.pending",
        .form = Form::count,
        .doc = "Calls that wait for one of these connections, in place of limits.pending; 0 lets none wait.",
        .most = most_pending},
    Key{.path = "map[].limits.requests",
        .form = Form::count,
        .doc = "Calls, or connections of a tcp:// source, under way at once; without it any number.",
        .least = 1,
        .most = most_running},
    Key{.path = "map[].balance",
        .form = Form::choice,
        .fallback = "least_requests",
        .doc = "How the endpoint of a call is chosen: of two the one with fewer calls under way; in turn; of two the one that "
               "answers faster; or by hash, calls with the same key to the same endpoint.",
        .choices = "least_requests|round_robin|ewma|hash"},
    Key{.path = "map[].hash",
        .form = Form::hash,
        .fallback = "client",
        .doc = "With balance: hash, the key of a call: the client's address, a header or a cookie."},
    Key{.path = "map[].hash.header", .form = Form::field, .doc = "The value of this field of the request."},
    Key{.path = "map[].hash.cookie", .form = Form::cookie, .doc = "The value of this cookie."},
    Key{.path = "map[].health",
        .form = Form::health,
        .doc = "Checks of each endpoint: tcp only connects; keys of its own ask for a path, or, of a tcp:// source, connect."},
    Key{.path = "map[].health.path",
        .form = Form::url_path,
        .doc = "What is asked for; an endpoint that answers 2xx is healthy. Only for a source with http://."},
    Key{.path = "map[].health.interval",
        .form = Form::duration,
        .fallback = "5s",
        .doc = "From one check to the next.",
        .least = shortest_interval,
        .most = longest_interval},
    Key{.path = "map[].health.timeout",
        .form = Form::duration,
        .fallback = "2s",
        .doc = "How long a check may take; not longer than interval.",
        .least = shortest_check,
        .most = longest_check},
    Key{.path = "map[].health.fall",
        .form = Form::count,
        .fallback = "3",
        .doc = "Failed checks in a row that make an endpoint unhealthy.",
        .least = 1,
        .most = most_checks},
    Key{.path = "map[].health.rise",
        .form = Form::count,
        .fallback = "2",
        .doc = "Good checks in a row that make it healthy again.",
        .least = 1,
        .most = most_checks},
    Key{.path = "map[].retry", .doc = "When a call that failed is tried again."},
    Key{.path = "map[].retry.attempts",
        .form = Form::count,
        .fallback = "1",
        .doc = "Tries beside the first; 0 is none.",
        .most = most_attempts},
    Key{.path = "map[].retry.on",
        .form = Form::causes,
        .fallback = "connect, reset, 502, 503, 504",
        .doc = "After what: connect is no connection, reset one that was closed before any byte of the response, a number the "
               "status of an answer. Of a tcp:// source only connect.",
        .choices = "connect|reset|429|500|502|503|504"},
    Key{.path = "map[].retry.per_try",
        .form = Form::duration,
        .doc = "From the begin of one try until its response's head; not longer than timeout.response.",
        .least = shortest_wait,
        .most = longest_wait},
    Key{.path = "map[].mirror", .doc = "Copies of the calls, whose answers nobody sees."},
    Key{.path = "map[].mirror.target",
        .form = Form::copies_to,
        .doc = "Where the copies go: http:// or https://host[:port][/path].",
        .required = true},
    Key{.path = "map[].mirror.percent", .form = Form::percent, .fallback = "100", .doc = "How many of the calls are copied."},
    Key{.path = "map[].fault", .doc = "Faults on demand, for testing apps: delay, abort, or one after the other."},
    Key{.path = "map[].fault.delay",
        .form = Form::duration,
        .doc = "The call waits as long before it goes on.",
        .least = shortest_wait,
        .most = longest_delay},
    Key{.path = "map[].fault.abort",
        .form = Form::count,
        .doc = "The call is answered with this status, and not sent.",
        .least = least_status,
        .most = most_status},
    Key{.path = "map[].fault.percent",
        .form = Form::percent,
        .fallback = "100",
        .doc = "How many of the calls have the fault."},
    Key{.path = "map[].via", .form = Form::proxy_or_off, .doc = "This source's own parent proxy, or off for none."},
    Key{.path = "map[].via.url", .form = Form::proxy_url, .doc = "The proxy: http://host:port.", .required = true},
    Key{.path = "map[].via.credentials_file", .form = Form::file, .doc = credentials_doc},
    Key{.path = "map[].proxy_protocol",
        .form = Form::choice,
        .fallback = "off",
        .doc = "The target of a tcp:// source is first told who connects, by a PROXY protocol header, before TLS too.",
        .choices = "off|v1|v2"},
    Key{.path = "allow",
        .form = Form::allow,
        .doc = "Destinations that may be reached as they are: host:80, host:80,443, host:*, *:80, *.suffix:80, "
               "192.0.2.0/24:443."},
    Key{.path = "allow[].to", .form = Form::destination, .doc = "The destination, as it stands alone.", .required = true},
    Key{.path = "allow[].addresses",
        .form = Form::networks,
        .doc = "Private addresses that the names may have; without it, only public ones are connected to."},
    Key{.path = "allow[].sni",
        .form = Form::choice,
        .fallback = "match",
        .doc = "Whether TLS inside a tunnel must ask for the name that the tunnel is to.",
        .choices = "match|any"},
    Key{.path = "via", .form = Form::proxy, .doc = "A parent proxy, http://host:port, for all that leaves this machine."},
    Key{.path = "via.url", .form = Form::proxy_url, .doc = "The proxy: http://host:port.", .required = true},
    Key{.path = "via.credentials_file", .form = Form::file, .doc = credentials_doc},
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
    Key{.path = "trace",
        .form = Form::choice,
        .fallback = "propagate",
        .doc =
            "traceparent, tracestate and X-Request-Id: off takes them for fields like any other, propagate passes them on and "
            "logs them, on makes them where the client sends none.",
        .choices = "off|propagate|on"},
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
        .doc = "A method and a URL, or CONNECT host:port.",
        .required = true},
    Key{.path = "expect[].goes_to", .form = Form::url, .doc = "The URL, or the host:port, that the request must be sent to."},
    Key{.path = "expect[].blocked", .form = Form::truth, .doc = "true: the request must be blocked."},
};

}  // namespace

std::span<Key const> all_keys() noexcept { return key_table; }

Key const* find_key(std::string_view path) noexcept {
  auto const* const found = std::find_if(key_table.begin(), key_table.end(), [&](Key const& key) { return key.path == path; });
  return found == key_table.end() ? nullptr : &*found;
}

std::string_view name_of(Key const& key) noexcept {
  auto const dot = key.path.rfind('.');
  return dot == std::string_view::npos ? key.path : key.path.substr(dot + 1);
}

std::vector<Key const*> keys_under(std::string_view path) {
  std::vector<Key const*> found;
  for (auto const& key : key_table) {
    auto const name = name_of(key);
    auto const parent = key.path.substr(0, key.path.size() - name.size() - (name.size() == key.path.size() ? 0 : 1));
    if (parent == path) found.push_back(&key);
  }
  return found;
}

}  // namespace ambassador::config
