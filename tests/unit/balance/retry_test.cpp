// A try is made again only where the upstream cannot have acted on it, or acting twice is the same as once.
#include "balance/retry.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>
#include <boost/system/errc.hpp>

#include <array>
#include <functional>
#include <string_view>

namespace ambassador::balance::retry_test {
namespace {

constexpr auto give_up = RetryVerdict::give_up;
constexpr auto move = RetryVerdict::move;
constexpr auto again = RetryVerdict::again;
constexpr auto elsewhere = RetryVerdict::elsewhere;

constexpr std::array<std::uint16_t, 3> statuses{502, 503, 504};

/// A GET whose first try failed, with other endpoints left, under the default policy.
struct Case {
  Failure failure{Errc::end_of_stream, Side::upstream, Stage::response_head, true};
  TriedRequest request{.idempotent = true, .any_byte_sent = true, .replayable = true, .other_endpoint = true};
  RetryPolicy policy{.statuses = statuses};

  [[nodiscard]] RetryVerdict judged() const { return judge_retry(failure, request, policy); }
};

/// What a row changes.
using Change = std::function<void(Case&)>;

struct Row {
  std::string_view what;
  RetryVerdict expected;
  Change change;
};

void refuse(Case& c) {
  c.failure = {make_error_code(boost::system::errc::connection_refused), Side::upstream, Stage::connect, false};
  c.request.any_byte_sent = false;
}
void post(Case& c) { c.request.idempotent = false; }
void fresh(Case& c) { c.failure.reused_connection = false; }
void unsent(Case& c) {
  c.failure.stage = Stage::send;
  c.request.any_byte_sent = false;
}
void alone(Case& c) { c.request.other_endpoint = false; }
void last_attempt(Case& c) { c.request.retries = c.policy.attempts; }
void time_out(Case& c) { c.failure.code = Errc::timed_out; }
void per_try(Case& c) {
  time_out(c);
  fresh(c);
  c.request.per_try_expired = true;
}

/// All of them.
template <class... Changes>
Change both(Changes... changes) {
  return [=](Case& c) { (changes(c), ...); };
}

void check(std::initializer_list<Row> rows) {
  for (auto const& row : rows) {
    Case c;
    row.change(c);
    EXPECT_EQ(c.judged(), row.expected) << row.what;
  }
}

TEST(Retry, of_a_closed_pooled_connection_may_be_at_the_same_endpoint) {
  check({
      {"closed under a GET", again, [](Case&) {}},
      {"closed while it was sent", again, [](Case& c) { c.failure.stage = Stage::send; }},
      {"reset", again, [](Case& c) { c.failure.code = make_error_code(boost::system::errc::connection_reset); }},
      {"the only endpoint", again, alone},
      {"a POST is never sent twice", give_up, post},
      {"a POST of which nothing left us", again, both(post, unsent)},
      {"the attempts are used up", give_up, last_attempt},
      {"the attempts are used up, but nothing was sent", move, both(unsent, last_attempt)},
      {"nor is there another endpoint", give_up, both(unsent, last_attempt, alone)},
      {"reset is not in retry.on", give_up, [](Case& c) { c.policy.on_reset = false; }},
      {"two attempts", again, [](Case& c) { c.policy.attempts = 2, c.request.retries = 1; }},
      {"no attempts", give_up, [](Case& c) { c.policy.attempts = 0; }},
      {"no attempts, nothing sent", give_up, both(unsent, [](Case& c) { c.policy.attempts = 0; })},
      {"a byte of the response came", give_up, [](Case& c) { c.request.response_begun = true; }},
      {"the request is not there any more", give_up, [](Case& c) { c.request.replayable = false; }},
      {"the upstream is slow", give_up, time_out},
  });
}

TEST(Retry, of_a_fresh_connection_is_at_another_endpoint) {
  check({
      {"reset under a GET", elsewhere, fresh},
      {"under a POST", give_up, both(fresh, post)},
      {"the only endpoint", give_up, both(fresh, alone)},
      {"the attempts are used up", give_up, both(fresh, last_attempt)},
      {"reset is not in retry.on", give_up, both(fresh, [](Case& c) { c.policy.on_reset = false; })},
      {"before any byte was sent", move, both(fresh, unsent)},
      {"of a POST too", move, both(fresh, unsent, post)},
  });
}

TEST(Retry, of_a_connection_that_was_not_made_moves_on_once_per_endpoint) {
  check({
      {"refused", move, refuse},
      {"a POST too", move, both(refuse, post)},
      {"timed out", move, both(refuse, time_out)},
      {"within per_try", move, both(refuse, per_try)},
      {"in the handshake", move, both(refuse, [](Case& c) { c.failure.stage = Stage::handshake; })},
      {"no attempts are needed", move, both(refuse, last_attempt)},
      {"but allowed", give_up, both(refuse, [](Case& c) { c.policy.attempts = 0; })},
      {"connect is not in retry.on", give_up, both(refuse, [](Case& c) { c.policy.on_connect = false; })},
      {"reset is not in retry.on", move, both(refuse, [](Case& c) { c.policy.on_reset = false; })},
      {"all were tried", give_up, both(refuse, alone)},
      {"many moves", move, both(refuse, [](Case& c) { c.request.unsent_moves = max_unsent_moves - 1; })},
      {"too many moves", give_up, both(refuse, [](Case& c) { c.request.unsent_moves = max_unsent_moves; })},
      {"the pool is full", give_up, both(refuse, [](Case& c) { c.failure.code = Errc::pool_exhausted; })},
      {"it stayed full", give_up, both(refuse, [](Case& c) { c.failure.code = Errc::pending_timed_out; })},
      {"the client went", give_up,
       both(refuse, [](Case& c) { c.failure.code = make_error_code(boost::system::errc::operation_canceled); })},
      {"no descriptors are left", give_up,
       both(refuse, [](Case& c) { c.failure.code = make_error_code(boost::system::errc::too_many_files_open); })},
      {"an earlier try took the body", give_up, both(refuse, [](Case& c) { c.request.replayable = false; })},
  });
}

TEST(Retry, after_the_time_of_one_try_is_at_another_endpoint) {
  check({
      {"of a GET", elsewhere, per_try},
      {"of a pooled connection", elsewhere, both(per_try, [](Case& c) { c.failure.reused_connection = true; })},
      {"whatever retry.on says of resets", elsewhere, both(per_try, [](Case& c) { c.policy.on_reset = false; })},
      {"of a POST", give_up, both(per_try, post)},
      {"the only endpoint", give_up, both(per_try, alone)},
      {"the attempts are used up", give_up, both(per_try, last_attempt)},
      {"the response has begun", give_up, both(per_try, [](Case& c) { c.request.response_begun = true; })},
      {"of the whole call", give_up, both(per_try, [](Case& c) { c.request.per_try_expired = false; })},
  });
}

TEST(Retry, is_not_for_a_fault_of_the_client_or_of_ours) {
  for (auto const side : {Side::client, Side::local}) {
    Case c;
    c.failure.side = side;
    EXPECT_EQ(c.judged(), give_up);
    refuse(c);
    c.failure.side = side;
    EXPECT_EQ(c.judged(), give_up);
  }
}

TEST(Retry, is_only_for_what_happens_between_the_look_up_and_the_response) {
  for (auto const stage : {Stage::accept, Stage::head, Stage::body, Stage::resolve, Stage::response_body, Stage::tunnel}) {
    for (bool const sent : {false, true}) {
      Case c;
      c.failure.stage = stage;
      c.request.any_byte_sent = sent;
      EXPECT_EQ(c.judged(), give_up) << static_cast<int>(stage);
    }
  }
}

TEST(RetryOfAStatus, is_at_another_endpoint_where_it_is_safe) {
  auto const judged = [](unsigned status, Change const& change) {
    Case c;
    c.request.response_begun = true;
    change(c);
    return judge_retry_status(status, c.request, c.policy);
  };
  auto const as_it_is = [](Case&) {};
  for (auto const status : {502U, 503U, 504U}) EXPECT_EQ(judged(status, as_it_is), elsewhere) << status;
  for (auto const status : {200U, 404U, 429U, 500U, 65536U + 503U}) EXPECT_EQ(judged(status, as_it_is), give_up) << status;
  EXPECT_EQ(judged(503, post), give_up);
  EXPECT_EQ(judged(503, alone), give_up);
  EXPECT_EQ(judged(503, last_attempt), give_up);
  EXPECT_EQ(judged(503, [](Case& c) { c.request.replayable = false; }), give_up);
  EXPECT_EQ(judged(503, [](Case& c) { c.policy.statuses = {}; }), give_up);
  EXPECT_EQ(judged(503, [](Case& c) { c.policy.attempts = 0; }), give_up);
}

TEST(RetryBudgetOfAVerdict, is_asked_where_the_upstream_got_something) {
  TriedRequest request{.any_byte_sent = true};
  EXPECT_FALSE(needs_budget(give_up, request));
  EXPECT_FALSE(needs_budget(move, request));
  EXPECT_TRUE(needs_budget(again, request));
  EXPECT_TRUE(needs_budget(elsewhere, request));
  request.any_byte_sent = false;
  EXPECT_FALSE(needs_budget(again, request));
}

TEST(FaultOfTheEndpoint, is_none_of_the_look_up) {
  EXPECT_TRUE(is_fault_of_endpoint({Errc::timed_out, Side::upstream, Stage::response_head, false}));
  EXPECT_TRUE(is_fault_of_endpoint({Errc::bad_message, Side::upstream, Stage::response_head, false}));
  EXPECT_FALSE(is_fault_of_endpoint({Errc::timed_out, Side::upstream, Stage::resolve, false}));
  EXPECT_FALSE(is_fault_of_endpoint({Errc::timed_out, Side::client, Stage::response_head, false}));
}

}  // namespace
}  // namespace ambassador::balance::retry_test
