// The configuration as the rest of the program sees it: typed, validated, immutable. Everything a reader could have
// got wrong was refused before one of these exists.
#pragma once

#include "base/clock.hpp"
#include "base/ip_address.hpp"
#include "base/uri.hpp"
#include "config/diagnostic.hpp"
#include "config/protocol.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ambassador::config {

/// A certificate chain and its key, PEM files.
struct CertificateFiles {
  std::string cert;
  std::string key;
  Location where;

  [[nodiscard]] bool operator==(CertificateFiles const& other) const noexcept { return cert == other.cert && key == other.key; }
};

/// TLS towards the clients of a listener.
struct ListenTls {
  std::vector<CertificateFiles> certificates;  ///< at least one; the client's SNI chooses, the first is the default
  std::string client_ca;                       ///< PEM file; empty: clients are not asked for a certificate
  bool client_required = true;                 ///< with `client_ca`: one without a certificate is refused

  [[nodiscard]] bool operator==(ListenTls const&) const = default;
};

/// An address to listen on. `host` is an IPv4 address, or an IPv6 address without brackets.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;   ///< 0: any free one
  bool is_default = false;  ///< one of the families that the user did not choose: where it is missing that is a warning only
  Location where;
  bool both_families = false;  ///< of the admin port on `::`: IPv4 comes there too
  ListenProtocol protocol = ListenProtocol::http;
  std::size_t mapping = 0;      ///< of ListenProtocol::tcp: the index of its source in Settings::map
  bool proxy_protocol = false;  ///< each connection begins with a PROXY protocol header, v1 or v2
  std::optional<ListenTls> tls;
};

enum class Unmapped : std::uint8_t { block, report, allow };

enum class LogFormat : std::uint8_t { text, json };

struct Log {
  LogFormat format = LogFormat::text;
  double share = 1.0;         ///< of the calls that succeed, 0 to 1; `all` is 1, `errors` is 0. Failures are always logged
  bool redact_query = false;  ///< `query: redact`
};

/// How long each wait may take; the values here are the defaults.
struct Timeouts {
  Milliseconds connect{std::chrono::seconds{3}};    ///< until connected, look-up included
  Milliseconds head{std::chrono::seconds{30}};      ///< a client's request head
  Milliseconds body{std::chrono::seconds{30}};      ///< in each such time 1 KiB of a client's body, or its end
  Milliseconds response{std::chrono::seconds{15}};  ///< from the request sent to the response head
  Milliseconds idle{std::chrono::minutes{5}};       ///< without a byte, in a response or an upgraded stream; 0 is never
  Milliseconds tunnel_idle{
      std::chrono::hours{1}};  ///< the same in a tunnel or a TCP connection: `timeout.idle` where it is written
  Milliseconds keepalive{std::chrono::seconds{75}};  ///< an idle client connection
};

struct Limits {
  std::size_t head = 64 * 1024;    ///< bytes of a message head, both sides: 431, or 502
  std::size_t fields = 100;        ///< fields of a head
  std::size_t target = 16 * 1024;  ///< bytes of a request target: 414
  std::size_t connections = 1024;  ///< to one upstream
  std::size_t pending = 1024;      ///< calls that wait for one of these
};

enum class MatchKind : std::uint8_t { prefix, exact };

/// Which hosts a source is for.
enum class HostKind : std::uint8_t {
  literal,  ///< `host` as it is
  suffix,   ///< `*.suffix`: `host` holds ".suffix"
  any,      ///< `*`
};

/// The canonical form of `http://host[:port][/path][?query]`, or of `tcp://loopback:port`, in a source.
struct SourcePattern {
  SourceScheme scheme = SourceScheme::http;
  HostKind host_kind = HostKind::literal;
  std::string host;                  ///< lower-case, no trailing dot; IPv6 with brackets; "*" for HostKind::any
  std::uint16_t port = 80;           ///< 0: any port (only for `http://*/`)
  bool port_written = false;         ///< whether the user wrote a port
  std::string path;                  ///< normalised; "" is the root. A prefix has no slash at its end
  std::optional<std::string> query;  ///< only with MatchKind::exact
};

/// The canonical form of `http(s)://host[:port][/path][?query]`, or of `tcp://host:port`, `tls://host:port`, in a target.
struct Target {
  TargetScheme scheme = TargetScheme::http;
  std::string text;                  ///< as written, for logs
  Authority authority;               ///< where to connect
  std::uint16_t port = 80;           ///< the authority's port, or the scheme's
  std::string host_header;           ///< what Host says upstream: the port only where it is not the scheme's
  std::string path;                  ///< normalised; "" where none was written
  std::optional<std::string> query;  ///< only with MatchKind::exact
  bool fully_qualified = false;      ///< the host was written with a trailing dot: no search domains
  bool srv = false;                  ///< the host begins with `_`: it is looked up as SRV, and brings its own ports
                                     ///< `host_header`, which is also TLS's name, is without the labels
  std::optional<unsigned> weight;    ///< its share of the calls among its source's targets; nothing where none is written
  Location where;
};

struct When {
  std::vector<std::string> methods;                          ///< empty: any
  std::vector<std::pair<std::string, std::string>> headers;  ///< every one must be there with exactly this value
  [[nodiscard]] bool empty() const noexcept { return methods.empty() && headers.empty(); }
};

/// TLS towards an upstream: a target of https:// or tls://.
struct UpstreamTls {
  std::string ca;    ///< PEM file; empty: SSL_CERT_FILE, or the system's bundle
  std::string cert;  ///< PEM file of our own certificate; empty: none. With `key`
  std::string key;
  std::string server_name;  ///< for SNI and the certificate's name; empty: the target's host
  bool verify = true;
  Location where;

  /// Whether both make the same connections.
  [[nodiscard]] bool operator==(UpstreamTls const& other) const noexcept {
    return ca == other.ca && cert == other.cert && key == other.key && server_name == other.server_name &&
           verify == other.verify;
  }
};

/// A header that the ambassador adds from a file, so that the app need not know the secret.
struct Credential {
  std::string header;  ///< the field's name
  std::string prefix;  ///< before the file's contents, such as "Bearer "
  std::string file;
  Location where;
};

/// What is changed in the fields of a head: `remove` first, then `set` (in place of any of that name), then `add`.
struct HeaderRules {
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::pair<std::string, std::string>> add;
  std::vector<std::string> remove;

  [[nodiscard]] bool empty() const noexcept { return set.empty() && add.empty() && remove.empty(); }
};

/// A token bucket: `requests` per `per`, and at most `burst` at once.
struct Rate {
  std::uint64_t requests = 0;
  Milliseconds per{1000};
  std::uint64_t burst = 0;  ///< at least 1; `requests` where it was not written

  [[nodiscard]] bool operator==(Rate const&) const = default;
};

/// A parent proxy: http targets go through it in absolute form, all else by CONNECT.
struct Via {
  std::string text;              ///< as written
  Authority authority;           ///< host and port, both set
  std::string credentials_file;  ///< holds `user:password`; empty: none
  Location where;

  [[nodiscard]] bool operator==(Via const& other) const noexcept {
    return authority == other.authority && credentials_file == other.credentials_file;
  }
};

/// How a call's endpoint is chosen among those of its source.
enum class Balance : std::uint8_t {
  least_requests,  ///< of two at random, the one with fewer calls under way
  round_robin,
  ewma,  ///< of two at random, the one that answers faster; what fails counts as slow
  hash,  ///< calls with the same key go to the same endpoint
};

/// What Balance::hash looks at.
struct HashKey {
  enum class Of : std::uint8_t { client, header, cookie };
  Of of = Of::client;
  std::string name;  ///< of the header (canonical lower case) or the cookie
};

/// Active checks of each endpoint.
struct HealthCheck {
  enum class Kind : std::uint8_t { http, tcp };
  Kind kind = Kind::http;
  std::string path;  ///< of Kind::http: answers 2xx where the endpoint is healthy
  Milliseconds interval{std::chrono::seconds{5}};
  Milliseconds timeout{std::chrono::seconds{2}};
  unsigned fall = 3;  ///< failures in a row that make it unhealthy
  unsigned rise = 2;  ///< successes in a row that make it healthy again
};

/// When a failed try is made again.
struct Retry {
  unsigned attempts = 1;                         ///< beside the first try; 0: none
  bool on_connect = true;                        ///< no connection
  bool on_reset = true;                          ///< closed before any byte of the response
  std::vector<std::uint16_t> on{502, 503, 504};  ///< answers, of idempotent calls
  std::optional<Milliseconds> per_try;           ///< from a try's begin to its response head

  [[nodiscard]] bool operator==(Retry const&) const = default;
};

/// Copies of calls, whose answers nobody sees.
struct Mirror {
  Target target;
  double share = 1.0;  ///< 0 to 1
};

/// Faults on demand, for testing apps: of a share of the calls, each is delayed and then, perhaps, not sent.
struct Fault {
  Milliseconds delay{0};
  unsigned abort = 0;  ///< the status to answer with; 0: the call goes on
  double share = 1.0;  ///< 0 to 1
};

/// traceparent, tracestate (W3C Trace Context) and X-Request-Id.
enum class Trace : std::uint8_t {
  off,        ///< they are fields like any other
  propagate,  ///< passed on, and in the log
  on,         ///< made where the client sends none
};

/// The header that tells an upstream who connects, before anything else, TLS included.
enum class ProxyProtocol : std::uint8_t { off, v1, v2 };

/// One entry of `map`.
struct Mapping {
  std::string source_text;  ///< as written; the value of the `mapping` label
  SourcePattern source;
  MatchKind match = MatchKind::prefix;
  When when;
  std::vector<Target> targets;  ///< at least one, all of the same scheme
  Balance balance = Balance::least_requests;
  HashKey hash;  ///< of Balance::hash
  std::optional<HealthCheck> health;
  Retry retry;
  std::optional<Mirror> mirror;
  std::optional<Fault> fault;
  Timeouts timeout;  ///< the global ones, with the source's own over them
  UpstreamTls tls;   ///< of a target with TLS
  std::optional<Credential> credential;
  HeaderRules request_headers;
  HeaderRules response_headers;
  std::optional<Rate> rate;
  std::size_t connections = 0;                        ///< to the target; 0: this and the next are the global ones
  std::size_t pending = 0;                            ///< calls that wait for one
  std::size_t requests = 0;                           ///< calls of this source under way at once; 0: any number
  std::optional<Via> via;                             ///< the global one, with the source's own over it
  ProxyProtocol proxy_protocol = ProxyProtocol::off;  ///< of a tcp:// source: what the upstream's connection begins with
  Location where;
};

/// One entry of `allow`: a host, or a network, and the ports it may be reached at.
struct AllowRule {
  std::string text;  ///< as written
  HostKind host_kind = HostKind::literal;
  std::string host;                  ///< as in SourcePattern; empty for a network
  std::optional<IpNetwork> network;  ///< destinations that are addresses: the one written, or `192.0.2.0/24`
  std::vector<std::uint16_t> ports;  ///< empty: any
  std::vector<IpNetwork> addresses;  ///< private addresses that the names may have
  bool any_sni = false;              ///< the SNI inside a tunnel may be another name, or none
  Location where;
};

/// One entry of `expect`.
struct Expectation {
  std::string method;
  std::string url;
  std::optional<std::string> goes_to;  ///< the URL it must go to; nothing where it must be blocked
  Location where;
};

struct Settings {
  std::string origin;  ///< what was read: a file's path, "the environment", …
  std::vector<ListenAddress> listen;
  std::optional<ListenAddress> admin;
  Unmapped unmapped = Unmapped::block;
  std::vector<Mapping> map;
  std::vector<AllowRule> allow;
  std::vector<Expectation> expect;
  Log log;
  Timeouts timeout;
  Limits limits;
  std::optional<Via> via;
  Trace trace = Trace::propagate;
  std::vector<std::string> endpoint_files;   ///< of `file://` targets, which are read with the configuration
  std::optional<std::uint16_t> transparent;  ///< the port, on both loopback addresses; they are in `listen` too
  std::optional<unsigned> workers;           ///< nothing: auto
  bool unmapped_tunnels = true;              ///< whether `unmapped` speaks of CONNECT too: not in the drop-in, where it did not
  unsigned reject_status = 403;              ///< of a blocked call; only the drop-in's RejectStatus changes it
};

}  // namespace ambassador::config
