// traceparent, W3C Trace Context (Recommendation, level 1) section 3.2: which trace a request belongs to. Values in, bytes
// out, and back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ambassador::wire::http {

using TraceId = std::array<std::uint8_t, 16>;
using ParentId = std::array<std::uint8_t, 8>;

/// What version 00 says. Ids that are all zero are none, and are never here.
struct TraceParent {
  TraceId trace_id{};
  ParentId parent_id{};  ///< the sender's part of the trace
  bool sampled = false;  ///< the sender may have recorded it; the other flags of version 00 are reserved

  [[nodiscard]] bool operator==(TraceParent const&) const noexcept = default;
};

/// Of version 00: `00-` trace-id `-` parent-id `-` flags.
inline constexpr std::size_t traceparent_size = 55;

/// The value of the one traceparent field, of version 00 or by the rule for later ones; nothing where it is invalid.
std::optional<TraceParent> read_traceparent(std::string_view value) noexcept;

/// As version 00, the highest that is known here, whatever version was read.
void append_traceparent(std::string& out, TraceParent const& parent);

/// Lower-case, two digits a byte.
void append_hex(std::string& out, std::span<std::uint8_t const> bytes);

}  // namespace ambassador::wire::http
