// A request's body on its way up: early answers, slow and vanishing clients, an upstream that does not read.
#include "support/outcome.hpp"

namespace ambassador::support::upload_test {
namespace {

using namespace std::chrono_literals;

std::string post_head(std::size_t length, std::string const& more = "") {
  return "POST /x HTTP/1.1\r\nHost: app\r\nAccept: application/json\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         more + "\r\n";
}

std::string const too_large = "HTTP/1.1 413 Content Too Large\r\nDate: D\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig";

config::Settings short_body(std::uint16_t port, Milliseconds body = 200ms) { return with(to(port), {.body = body}); }

TEST(Upload, its_first_bytes_go_up_at_once) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_head(socket);
    EXPECT_EQ(socket.receive_exactly(5), "first");
    socket.send("HTTP/1.1 103 Early Hints\r\n\r\n");  // the client waits for it before it sends the rest
    EXPECT_EQ(socket.receive_exactly(5), "later");
    socket.send(ok_response);
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(post_head(10) + "first");
  EXPECT_TRUE(client.receive_until([](std::string_view bytes) { return bytes.find("103") != std::string_view::npos; }));
  client.send("later");
  EXPECT_EQ(status_of(client.received()), 103);
  EXPECT_NE(receive_response(client).find("HTTP/1.1 200 OK"), std::string::npos);
  client.close();
  expect_released(proxy, upstream, 1);
  auto const record = only_record(proxy);
  expect_record(record, 200, "");
  EXPECT_EQ(number_of(record, "bytes_in"), 10);
  EXPECT_EQ(number_of(record, "bytes_out"), 2);
}

TEST(Upload, a_continue_is_end_to_end) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    EXPECT_NE(read_head(socket).find("Expect: 100-continue"), std::string::npos);
    EXPECT_TRUE(socket.is_quiet(50ms)) << "the body came before it was asked for";
    socket.send("HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(socket.receive_exactly(2), "hi");
    socket.send(ok_response);
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(post_head(2, "Expect: 100-continue\r\n"));
  EXPECT_TRUE(client.receive_until([](std::string_view bytes) { return bytes.starts_with("HTTP/1.1 100 Continue\r\n"); }));
  client.send("hi");
  EXPECT_NE(receive_response(client).find("HTTP/1.1 200 OK"), std::string::npos);
}

TEST(Upload, a_refusal_in_place_of_a_continue_reaches_the_client) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_head(socket);
    socket.send(too_large);
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(post_head(1'000'000, "Expect: 100-continue\r\n"));
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 413);
  EXPECT_NE(reply.find("Connection: close"), std::string::npos) << "the body that never came must not be awaited";
  EXPECT_EQ(client.receive_all(), "");
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 413, "");
}

TEST(Upload, an_early_answer_reaches_a_client_that_goes_on_sending) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_head(socket);
    socket.send(too_large);  // and then it closes with bytes unread: a reset
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(post_head(4'000'000));
  std::string const piece(100'000, 'x');
  for (int sent = 0; sent < 40; ++sent) {
    if (!client.send(piece)) break;
  }
  EXPECT_EQ(receive_response(client).substr(0, 12), "HTTP/1.1 413");
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 413, "");
}

TEST(Upload, an_early_answer_is_read_even_when_sending_failed) {
  // The head alone is more than one send takes, and the upstream answers and resets before it is all there.
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
                              socket.receive_exactly(1000);
                              socket.send(too_large);
                              std::this_thread::sleep_for(50ms);
                            },
                            2048};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send("GET /x HTTP/1.1\r\nHost: app\r\nX: " + std::string(60'000, 'x') + "\r\n\r\n");
  auto const status = status_of(receive_response(client));
  EXPECT_TRUE(status == 413) << status;
}

TEST(Upload, a_client_that_resets_releases_the_upstream) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_head(socket);
    socket.receive_all();
    EXPECT_NE(socket.end(), End::open) << "the upstream is kept";
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(post_head(100) + "part");
  EXPECT_TRUE(eventually([&] { return upstream.accepted() == 1; }));
  client.reset();
  expect_released(proxy, upstream, 0);
  EXPECT_TRUE(upstream.wait_until_done());
  expect_record(only_record(proxy), 0, "reading the request's body");
}

TEST(Upload, a_client_that_closes_releases_the_upstream) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send("POST /x HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  EXPECT_TRUE(eventually([&] { return upstream.accepted() == 1; }));
  client.close();
  expect_released(proxy, upstream, 0);
  EXPECT_TRUE(upstream.wait_until_done());
  EXPECT_EQ(upstream.all_received().find("\r\n0\r\n"), std::string::npos) << "it looks whole";
  expect_record(only_record(proxy), 0, "in the middle of a message");
}

TEST(Upload, a_body_that_stalls_is_a_408) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  Proxy proxy{short_body(upstream.port())};
  auto client = proxy.connect();
  client.send(post_head(100) + "part");
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 408);
  EXPECT_EQ(reason_code(reply), "body_timeout");
  EXPECT_EQ(client.receive_all(), "");
  client.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 408, "too slowly");
}

TEST(Upload, a_trickle_does_not_prolong_it) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  Proxy proxy{short_body(upstream.port(), 300ms)};
  auto client = proxy.connect();
  client.send(post_head(10'000));
  auto const until = std::chrono::steady_clock::now() + patience;
  while (client.is_quiet(20ms) && std::chrono::steady_clock::now() < until) client.send("xx");
  EXPECT_EQ(status_of(receive_response(client)), 408);
}

TEST(Upload, enough_in_each_window_is_enough) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{short_body(upstream.port(), 200ms)};
  auto client = proxy.connect();
  client.send(post_head(12'000));
  for (int sent = 0; sent < 12; ++sent) {
    client.send(std::string(1000, 'x'));
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

TEST(Upload, the_client_is_not_blamed_for_an_upstream_that_does_not_read) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
                              std::this_thread::sleep_for(600ms);
                              read_request(socket);
                              socket.send(ok_response);
                              socket.receive_all();
                            },
                            4096};
  Proxy proxy{with(to(upstream.port()), {.body = 200ms})};
  auto client = proxy.connect();
  std::size_t const length = 8'000'000;
  client.send(post_head(length));
  std::thread sending{[&] { client.send(std::string(length, 'x')); }};
  auto answered = Socket{client.share()};
  EXPECT_EQ(status_of(receive_response(answered)), 200);
  sending.join();
}

TEST(Upload, an_upstream_that_never_reads_is_a_504) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.wait_for_end(); }, 4096};
  Proxy proxy{with(to(upstream.port()), {.response = 300ms})};
  auto client = proxy.connect();
  client.send(post_head(100'000'000));
  std::thread sending{[&] { client.send(std::string(100'000'000, 'x')); }};
  auto answered = Socket{client.share()};
  auto const reply = receive_response(answered);
  EXPECT_EQ(status_of(reply), 504);
  EXPECT_EQ(reason_code(reply), "response_timeout");
  client.shutdown_both();
  sending.join();
  client.close();
  answered.close();
  expect_released(proxy, upstream, 0);
  expect_record(only_record(proxy), 504, "sending the request");
}

TEST(Upload, the_response_time_begins_when_the_body_is_up) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send(ok_response);
    socket.receive_all();
  }};
  Proxy proxy{with(to(upstream.port()), {.response = 200ms})};
  auto client = proxy.connect();
  client.send(post_head(2));
  std::this_thread::sleep_for(500ms);
  client.send("hi");
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

TEST(Upload, a_response_may_stream_while_the_body_goes_up) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_head(socket);
    socket.send("HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int piece = 0; piece < 3; ++piece) {
      auto const got = socket.receive_exactly(4);
      socket.send("4\r\n" + got + "\r\n");
    }
    socket.send("0\r\n\r\n");
    socket.receive_all();
  }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send(post_head(12));
  EXPECT_TRUE(client.receive_until([](std::string_view bytes) { return bytes.ends_with("\r\n\r\n"); }));
  client.take(client.pending().size());
  for (auto const* piece : {"ping", "pong", "done"}) {
    client.send(piece);
    EXPECT_EQ(client.receive_exactly(9), "4\r\n" + std::string{piece} + "\r\n");
  }
  EXPECT_EQ(client.receive_all(), "0\r\n\r\n");
  client.close();
  expect_record(only_record(proxy), 200, "");
}

TEST(Upload, a_faulty_chunk_ends_both_sides) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  Proxy proxy{to(upstream.port())};
  auto client = proxy.connect();
  client.send("POST /x HTTP/1.1\r\nHost: app\r\nAccept: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return upstream.accepted() == 1; }));
  client.send("5\r\nhello\n0\r\n\r\n");
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 400);
  EXPECT_EQ(reason_code(reply), "body_malformed");
  EXPECT_EQ(client.receive_all(), "");
  client.close();
  expect_released(proxy, upstream, 0);
  EXPECT_TRUE(upstream.wait_until_done());
  EXPECT_EQ(upstream.all_received().find("\r\n0\r\n"), std::string::npos) << "it looks whole";
  expect_record(only_record(proxy), 400, "chunked coding");
}

}  // namespace
}  // namespace ambassador::support::upload_test
