#include "net/relay.hpp"

#include "support/scripted_upstream.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <optional>

namespace ambassador::net {
namespace {

using namespace std::chrono_literals;
using support::End;

/// A tunnel between two socket pairs, run by hand: what the test does at the far ends is done between steps.
class relay_between : public testing::Test {
 protected:
  struct Side {
    Side(Executor executor, TimerWheel& wheel) : Side{executor, wheel, pair()} {}
    Side(Executor executor, TimerWheel& wheel, std::array<int, 2> ends) : stream{executor, wheel, ends[0]}, far{ends[1]} {}
    static std::array<int, 2> pair() {
      std::array<int, 2> ends{};
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
      return ends;
    }
    Stream stream;
    support::Socket far;
  };

  void start(Milliseconds idle = 0ms) {
    boost::asio::co_spawn(context, relay(client.stream, upstream.stream, scratch, idle),
                          [this](std::exception_ptr const& failed, Relayed relayed) {
                            EXPECT_FALSE(failed);
                            result = relayed;
                          });
    step();
  }

  void step() {
    context.restart();
    context.poll();
  }

  boost::asio::io_context context{1};
  SteadyTime const began = std::chrono::steady_clock::now();
  TimerWheel wheel{began};
  Side client{context.get_executor(), wheel};
  Side upstream{context.get_executor(), wheel};
  std::vector<char> scratch = std::vector<char>(64 * 1024);
  std::optional<Relayed> result;
};

TEST_F(relay_between, bytes_go_both_ways_and_are_counted) {
  start();
  client.far.send("question");
  step();
  EXPECT_EQ(upstream.far.receive_exactly(8, 100ms), "question");
  upstream.far.send("answer");
  step();
  EXPECT_EQ(client.far.receive_exactly(6, 100ms), "answer");
  client.far.close();
  upstream.far.close();
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::closed);
  EXPECT_EQ(result->from_client, 8U);
  EXPECT_EQ(result->from_upstream, 6U);
}

TEST_F(relay_between, the_client_s_end_goes_on_and_the_other_way_stays_open) {
  start();
  client.far.send("last");
  client.far.shutdown_send();
  step();
  EXPECT_EQ(upstream.far.receive_all(100ms), "last");
  EXPECT_EQ(upstream.far.end(), End::closed);
  EXPECT_FALSE(result);
  upstream.far.send("answer");
  upstream.far.shutdown_send();
  step();
  EXPECT_EQ(client.far.receive_all(100ms), "answer");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::closed);
}

TEST_F(relay_between, the_upstream_s_end_goes_on_and_the_other_way_stays_open) {
  start();
  upstream.far.send("last");
  upstream.far.shutdown_send();
  step();
  EXPECT_EQ(client.far.receive_all(100ms), "last");
  EXPECT_FALSE(result);
  client.far.send("answer");
  client.far.shutdown_send();
  step();
  EXPECT_EQ(upstream.far.receive_all(100ms), "answer");
  ASSERT_TRUE(result);
}

TEST_F(relay_between, who_does_not_read_holds_up_the_other_and_nothing_is_lost) {
  start();
  std::string sent;
  std::string const piece(10'000, 'x');
  for (int tries = 0; tries < 1000; ++tries) {
    auto const taken = client.far.send_now(piece);
    sent.append(piece, 0, taken);
    step();
    if (taken == 0) break;
  }
  EXPECT_LT(sent.size(), 5'000'000U) << "nothing holds it up";
  client.far.shutdown_send();
  std::string got;
  while (got.size() < sent.size()) {
    auto const part = upstream.far.receive_exactly(1, 100ms);
    if (part.empty()) break;
    got += part;
    got += upstream.far.take(upstream.far.pending().size());
    step();
  }
  EXPECT_TRUE(got == sent) << got.size() << " of " << sent.size();
}

TEST_F(relay_between, it_ends_when_neither_has_sent_a_byte_for_the_idle_time) {
  start(1000ms);
  wheel.advance(began + 900ms);
  step();
  EXPECT_FALSE(result);
  wheel.advance(began + 1200ms);
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::idle);
}

TEST_F(relay_between, an_end_does_not_stop_the_idle_time) {
  start(1000ms);
  client.far.shutdown_send();
  step();
  wheel.advance(began + 1200ms);
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::idle);
}

TEST_F(relay_between, a_peer_that_is_gone_is_named) {
  start();
  upstream.far.close();
  step();
  EXPECT_FALSE(result) << "an end is no failure";
  client.far.send("into nothing");
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::upstream_failed);
}

}  // namespace
}  // namespace ambassador::net
