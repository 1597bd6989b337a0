// A tcp:// source: its listener's connections go to the target, whatever they carry, and each is one line of the log.
#include "support/egress.hpp"
#include "support/outcome.hpp"
#include "support/scripts.hpp"
#include "wire/proxy_protocol.hpp"

namespace ambassador::support::tcp_source_test {
namespace {

using namespace std::chrono_literals;

void expect_over(Proxy& proxy, ScriptedUpstream const& upstream) { expect_released(proxy, upstream, 0); }

/// Nothing can be said to a client of which we know no protocol.
void expect_reset(Socket& client) {
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(client.end(), End::reset);
}

void expect_connection(Record const& record, ScriptedUpstream const& upstream, std::int64_t in, std::int64_t out,
                       std::string const& first_end) {
  ASSERT_FALSE(record.empty());
  EXPECT_EQ(text_of(record, "protocol"), "TCP");
  EXPECT_EQ(text_of(record, "method"), "TCP");
  EXPECT_EQ(text_of(record, "source"), "tcp://localhost:9");
  EXPECT_EQ(text_of(record, "rule"), "tcp://localhost:9");
  EXPECT_EQ(text_of(record, "target"), "tcp://" + upstream.authority());
  EXPECT_EQ(text_of(record, "upstream"), upstream.authority());
  EXPECT_EQ(text_of(record, "decision"), "mapped");
  EXPECT_EQ(text_of(record, "reason"), "");
  EXPECT_EQ(text_of(record, "end"), first_end);
  EXPECT_EQ(number_of(record, "tries"), 1);
  EXPECT_EQ(number_of(record, "bytes_in"), in);
  EXPECT_EQ(number_of(record, "bytes_out"), out);
}

TEST(TcpSource, the_server_may_speak_first) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    socket.send("greeting");
    EXPECT_EQ(socket.receive_all(), "thanks");
  }};
  Proxy proxy{tcp_to(upstream.port())};
  auto client = proxy.connect();
  EXPECT_EQ(client.receive_exactly(8), "greeting");
  client.send("thanks");
  client.close();
  expect_over(proxy, upstream);
  expect_connection(only_record(proxy), upstream, 6, 8, "client");
}

TEST(TcpSource, the_client_s_end_is_passed_on_and_the_answer_still_comes) {
  ScriptedUpstream upstream{answering_the_end("question", "answer")};
  Proxy proxy{tcp_to(upstream.port())};
  auto client = proxy.connect();
  ask_and_end(client, "question", "answer");
  expect_over(proxy, upstream);
  expect_connection(only_record(proxy), upstream, 8, 6, "client");
}

TEST(TcpSource, the_server_s_end_is_passed_on_and_the_client_may_go_on) {
  ScriptedUpstream upstream{ending_first("all I have", "more from me")};
  Proxy proxy{tcp_to(upstream.port())};
  auto client = proxy.connect();
  EXPECT_EQ(client.receive_all(), "all I have");
  client.send("more from me");
  client.close();
  EXPECT_TRUE(upstream.wait_until_done());
  expect_over(proxy, upstream);
  expect_connection(only_record(proxy), upstream, 12, 10, "upstream");
}

TEST(TcpSource, much_arrives_whole_both_ways_at_once) {
  ScriptedUpstream upstream{echoing()};
  Proxy proxy{tcp_to(upstream.port())};
  auto client = proxy.connect();
  auto const size = expect_much_comes_back(client);
  expect_over(proxy, upstream);
  expect_connection(only_record(proxy), upstream, size, size, "client");
}

TEST(TcpSource, where_nobody_listens_the_client_is_reset_and_the_log_says_why) {
  auto const nobody = unused_port();
  Proxy proxy{tcp_to(nobody)};
  auto client = proxy.connect();
  expect_reset(client);
  client.close();
  auto const record = only_record(proxy);
  expect_record(record, 0, "refused");
  EXPECT_EQ(text_of(record, "upstream"), "127.0.0.1:" + std::to_string(nobody));
  EXPECT_EQ(text_of(record, "decision"), "mapped");
}

TEST(TcpSource, a_server_that_resets_resets_the_client) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    socket.send("half of an ans");
    socket.receive_exactly(1);
    socket.reset();
  }};
  Proxy proxy{tcp_to(upstream.port())};
  auto client = proxy.connect();
  EXPECT_EQ(client.receive_exactly(14), "half of an ans");
  client.send("x");
  expect_reset(client);
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 0, "the upstream broke off");
}

TEST(TcpSource, a_client_that_resets_resets_the_server) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    EXPECT_EQ(socket.receive_exactly(4), "half");
    socket.send("go on");
    socket.receive_all();
    EXPECT_EQ(socket.end(), End::reset);
  }};
  Proxy proxy{tcp_to(upstream.port())};
  auto client = proxy.connect();
  client.send("half");
  EXPECT_EQ(client.receive_exactly(5), "go on");
  client.reset();
  EXPECT_TRUE(upstream.wait_until_done());
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 0, "the client broke off");
}

TEST(TcpSource, the_target_is_told_the_client_where_it_wants_that) {
  wire::ProxyHeaderRead told;
  ScriptedUpstream upstream{[&](Socket& socket, std::size_t) {
    socket.receive_until([&](std::string_view bytes) {
      told = wire::read_proxy_header(bytes);
      return told.state == wire::ProxyHeaderRead::State::complete;
    });
    socket.take(told.size);
    EXPECT_EQ(socket.receive_all(), "hello");
  }};
  auto settings = tcp_to(upstream.port());
  settings.map.front().proxy_protocol = config::ProxyProtocol::v2;
  Proxy proxy{settings};
  auto client = proxy.connect();
  auto const client_port = client.local_port();
  client.send("hello");
  client.shutdown_send();
  EXPECT_EQ(client.receive_all(), "");
  client.close();
  EXPECT_TRUE(upstream.wait_until_done());
  auto const loopback = IpAddress::v4(0x7f000001);
  ASSERT_TRUE(told.connection);
  EXPECT_EQ(told.connection->source, (wire::ProxyEnd{loopback, client_port}));
  EXPECT_EQ(told.connection->destination, (wire::ProxyEnd{loopback, proxy.port()}));
  expect_over(proxy, upstream);
  expect_connection(only_record(proxy), upstream, 5, 0, "client");
}

TEST(TcpSource, a_client_that_says_nothing_is_told_of_too) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    socket.receive_until(
        [](std::string_view bytes) { return wire::read_proxy_header(bytes).state == wire::ProxyHeaderRead::State::complete; });
    socket.send("greeting");
  }};
  auto settings = tcp_to(upstream.port());
  settings.map.front().proxy_protocol = config::ProxyProtocol::v2;
  Proxy proxy{settings};
  auto client = proxy.connect();
  EXPECT_EQ(client.receive_all(), "greeting");
  client.close();
  expect_over(proxy, upstream);
  expect_connection(only_record(proxy), upstream, 0, 8, "upstream");
}

TEST(TcpSource, connections_beyond_its_requests_are_reset) {
  ScriptedUpstream upstream{echoing()};
  auto settings = tcp_to(upstream.port());
  settings.map.front().requests = 1;
  Proxy proxy{settings};
  auto const is_served = [](Socket& socket) {
    socket.send("ping");
    return socket.receive_exactly(4) == "ping";
  };
  {
    auto first = proxy.connect();
    EXPECT_TRUE(is_served(first));
    auto second = proxy.connect();
    expect_reset(second);
    EXPECT_TRUE(is_served(first));
  }
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  {
    auto third = proxy.connect();
    EXPECT_TRUE(is_served(third)) << "the first one's place was not given back";
  }
  expect_over(proxy, upstream);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_NE(text_of(records[0], "reason").find("limits.requests of tcp://localhost:9"), std::string::npos);
  EXPECT_EQ(number_of(records[0], "tries"), 0);
}

TEST(TcpSource, connections_beyond_its_rate_are_reset) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.send("served"); }};
  auto settings = tcp_to(upstream.port());
  settings.map.front().rate = config::Rate{.requests = 1, .per = 10min, .burst = 1};
  Proxy proxy{settings};
  auto first = proxy.connect();
  EXPECT_EQ(first.receive_all(), "served");
  first.close();
  auto second = proxy.connect();
  expect_reset(second);
  expect_over(proxy, upstream);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_NE(text_of(records[1], "reason").find("the rate of tcp://localhost:9"), std::string::npos);
}

TEST(TcpSource, one_that_waits_for_a_connection_leaves_when_its_client_does) {
  ScriptedUpstream upstream{echoing()};
  auto settings = tcp_to(upstream.port());
  settings.limits.connections = 1;
  Proxy proxy{settings};
  auto first = proxy.connect();
  first.send("ping");
  EXPECT_EQ(first.receive_exactly(4), "ping");
  auto second = proxy.connect();
  EXPECT_TRUE(eventually([&] { return proxy.pending_for(upstream) == 1; }));
  second.reset();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 1; }, 2s)) << "it waits for nobody";
  EXPECT_EQ(proxy.pending_for(upstream), 0U);
  first.close();
  expect_over(proxy, upstream);
  EXPECT_EQ(proxy.stop().size(), 2U);
}

TEST(TcpSource, a_silent_one_ends_after_its_idle_time) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  auto settings = tcp_to(upstream.port());
  settings.map.front().timeout.tunnel_idle = 200ms;
  Proxy proxy{settings};
  auto client = proxy.connect();
  expect_reset(client);
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 0, "idle for too long");
}

TEST(TcpSource, is_under_way_only_while_bytes_move) {
  ScriptedUpstream upstream{echoing()};
  Proxy proxy{tcp_to(upstream.port())};
  auto client = proxy.connect();
  client.send("ping");
  EXPECT_EQ(client.receive_exactly(4), "ping");
  proxy.worker().begin_drain();
  EXPECT_TRUE(eventually([&] { return proxy.worker().activity().moves >= 3; }));
  auto const before = proxy.worker().activity();
  EXPECT_EQ(before.connections, 1U);
  EXPECT_EQ(before.calls, 0U);
  client.send("ping");
  EXPECT_EQ(client.receive_exactly(4), "ping");
  EXPECT_TRUE(eventually([&] { return proxy.worker().activity().moves == before.moves + 2; })) << "one each way";
  client.close();
  expect_over(proxy, upstream);
}

TEST(TcpSource, a_drain_waits_for_it_and_a_cut_ends_it) {
  ScriptedUpstream upstream{echoing()};
  Proxy proxy{tcp_to(upstream.port())};
  auto client = proxy.connect();
  proxy.worker().drain();
  client.send("ping");
  EXPECT_EQ(client.receive_exactly(4), "ping");
  proxy.worker().shut_down();
  client.receive_all();
  EXPECT_NE(client.end(), End::open);
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 0, "shutting down");
}

}  // namespace
}  // namespace ambassador::support::tcp_source_test
