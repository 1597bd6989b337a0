// `host:port` taken apart, for addresses and for destinations.
#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ambassador::config {

/// The text before the last colon outside brackets, and the one behind it.
struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

inline HostPort split_port(std::string_view text) {
  auto const bracket = text.rfind(']');
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

/// A port from `least` to 65535.
inline std::optional<std::uint16_t> parse_port(std::string_view text, std::uint64_t least) {
  constexpr std::uint64_t most = 65'535;
  auto const value = text.size() <= 5 ? parse_decimal(text) : std::nullopt;
  if (!value || *value < least || *value > most) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

}  // namespace ambassador::config
