// For each scripted exchange the n-th I/O call of the worker fails, for every n and in each way.
#include "descriptors.hpp"
#include "exchanges.hpp"
#include "faulty_io.hpp"
#include "support/proxy.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ambassador::faults::fault_sweep_test {
namespace {

using support::Proxy;
using support::Record;
using support::ScriptedUpstream;

/// No exchange makes so many calls: where the sweep gets here it would never end.
constexpr unsigned most_calls = 200;

/// A stall is ended by one of these.
constexpr Milliseconds short_wait{120};

struct Run {
  std::vector<Seen> seen;
  std::vector<Arrived> arrived;
  std::vector<Record> records;
  bool reached = false;
  bool looks_ended = false;
};

/// One connection to the upstream is all there may be: where one stays lent, the next call gets none.
config::Settings settings_for(std::uint16_t upstream_port, Way way) {
  auto settings = support::to(upstream_port);
  settings.limits.connections = 1;
  settings.limits.pending = 1;
  if (way != Way::stall) return settings;
  return support::with(std::move(settings), {.connect = short_wait,
                                             .head = short_wait,
                                             .body = short_wait,
                                             .response = short_wait,
                                             .idle = short_wait,
                                             .keepalive = 2 * short_wait});
}

void expect_served(Proxy& proxy) {
  auto client = proxy.connect();
  Conversation conversation{client};
  client.send("GET /probe HTTP/1.1\r\nHost: app\r\n\r\n");
  EXPECT_TRUE(conversation.reply("/probe", "the answer to /probe")) << "a connection is still lent";
}

void expect_drained(Proxy& proxy, ScriptedUpstream const& upstream) {
  EXPECT_TRUE(support::eventually([&] { return proxy.clients() == 0; }));
  proxy.worker().drain();
  EXPECT_TRUE(support::eventually([&] { return proxy.worker().open_connections() == 0; })) << "a session is left";
  EXPECT_LE(proxy.connections_to(upstream), 1U);
  EXPECT_EQ(proxy.pending_for(upstream), 0U);
}

Run play(Exchange const& exchange, Way way, unsigned nth) {
  Run run;
  Ledger ledger;
  ScriptedUpstream upstream{playing(exchange, ledger)};
  Proxy proxy{settings_for(upstream.port(), way)};
  FaultPlan plan{proxy.port(), way, nth};
  {
    auto client = proxy.connect();
    Conversation conversation{client};
    exchange.client(conversation);
    run.seen = conversation.seen();
    run.looks_ended = conversation.looks_ended();
  }
  EXPECT_TRUE(support::eventually([&] { return proxy.clients() == 0; })) << "a session goes on without its client";
  plan.end();
  run.reached = plan.reached();
  expect_served(proxy);
  expect_drained(proxy, upstream);
  run.records = proxy.stop();
  EXPECT_TRUE(upstream.wait_until_done());
  run.arrived = ledger.all();
  return run;
}

std::vector<int> statuses(std::vector<Seen> const& seen) {
  std::vector<int> all;
  for (auto const& one : seen) all.push_back(one.status);
  return all;
}

std::vector<Record> records_of(Run const& run, std::string const& path) {
  std::vector<Record> found;
  for (auto const& record : run.records) {
    if (support::text_of(record, "source").ends_with("app" + path)) found.push_back(record);
  }
  return found;
}

/// A head that came in part only was refused: its record has no URL to be known by.
bool was_refused_unread(Run const& run, int status) {
  return std::any_of(run.records.begin(), run.records.end(), [&](Record const& record) {
    return support::text_of(record, "source").find("app/") == std::string::npos &&
           support::number_of(record, "status") == status;
  });
}

void expect_record(Run const& run, Seen const& seen) {
  auto const records = records_of(run, seen.path);
  EXPECT_LE(records.size(), 1U) << "two records of " << seen.path;
  if (seen.status != 0 && records.empty()) {
    EXPECT_TRUE(was_refused_unread(run, seen.status)) << "no record of " << seen.path;
  }
  if (records.empty()) return;
  if (seen.status != 0) {
    EXPECT_EQ(support::number_of(records[0], "status"), seen.status);
  } else {
    EXPECT_NE(support::text_of(records[0], "reason"), "") << "broke off, and the log does not say so";
  }
}

void expect_records(Run const& run) {
  for (auto const& seen : run.seen) expect_record(run, seen);
  for (auto const& arrived : run.arrived) EXPECT_EQ(records_of(run, arrived.path).size(), 1U) << arrived.path;
  EXPECT_LE(run.records.size(), run.seen.size() + 1) << "a record of nothing";
}

void expect_no_wrong_request(Run const& run) {
  std::size_t posts = 0;
  for (auto const& arrived : run.arrived) {
    if (arrived.method != "POST" || !arrived.whole) continue;
    ++posts;
    EXPECT_EQ(arrived.message.body, posted_body());
    EXPECT_TRUE(arrived.message.trailers.empty() || arrived.message.trailers == posted_trailers()) << arrived.message.trailers;
  }
  EXPECT_LE(posts, 1U) << "a POST was sent twice";
}

/// Whether the call's outcome is the same as without a fault.
bool is_no_failure(Way way) { return way == Way::none || way == Way::short_read || way == Way::short_write; }

class FaultSweep : public testing::TestWithParam<std::tuple<std::size_t, Way>> {
 protected:
  /// False where the exchange ends before the n-th call.
  static bool fails_at(Exchange const& exchange, Way way, unsigned nth) {
    SCOPED_TRACE(exchange.name + ", call " + std::to_string(nth) + ": " + name(way));
    auto const before = open_descriptors();
    auto const run = play(exchange, way, nth);
    EXPECT_EQ(open_descriptors(), before);
    expect_records(run);
    expect_no_wrong_request(run);
    if (is_no_failure(way) || !run.reached) {
      EXPECT_EQ(statuses(run.seen), exchange.statuses);
    }
    EXPECT_FALSE(run.looks_ended && way == Way::reset) << "a stream that was reset looks ended";
    return run.reached;
  }
};

TEST_P(FaultSweep, no_failing_call_leaks_lies_or_hangs) {
  auto const& exchange = exchanges()[std::get<0>(GetParam())];
  auto const way = std::get<1>(GetParam());
  play(exchange, Way::none, 0);  // what is opened once only is open now
  EXPECT_FALSE(fails_at(exchange, Way::none, 0));
  unsigned nth = 1;
  while (nth < most_calls && fails_at(exchange, way, nth) && !HasFailure()) ++nth;
  EXPECT_GT(nth, 5U) << "no call failed";
  EXPECT_LT(nth, most_calls);
  RecordProperty("calls", static_cast<int>(nth));
}

std::string sweep_name(testing::TestParamInfo<std::tuple<std::size_t, Way>> const& info) {
  auto text = exchanges()[std::get<0>(info.param)].name + '_' + name(std::get<1>(info.param));
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(EveryCall, FaultSweep,
                         testing::Combine(testing::Range(std::size_t{0}, exchanges().size()),
                                          testing::Values(Way::reset, Way::close, Way::stall, Way::short_read,
                                                          Way::short_write)),
                         sweep_name);

}  // namespace
}  // namespace ambassador::faults::fault_sweep_test
