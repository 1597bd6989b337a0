#include "upstream/pool.hpp"

#include "base/error.hpp"
#include "support/worker_parts.hpp"
#include "upstream/shared_upstreams.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>

namespace ambassador::upstream::pool_test {
namespace {

using namespace std::chrono_literals;

/// Takes connections and says nothing; closes those whose number it is told.
class Server {
 public:
  void close(std::size_t nth) { closing_ = nth; }
  void say_something_on(std::size_t nth) { talking_ = nth; }

 private:
  void serve(support::Socket& socket, std::size_t nth) {
    while (socket.is_quiet(5ms)) {
      if (closing_ == nth) return;
      if (talking_ == nth) socket.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
      if (talking_ == nth) talking_ = nobody;
    }
  }

  static constexpr std::size_t nobody = 1000;
  std::atomic<std::size_t> closing_ = nobody;
  std::atomic<std::size_t> talking_ = nobody;

 public:
  support::ScriptedUpstream upstream{[this](support::Socket& socket, std::size_t nth) { serve(socket, nth); }};
};

class PoolTest : public testing::Test {
 protected:
  /// At the test's begin.
  void use(EgressOptions options) {
    egress.options = std::move(options);
    made.emplace(parts.pool_context, Authority{"127.0.0.1", server.upstream.port()}, egress, shared);
  }
  void limit_to(std::size_t limit, std::size_t pending) { use({.limits = {.connections = limit, .pending = pending}}); }

  net::Task<Result<Lease>> opening() { return connections.open(2s, {}, attempt, wish); }

  Lease open() {
    Awaited<Result<Lease>> lease{parts, opening()};
    EXPECT_TRUE(parts.run_until([&] { return lease.done(); }));
    return std::move(lease->value());
  }

  /// The server's port of a lease tells connections apart.
  static int number_of(Lease& lease) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(lease.stream().descriptor(), reinterpret_cast<sockaddr*>(&own), &size);
    return own.sin_port;
  }

  Server server;
  WorkerParts parts;
  Egress egress{.options = {.limits = {.connections = 40, .pending = 2}}};
  std::shared_ptr<balance::UpstreamCounts> shared = std::make_shared<balance::UpstreamCounts>();
  std::optional<Pool> made{std::in_place, parts.pool_context, Authority{"127.0.0.1", server.upstream.port()}, egress, shared};
  Pool& connections = *made;
  Wish wish;
  Attempt attempt;
  SteadyTime const now = std::chrono::steady_clock::now();
};

TEST_F(PoolTest, the_connection_used_last_is_lent_first) {
  auto first = open();
  auto second = open();
  auto const last = number_of(second);
  first.give_back(now, 0);
  second.give_back(now, 0);
  auto again = connections.take_idle(now, true);
  ASSERT_TRUE(again);
  EXPECT_EQ(number_of(again), last);
  EXPECT_TRUE(again.reused());
  EXPECT_EQ(shared->connections, 2U);
}

TEST_F(PoolTest, a_lease_that_is_not_given_back_is_closed) {
  { auto lease = open(); }
  EXPECT_EQ(shared->connections, 0U);
  EXPECT_FALSE(connections.take_idle(now, true));
  EXPECT_TRUE(connections.unused());
  EXPECT_TRUE(server.upstream.wait_until_done());
}

TEST_F(PoolTest, a_new_connection_is_told_from_a_reused_one) {
  auto lease = open();
  EXPECT_FALSE(lease.reused());
  EXPECT_EQ(lease.endpoint()->text, server.upstream.authority());
  EXPECT_EQ(attempt.address, server.upstream.authority());
}

TEST_F(PoolTest, what_idled_too_long_is_not_lent) {
  open().give_back(now, 0);
  EXPECT_FALSE(connections.take_idle(now + balance::first_idle_limit, true));
  EXPECT_EQ(shared->connections, 0U);
}

TEST_F(PoolTest, the_server_s_keep_alive_is_learned_with_a_margin) {
  open().give_back(now, 10);
  auto lease = connections.take_idle(now + 8900ms, true);
  ASSERT_TRUE(lease);
  lease.give_back(now, 0);
  EXPECT_FALSE(connections.take_idle(now + 9000ms, true));
}

TEST_F(PoolTest, a_connection_that_the_server_closed_is_not_lent_and_teaches_its_idle_time) {
  auto first = open();
  auto second = open();
  server.close(0);
  EXPECT_TRUE(support::eventually([&] { return first.stream().has_input(); }));
  second.give_back(now, 0);
  first.give_back(now, 0);
  // It was found closed after 2.5 s: the other one may idle for a second less.
  auto const taken = connections.take_idle(now + 2500ms, true);
  EXPECT_FALSE(taken) << "1.5 s is the limit now";
  EXPECT_EQ(shared->connections, 0U);
}

TEST_F(PoolTest, a_connection_on_which_the_server_spoke_is_not_lent_and_teaches_nothing) {
  auto first = open();
  auto second = open();
  auto const clean = number_of(second);
  server.say_something_on(0);
  EXPECT_TRUE(support::eventually([&] { return first.stream().has_input(); }));
  second.give_back(now, 0);
  first.give_back(now, 0);
  auto taken = connections.take_idle(now + 2500ms, true);
  ASSERT_TRUE(taken);
  EXPECT_EQ(number_of(taken), clean);
}

TEST_F(PoolTest, a_sweep_closes_what_idled_too_long) {
  open().give_back(now, 0);
  connections.sweep(now + balance::first_idle_limit - 1ms);
  EXPECT_EQ(shared->connections, 1U);
  connections.sweep(now + balance::first_idle_limit);
  EXPECT_EQ(shared->connections, 0U);
  EXPECT_TRUE(connections.unused());
}

TEST_F(PoolTest, a_sweep_closes_what_the_server_closed) {
  auto lease = open();
  server.close(0);
  EXPECT_TRUE(support::eventually([&] { return lease.stream().has_input(); }));
  lease.give_back(now, 0);
  connections.sweep(now);
  EXPECT_EQ(shared->connections, 0U);
}

TEST_F(PoolTest, a_sweep_leaves_so_many_idle_and_no_more_once_a_burst_is_over) {
  std::vector<Lease> leases;
  for (std::size_t count = 0; count < egress.options.limits.connections; ++count) leases.push_back(open());
  for (auto& lease : leases) lease.give_back(now, 0);
  connections.sweep(now + 500ms);
  EXPECT_EQ(shared->connections, egress.options.limits.connections);
  connections.sweep(now + 1000ms);
  EXPECT_EQ(shared->connections, balance::max_idle_connections);
}

TEST_F(PoolTest, beyond_the_limit_the_first_who_waits_is_the_first_who_gets_it) {
  limit_to(1, 2);
  auto held = open();
  auto const number = number_of(held);
  Awaited<Result<Lease>> first{parts, opening()};
  parts.step();
  Wish another;
  Awaited<Result<Lease>> second{parts, connections.open(2s, {}, attempt, another)};
  parts.step();
  EXPECT_EQ(shared->pending, 2U);
  held.give_back(now, 0);
  EXPECT_FALSE(connections.take_idle(now, true)) << "a call that came later took it";
  EXPECT_TRUE(parts.run_until([&] { return first.done(); }));
  EXPECT_FALSE(second.done());
  ASSERT_TRUE(*first);
  EXPECT_EQ(number_of(first->value()), number);
  first->value().drop();
  EXPECT_TRUE(parts.run_until([&] { return second.done(); })) << "room was freed, and nobody was told";
  ASSERT_TRUE(*second);
  EXPECT_FALSE(second->value().reused());
  EXPECT_EQ(shared->pending, 0U);
  EXPECT_EQ(shared->connections, 1U);
}

TEST_F(PoolTest, more_than_may_wait_are_turned_away) {
  limit_to(1, 0);
  auto held = open();
  Awaited<Result<Lease>> turned_away{parts, opening()};
  EXPECT_TRUE(parts.run_until([&] { return turned_away.done(); }));
  EXPECT_EQ(turned_away->error().code, Errc::pool_exhausted);
}

TEST_F(PoolTest, a_wish_that_is_given_up_leaves_the_queue) {
  limit_to(1, 2);
  auto held = open();
  Awaited<Result<Lease>> waiting{parts, opening()};
  parts.step();
  EXPECT_EQ(shared->pending, 1U);
  wish.give_up();
  EXPECT_TRUE(parts.run_until([&] { return waiting.done(); }));
  EXPECT_EQ(waiting->error().code, boost::asio::error::operation_aborted);
  EXPECT_EQ(shared->pending, 0U);
  held.give_back(now, 0);
  EXPECT_TRUE(connections.take_idle(now, true)) << "it was given to one who is gone";
}

TEST_F(PoolTest, room_that_another_worker_frees_is_heard_of_at_the_next_sweep) {
  limit_to(1, 2);
  shared->connections = 1;  // another worker's
  Awaited<Result<Lease>> waiting{parts, opening()};
  parts.step();
  connections.sweep(now);
  EXPECT_FALSE(waiting.done());
  shared->connections = 0;
  connections.sweep(now);
  EXPECT_TRUE(parts.run_until([&] { return waiting.done(); }));
  EXPECT_TRUE(*waiting);
}

TEST_F(PoolTest, idle_connections_are_given_up_when_another_worker_s_calls_wait) {
  open().give_back(now, 0);
  shared->pending = 1;
  connections.sweep(now);
  EXPECT_EQ(shared->connections, 0U);
}

TEST_F(PoolTest, our_own_address_is_not_connected_to) {
  parts.own_addresses = {{boost::asio::ip::make_address("0.0.0.0"), server.upstream.port()}};
  Awaited<Result<Lease>> lease{parts, opening()};
  EXPECT_TRUE(parts.run_until([&] { return lease.done(); }));
  EXPECT_EQ(lease->error().code, Errc::own_address);
  EXPECT_EQ(shared->connections, 0U);
  EXPECT_EQ(server.upstream.accepted(), 0U);
}

TEST_F(PoolTest, a_refused_connection_gives_its_room_back) {
  std::uint16_t port = 0;
  { port = Server{}.upstream.port(); }
  Pool nobody{parts.pool_context, {"127.0.0.1", port}, egress, shared};
  Awaited<Result<Lease>> lease{parts, nobody.open(2s, {}, attempt, wish)};
  EXPECT_TRUE(parts.run_until([&] { return lease.done(); }));
  EXPECT_EQ(lease->error().code, boost::asio::error::connection_refused);
  EXPECT_EQ(lease->error().stage, Stage::connect);
  EXPECT_EQ(shared->connections, 0U);
  EXPECT_TRUE(nobody.unused());
}

/// As a protocol would whose server may say something at any time.
bool read_all(net::Stream& stream) {
  std::array<char, 256> bytes{};
  while (stream.read_some(bytes.data(), bytes.size()).bytes != 0) {
  }
  return true;
}

TEST_F(PoolTest, a_protocol_may_take_what_the_server_says_unasked) {
  use({.limits = {.connections = 1, .pending = 0}, .take_idle_input = read_all});
  auto lease = open();
  auto const number = number_of(lease);
  server.say_something_on(0);
  EXPECT_TRUE(support::eventually([&] { return lease.stream().has_input(); }));
  lease.give_back(now, 0);
  auto again = connections.take_idle(now, true);
  ASSERT_TRUE(again);
  EXPECT_EQ(number_of(again), number);
  EXPECT_FALSE(again.stream().has_input()) << "it was taken";
  again.give_back(now, 0);
  server.close(0);
  EXPECT_TRUE(support::eventually([&] { return !connections.take_idle(now, true); })) << "an end is an end";
}

TEST(SharedUpstreams, every_worker_gets_the_same_as_long_as_one_holds_it) {
  SharedUpstreams upstreams;
  auto const one = upstreams.of("a:80");
  EXPECT_EQ(upstreams.of("a:80"), one);
  EXPECT_NE(upstreams.of("b:80"), one);
}

}  // namespace
}  // namespace ambassador::upstream::pool_test
