// The configuration as the rest of the program sees it: typed, validated, immutable. Everything a reader could have
// got wrong was refused before one of these exists.
#pragma once

#include "base/clock.hpp"
#include "base/uri.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::config {

/// A place in what the user wrote. `file` may also be "environment AMBASSADOR_MAP_1" or "flag --listen".
/// Lines and columns count from 1; 0 where there is none.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
};

/// An address to listen on. `host` is an IPv4 address, or an IPv6 address without brackets.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;   ///< 0: any free one
  bool is_default = false;  ///< not written by the user: a missing address family is a warning only
  Location where;
};

enum class Unmapped : std::uint8_t { block, report, allow };

enum class LogFormat : std::uint8_t { text, json };

struct Log {
  LogFormat format = LogFormat::text;
  double share = 1.0;         ///< of the calls that succeed, 0 to 1; `all` is 1, `errors` is 0. Failures are always logged
  bool redact_query = false;  ///< `query: redact`
};

/// Defaults: DESIGN section 5.
struct Timeouts {
  Milliseconds connect{std::chrono::seconds{3}};     ///< until connected, look-up included
  Milliseconds head{std::chrono::seconds{30}};       ///< a client's request head
  Milliseconds body{std::chrono::seconds{30}};       ///< in each such time 1 KiB of a client's body, or its end
  Milliseconds response{std::chrono::seconds{15}};   ///< from the request sent to the response head
  Milliseconds idle{std::chrono::minutes{5}};        ///< without a byte, in a response or an upgraded stream; 0 is never
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

/// The canonical form of `http://host[:port][/path][?query]` in a source.
struct SourcePattern {
  HostKind host_kind = HostKind::literal;
  std::string host;                  ///< lower-case, no trailing dot; IPv6 with brackets; "*" for HostKind::any
  std::uint16_t port = 80;           ///< 0: any port (only for `http://*/`)
  bool port_written = false;         ///< whether the user wrote a port
  std::string path;                  ///< normalised; "" is the root. A prefix has no slash at its end
  std::optional<std::string> query;  ///< only with MatchKind::exact
};

/// The canonical form of `http://host[:port][/path][?query]` in a target.
struct Target {
  std::string text;                  ///< as written, for logs
  Authority authority;               ///< where to connect
  std::uint16_t port = 80;           ///< the authority's port, or the scheme's
  std::string host_header;           ///< what Host says upstream: the port only where it is not 80
  std::string path;                  ///< normalised; "" where none was written
  std::optional<std::string> query;  ///< only with MatchKind::exact
  bool fully_qualified = false;      ///< the host was written with a trailing dot: no search domains
  Location where;
};

struct When {
  std::vector<std::string> methods;                          ///< empty: any
  std::vector<std::pair<std::string, std::string>> headers;  ///< every one must be there with exactly this value
  [[nodiscard]] bool empty() const noexcept { return methods.empty() && headers.empty(); }
};

/// One entry of `map`.
struct Mapping {
  std::string source_text;  ///< as written; the value of the `mapping` label
  SourcePattern source;
  MatchKind match = MatchKind::prefix;
  When when;
  Target target;
  Timeouts timeout;  ///< the global ones, with the source's own over them
  Location where;
};

/// One entry of `allow`: a host and the ports it may be reached at.
struct AllowRule {
  std::string text;  ///< as written
  HostKind host_kind = HostKind::literal;
  std::string host;                  ///< as in SourcePattern
  std::vector<std::uint16_t> ports;  ///< empty: any
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
  std::optional<unsigned> workers;  ///< nothing: auto
  unsigned reject_status = 403;     ///< of a blocked call; only the drop-in's RejectStatus changes it
};

}  // namespace ambassador::config
