// A response on its way down: clients that leave, stop or do not read, an upstream that is late or stops in the middle.
#include "support/outcome.hpp"

namespace ambassador::support::response_life_test {
namespace {

using namespace std::chrono_literals;

std::string const chunked_head = "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n";

bool has_event(std::string_view bytes) { return bytes.find("event") != std::string_view::npos; }

/// Streams events until the peer ends, as a server of server-sent events does.
void stream_events(Socket& socket, std::size_t) {
  read_request(socket);
  socket.send(chunked_head);
  while (socket.is_quiet(5ms) && socket.send("5\r\nevent\r\n")) {
  }
}

config::Settings short_waits(std::uint16_t port, Milliseconds response, Milliseconds idle) {
  return with(to(port), {.response = response, .idle = idle});
}

TEST(ResponseLife, events_are_passed_on_as_they_come) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send(chunked_head + "5\r\nevent\r\n");
    EXPECT_TRUE(socket.is_quiet(50ms));
    socket.send("0\r\n\r\n");
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(client.receive_until(has_event, 40ms)) << "held back until more came";
  EXPECT_TRUE(receive_response(client).ends_with("5\r\nevent\r\n0\r\n\r\n"));
}

TEST(ResponseLife, a_client_that_resets_releases_the_upstream) {
  ScriptedUpstream upstream{stream_events};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(client.receive_until(has_event));
  client.reset();
  expect_released(proxy, upstream, 0);
  EXPECT_TRUE(upstream.wait_until_done());
  expect_record(only_record(proxy), 200, "reading the response");
}

TEST(ResponseLife, a_client_that_closes_releases_the_upstream) {
  ScriptedUpstream upstream{stream_events};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(client.receive_until(has_event));
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 200, "reading the response");
}

TEST(ResponseLife, a_client_that_resets_while_it_waits_releases_the_upstream) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(eventually([&] { return upstream.accepted() == 1; }));
  client.reset();
  expect_released(proxy, upstream, 0);
  EXPECT_TRUE(upstream.wait_until_done());
  expect_record(only_record(proxy), 0, "waiting for the response");
}

TEST(ResponseLife, a_client_that_sends_no_more_still_gets_its_answer) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    std::this_thread::sleep_for(500ms);  // long enough for a look at who is gone
    socket.send(ok_response);
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(get_x);
  client.shutdown_send();
  EXPECT_TRUE(client.receive_all().ends_with("\r\n\r\nok"));
  client.close();
  expect_released(proxy, upstream, 1);
  expect_record(only_record(proxy), 200, "");
}

TEST(ResponseLife, a_late_head_is_a_504) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  Proxy proxy{short_waits(upstream.port(), 150ms, 5s)};
  auto client = proxy.connect();
  client.send(json_get);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 504);
  EXPECT_EQ(reason_code(reply), "response_timeout");
  EXPECT_EQ(reply.find("Connection: close"), std::string::npos) << "the client did nothing wrong";
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 504, "timed out");
}

TEST(ResponseLife, a_head_that_trickles_is_a_504) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\nX: ");
    while (socket.is_quiet(20ms) && socket.send("x")) {
    }
  }};
  Proxy proxy{short_waits(upstream.port(), 200ms, 5s)};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 504);
  client.close();
  expect_released(proxy, upstream, 0);
}

TEST(ResponseLife, interim_responses_do_not_prolong_the_wait) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    while (socket.send("HTTP/1.1 102 Processing\r\n\r\n") && socket.is_quiet(60ms)) {
    }
  }};
  Proxy proxy{short_waits(upstream.port(), 200ms, 5s)};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_NE(receive_response(client).find("HTTP/1.1 504"), std::string::npos);
}

TEST(ResponseLife, a_slow_stream_lives_beyond_the_response_time) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send(chunked_head);
    for (int event = 0; event < 6; ++event) {
      std::this_thread::sleep_for(60ms);
      socket.send("5\r\nevent\r\n");
    }
    socket.send("0\r\n\r\n");
    socket.receive_all();
  }};
  Proxy proxy{short_waits(upstream.port(), 150ms, 1s)};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(receive_response(client).ends_with("0\r\n\r\n"));
  client.close();
  expect_record(only_record(proxy), 200, "");
}

TEST(ResponseLife, a_stream_that_falls_silent_is_cut) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send(chunked_head + "5\r\nevent\r\n");
    socket.receive_all();
  }};
  Proxy proxy{short_waits(upstream.port(), 5s, 150ms)};
  auto client = proxy.connect();
  client.send(get_x);
  auto const got = client.receive_all();
  EXPECT_TRUE(got.ends_with("5\r\nevent\r\n")) << "it looks whole: " << got;
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 200, "timed out");
}

TEST(ResponseLife, what_broke_off_is_logged_where_only_failures_are) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t nth) {
    read_request(socket);
    socket.send(nth == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel" : ok_response);
  }};
  auto settings = to(upstream.port());
  settings.log.share = 0;
  Proxy proxy{std::move(settings)};
  for (int call = 0; call < 2; ++call) {
    auto client = proxy.connect();
    client.send(get_x);
    client.receive_until([&](std::string_view bytes) { return client.end() != End::open || bytes.ends_with("ok"); });
  }
  expect_record(only_record(proxy), 200, "in the middle of a message");
}

TEST(ResponseLife, an_idle_time_of_0_is_never) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send(chunked_head + "5\r\nevent\r\n");
    std::this_thread::sleep_for(200ms);
    socket.send("0\r\n\r\n");
    socket.receive_all();
  }};
  Proxy proxy{short_waits(upstream.port(), 5s, 0ms)};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(receive_response(client).ends_with("0\r\n\r\n"));
}

TEST(ResponseLife, a_client_that_does_not_read_is_given_up_with_a_reset) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    std::string const piece(100'000, 'x');
    for (int sent = 0; sent < 1000 && socket.send(piece); ++sent) {
    }
  }};
  Proxy proxy{short_waits(upstream.port(), 5s, 200ms)};
  auto client = proxy.connect(4096);
  client.send(get_x);
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 1; }));
  expect_released(proxy, upstream, 0);
  EXPECT_TRUE(upstream.wait_until_done()) << "the upstream is still being read";
  expect_record(only_record(proxy), 200, "timed out");
  client.receive_all();
  EXPECT_EQ(client.end(), End::reset);
}

TEST(ResponseLife, a_client_that_reads_slowly_gets_all_of_it) {
  std::string const body(3'000'000, 'x');
  ScriptedUpstream upstream{always("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 3000000\r\n\r\n" + body)};
  Proxy proxy{short_waits(upstream.port(), 300ms, 300ms)};
  auto client = proxy.connect(16 * 1024);
  client.send(get_x);
  for (int part = 0; part < 10; ++part) {
    EXPECT_EQ(client.receive_exactly(40'000).size(), 40'000U);
    std::this_thread::sleep_for(60ms);
  }
  client.receive_until([&](std::string_view) { return body_of(client.received()).size() >= body.size(); });
  EXPECT_EQ(body_of(client.received()).size(), body.size());
  client.close();
  expect_released(proxy, upstream, 1);
  expect_record(only_record(proxy), 200, "");
}

TEST(ResponseLife, a_fast_stream_leaves_others_their_turn) {
  std::atomic<bool> stop = false;
  ScriptedUpstream flood{[&](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\n\r\n");
    std::string const piece(1'000'000, 'x');
    while (!stop && socket.send(piece)) {
    }
  }};
  ScriptedUpstream upstream{always(ok_response)};
  auto settings = to(upstream.port());
  settings.map.push_back(mapping("flood", "", "127.0.0.1", flood.port()));
  Proxy proxy{std::move(settings)};
  auto greedy = proxy.connect();
  greedy.send("GET / HTTP/1.1\r\nHost: flood\r\n\r\n");
  std::thread reading{[&] {
    while (!stop) {
      greedy.receive_exactly(1'000'000, 100ms);
      greedy.forget();
    }
  }};
  auto client = proxy.connect();
  for (int call = 0; call < 20; ++call) {
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  stop = true;
  reading.join();
}

}  // namespace
}  // namespace ambassador::support::response_life_test
