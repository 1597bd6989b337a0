// For each kind of connection that is not plain HTTP the n-th I/O call of the worker fails, for every n and in each way.
#include "connections.hpp"
#include "descriptors.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ambassador::faults::connection_sweep_test {
namespace {

using support::Proxy;
using support::Record;
using Leg = FaultPlan::Leg;

/// No connection makes so many calls: where the sweep gets here it would never end.
constexpr unsigned most_calls = 400;

struct Run {
  Played played;
  std::vector<Record> records;  ///< of the proxy that was aimed at: the connection's, and those of the next one
  std::size_t accepted = 0;     ///< by the upstream, before the next connection
  bool reached = false;
  Leg failed_leg = Leg::neither;
  std::size_t lost_to_a_stall = 0;  ///< calls after it, with one record each
};

/// The client has gone. What the one in front keeps for its next call is a client to the other.
void expect_ended(Chain const& chain) {
  auto const ended = [](Proxy& proxy) { return support::eventually([&] { return proxy.clients() == 0; }); };
  EXPECT_TRUE(ended(*chain.front)) << "a session goes on without its client";
  if (chain.aims_at_back) {
    EXPECT_TRUE(ended(*chain.back)) << "a session goes on without its client";
  }
}

void expect_drained(Proxy& proxy) {
  proxy.worker().drain();
  EXPECT_TRUE(support::eventually([&] { return proxy.worker().open_connections() == 0; })) << "a session is left";
}

bool is_served(Connection const& connection, Chain const& chain) {
  auto client = chain.front->connect();
  return connection.client(client, chain).whole;
}

Run play(Connection const& connection, Way way, unsigned nth) {
  Run run;
  auto chain = connection.chain(way);
  FaultPlan plan{chain.aimed().port(), way, nth};
  {
    auto client = chain.front->connect();
    run.played = connection.client(client, chain);
  }
  plan.end();
  expect_ended(chain);
  run.reached = plan.reached();
  run.failed_leg = plan.failed_leg();
  run.accepted = chain.upstream->accepted();
  bool served = is_served(connection, chain);
  // From a connection that was kept nothing may come any more: the call that gets it says so, and the next gets another.
  if (!served && way == Way::stall && connection.keeps) {
    ++run.lost_to_a_stall;
    served = is_served(connection, chain);
  }
  EXPECT_TRUE(served) << "the next connection is not served";
  expect_ended(chain);
  expect_drained(*chain.front);
  chain.front->stop();
  if (chain.back) {
    expect_drained(*chain.back);
    chain.back->stop();
  }
  run.records = chain.aimed().stop();
  EXPECT_TRUE(chain.upstream->wait_until_done());
  return run;
}

/// Whether the outcome is the same as without a fault.
bool is_no_failure(Way way) { return way == Way::none || way == Way::short_read || way == Way::short_write; }

/// Whether a stream that was cut in this way must not look as if it had ended.
bool cuts_visibly(Connection const& connection, Way way, Leg failed) {
  bool const no_close_notify = way == Way::close && failed != Leg::neither && failed == connection.tls;
  return way == Way::reset || no_close_notify;
}

/// The records of the first connection; those of the next one are as without a fault.
std::vector<Record> first_records(Run const& run, std::size_t of_one) {
  auto const later = of_one + run.lost_to_a_stall;
  auto const count = run.records.size() < later ? 0 : run.records.size() - later;
  return {run.records.begin(), run.records.begin() + static_cast<std::ptrdiff_t>(count)};
}

void expect_records(Connection const& connection, Way way, Run const& run, std::size_t of_one) {
  auto const records = first_records(run, of_one);
  EXPECT_LE(records.size(), of_one) << "a record of nothing";
  if (!connection.logs_calls) {
    EXPECT_EQ(records.size(), 1U);
  } else if (run.played.status != 0 || run.accepted != 0) {
    EXPECT_GE(records.size(), 1U) << "a call was lost";
  }
  if (records.empty()) return;
  if (run.played.status != 0 && run.played.status != 200) {
    EXPECT_EQ(support::number_of(records.back(), "status"), run.played.status);
  }
  // What a stall loses is lost to the product too: where its peer ends then, that is all there was.
  bool const stalled = way == Way::stall && !run.played.looks_ended;
  bool const must_say = run.played.status > 200 || cuts_visibly(connection, way, run.failed_leg) || stalled;
  if (!run.played.whole && must_say && (run.played.status != 0 || !connection.logs_calls)) {
    EXPECT_NE(support::text_of(records.back(), "reason"), "") << "it was cut, and the log does not say so";
  }
}

class ConnectionSweep : public testing::TestWithParam<std::tuple<std::size_t, Way>> {
 protected:
  /// False where the connection ends before the n-th call.
  static bool fails_at(Connection const& connection, Way way, unsigned nth, std::size_t of_one) {
    SCOPED_TRACE(connection.name + ", call " + std::to_string(nth) + ": " + name(way));
    auto const before = open_descriptors();
    auto const run = play(connection, way, nth);
    EXPECT_EQ(open_descriptors(), before);
    if (is_no_failure(way) || !run.reached) {
      EXPECT_TRUE(run.played.whole);
    }
    EXPECT_FALSE(run.played.looks_ended && cuts_visibly(connection, way, run.failed_leg))
        << "a stream that was cut looks ended";
    expect_records(connection, way, run, of_one);
    return run.reached;
  }
};

TEST_P(ConnectionSweep, no_failing_call_leaks_lies_or_hangs) {
  auto const& connection = connections()[std::get<0>(GetParam())];
  auto const way = std::get<1>(GetParam());
  auto const of_one = play(connection, Way::none, 0).records.size() / 2;  // and what is opened once only is open now
  EXPECT_EQ(of_one, connection.tls != Leg::neither && connection.logs_calls ? 2U : 1U);
  EXPECT_FALSE(fails_at(connection, Way::none, 0, of_one));
  unsigned nth = 1;
  while (nth < most_calls && fails_at(connection, way, nth, of_one) && !HasFailure()) ++nth;
  EXPECT_GT(nth, 5U) << "no call failed";
  EXPECT_LT(nth, most_calls);
  RecordProperty("calls", static_cast<int>(nth));
}

std::string sweep_name(testing::TestParamInfo<std::tuple<std::size_t, Way>> const& info) {
  auto text = connections()[std::get<0>(info.param)].name + '_' + name(std::get<1>(info.param));
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(EveryCall, ConnectionSweep,
                         testing::Combine(testing::Range(std::size_t{0}, connections().size()),
                                          testing::Values(Way::reset, Way::close, Way::stall, Way::short_read,
                                                          Way::short_write)),
                         sweep_name);

}  // namespace
}  // namespace ambassador::faults::connection_sweep_test
