// CONNECT to a destination that is allowed as it is (RFC 9110 section 9.3.6): a tunnel, which is judged by its first bytes.
#include "support/egress.hpp"
#include "support/outcome.hpp"
#include "support/scripts.hpp"
#include "unit/wire/client_hellos.hpp"

namespace ambassador::support::connect_test {
namespace {

using namespace std::chrono_literals;
using observe::Reason;

std::string const opened = "HTTP/1.1 200 OK\r\n\r\n";

std::string connect_to(std::string const& authority, std::string const& fields = {}) {
  return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + fields + "\r\n";
}

Socket tunnel(Proxy& proxy, std::string const& authority) {
  auto client = proxy.connect();
  client.send(connect_to(authority));
  EXPECT_EQ(client.receive_exactly(opened.size()), opened);
  return client;
}

void expect_over(Proxy& proxy, ScriptedUpstream const& upstream) {
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; })) << "a session is left";
  EXPECT_TRUE(eventually([&] { return proxy.tunnels_to(upstream) == 0; })) << "a connection is left";
}

void expect_tunnel(Record const& record, std::string const& authority, std::int64_t in, std::int64_t out,
                   std::string const& first_end) {
  ASSERT_FALSE(record.empty());
  EXPECT_EQ(text_of(record, "method"), "CONNECT");
  EXPECT_EQ(text_of(record, "source"), authority);
  EXPECT_EQ(text_of(record, "decision"), "allowed");
  EXPECT_EQ(text_of(record, "rule"), authority);
  EXPECT_EQ(text_of(record, "upstream"), authority);
  EXPECT_EQ(text_of(record, "reason"), "");
  EXPECT_EQ(text_of(record, "end"), first_end);
  EXPECT_EQ(number_of(record, "status"), 200);
  EXPECT_EQ(number_of(record, "tries"), 1);
  EXPECT_EQ(number_of(record, "bytes_in"), in);
  EXPECT_EQ(number_of(record, "bytes_out"), out);
}

TEST(Connect, what_came_behind_the_head_is_not_lost) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    EXPECT_EQ(socket.receive_exactly(5), "early");
    socket.send("hello");
  }};
  Proxy proxy{allowing(upstream)};
  auto client = proxy.connect();
  client.send(connect_to(upstream.authority()) + "early");
  EXPECT_EQ(client.receive_all(), opened + "hello");
  client.close();
  expect_over(proxy, upstream);
  expect_tunnel(only_record(proxy), upstream.authority(), 5, 5, "upstream");
}

TEST(Connect, one_of_http_1_0_without_host_is_served) {
  ScriptedUpstream upstream{echoing()};
  Proxy proxy{allowing(upstream)};
  auto client = proxy.connect();
  client.send("CONNECT " + upstream.authority() + " HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive_exactly(opened.size()), opened);
  client.send("ping");
  EXPECT_EQ(client.receive_exactly(4), "ping");
}

TEST(Connect, the_client_s_end_is_passed_on_and_the_answer_still_comes) {
  ScriptedUpstream upstream{answering_the_end("last words", "and an answer")};
  Proxy proxy{allowing(upstream)};
  auto client = tunnel(proxy, upstream.authority());
  ask_and_end(client, "last words", "and an answer");
  expect_over(proxy, upstream);
  expect_tunnel(only_record(proxy), upstream.authority(), 10, 13, "client");
}

TEST(Connect, the_server_s_end_is_passed_on_and_the_client_may_go_on) {
  ScriptedUpstream upstream{ending_first("last words", "and an answer")};
  Proxy proxy{allowing(upstream)};
  auto client = tunnel(proxy, upstream.authority());
  EXPECT_EQ(client.receive_all(), "last words");
  client.send("and an answer");
  client.close();
  EXPECT_TRUE(upstream.wait_until_done());
  expect_over(proxy, upstream);
  expect_tunnel(only_record(proxy), upstream.authority(), 13, 10, "upstream");
}

TEST(Connect, a_server_may_speak_before_the_client_says_anything) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    socket.send("220 ready\r\n");
    EXPECT_EQ(socket.receive_exactly(4), "EHLO");
  }};
  Proxy proxy{allowing(upstream)};
  auto client = tunnel(proxy, upstream.authority());
  EXPECT_EQ(client.receive_exactly(11), "220 ready\r\n");
  client.send("EHLO");
  EXPECT_TRUE(upstream.wait_until_done());
}

TEST(Connect, where_nobody_listens_is_a_502_and_the_connection_goes_on) {
  ScriptedUpstream upstream{echoing()};
  auto settings = allowing(upstream);
  auto const nobody = unused_port();
  settings.allow.push_back(allow("127.0.0.1", nobody));
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(connect_to("127.0.0.1:" + std::to_string(nobody), "Accept: application/json\r\n"));
  auto const refused = receive_response(client);
  EXPECT_EQ(status_of(refused), 502);
  EXPECT_EQ(reason_code(refused), "connect_refused");
  client.send(connect_to(upstream.authority()));
  EXPECT_EQ(client.receive_exactly(opened.size()), opened);
  client.send("ping");
  EXPECT_EQ(client.receive_exactly(4), "ping");
  client.close();
  expect_over(proxy, upstream);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(number_of(records[0], "status"), 502);
  expect_tunnel(records[1], upstream.authority(), 4, 4, "client");
}

TEST(Connect, what_was_meant_for_a_tunnel_that_failed_is_no_request) {
  auto const nobody = unused_port();
  Proxy proxy{allowing(allow("127.0.0.1", nobody))};
  auto client = proxy.connect();
  client.send(connect_to("127.0.0.1:" + std::to_string(nobody)) + get_x);
  auto const all = client.receive_all();
  EXPECT_EQ(all.find("HTTP/1.1 "), all.rfind("HTTP/1.1 ")) << all;
  EXPECT_NE(client.end(), End::open);
  expect_record(only_record(proxy), 502, "refused");
}

TEST(Connect, what_is_not_listed_is_blocked) {
  ScriptedUpstream upstream{[](Socket&, std::size_t) {}};
  Proxy proxy{allowing(allow("127.0.0.1", 1))};
  auto client = proxy.connect();
  client.send(connect_to(upstream.authority()));
  EXPECT_EQ(status_of(receive_response(client)), 403);
  client.close();
  EXPECT_EQ(text_of(only_record(proxy), "decision"), "blocked");
  EXPECT_EQ(upstream.accepted(), 0U);
}

TEST(Connect, a_client_that_resets_ends_it_for_the_server_too) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    socket.receive_all();
    EXPECT_EQ(socket.end(), End::reset);
  }};
  Proxy proxy{allowing(upstream)};
  auto client = tunnel(proxy, upstream.authority());
  client.send("half of a mess");
  client.reset();
  EXPECT_TRUE(upstream.wait_until_done());
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 200, "the client broke off");
}

TEST(Connect, a_server_that_resets_ends_it_for_the_client_too) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    socket.receive_exactly(1);
    socket.reset();
  }};
  Proxy proxy{allowing(upstream)};
  auto client = tunnel(proxy, upstream.authority());
  client.send("x");
  client.receive_all();
  EXPECT_EQ(client.end(), End::reset);
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 200, "the upstream broke off");
}

TEST(Connect, a_cut_ends_it_and_says_so) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  Proxy proxy{allowing(upstream)};
  auto client = tunnel(proxy, upstream.authority());
  proxy.worker().drain();
  EXPECT_TRUE(client.is_quiet(50ms)) << "a drain waits for what runs";
  proxy.worker().shut_down();
  client.receive_all();
  EXPECT_NE(client.end(), End::open);
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 200, "shutting down");
}

TEST(Connect, an_idle_one_is_ended_and_says_so) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  auto settings = allowing(upstream);
  settings.timeout.tunnel_idle = 200ms;
  Proxy proxy{settings};
  auto client = tunnel(proxy, upstream.authority());
  client.receive_all();
  EXPECT_EQ(client.end(), End::reset);
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 200, "idle for too long");
}

// The first bytes. The destination is behind a parent proxy, so that it can have any name and port.

struct FirstBytesRow {
  std::string what;
  std::string bytes;
  std::uint16_t port = 443;
  bool any_sni = false;
  std::string refused;  ///< the reason, or a part of it; empty: it passes
  std::string sni;      ///< in the record
  std::string host = "numbers-api.example";
};

std::string hello(std::string_view hex) { return wire::tls::from_hex(hex); }

std::vector<FirstBytesRow> first_bytes_rows() {
  using namespace wire::tls;
  std::string const name = "numbers-api.example";
  return {
      {.what = "the name", .bytes = hello(openssl_1_3), .refused = "", .sni = name},
      {.what = "the name over two records", .bytes = hello(openssl_in_two_records), .refused = "", .sni = name},
      {.what = "the name in capitals", .bytes = hello(python_1_2), .refused = "", .sni = name},
      {.what = "the name at another port", .bytes = hello(openssl_1_3), .port = 8443, .refused = "", .sni = name},
      {.what = "another name",
       .bytes = hello(openssl_1_3),
       .refused = "asks for " + name,
       .sni = name,
       .host = "other.example"},
      {.what = "another name at another port",
       .bytes = hello(openssl_1_3),
       .port = 8443,
       .refused = "not for other.example",
       .sni = name,
       .host = "other.example"},
      {.what = "another name where any will do",
       .bytes = hello(openssl_1_3),
       .any_sni = true,
       .refused = "",
       .sni = name,
       .host = "other.example"},
      {.what = "no name", .bytes = hello(openssl_without_name), .refused = "asks for no name", .sni = ""},
      {.what = "no name where any will do", .bytes = hello(openssl_without_name), .any_sni = true, .refused = "", .sni = ""},
      {.what = "no name to an address", .bytes = hello(openssl_without_name), .refused = "", .sni = "", .host = "192.0.2.1"},
      {.what = "a name to an address", .bytes = hello(openssl_1_3), .refused = "asks for", .sni = name, .host = "192.0.2.1"},
      {.what = "no TLS",
       .bytes = "GET / HTTP/1.1\r\nHost: other\r\n\r\n",
       .refused = "no TLS in a tunnel to port 443",
       .sni = ""},
      {.what = "no TLS where anything will do", .bytes = "SSH-2.0-x\r\n", .any_sni = true, .refused = "", .sni = ""},
      {.what = "no TLS at another port", .bytes = "SSH-2.0-x\r\n", .port = 22, .refused = "", .sni = ""},
      {.what = "half a hello", .bytes = hello(openssl_1_3).substr(0, 100), .refused = "the TLS inside broke off", .sni = ""},
      {.what = "half a hello at another port",
       .bytes = hello(openssl_1_3).substr(0, 100),
       .port = 8443,
       .refused = "the TLS inside broke off",
       .sni = ""},
      {.what = "a broken hello",
       .bytes = std::string{"\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9},
       .refused = "the TLS inside is malformed",
       .sni = ""},
  };
}

void judge(FirstBytesRow const& row) {
  SCOPED_TRACE(row.what);
  std::string const answer = "the server's answer";
  ScriptedUpstream parent{[&](Socket& socket, std::size_t) {
    read_head(socket);
    socket.send(opened);
    socket.receive_until([&](std::string_view bytes) { return bytes == row.bytes; });
    EXPECT_EQ(socket.pending(), row.refused.empty() ? row.bytes : "");
    if (row.refused.empty()) socket.send(answer);
  }};
  auto rule = allow(row.host, row.port);
  rule.any_sni = row.any_sni;
  auto settings = allowing(rule);
  settings.via = by(parent);
  Proxy proxy{settings};
  auto client = tunnel(proxy, row.host + ':' + std::to_string(row.port));
  client.send(row.bytes);
  client.shutdown_send();
  auto const got = client.receive_all();
  EXPECT_EQ(got, row.refused.empty() ? answer : "");
  EXPECT_EQ(client.end(), row.refused.empty() ? End::closed : End::reset);
  EXPECT_TRUE(parent.wait_until_done());
  auto const record = only_record(proxy);
  expect_record(record, 200, row.refused);
  EXPECT_EQ(text_of(record, "decision"), row.refused.empty() ? "allowed" : "blocked");
  EXPECT_EQ(record.contains("sni") ? text_of(record, "sni") : "", row.sni);
  auto const blocked = proxy.blocked(Reason::sni_mismatch) + proxy.blocked(Reason::not_tls);
  EXPECT_EQ(blocked, row.refused.empty() ? 0U : 1U);
}

TEST(Connect, what_is_inside_must_be_tls_for_the_name_that_was_asked_for) {
  for (auto const& row : first_bytes_rows()) judge(row);
}

TEST(Connect, a_server_that_speaks_first_at_port_443_is_heard) {
  ScriptedUpstream parent{[](Socket& socket, std::size_t) {
    read_head(socket);
    socket.send(opened + "greeting");
    EXPECT_EQ(socket.receive_all(), "");
  }};
  auto settings = allowing(allow("numbers-api.example", 443));
  settings.via = by(parent);
  Proxy proxy{settings};
  auto client = tunnel(proxy, "numbers-api.example:443");
  EXPECT_EQ(client.receive_exactly(8), "greeting");
  client.send("no TLS at all");
  client.receive_all();
  EXPECT_EQ(client.end(), End::reset);
  EXPECT_TRUE(parent.wait_until_done());
  expect_record(only_record(proxy), 200, "no TLS in a tunnel to port 443");
}

TEST(Connect, a_hello_that_never_ends_is_given_up) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { EXPECT_EQ(socket.receive_all(), ""); }};
  auto settings = allowing(upstream);
  settings.timeout.head = 200ms;
  Proxy proxy{settings};
  auto client = tunnel(proxy, upstream.authority());
  client.send(hello(wire::tls::openssl_1_3).substr(0, 100));
  client.receive_all();
  EXPECT_EQ(client.end(), End::reset);
  expect_over(proxy, upstream);
  expect_record(only_record(proxy), 200, "was not there in time");
}

TEST(Connect, report_mode_lets_another_name_pass_and_says_so) {
  auto const bytes = hello(wire::tls::openssl_1_3);
  ScriptedUpstream upstream{[&](Socket& socket, std::size_t) { EXPECT_EQ(socket.receive_all(), bytes); }};
  config::Settings settings;
  settings.unmapped = config::Unmapped::report;
  Proxy proxy{settings};
  auto client = tunnel(proxy, "localhost:" + std::to_string(upstream.port()));
  client.send(bytes);
  client.shutdown_send();
  client.receive_all();
  auto const record = only_record(proxy);
  expect_record(record, 200, "the TLS inside asks for numbers-api.example, not for localhost");
  EXPECT_EQ(text_of(record, "decision"), "reported");
}

}  // namespace
}  // namespace ambassador::support::connect_test
