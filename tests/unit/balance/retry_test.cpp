// A try is made again only where the upstream cannot have acted on it, or acting twice is the same as once.
#include "balance/retry.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>
#include <boost/system/errc.hpp>

namespace ambassador::balance {
namespace {

/// A pooled connection that the server closed under the request.
Failure closed_under_us() { return {Errc::end_of_stream, Side::upstream, Stage::response_head, true}; }

TriedRequest get() {
  return {.tries = 1, .idempotent = true, .any_byte_sent = true, .replayable = true, .response_begun = false};
}

TriedRequest post() {
  auto request = get();
  request.idempotent = false;
  return request;
}

TEST(Retry, goes_on_for_an_idempotent_request_on_a_closed_pooled_connection) {
  EXPECT_TRUE(may_retry(closed_under_us(), get()));
  auto failure = closed_under_us();
  failure.stage = Stage::send;
  failure.code = make_error_code(boost::system::errc::connection_reset);
  EXPECT_TRUE(may_retry(failure, get()));
}

TEST(Retry, never_sends_a_post_twice) { EXPECT_FALSE(may_retry(closed_under_us(), post())); }

TEST(Retry, sends_a_post_of_which_nothing_left_us) {
  auto request = post();
  request.any_byte_sent = false;
  EXPECT_TRUE(may_retry(closed_under_us(), request));
}

TEST(Retry, is_made_once) {
  auto request = get();
  request.tries = 2;
  EXPECT_FALSE(may_retry(closed_under_us(), request));
}

TEST(Retry, ends_with_the_first_byte_of_a_response) {
  auto request = get();
  request.response_begun = true;
  EXPECT_FALSE(may_retry(closed_under_us(), request));
}

TEST(Retry, needs_the_whole_request_to_be_there_still) {
  auto request = get();
  request.replayable = false;
  EXPECT_FALSE(may_retry(closed_under_us(), request));
}

TEST(Retry, is_not_for_a_fresh_connection) {
  auto failure = closed_under_us();
  failure.reused_connection = false;
  EXPECT_FALSE(may_retry(failure, get()));
}

TEST(Retry, is_not_for_a_fault_of_the_client_or_of_ours) {
  for (auto const side : {Side::client, Side::local}) {
    auto failure = closed_under_us();
    failure.side = side;
    EXPECT_FALSE(may_retry(failure, get()));
  }
}

TEST(Retry, is_not_for_an_upstream_that_is_slow) {
  auto failure = closed_under_us();
  failure.code = Errc::timed_out;
  EXPECT_FALSE(may_retry(failure, get()));
}

TEST(Retry, is_only_for_what_happens_between_the_request_and_the_response) {
  for (auto const stage :
       {Stage::accept, Stage::head, Stage::body, Stage::resolve, Stage::connect, Stage::response_body, Stage::tunnel}) {
    auto failure = closed_under_us();
    failure.stage = stage;
    EXPECT_FALSE(may_retry(failure, get())) << static_cast<int>(stage);
  }
}

}  // namespace
}  // namespace ambassador::balance
