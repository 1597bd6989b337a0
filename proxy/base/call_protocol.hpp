// What the client of a call speaks, and its name in the log and the metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ambassador {

/// What the client of a call speaks.
enum class CallProtocol : std::uint8_t {
  http10,
  http11,
  tcp,  ///< any bytes: the call is the whole connection
};

/// In the order of CallProtocol.
inline constexpr std::array<std::string_view, 3> call_protocol_names{"HTTP/1.0", "HTTP/1.1", "TCP"};

/// The name in the log. If the call is a connection, it is also logged and counted as its method.
[[nodiscard]] constexpr std::string_view name(CallProtocol protocol) noexcept {
  return call_protocol_names[static_cast<std::size_t>(protocol)];
}

/// Whether the call is a whole connection: it has neither a method nor a status of its own.
[[nodiscard]] constexpr bool is_connection(CallProtocol protocol) noexcept { return protocol == CallProtocol::tcp; }

}  // namespace ambassador
