#include "balance/retry.hpp"

#include "base/error.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace ambassador::balance {
namespace {

bool is_connecting(Stage stage) noexcept { return stage == Stage::connect || stage == Stage::handshake; }

bool is_exchanging(Stage stage) noexcept { return stage == Stage::send || stage == Stage::response_head; }

RetryVerdict moved(TriedRequest const& request) noexcept {
  return request.other_endpoint && request.unsent_moves < max_unsent_moves ? RetryVerdict::move : RetryVerdict::give_up;
}

/// After bytes of the request were sent, to which no byte came back.
RetryVerdict unanswered(bool reused, TriedRequest const& request, bool attempts_left) noexcept {
  if (!request.idempotent || !attempts_left) return RetryVerdict::give_up;
  if (reused) return RetryVerdict::again;
  return request.other_endpoint ? RetryVerdict::elsewhere : RetryVerdict::give_up;
}

}  // namespace

bool is_fault_of_endpoint(Failure const& failure) noexcept {
  namespace errc = boost::system::errc;
  if (failure.side != Side::upstream || failure.stage == Stage::resolve) return false;
  bool const of_ours = failure.code == errc::operation_canceled || failure.code == errc::too_many_files_open ||
                       failure.code == errc::too_many_files_open_in_system;
  return !of_ours && failure.code != Errc::pool_exhausted && failure.code != Errc::pending_timed_out;
}

RetryVerdict judge_retry(Failure const& failure, TriedRequest const& request, RetryPolicy const& policy) noexcept {
  if (policy.attempts == 0 || request.response_begun || !request.replayable || !is_fault_of_endpoint(failure)) {
    return RetryVerdict::give_up;
  }
  bool const attempts_left = request.retries < policy.attempts;
  if (is_connecting(failure.stage)) {
    return policy.on_connect && !request.any_byte_sent ? moved(request) : RetryVerdict::give_up;
  }
  if (!is_exchanging(failure.stage)) return RetryVerdict::give_up;
  if (request.per_try_expired) return unanswered(false, request, attempts_left);
  if (failure.code == Errc::timed_out || !policy.on_reset) return RetryVerdict::give_up;
  if (request.any_byte_sent) return unanswered(failure.reused_connection, request, attempts_left);
  return failure.reused_connection && attempts_left ? RetryVerdict::again : moved(request);
}

RetryVerdict judge_retry_status(unsigned status, TriedRequest const& request, RetryPolicy const& policy) noexcept {
  bool const listed = std::find(policy.statuses.begin(), policy.statuses.end(), status) != policy.statuses.end();
  bool const may = request.idempotent && request.replayable && request.retries < policy.attempts && request.other_endpoint;
  return listed && may ? RetryVerdict::elsewhere : RetryVerdict::give_up;
}

bool needs_budget(RetryVerdict verdict, TriedRequest const& request) noexcept {
  return verdict == RetryVerdict::elsewhere || (verdict == RetryVerdict::again && request.any_byte_sent);
}

}  // namespace ambassador::balance
