// The smallest addition to the configuration that covers what was seen, and what of it was never used. Deterministic, so
// that two runs can be compared; nothing is deleted, only pointed out.
#pragma once

#include "config/settings/settings.hpp"
#include "route/request_url.hpp"
#include "route/seen.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ambassador::route {

/// What of a request is kept for a suggestion, as views of `url`. A first segment longer than `max_seen_segment` bytes is
/// not told apart from others. `listener_port` is the port the request came in at, 0 where there is none.
SeenDestination seen_destination(RequestUrl const& url, std::uint16_t listener_port) noexcept;

inline constexpr std::size_t max_seen_segment = 64;

/// How often each entry of the present configuration was used, by its index there.
struct Usage {
  config::Settings const& settings;
  std::vector<std::uint64_t> map;
  std::vector<std::uint64_t> allow;
};

/// YAML with comments, ready to paste: `seen` are calls that the configuration does not cover, a destination more than once
/// where several saw it. `notes` become comments. Without `usage` nothing is said of what was never used.
std::string suggest(SeenCalls const& seen, Usage const* usage, std::vector<std::string> const& notes = {});

}  // namespace ambassador::route
