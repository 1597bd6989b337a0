#include "balance/retry.hpp"

#include "base/error.hpp"

namespace ambassador::balance {

bool may_retry(Failure const& failure, TriedRequest const& request) noexcept {
  if (request.tries > max_retries || request.response_begun || !request.replayable) return false;
  if (failure.side != Side::upstream || !failure.reused_connection || failure.code == Errc::timed_out) return false;
  if (failure.stage != Stage::send && failure.stage != Stage::response_head) return false;
  return request.idempotent || !request.any_byte_sent;
}

}  // namespace ambassador::balance
