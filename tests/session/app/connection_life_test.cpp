// A client's connection from accept to close: slow heads, idle ends, limits, the drain and the cut.
#include "support/outcome.hpp"
#include "support/scripts.hpp"

namespace ambassador::support::connection_life_test {
namespace {

using namespace std::chrono_literals;

TEST(ConnectionLife, a_slow_head_is_a_408) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with(to(upstream.port()), {.head = 200ms})};
  auto client = proxy.connect();
  client.send("GET /x HT");
  EXPECT_EQ(status_of(receive_response(client)), 408);
  EXPECT_EQ(client.receive_all(), "");
  client.close();
  expect_released(proxy, upstream, 0);
  auto const record = only_record(proxy);
  expect_record(record, 408, "did not come in time", 0);
  EXPECT_EQ(text_of(record, "method"), "GET");
}

TEST(ConnectionLife, a_head_that_trickles_is_a_408) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with(to(upstream.port()), {.head = 200ms})};
  auto client = proxy.connect();
  client.send("GET /");
  auto const until = std::chrono::steady_clock::now() + patience;
  while (client.is_quiet(20ms) && std::chrono::steady_clock::now() < until) client.send("x");
  EXPECT_EQ(status_of(receive_response(client)), 408);
}

TEST(ConnectionLife, a_slow_head_does_not_hurt_others) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  std::vector<Socket> slow;
  for (int connection = 0; connection < 50; ++connection) {
    slow.push_back(proxy.connect());
    slow.back().send("GET /x HTTP/1.1\r\nHost: app\r\nX: ");
  }
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

TEST(ConnectionLife, an_idle_connection_is_closed_without_a_word) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with(to(upstream.port()), {.keepalive = 200ms})};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(client.end(), End::closed);
  expect_released(proxy, upstream, 1);
  expect_record(only_record(proxy), 200, "");
}

TEST(ConnectionLife, a_connection_on_which_nothing_is_said_is_no_call) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  proxy.connect().close();
  proxy.connect().reset();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  EXPECT_TRUE(proxy.stop().empty());
}

TEST(ConnectionLife, what_follows_a_last_reply_does_not_reset_it) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  for (int connection = 0; connection < 20; ++connection) {
    auto client = proxy.connect();
    client.send("GET /x HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n" + std::string(100'000, 'x'));
    EXPECT_TRUE(client.receive_all().ends_with("\r\n\r\nok"));
    EXPECT_EQ(client.end(), End::closed);
  }
}

TEST(ConnectionLife, a_refused_request_s_large_body_does_not_reset_the_reply) {
  Proxy proxy{to(1)};
  auto client = proxy.connect();
  client.send("POST http://other/ HTTP/1.1\r\nHost: other\r\nContent-Length: 3000000\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(3'000'000, 'x')));
  EXPECT_EQ(status_of(receive_response(client)), 403);
  client.receive_all();
  EXPECT_EQ(client.end(), End::closed);
}

config::Settings one_connection(std::uint16_t port, std::size_t pending) {
  auto settings = to(port);
  settings.limits.connections = 1;
  settings.limits.pending = pending;
  return settings;
}

TEST(ConnectionLife, beyond_the_limit_a_call_waits_its_turn) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{one_connection(upstream.port(), 5)};
  std::vector<Socket> clients;
  for (int call = 0; call < 4; ++call) {
    clients.push_back(proxy.connect());
    clients.back().send(get_x);
  }
  EXPECT_TRUE(eventually([&] { return proxy.pending_for(upstream) == 3; }));
  EXPECT_EQ(proxy.connections_to(upstream), 1U);
  held.release();
  for (auto& client : clients) EXPECT_EQ(status_of(receive_response(client)), 200);
  clients.clear();
  expect_released(proxy, upstream, 1);
  EXPECT_EQ(upstream.accepted(), 1U);
  EXPECT_EQ(proxy.stop().size(), 4U);
}

TEST(ConnectionLife, a_call_that_waits_is_given_the_room_of_a_connection_that_ended) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    std::this_thread::sleep_for(100ms);
    socket.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  }};
  Proxy proxy{one_connection(upstream.port(), 5)};
  auto first = proxy.connect();
  auto second = proxy.connect();
  first.send(get_x);
  second.send(get_x);
  EXPECT_EQ(status_of(receive_response(first)), 200);
  EXPECT_EQ(status_of(receive_response(second)), 200);
  first.close();
  second.close();
  expect_released(proxy, upstream, 0);
  EXPECT_EQ(upstream.accepted(), 2U);
}

TEST(ConnectionLife, too_many_that_wait_are_a_503_with_retry_after) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{one_connection(upstream.port(), 1)};
  auto running = proxy.connect();
  running.send(get_x);
  EXPECT_TRUE(held.has(1));
  auto waiting = proxy.connect();
  waiting.send(get_x);
  EXPECT_TRUE(eventually([&] { return proxy.pending_for(upstream) == 1; }));
  auto turned_away = proxy.connect();
  turned_away.send(json_get);
  auto const reply = receive_response(turned_away);
  EXPECT_EQ(status_of(reply), 503);
  EXPECT_EQ(reason_code(reply), "pool_exhausted");
  EXPECT_NE(reply.find("\r\nRetry-After: 1\r\n"), std::string::npos);
  held.release();
  EXPECT_EQ(status_of(receive_response(running)), 200);
  EXPECT_EQ(status_of(receive_response(waiting)), 200);
}

TEST(ConnectionLife, waiting_too_long_is_a_503) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{one_connection(upstream.port(), 1)};
  auto running = proxy.connect();
  running.send(get_x);
  EXPECT_TRUE(held.has(1));
  auto waiting = proxy.connect();
  waiting.send(json_get);
  auto const reply = receive_response(waiting);
  EXPECT_EQ(status_of(reply), 503);
  EXPECT_EQ(reason_code(reply), "pending_timeout");
  held.release();
  receive_response(running);
  running.close();
  waiting.close();
  expect_released(proxy, upstream, 1);
}

TEST(ConnectionLife, a_client_that_leaves_while_it_waits_gives_its_turn_up) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{one_connection(upstream.port(), 1)};
  auto running = proxy.connect();
  running.send(get_x);
  EXPECT_TRUE(held.has(1));
  auto waiting = proxy.connect();
  waiting.send(get_x);
  EXPECT_TRUE(eventually([&] { return proxy.pending_for(upstream) == 1; }));
  waiting.reset();
  EXPECT_TRUE(eventually([&] { return proxy.pending_for(upstream) == 0; }, 2s)) << "it still waits";
  held.release();
  EXPECT_EQ(status_of(receive_response(running)), 200);
  running.close();
  expect_released(proxy, upstream, 1);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  expect_record(records[0], 0, "connecting");
}

TEST(ConnectionLife, an_idle_connection_of_one_worker_makes_room_for_another) {
  Held held;
  held.release();
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{one_connection(upstream.port(), 100), 2};
  // Connections fall to either worker: with this many, to both.
  std::vector<Socket> clients;
  for (int call = 0; call < 16; ++call) {
    clients.push_back(proxy.connect());
    clients.back().send(get_x);
  }
  for (auto& client : clients) EXPECT_EQ(status_of(receive_response(client)), 200);
}

TEST(ConnectionLife, nothing_listens_is_a_502) {
  std::uint16_t port = 0;
  {
    ScriptedUpstream const gone{always(ok_response)};
    port = gone.port();
  }
  Proxy proxy{to(port)};
  auto client = proxy.connect();
  client.send(json_get);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 502);
  EXPECT_EQ(reason_code(reply), "connect_refused");
  client.close();
  auto const record = only_record(proxy);
  expect_record(record, 502, "connecting");
  EXPECT_EQ(text_of(record, "upstream"), "127.0.0.1:" + std::to_string(port));
}

TEST(ConnectionLife, our_own_listener_is_never_connected_to) {
  Proxy proxy{[] {
    auto settings = to(1);
    settings.unmapped = config::Unmapped::allow;
    return settings;
  }()};
  auto const own = std::to_string(proxy.port());
  for (auto const* host : {"127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    auto client = proxy.connect();
    client.send("GET http://" + std::string{host} + ':' + own + "/ HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n");
    auto const status = status_of(receive_response(client));
    EXPECT_TRUE(status == 508 || status == 403) << host << ' ' << status;
    EXPECT_EQ(proxy.clients(), 1U) << "it connected to itself";
    client.close();
    EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  }
}

TEST(ConnectionLife, serves_on_when_a_drain_begins_and_ends_each_connection_with_its_next_call) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  auto idle = proxy.connect();
  idle.send(get_x);
  EXPECT_EQ(receive_response(idle).find("Connection: close"), std::string::npos);
  proxy.worker().begin_drain();
  EXPECT_TRUE(idle.is_quiet(250ms)) << "it was idle, and was closed";
  auto fresh = proxy.connect();
  for (auto* client : {&idle, &fresh}) {
    client->send(get_x);
    auto const reply = client->receive_all();
    EXPECT_NE(reply.find("Connection: close"), std::string::npos);
    EXPECT_TRUE(reply.ends_with("\r\n\r\nok"));
    EXPECT_EQ(client->end(), End::closed);
  }
}

TEST(ConnectionLife, may_close_its_listeners_alone) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  auto idle = proxy.connect();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 1; }));
  proxy.worker().stop_listening();
  EXPECT_TRUE(eventually([&] {
    try {
      auto const accepted = proxy.connect();
      return false;
    } catch (std::runtime_error const&) {
      return true;
    }
  }));
  idle.send(get_x);
  EXPECT_TRUE(idle.receive_all().ends_with("\r\n\r\nok"));
}

TEST(ConnectionLife, says_what_is_under_way) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{to(upstream.port())};
  auto idle = proxy.connect();
  auto running = proxy.connect();
  running.send(get_x);
  EXPECT_TRUE(held.has(1));
  proxy.worker().begin_drain();
  EXPECT_TRUE(eventually([&] { return proxy.worker().activity().calls == 1; }));
  EXPECT_EQ(proxy.worker().activity().connections, 2U);
  EXPECT_EQ(proxy.worker().activity().moves, 1U);
  held.release();
  running.receive_all();
  EXPECT_TRUE(eventually([&] { return proxy.worker().activity().calls == 0; }));
  idle.send(get_x);
  EXPECT_TRUE(eventually([&] { return proxy.worker().activity().moves == 2; }));
}

TEST(ConnectionLife, a_drain_closes_what_is_idle_and_finishes_what_runs) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{to(upstream.port())};
  auto idle = proxy.connect();
  auto running = proxy.connect();
  running.send(get_x);
  EXPECT_TRUE(held.has(1));
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 2; }));
  proxy.worker().drain();
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_EQ(idle.end(), End::closed);
  EXPECT_TRUE(running.is_quiet(50ms));
  EXPECT_EQ(proxy.worker().open_connections(), 1U);
  held.release();
  auto const reply = running.receive_all();
  EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(reply.ends_with("\r\n\r\nok"));
  EXPECT_TRUE(eventually([&] { return proxy.worker().open_connections() == 0; }));
  EXPECT_THROW(proxy.connect(), std::runtime_error) << "it still listens";
  expect_record(only_record(proxy), 200, "");
}

TEST(ConnectionLife, a_drain_answers_a_refused_request_and_closes) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(get_x + "GET http://other/ HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_TRUE(held.has(1));
  proxy.worker().drain();
  EXPECT_TRUE(eventually([&] { return proxy.worker().open_connections() == 1; }));
  std::this_thread::sleep_for(20ms);
  held.release();
  auto const replies = client.receive_all();
  EXPECT_NE(replies.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return proxy.worker().open_connections() == 0; }));
}

TEST(ConnectionLife, a_cut_ends_what_runs_and_logs_it) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto waiting = proxy.connect();
  waiting.send(get_x);
  EXPECT_TRUE(eventually([&] { return upstream.accepted() == 1; }));
  auto half = proxy.connect();
  half.send("GET /x HT");
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 2; }));
  proxy.worker().drain();
  proxy.worker().shut_down();
  waiting.receive_all();
  half.receive_all();
  expect_released(proxy, upstream, 0);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  bool said = false;
  for (auto const& record : records) said = said || text_of(record, "reason").find("shutting down") != std::string::npos;
  EXPECT_TRUE(said);
}

TEST(ConnectionLife, a_cut_ends_a_call_that_is_still_connecting) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{one_connection(upstream.port(), 5)};
  auto running = proxy.connect();
  running.send(get_x);
  EXPECT_TRUE(held.has(1));
  auto waiting = proxy.connect();
  waiting.send(get_x);
  EXPECT_TRUE(eventually([&] { return proxy.pending_for(upstream) == 1; }));
  proxy.worker().shut_down();
  held.release();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }, 2s)) << "it still waits for a connection";
  EXPECT_EQ(proxy.stop().size(), 2U);
}

TEST(ConnectionLife, a_call_that_goes_with_its_worker_has_no_line) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(held.has(1));
  EXPECT_EQ(proxy.stop().size(), 0U) << "a call whose outcome nobody knows looks like one that went well";
  held.release();
}

TEST(ConnectionLife, a_cut_while_a_head_is_awaited_touches_no_other_connection) {
  // The workspace served another client before, which is gone.
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  {
    auto first = proxy.connect();
    first.send(get_x);
    receive_response(first);
  }
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto half = proxy.connect();
  half.send("GET /x HT");
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 1; }));
  std::this_thread::sleep_for(50ms);
  proxy.worker().shut_down();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
}

}  // namespace
}  // namespace ambassador::support::connection_life_test
