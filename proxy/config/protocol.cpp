#include "config/protocol.hpp"

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr std::span all_targets{target_rows};

constexpr std::array<std::string_view, 10> http_keys{"when",  "credential",  "headers",     "rate",        "mirror",
                                                     "fault", "hash.header", "hash.cookie", "health.path", "retry.per_try"};
constexpr std::array<std::string_view, 1> tcp_keys{"proxy_protocol"};

constexpr std::array<std::uint16_t, 3> http_retry_on{502, 503, 504};

constexpr std::array protocol_rows{
    ProtocolRow{
        .scheme = SourceScheme::http,
        .prefix = "http://",
        .default_port = http_port,
        .listener = ListenProtocol::http,
        .call = CallProtocol::http11,
        .has_path = true,
        .targets = all_targets.subspan(0, 2),
        .own_keys = http_keys,
        .retry = {.on_reset = true, .on = http_retry_on},
        .source_pattern = "^[Hh][Tt][Tt][Pp]://(\\*|(\\*\\.)?[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]*)?([/?][^#\\\\ ]*)?$",
        .target_pattern = "^[Hh][Tt][Tt][Pp][Ss]?://(([A-Za-z0-9.-][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\])(:[0-9]*)?|"
                          "_[A-Za-z0-9._-]+)([/?][^#\\\\ ]*)?$"},
    ProtocolRow{.scheme = SourceScheme::tcp,
                .prefix = "tcp://",
                .listener = ListenProtocol::tcp,
                .call = CallProtocol::tcp,
                .server_may_begin = true,
                .targets = all_targets.subspan(2, 2),
                .own_keys = tcp_keys,
                .source_pattern = "^[Tt][Cc][Pp]://([A-Za-z0-9.-]*[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]\\.?|127\\.[0-9.]+|"
                                  "\\[[0:]*1\\]):[0-9]+$",
                .target_pattern = "^([Tt][Cc][Pp]|[Tt][Ll][Ss])://(([A-Za-z0-9.-][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\]):[0-9]+|"
                                  "_[A-Za-z0-9._-]+)$"},
};

/// Of sources the first two, of targets the others.
constexpr std::array<std::string_view, 5> later_schemes{"https", "tls", "postgres", "redis", "rediss"};
constexpr std::array<std::string_view, 3> later_keys{"map[].reads", "map[].user", "map[].password_file"};

/// Whether row i is the one of the scheme with the number i.
template <class Rows>
constexpr bool stand_in_order(Rows const& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].scheme) != i) return false;
  }
  return true;
}

static_assert(stand_in_order(protocol_rows) && stand_in_order(target_rows));

template <class Range, class Value>
bool is_among(Range const& range, Value const& value) {
  return std::find(std::begin(range), std::end(range), value) != std::end(range);
}

}  // namespace

std::span<ProtocolRow const> protocols() noexcept { return protocol_rows; }

ProtocolRow const& row_of(SourceScheme scheme) noexcept { return protocol_rows[static_cast<std::size_t>(scheme)]; }

ProtocolRow const* find_protocol(std::string_view text) noexcept {
  auto const* const found = std::find_if(protocol_rows.begin(), protocol_rows.end(), [&](ProtocolRow const& protocol) {
    return iequals(scheme_of(protocol.prefix), text);
  });
  return found == protocol_rows.end() ? nullptr : found;
}

ProtocolRow const* find_protocol(ListenProtocol listener) noexcept {
  auto const* const found = std::find_if(protocol_rows.begin(), protocol_rows.end(),
                                         [&](ProtocolRow const& protocol) { return protocol.listener == listener; });
  return found == protocol_rows.end() ? nullptr : found;
}

ProtocolRow const& protocol_to(TargetScheme target) noexcept {
  return *std::find_if(protocol_rows.begin(), protocol_rows.end(), [&](ProtocolRow const& protocol) {
    return std::any_of(protocol.targets.begin(), protocol.targets.end(),
                       [&](TargetRow const& one) { return one.scheme == target; });
  });
}

bool has_own_listener(SourceScheme scheme) noexcept { return row_of(scheme).listener != ListenProtocol::http; }

bool server_may_begin(ListenProtocol listener) noexcept {
  auto const* const protocol = find_protocol(listener);
  return protocol == nullptr || protocol->server_may_begin;
}

bool has_key(ProtocolRow const& protocol, std::string_view key) noexcept {
  bool const for_some = std::any_of(protocol_rows.begin(), protocol_rows.end(),
                                    [&](ProtocolRow const& one) { return is_among(one.own_keys, key); });
  return !for_some || is_among(protocol.own_keys, key);
}

bool retries_on_connect_only(ProtocolRow const& protocol) noexcept {
  return !protocol.retry.on_reset && protocol.retry.on.empty();
}

bool is_later_scheme(std::string_view text) noexcept {
  return std::any_of(later_schemes.begin(), later_schemes.end(), [&](std::string_view later) { return iequals(later, text); });
}

bool is_later_key(std::string_view path) noexcept { return is_among(later_keys, path); }

std::string in_words(std::span<std::string_view const> prefixes) {
  std::string words;
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    if (i != 0) words += i + 1 == prefixes.size() ? " or " : ", ";
    words += prefixes[i];
  }
  return words;
}

std::vector<std::string_view> source_prefixes() {
  std::vector<std::string_view> prefixes;
  prefixes.reserve(protocol_rows.size());
  for (auto const& protocol : protocol_rows) prefixes.push_back(protocol.prefix);
  return prefixes;
}

std::vector<std::string_view> target_prefixes(std::span<TargetRow const> targets) {
  std::vector<std::string_view> prefixes;
  prefixes.reserve(targets.size());
  for (auto const& target : targets) prefixes.push_back(target.prefix);
  return prefixes;
}

}  // namespace ambassador::config
