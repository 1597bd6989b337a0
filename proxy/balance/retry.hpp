// May a failed try be made again, and where? Only where the upstream cannot have acted on it, or acting twice is the same as
// once (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1).
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <span>

namespace ambassador::balance {

/// How often a call of which nothing was sent goes on to another endpoint; beyond "once per endpoint", so that a large service
/// that is down as a whole does not keep a call for ever.
inline constexpr std::uint32_t max_unsent_moves = 32;

struct TriedRequest {
  std::uint32_t tries = 1;         ///< made so far
  std::uint32_t retries = 0;       ///< of these, the ones that RetryPolicy::attempts counts: `again` and `elsewhere`
  std::uint32_t unsent_moves = 0;  ///< of these, `move`
  bool idempotent = false;         ///< by its method
  bool any_byte_sent = false;      ///< of this try
  bool replayable = false;         ///< all that was sent is still there to be sent again
  bool response_begun = false;     ///< a byte of the response has come
  bool other_endpoint = false;     ///< there is one that was not tried
  bool per_try_expired = false;    ///< the failure is the end of `retry.per_try`, not of the time for the whole response
};

/// A source's `retry`.
struct RetryPolicy {
  std::uint32_t attempts = 1;  ///< beside the first try; 0: none, and no moves either
  bool on_connect = true;      ///< no connection
  bool on_reset = true;        ///< closed before any byte of the response
  std::span<std::uint16_t const> statuses{};
};

enum class RetryVerdict : std::uint8_t {
  give_up,
  move,       ///< nothing was sent: to another endpoint; no attempt, and outside the budget
  again,      ///< on a fresh connection, to the same endpoint too: an attempt
  elsewhere,  ///< to another endpoint only: an attempt
};

RetryVerdict judge_retry(Failure const& failure, TriedRequest const& request, RetryPolicy const& policy) noexcept;

/// After a whole response head, of which the client has not seen anything: `response_begun` is not looked at.
RetryVerdict judge_retry_status(unsigned status, TriedRequest const& request, RetryPolicy const& policy) noexcept;

/// Whether RetryBudget must be asked before the verdict is followed: not where the upstream got nothing.
bool needs_budget(RetryVerdict verdict, TriedRequest const& request) noexcept;

/// Whether the failure says anything of the endpoint, rather than of the client, of us or of how busy the whole upstream is:
/// what report_failure is to be told. Nothing else is ever tried again.
bool is_fault_of_endpoint(Failure const& failure) noexcept;

}  // namespace ambassador::balance
