// What becomes of a client's connection after a call.
#pragma once

#include <cstdint>

namespace ambassador::session {

enum class After : std::uint8_t {
  keep,    ///< the next request may come
  close,   ///< everything was said
  linger,  ///< the client may still be sending: its bytes are thrown away for a while, so that it can read the reply
  reset,   ///< the response broke off, and must not look complete
  tunnel,  ///< a CONNECT was answered: the calls inside it follow
};

}  // namespace ambassador::session
