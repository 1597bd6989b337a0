// Pooled connections and the races on them, RFC 9112 section 9.3.1 and RFC 9110 section 9.2.2: a connection is clean or closed,
// and nothing that may not be sent twice is sent twice.
#include "support/outcome.hpp"

namespace ambassador::support::reuse_test {
namespace {

using namespace std::chrono_literals;

std::string const post_x = "POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nhi";

/// Answers the first request of its first connection, and hands the second to `then`; other connections answer always.
ScriptedUpstream::Script once_then(std::function<void(Socket&)> then) {
  return [then = std::move(then)](Socket& socket, std::size_t nth) {
    if (nth != 0) return always(ok_response)(socket, nth);
    read_request(socket);
    socket.send(ok_response);
    then(socket);
  };
}

/// Two calls, the second as `second`; what the client got for it.
std::string call_twice(Proxy& proxy, std::string const& second) {
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.send(second);
  return receive_response(client);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Reuse, a_connection_serves_one_call_after_another) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{to(upstream.port())};
  for (int call = 0; call < 5; ++call) {
    auto client = proxy.connect();
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  expect_released(proxy, upstream, 1);
  EXPECT_EQ(upstream.accepted(), 1U);
  EXPECT_EQ(proxy.stop().size(), 5U);
}

TEST(Reuse, a_get_is_sent_again_unseen_when_the_server_closes_under_it) {
  ScriptedUpstream upstream{once_then([](Socket& socket) { read_request(socket); })};
  Proxy proxy{to(upstream.port())};
  EXPECT_EQ(status_of(call_twice(proxy, get_x)), 200);
  expect_released(proxy, upstream, 1);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  expect_record(records[1], 200, "", 2);
  EXPECT_NE(proxy.metrics().expose().find("ambassador_retries_total{mapping=\"http://app\",reason=\"reset\"} 1"),
            std::string::npos);
}

TEST(Reuse, a_get_is_sent_again_unseen_when_the_server_resets_under_it) {
  ScriptedUpstream upstream{once_then([](Socket& socket) {
    read_request(socket);
    socket.reset();
  })};
  Proxy proxy{to(upstream.port())};
  EXPECT_EQ(status_of(call_twice(proxy, get_x)), 200);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  expect_record(records[1], 200, "", 2);
}

TEST(Reuse, a_request_with_a_body_that_is_idempotent_is_sent_again_whole) {
  ScriptedUpstream upstream{once_then([](Socket& socket) { read_request(socket); })};
  Proxy proxy{to(upstream.port())};
  EXPECT_EQ(status_of(call_twice(proxy, "PUT /x HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nhi")), 200);
  proxy.stop();
  upstream.wait_until_done();
  EXPECT_EQ(upstream.received()[1],
            "PUT /x HTTP/1.1\r\nHost: " + upstream.authority() + "\r\nContent-Length: 2\r\nVia: 1.1 amb\r\n\r\nhi");
}

TEST(Reuse, a_post_is_never_sent_twice) {
  ScriptedUpstream upstream{once_then([](Socket& socket) { read_request(socket); })};
  Proxy proxy{to(upstream.port())};
  EXPECT_EQ(status_of(call_twice(proxy, post_x)), 502);
  expect_released(proxy, upstream, 0);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  expect_record(records[1], 502, "the connection was closed");
  EXPECT_EQ(upstream.accepted(), 1U);
}

TEST(Reuse, a_new_connection_that_is_closed_is_not_tried_again) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { read_request(socket); }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(json_get);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 502);
  EXPECT_EQ(reason_code(reply), "upstream_closed");
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 502, "the connection was closed");
  EXPECT_EQ(upstream.accepted(), 1U);
}

TEST(Reuse, a_second_failure_is_told) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t nth) {
    read_request(socket);
    if (nth != 0) return;
    socket.send(ok_response);
    read_request(socket);
  }};
  Proxy proxy{to(upstream.port())};
  EXPECT_EQ(status_of(call_twice(proxy, get_x)), 502);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  expect_record(records[1], 502, "the connection was closed", 2);
}

TEST(Reuse, a_response_that_began_is_not_asked_for_again) {
  ScriptedUpstream upstream{once_then([](Socket& socket) {
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\nConte");
  })};
  Proxy proxy{to(upstream.port())};
  EXPECT_EQ(status_of(call_twice(proxy, get_x)), 502);
  proxy.stop();
  EXPECT_EQ(upstream.accepted(), 1U);
}

TEST(Reuse, a_faulty_response_is_not_asked_for_again) {
  ScriptedUpstream upstream{once_then([](Socket& socket) {
    read_request(socket);
    socket.send("garbage\r\n\r\n");
    socket.receive_all();
  })};
  Proxy proxy{to(upstream.port())};
  EXPECT_EQ(status_of(call_twice(proxy, get_x)), 502);
  proxy.stop();
  EXPECT_EQ(upstream.accepted(), 1U);
}

TEST(Reuse, stray_bytes_on_an_idle_connection_end_it) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t nth) {
    read_request(socket);
    socket.send(ok_response);
    if (nth == 0) socket.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  std::this_thread::sleep_for(20ms);
  client.send(post_x);
  EXPECT_EQ(status_of(receive_response(client)), 200) << "not the stray 408, and on another connection";
  EXPECT_EQ(upstream.accepted(), 2U);
  client.close();
  expect_released(proxy, upstream, 1);
}

TEST(Reuse, bytes_behind_a_response_never_reach_the_next_client) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t nth) {
    read_request(socket);
    socket.send(nth == 0 ? ok_response + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong" : ok_response);
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  for (int call = 0; call < 2; ++call) {
    auto client = proxy.connect();
    client.send(get_x);
    EXPECT_EQ(body_of(receive_response(client)), "ok");
    EXPECT_TRUE(client.is_quiet(20ms));
  }
  EXPECT_EQ(upstream.accepted(), 2U);
}

TEST(Reuse, a_server_that_says_close_is_believed) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  EXPECT_EQ(status_of(call_twice(proxy, post_x)), 200);
  expect_released(proxy, upstream, 0);
  EXPECT_EQ(upstream.accepted(), 2U);
}

TEST(Reuse, a_request_that_was_not_sent_whole_spoils_the_connection) {
  // The answer comes before the body has gone up: what is left of it must not be read as the next request.
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_head(socket);
    socket.send(ok_response);
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send("POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 100\r\n\r\nonly this");
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 200);
  EXPECT_EQ(count(reply, "Connection: close"), 1U);
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 200, "");
}

}  // namespace
}  // namespace ambassador::support::reuse_test
