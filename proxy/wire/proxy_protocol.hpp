// The header by which a load balancer says whose connection it hands on: the PROXY protocol, versions 1 (a line) and 2
// (binary), https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt. Either comes whole before the connection's first
// byte, or the connection is of no use: nothing is guessed.
#pragma once

#include "base/ip_address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::wire {

inline constexpr std::size_t max_proxy_line = 107;  ///< bytes of version 1, with its CRLF: section 2.1
/// Bytes of version 2, with what it says beyond the addresses (TLVs), which is skipped. The protocol's own bound is 64 KiB.
inline constexpr std::size_t max_proxy_header = 4 * 1024;

struct ProxyEnd {
  IpAddress address;
  std::uint16_t port = 0;

  bool operator==(ProxyEnd const&) const = default;
};

/// The two ends of the connection as the client made it.
struct ProxiedConnection {
  ProxyEnd source;
  ProxyEnd destination;

  bool operator==(ProxiedConnection const&) const = default;
};

struct ProxyHeaderRead {
  enum class State : std::uint8_t { need_more, complete, malformed };

  State state = State::need_more;
  /// Nothing where the header speaks of no TCP connection (LOCAL, UNKNOWN, UDP, Unix): the real ends are meant then.
  std::optional<ProxiedConnection> connection;
  std::size_t size = 0;  ///< bytes of the header: what follows is the client's
  std::string_view why;  ///< where it is malformed: a constant text
};

/// `bytes` is everything received so far on the connection.
ProxyHeaderRead read_proxy_header(std::string_view bytes);

/// Appends version 1. Where one end is IPv6, the other is written so too, in its mapped form.
void append_proxy_line(std::string& out, ProxiedConnection const& connection);

/// Appends version 2, without TLVs; mixed ends as in version 1.
void append_proxy_header(std::string& out, ProxiedConnection const& connection);

}  // namespace ambassador::wire
