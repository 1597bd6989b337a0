// What is no longer HTTP, or no longer one call: Upgrade (RFC 9110 section 7.8) and CONNECT (section 9.3.6).
#include "support/outcome.hpp"
#include "support/scripts.hpp"

namespace ambassador::support::tunnel_test {
namespace {

using namespace std::chrono_literals;

std::string const upgrade =
    "GET /x HTTP/1.1\r\nHost: app\r\nAccept: application/json\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
std::string const switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
std::string const switched_client =
    "HTTP/1.1 101 Switching Protocols\r\nVia: 1.1 amb\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

/// Switches, and then does what `then` says.
ScriptedUpstream::Script switching(std::function<void(Socket&)> then) {
  return [then = std::move(then)](Socket& socket, std::size_t) {
    auto const head = read_head(socket);
    EXPECT_NE(head.find("Connection: Upgrade\r\nUpgrade: echo\r\n"), std::string::npos) << head;
    socket.send(switched);
    then(socket);
  };
}

/// A client whose upgrade was granted.
Socket upgraded(Proxy& proxy) {
  auto client = proxy.connect();
  client.send(upgrade);
  EXPECT_EQ(client.receive_exactly(switched_client.size()), switched_client);
  return client;
}

config::Settings idle_after(std::uint16_t port, Milliseconds idle) { return with(to(port), {.response = 200ms, .idle = idle}); }

TEST(Tunnel, an_upgrade_carries_bytes_both_ways) {
  ScriptedUpstream upstream{switching(echo)};
  Proxy proxy{to(upstream.port())};
  auto client = upgraded(proxy);
  for (auto const* word : {"one", "two", "three"}) {
    client.send(word);
    EXPECT_EQ(client.receive_exactly(std::string_view{word}.size()), word);
  }
  client.shutdown_send();
  EXPECT_EQ(client.receive_all(), "");
  expect_released(proxy, upstream, 0);
  auto const record = only_record(proxy);
  expect_record(record, 101, "");
  EXPECT_EQ(number_of(record, "bytes_in"), 11);
  EXPECT_EQ(number_of(record, "bytes_out"), 11);
}

TEST(Tunnel, early_bytes_of_either_side_are_delivered) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_head(socket);
    socket.send(switched + "hello");
    EXPECT_EQ(socket.receive_exactly(5), "early");
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(upgrade + "early");
  EXPECT_EQ(client.receive_all(), switched_client + "hello");
  client.close();
  auto const record = only_record(proxy);
  expect_record(record, 101, "");
  EXPECT_EQ(number_of(record, "bytes_in"), 5);
  EXPECT_EQ(number_of(record, "bytes_out"), 5);
}

TEST(Tunnel, the_client_s_end_is_passed_on_and_the_upstream_may_go_on) {
  ScriptedUpstream upstream{switching([](Socket& socket) {
    EXPECT_EQ(socket.receive_all(), "last words");
    EXPECT_EQ(socket.end(), End::closed);
    socket.send("and an answer");
  })};
  Proxy proxy{to(upstream.port())};
  auto client = upgraded(proxy);
  client.send("last words");
  client.shutdown_send();
  EXPECT_EQ(client.receive_all(), "and an answer");
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 101, "");
}

TEST(Tunnel, the_upstream_s_end_is_passed_on_and_the_client_may_go_on) {
  ScriptedUpstream upstream{switching([](Socket& socket) {
    socket.send("last words");
    socket.shutdown_send();
    EXPECT_EQ(socket.receive_all(), "and an answer");
  })};
  Proxy proxy{to(upstream.port())};
  auto client = upgraded(proxy);
  EXPECT_EQ(client.receive_all(), "last words");
  client.send("and an answer");
  client.close();
  EXPECT_TRUE(upstream.wait_until_done());
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 101, "");
}

TEST(Tunnel, a_large_flow_both_ways_arrives_whole) {
  ScriptedUpstream upstream{switching(echo)};
  Proxy proxy{to(upstream.port())};
  auto client = upgraded(proxy);
  expect_much_comes_back(client);
  expect_released(proxy, upstream, 0);
}

TEST(Tunnel, it_lives_beyond_the_response_time) {
  ScriptedUpstream upstream{switching(echo)};
  Proxy proxy{idle_after(upstream.port(), 5s)};
  auto client = upgraded(proxy);
  std::this_thread::sleep_for(400ms);
  client.send("still here");
  EXPECT_EQ(client.receive_exactly(10), "still here");
}

TEST(Tunnel, an_idle_one_is_ended_and_says_so) {
  ScriptedUpstream upstream{switching([](Socket& socket) { socket.receive_all(); })};
  Proxy proxy{idle_after(upstream.port(), 200ms)};
  auto client = upgraded(proxy);
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_NE(client.end(), End::open);
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 101, "idle for too long");
}

TEST(Tunnel, an_idle_one_whose_client_sends_no_more_is_ended_too) {
  ScriptedUpstream upstream{switching([](Socket&) { std::this_thread::sleep_for(1s); })};
  Proxy proxy{idle_after(upstream.port(), 200ms)};
  auto client = upgraded(proxy);
  client.shutdown_send();
  EXPECT_EQ(client.receive_all(), "");
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 101, "idle for too long");
}

TEST(Tunnel, bytes_one_way_keep_it_alive) {
  ScriptedUpstream upstream{switching([](Socket& socket) {
    for (int beat = 0; beat < 12; ++beat) {
      std::this_thread::sleep_for(50ms);
      socket.send(".");
    }
  })};
  Proxy proxy{idle_after(upstream.port(), 250ms)};
  auto client = upgraded(proxy);
  EXPECT_EQ(client.receive_all().size(), 12U);
}

TEST(Tunnel, an_idle_time_of_0_is_never) {
  ScriptedUpstream upstream{switching(echo)};
  Proxy proxy{idle_after(upstream.port(), 0ms)};
  auto client = upgraded(proxy);
  std::this_thread::sleep_for(400ms);
  client.send("still here");
  EXPECT_EQ(client.receive_exactly(10), "still here");
}

TEST(Tunnel, a_client_that_does_not_read_is_ended_when_nothing_moves) {
  ScriptedUpstream upstream{switching([](Socket& socket) {
    std::string const piece(1'000'000, 'x');
    for (int sent = 0; sent < 100 && socket.send(piece); ++sent) {
    }
  })};
  Proxy proxy{idle_after(upstream.port(), 200ms)};
  auto client = proxy.connect(4096);
  client.send(upgrade);
  EXPECT_EQ(client.receive_exactly(switched_client.size()), switched_client);
  EXPECT_TRUE(upstream.wait_until_done()) << "the upstream is still being read";
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 101, "idle for too long");
}

TEST(Tunnel, a_client_that_resets_ends_it) {
  ScriptedUpstream upstream{switching([](Socket& socket) { socket.receive_all(); })};
  Proxy proxy{to(upstream.port())};
  auto client = upgraded(proxy);
  client.reset();
  expect_released(proxy, upstream, 0);
  EXPECT_TRUE(upstream.wait_until_done());
  expect_record(only_record(proxy), 101, "the client broke off");
}

TEST(Tunnel, an_upstream_that_resets_ends_it) {
  ScriptedUpstream upstream{switching([](Socket& socket) {
    socket.receive_exactly(1);
    socket.reset();
  })};
  Proxy proxy{to(upstream.port())};
  auto client = upgraded(proxy);
  client.send("x");
  client.receive_all();
  EXPECT_NE(client.end(), End::open);
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 101, "the upstream broke off");
}

TEST(Tunnel, a_cut_ends_it_and_says_so) {
  ScriptedUpstream upstream{switching([](Socket& socket) { socket.receive_all(); })};
  Proxy proxy{to(upstream.port())};
  auto client = upgraded(proxy);
  proxy.worker().drain();
  EXPECT_TRUE(client.is_quiet(50ms)) << "a drain waits for what runs";
  proxy.worker().shut_down();
  EXPECT_EQ(client.receive_all(), "");
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 101, "shutting down");
}

TEST(Tunnel, an_offer_that_is_turned_down_stays_http_and_closes) {
  // What the client sent behind its offer may be the other protocol: it must not be read as a request.
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(upgrade + "GET /smuggled HTTP/1.1\r\nHost: app\r\n\r\n");
  auto const reply = client.receive_all();
  EXPECT_EQ(status_of(reply), 200);
  EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  expect_record(only_record(proxy), 200, "");
}

TEST(Tunnel, a_switch_to_what_was_not_offered_is_a_502) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_head(socket);
    socket.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(upgrade);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 502);
  EXPECT_EQ(reason_code(reply), "upgrade_failed");
  client.close();
  expect_released(proxy, upstream, 0);
}

TEST(Tunnel, calls_inside_a_connect_are_logged_one_by_one) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send("CONNECT app:80 HTTP/1.1\r\nHost: app:80\r\n\r\n");
  EXPECT_EQ(client.receive_exactly(19), "HTTP/1.1 200 OK\r\n\r\n");
  for (int call = 0; call < 2; ++call) {
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  client.send("GET /x HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 400);
  client.close();
  expect_released(proxy, upstream, 1);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(text_of(records[0], "method"), "GET");
  EXPECT_EQ(text_of(records[0], "source"), "http://app/x");
}

TEST(Tunnel, a_connect_of_http_1_0_without_host_is_served) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send("CONNECT app:80 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive_exactly(19), "HTTP/1.1 200 OK\r\n\r\n");
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

TEST(Tunnel, tls_inside_a_connect_is_told_why_it_ends) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send("CONNECT app:80 HTTP/1.1\r\nHost: app:80\r\n\r\n");
  EXPECT_EQ(client.receive_exactly(19), "HTTP/1.1 200 OK\r\n\r\n");
  client.send(std::string{"\x16\x03\x01\x00\x05hello", 10});
  client.receive_all();
  EXPECT_EQ(client.end(), End::closed);
  client.close();
  expect_released(proxy, upstream, 0);
  auto const record = only_record(proxy);
  EXPECT_EQ(text_of(record, "source"), "app:80");
  EXPECT_NE(text_of(record, "reason").find("TLS"), std::string::npos);
}

}  // namespace
}  // namespace ambassador::support::tunnel_test
