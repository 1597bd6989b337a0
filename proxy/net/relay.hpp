// Two streams as one tunnel: bytes both ways under back-pressure, each side's end passed on to the other (half-close),
// ended when neither has sent a byte for the idle time.
#pragma once

#include "net/stream.hpp"

#include <cstdint>

namespace ambassador::net {

/// Memory for reading, one per worker: nothing in it survives a suspension.
using Scratch = std::span<char>;

/// Pieces of one stream that are passed on before others get their turn: a fast peer must not keep the worker to itself.
inline constexpr unsigned pieces_at_once = 16;

enum class RelayEnd : std::uint8_t { closed, idle, client_failed, upstream_failed };

struct Relayed {
  RelayEnd end = RelayEnd::closed;
  std::uint64_t from_client = 0;  ///< bytes
  std::uint64_t from_upstream = 0;
};

/// Runs until both directions have ended. `idle` of 0 is never. Both streams are left open.
Task<Relayed> relay(Stream& client, Stream& upstream, Scratch scratch, Milliseconds idle);

}  // namespace ambassador::net
