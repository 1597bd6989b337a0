// May a failed try be made again? Only where the upstream cannot have acted on it, or acting twice is the same as
// once (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1).
#pragma once

#include "base/result.hpp"

#include <cstdint>

namespace ambassador::balance {

inline constexpr std::uint32_t max_retries = 1;

struct TriedRequest {
  std::uint32_t tries = 1;      ///< made so far
  bool idempotent = false;      ///< by its method
  bool any_byte_sent = false;   ///< of this try
  bool replayable = false;      ///< all that was sent is still there to be sent again
  bool response_begun = false;  ///< a byte of the response has come
};

/// A connection that had served before and is closed under the request, before any byte of the response.
bool may_retry(Failure const& failure, TriedRequest const& request) noexcept;

}  // namespace ambassador::balance
