#include "relaying.hpp"

namespace ambassador::net::relay_test {
namespace {

class RelayBetweenTest : public Relaying {
 protected:
  RelayBetweenTest() : Relaying{unix_pair} {}
};

TEST_F(RelayBetweenTest, bytes_go_both_ways_and_are_counted) {
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

TEST_F(RelayBetweenTest, the_client_s_end_goes_on_and_the_other_way_stays_open) {
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

TEST_F(RelayBetweenTest, the_upstream_s_end_goes_on_and_the_other_way_stays_open) {
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

TEST_F(RelayBetweenTest, who_does_not_read_holds_up_the_other_and_nothing_is_lost) {
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

TEST_F(RelayBetweenTest, it_ends_when_neither_has_sent_a_byte_for_the_idle_time) {
  start(1000ms);
  wheel.advance(began + 900ms);
  step();
  EXPECT_FALSE(result);
  wheel.advance(began + 1200ms);
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::idle);
}

TEST_F(RelayBetweenTest, an_end_does_not_stop_the_idle_time) {
  start(1000ms);
  client.far.shutdown_send();
  step();
  wheel.advance(began + 1200ms);
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::idle);
}

TEST_F(RelayBetweenTest, a_peer_that_is_gone_is_named) {
  start();
  upstream.far.close();
  step();
  EXPECT_FALSE(result) << "an end is no failure";
  client.far.send("into nothing");
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::upstream_failed);
}

TEST_F(RelayBetweenTest, who_was_the_first_to_end_is_said) {
  start();
  upstream.far.shutdown_send();
  step();
  client.far.shutdown_send();
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->first_end, ambassador::Side::upstream);
}

TEST_F(RelayBetweenTest, who_fails_before_anyone_has_ended_is_the_first) {
  start();
  client.far.send("then gone");
  step();
  upstream.far.send("never read");
  step();
  client.far.close();  // with unread bytes: a reset
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::client_failed);
  EXPECT_EQ(result->first_end, ambassador::Side::client);
  EXPECT_EQ(result->from_client, 9U);
  EXPECT_EQ(result->from_upstream, 10U);
}

TEST_F(RelayBetweenTest, an_idle_tunnel_was_ended_by_nobody) {
  start(1000ms);
  wheel.advance(began + 1200ms);
  step();
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->first_end);
}

TEST_F(RelayBetweenTest, bytes_read_from_the_client_before_go_first_and_are_counted) {
  RelayOptions options;
  options.first_up = "early ";
  start(std::move(options));
  client.far.send("and late");
  client.far.shutdown_send();
  step();
  EXPECT_EQ(upstream.far.receive_all(100ms), "early and late");
  upstream.far.close();
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->from_client, 14U);
}

TEST_F(RelayBetweenTest, early_bytes_wait_for_a_peer_that_does_not_take_them) {
  RelayOptions options;
  options.first_up = noise(0, 3'000'000);
  start(std::move(options));
  EXPECT_TRUE(drain(upstream, 3'000'000) == noise(0, 3'000'000));
}

}  // namespace
}  // namespace ambassador::net::relay_test
