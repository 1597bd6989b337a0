// One row for each protocol. A row says what the scheme of a source means for its clients, its targets and its keys. All other
// code reads the rows, and compares no scheme by its name.
#pragma once

#include "base/bytes.hpp"
#include "base/call_protocol.hpp"
#include "base/uri.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::config {

/// What a source's scheme says of its clients. The rows stand in this order.
enum class SourceScheme : std::uint8_t { http, tcp };

/// What a target's scheme says of the way to it. The rows stand in this order.
enum class TargetScheme : std::uint8_t { http, https, tcp, tls };

/// What the clients of a listener speak.
enum class ListenProtocol : std::uint8_t {
  http,
  tcp,          ///< of a tcp:// source: any bytes
  transparent,  ///< whatever the kernel redirects here
};

/// One scheme of targets.
struct TargetRow {
  TargetScheme scheme;
  std::string_view prefix;         ///< what its URIs begin with: `http://`
  std::uint16_t default_port = 0;  ///< 0: there is none, so that one must be written
  bool tls = false;
  std::string_view alpn{};     ///< offered in the TLS handshake; empty: nothing, for what is inside is not ours to say
  bool absolute_form = false;  ///< a parent proxy takes its requests in absolute form; else it is reached by CONNECT
};

inline constexpr std::array target_rows{
    TargetRow{.scheme = TargetScheme::http, .prefix = "http://", .default_port = http_port, .absolute_form = true},
    TargetRow{.scheme = TargetScheme::https, .prefix = "https://", .default_port = https_port, .tls = true, .alpn = "http/1.1"},
    TargetRow{.scheme = TargetScheme::tcp, .prefix = "tcp://"},
    TargetRow{.scheme = TargetScheme::tls, .prefix = "tls://", .tls = true},
};

/// What a source has that says nothing of `retry`: after what a failed call is tried again, beside no connection.
struct RetryRow {
  bool on_reset = false;
  std::span<std::uint16_t const> on{};  ///< answers
};

/// One protocol, by the scheme of its sources.
struct ProtocolRow {
  SourceScheme scheme;
  std::string_view prefix;         ///< what its URIs begin with: `http://`
  std::uint16_t default_port = 0;  ///< 0: there is none, so that one must be written
  ListenProtocol listener;
  CallProtocol call;                             ///< what its clients speak, as long as they have not said which version
  bool server_may_begin = false;                 ///< the server may be the first to speak
  bool has_path = false;                         ///< its URIs, and those of its targets, have a path and a query
  std::span<TargetRow const> targets;            ///< where its calls may go; at least one with TLS
  std::span<std::string_view const> own_keys{};  ///< keys of a source that not all protocols have, as `retry.per_try`
  RetryRow retry{};
  std::string_view source_pattern;  ///< of its sources, in the JSON schema
  std::string_view target_pattern;  ///< of its targets, there
};

// ---- targets

[[nodiscard]] constexpr TargetRow const& row_of(TargetScheme scheme) noexcept {
  return target_rows[static_cast<std::size_t>(scheme)];
}

/// `http://` of TargetScheme::http.
[[nodiscard]] constexpr std::string_view uri_prefix(TargetScheme scheme) noexcept { return row_of(scheme).prefix; }

/// `http` of `http://`.
[[nodiscard]] constexpr std::string_view scheme_of(std::string_view uri_prefix) noexcept {
  return uri_prefix.substr(0, uri_prefix.size() - 3);
}

[[nodiscard]] constexpr std::string_view name(TargetScheme scheme) noexcept { return scheme_of(uri_prefix(scheme)); }

[[nodiscard]] constexpr std::uint16_t default_port(TargetScheme scheme) noexcept { return row_of(scheme).default_port; }

[[nodiscard]] constexpr bool is_tls(TargetScheme scheme) noexcept { return row_of(scheme).tls; }

/// Whether `text` is the scheme, upper or lower case.
[[nodiscard]] constexpr bool is_scheme(std::string_view text, TargetScheme scheme) noexcept {
  return iequals(text, name(scheme));
}

/// Returns the row whose scheme `text` is, upper or lower case, and null if none of `rows` has it.
[[nodiscard]] constexpr TargetRow const* find_target(std::span<TargetRow const> rows, std::string_view text) noexcept {
  for (auto const& target : rows) {
    if (iequals(scheme_of(target.prefix), text)) return &target;
  }
  return nullptr;
}

// ---- sources

/// All of this version, in the order of SourceScheme.
[[nodiscard]] std::span<ProtocolRow const> protocols() noexcept;

[[nodiscard]] ProtocolRow const& row_of(SourceScheme scheme) noexcept;

/// Returns null if no source's scheme is `text`, upper or lower case.
[[nodiscard]] ProtocolRow const* find_protocol(std::string_view text) noexcept;

/// Returns null if the listener's clients may speak any protocol.
[[nodiscard]] ProtocolRow const* find_protocol(ListenProtocol listener) noexcept;

/// The protocol whose calls may go to targets of this scheme.
[[nodiscard]] ProtocolRow const& protocol_to(TargetScheme target) noexcept;

/// Whether each source has a listener for itself. Otherwise host and path tell the sources of a listener apart.
[[nodiscard]] bool has_own_listener(SourceScheme scheme) noexcept;

/// Whether the server may be the first to speak on a connection to such a listener.
[[nodiscard]] bool server_may_begin(ListenProtocol listener) noexcept;

/// Whether a source may have the key, by its path below the source. All may have one that no row names.
[[nodiscard]] bool has_key(ProtocolRow const& protocol, std::string_view key) noexcept;

/// Whether a failed call is tried again only if there was no connection.
[[nodiscard]] bool retries_on_connect_only(ProtocolRow const& protocol) noexcept;

// ---- what a later version brings

/// Whether a later version has sources, or targets, of this scheme.
[[nodiscard]] bool is_later_scheme(std::string_view text) noexcept;

/// Whether a later version has the key, given as `map[].reads`.
[[nodiscard]] bool is_later_key(std::string_view path) noexcept;

// ---- in words

/// `http://, https:// or tcp://`.
[[nodiscard]] std::string in_words(std::span<std::string_view const> prefixes);

/// The prefixes of all sources.
[[nodiscard]] std::vector<std::string_view> source_prefixes();

/// The prefixes of these targets.
[[nodiscard]] std::vector<std::string_view> target_prefixes(std::span<TargetRow const> targets);

}  // namespace ambassador::config
