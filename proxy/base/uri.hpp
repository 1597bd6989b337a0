// Authorities and paths, read one way only. A source in the configuration and a request's target go through the same
// functions, so that what is matched is what is sent. What two readers could understand differently is an error,
// never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador {

enum class UriFault : std::uint8_t {
  none,
  bad_scheme,
  no_host,
  bad_host,
  number_host,  ///< a host that some resolver takes for an IPv4 address, in another form than the plain one
  userinfo,
  bad_port,
  backslash,
  control_byte,
  fragment,
  bad_percent,
  hidden_dot_segment,
  above_root,
  not_absolute,
};

/// What is wrong and what would be right, as part of a sentence: "the path goes above the root".
std::string_view describe(UriFault fault) noexcept;

inline constexpr std::uint16_t http_port = 80;    ///< RFC 9110 section 4.2.1
inline constexpr std::uint16_t https_port = 443;  ///< RFC 9110 section 4.2.2

/// A host and a port. `host` is lower-case, without a trailing dot; an IPv6 literal keeps its brackets.
/// `port` is 0 where none was written.
struct Authority {
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] std::uint16_t port_or(std::uint16_t fallback) const noexcept { return port != 0 ? port : fallback; }
  /// `host`, or `host:port` where the port is not the scheme's `default_port`.
  [[nodiscard]] std::string text(std::uint16_t default_port) const;
  bool operator==(Authority const&) const = default;
};

/// Reads `uri-host [":" port]` (RFC 9110 section 7.2) into `out`, whose capacity is reused.
/// Hosts are reg-names of letters, digits, `-`, `.`, `_` (so IPv4 too) or a bracketed IPv6 literal; ports are 1 to 65535.
/// What ends in a number must be IPv4 as four plain decimal numbers: `127.1` or `0x7f000001` would lead to an address
/// that nobody sees in them.
UriFault parse_authority(std::string_view text, Authority& out);

/// Appends the canonical form of an absolute path to `out`: plain dot segments removed and percent-encoded unreserved
/// bytes decoded, once (RFC 3986 section 6.2.2); all other bytes as they came. An empty path becomes `/`.
/// Refused: what could be read in two ways (`%2e%2e`, `..;`, `..%2f`, `\`, above the root, `#`, controls).
UriFault normalise_path(std::string_view path, std::string& out);

/// Bytes of a query are kept as they are; controls, blanks and `#` are refused.
UriFault check_query(std::string_view query) noexcept;

/// The parts of `scheme://authority[path][?query]`, as views of the text; nothing is decoded.
struct UriParts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;                  ///< empty, or begins with `/`
  std::optional<std::string_view> query;  ///< without the `?`
};

/// Splits an absolute URI (RFC 3986 section 3). Faults: `bad_scheme` (no `scheme://`), `no_host`, `fragment`.
UriFault split_uri(std::string_view text, UriParts& out) noexcept;

/// Whether the host names this machine only: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`.
bool is_loopback_host(std::string_view host) noexcept;

}  // namespace ambassador
