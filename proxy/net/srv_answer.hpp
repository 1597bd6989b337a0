// A name server's answer for a service (RFC 2782), from its bytes: c-ares's own reader leaves out the TTL.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ambassador::net {

inline constexpr std::size_t max_srv_targets = 64;  ///< of one answer; what there is beyond is left out

struct SrvTarget {
  std::string host;          ///< absolute, without the last dot
  std::uint16_t port = 0;    ///< never 0
  std::uint16_t weight = 1;  ///< never 0

  bool operator==(SrvTarget const&) const = default;
};

struct SrvAnswer {
  std::vector<SrvTarget> targets;  ///< those of the lowest priority; none where the service is said not to be there
  std::chrono::seconds ttl{0};     ///< the least of the answer's

  bool operator==(SrvAnswer const&) const = default;
};

/// Nothing where `message` is no whole DNS message (RFC 1035 section 4.1). Targets that cannot be hosts (the root, a first
/// label that begins with `_`, port 0) are left out.
std::optional<SrvAnswer> read_srv_answer(std::span<unsigned char const> message);

}  // namespace ambassador::net
