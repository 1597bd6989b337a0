// What bytes mean that a server sends on a connection that idles: the protocol says it, the pool asks.
#pragma once

#include "net/stream.hpp"

namespace ambassador::upstream {

/// Reads what the server sent unasked. Returns whether the connection may still be lent.
using TakeIdleInput = bool (*)(net::Stream& stream);

/// HTTP's: the next call would take such bytes for its answer, so the connection is spoilt.
inline bool refuse_idle_input(net::Stream& /*stream*/) noexcept { return false; }

}  // namespace ambassador::upstream
