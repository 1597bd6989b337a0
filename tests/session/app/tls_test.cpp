// TLS on either side, between two proxies: one makes it towards its target, the other ends it at its listener.
#include "support/egress.hpp"
#include "support/outcome.hpp"
#include "support/scripts.hpp"

namespace ambassador::support::tls_test {
namespace {

using namespace std::chrono_literals;

struct TlsTest : testing::Test {
  Directory directory;
  CertificateAuthority ca{directory, "ca"};
  CertificateOnDisk good = ca.issue("good");
};

/// The reply's body went to its end: it came in chunks, for the upstream said no length.
bool is_whole(std::string_view reply) { return reply.ends_with("0\r\n\r\n"); }

TEST_F(TlsTest, a_call_goes_to_an_https_target) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy server{behind_tls(tcp_to(upstream.port()), good)};
  Proxy proxy{https_to(server.port(), ca.file())};
  auto client = proxy.connect();
  client.send("POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(receive_response(client), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\nVia: 1.1 amb\r\n\r\nok");
  client.close();
  auto const record = only_record(proxy);
  expect_record(record, 200, "");
  auto const authority = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(text_of(record, "target"), "https://" + authority + "/x");
  EXPECT_EQ(text_of(record, "upstream"), authority);
  EXPECT_TRUE(upstream.wait_until_done());
  EXPECT_EQ(upstream.all_received(),
            "POST /x HTTP/1.1\r\nHost: " + authority + "\r\nContent-Length: 5\r\nVia: 1.1 amb\r\n\r\nhello");
}

TEST_F(TlsTest, much_arrives_whole_both_ways) {
  std::string const body(4'000'000, 'b');
  ScriptedUpstream upstream{always("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n" + body)};
  Proxy server{behind_tls(tcp_to(upstream.port()), good)};
  Proxy proxy{https_to(server.port(), ca.file())};
  auto client = proxy.connect();
  client.send("POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 4000000\r\n\r\n" + body);
  EXPECT_TRUE(body_of(receive_response(client)) == body);
  client.close();
  expect_record(only_record(proxy), 200, "");
  EXPECT_TRUE(upstream.wait_until_done());
  EXPECT_TRUE(body_of(upstream.all_received()) == body);
}

TEST_F(TlsTest, a_bad_certificate_is_a_502_before_anything_is_sent) {
  struct Row {
    std::string code;
    CertificateOnDisk shown;
    std::string trusted;
    std::string server_name;
    std::string told;  ///< in the reply and the log
  };
  CertificateAuthority const other{directory, "other"};
  auto const expired = ca.issue("expired", {.begins = -2h, .ends = -1h});
  auto const early = ca.issue("early", {.begins = 1h, .ends = 2h});
  auto const named = ca.issue("named", {.subject = "far", .names = "DNS:far.example"});
  for (auto const& row :
       {Row{"tls_unknown_ca", good, other.file(), "", "issued by"},
        Row{"tls_unknown_ca", CertificateAuthority::self_signed(directory, "self"), ca.file(), "", "localhost"},
        Row{"tls_expired", expired, ca.file(), "", "valid from"}, Row{"tls_expired", early, ca.file(), "", "valid from"},
        Row{"tls_wrong_name", named, ca.file(), "", "far.example"},
        Row{"tls_wrong_name", good, ca.file(), "far.example", "localhost"}}) {
    SCOPED_TRACE(row.code + ' ' + row.shown.cert);
    ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
    Proxy server{behind_tls(tcp_to(upstream.port()), row.shown)};
    auto settings = https_to(server.port(), row.trusted);
    settings.map.front().tls.server_name = row.server_name;
    Proxy proxy{settings};
    auto client = proxy.connect();
    client.send(json_get);
    auto const reply = receive_response(client);
    EXPECT_EQ(status_of(reply), 502);
    EXPECT_EQ(reason_code(reply), row.code);
    EXPECT_NE(reply.find(row.told), std::string::npos) << reply;
    EXPECT_NE(reply.find("Proxy-Status: ambassador; error=tls_certificate_error"), std::string::npos) << reply;
    client.close();
    expect_record(only_record(proxy), 502, row.told);
    server.stop();
    EXPECT_EQ(upstream.all_received(), "");
  }
}

TEST_F(TlsTest, verify_false_takes_any_certificate) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy server{behind_tls(tcp_to(upstream.port()), CertificateAuthority::self_signed(directory, "self", {.names = "DNS:far"}))};
  auto settings = https_to(server.port(), "");
  settings.map.front().tls.verify = false;
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

TEST_F(TlsTest, a_port_that_speaks_none_is_named_so) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    socket.receive_until([](std::string_view bytes) { return !bytes.empty(); });
    socket.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    socket.wait_for_end();
  }};
  Proxy proxy{https_to(upstream.port(), ca.file())};
  auto client = proxy.connect();
  client.send(json_get);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 502);
  EXPECT_EQ(reason_code(reply), "tls_protocol");
}

TEST_F(TlsTest, a_handshake_that_hangs_is_given_up) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  auto settings = https_to(upstream.port(), ca.file());
  settings.map.front().timeout.connect = 200ms;
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(json_get);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 504);
  EXPECT_EQ(reason_code(reply), "connect_timeout");
}

TEST_F(TlsTest, a_certificate_of_ours_is_shown_where_it_is_wanted) {
  ScriptedUpstream upstream{always(ok_response)};
  auto settings = behind_tls(tcp_to(upstream.port()), good);
  listener_of(settings).tls->client_ca = ca.file();
  Proxy server{settings};
  auto const mine = ca.issue("mine", {.subject = "me", .names = ""});
  for (bool const shown : {true, false}) {
    auto ours = https_to(server.port(), ca.file());
    if (shown) ours.map.front().tls.cert = mine.cert;
    if (shown) ours.map.front().tls.key = mine.key;
    Proxy proxy{ours};
    auto client = proxy.connect();
    client.send(json_get);
    auto const reply = receive_response(client);
    EXPECT_EQ(status_of(reply), shown ? 200 : 502) << reply;
    if (!shown) {
      EXPECT_EQ(reason_code(reply), "tls_client_refused");
    }
  }
}

TEST_F(TlsTest, a_connection_is_kept_for_the_next_call) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy server{behind_tls(tcp_to(upstream.port()), good)};
  Proxy proxy{https_to(server.port(), ca.file())};
  for (int call = 0; call < 3; ++call) {
    auto client = proxy.connect();
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  EXPECT_EQ(upstream.accepted(), 1U);
}

TEST_F(TlsTest, a_kept_connection_that_the_server_closes_is_not_lent) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) {
    read_request(socket);
    socket.send(ok_response);
  }};
  Proxy server{behind_tls(tcp_to(upstream.port()), good)};
  Proxy proxy{https_to(server.port(), ca.file())};
  auto client = proxy.connect();
  std::string const post = "POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 1\r\n\r\nx";  // which is not sent twice
  for (std::size_t call = 0; call < 3; ++call) {
    client.send(post);
    EXPECT_EQ(status_of(receive_response(client)), 200) << call;
    EXPECT_TRUE(upstream.wait_until_done());
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(upstream.accepted(), 3U);
}

TEST_F(TlsTest, a_session_is_taken_up_again) {
  ScriptedUpstream upstream{always("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")};
  Proxy server{behind_tls(tcp_to(upstream.port()), ca.issue("rsa", {.key = KeyKind::rsa}))};
  Lines lines{server.port()};
  ScriptedUpstream line{lines.script()};
  Proxy proxy{https_to(line.port(), ca.file())};
  for (std::size_t call = 1; call <= 2; ++call) {
    auto client = proxy.connect();
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
    EXPECT_TRUE(eventually([&] { return lines.bytes_down().size() == call; }));
  }
  auto const down = lines.bytes_down();
  ASSERT_EQ(down.size(), 2U);
  EXPECT_LT(down[1] + 700, down[0]) << "the certificate came again";
}

TEST_F(TlsTest, a_body_that_ends_with_the_connection_is_whole_with_a_close_notify_only) {
  for (bool const cut : {false, true}) {
    SCOPED_TRACE(cut);
    std::atomic<bool> end{false};
    ScriptedUpstream upstream{[&](Socket& socket, std::size_t) {
      read_request(socket);
      socket.send("HTTP/1.1 200 OK\r\n\r\npart");
      eventually([&] { return end.load(); });
    }};
    Proxy server{behind_tls(tcp_to(upstream.port()), good)};
    Lines lines{server.port()};
    ScriptedUpstream line{lines.script()};
    Proxy proxy{https_to(line.port(), ca.file())};
    auto client = proxy.connect();
    client.send(get_x);
    EXPECT_TRUE(client.receive_until([](std::string_view bytes) { return bytes.find("part") != std::string_view::npos; }));
    if (cut)
      lines.cut();
    else
      end = true;
    auto const reply = cut ? client.receive_all() : receive_response(client);
    end = true;
    EXPECT_EQ(is_whole(reply), !cut) << reply;
    EXPECT_EQ(client.end() != End::open, cut) << "a reply that was cut must end with the connection";
    client.close();
    expect_record(only_record(proxy), 200, cut ? "without a close_notify" : "");
  }
}

TEST_F(TlsTest, a_tunnel_that_is_cut_without_a_close_notify_is_reset) {
  std::atomic<bool> end{false};
  ScriptedUpstream upstream{[&](Socket& socket, std::size_t) {
    socket.send("part");
    eventually([&] { return end.load(); });
  }};
  Proxy server{behind_tls(tcp_to(upstream.port()), good)};
  Lines lines{server.port()};
  ScriptedUpstream line{lines.script()};
  Proxy proxy{tls_to(line.port(), ca.file())};
  auto client = proxy.connect();
  EXPECT_EQ(client.receive_exactly(4), "part");
  lines.cut();
  client.receive_all();
  EXPECT_EQ(client.end(), End::reset);
  end = true;
  client.close();
  expect_record(only_record(proxy), 0, "the upstream broke off");
}

TEST_F(TlsTest, a_half_close_goes_through_both_ways) {
  ScriptedUpstream upstream{answering_the_end("question", "answer")};
  Proxy server{behind_tls(tcp_to(upstream.port()), good)};
  Proxy proxy{tls_to(server.port(), ca.file())};
  auto client = proxy.connect();
  ask_and_end(client, "question", "answer");
  client.close();
  expect_record(only_record(proxy), 0, "");
  expect_record(only_record(server), 0, "");
}

TEST_F(TlsTest, a_tunnel_carries_much_both_ways_at_once) {
  ScriptedUpstream upstream{echoing()};
  Proxy server{behind_tls(tcp_to(upstream.port()), good)};
  Proxy proxy{tls_to(server.port(), ca.file())};
  auto client = proxy.connect();
  expect_much_comes_back(client);
}

// Listeners. The client is a tcp:// source with a tls:// target.

TEST_F(TlsTest, a_listener_serves_http_inside) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy server{behind_tls(to(upstream.port()), good)};
  Proxy proxy{tls_to(server.port(), ca.file())};
  auto client = proxy.connect();
  for (int call = 0; call < 2; ++call) {
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  client.send("GET /x HTTP/1.1\r\nHost: nobody\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 403);
  client.close();
  EXPECT_TRUE(eventually([&] { return server.clients() == 0; }));
  expect_released(server, upstream, 1);
  auto const records = server.stop();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(text_of(records[0], "source"), "https://app/x");
  EXPECT_EQ(text_of(records[0], "decision"), "mapped");
}

TEST_F(TlsTest, plain_bytes_to_a_listener_end_with_the_reason) {
  Proxy server{behind_tls(to(unused_port()), good)};
  auto client = server.connect();
  client.send(get_x);
  client.receive_all();
  EXPECT_NE(client.end(), End::open);
  client.close();
  auto const record = only_record(server);
  EXPECT_EQ(text_of(record, "decision"), "local");
  EXPECT_NE(text_of(record, "reason").find("TLS handshake"), std::string::npos) << text_of(record, "reason");
}

TEST_F(TlsTest, a_client_that_never_shakes_hands_is_ended) {
  auto settings = behind_tls(to(unused_port()), good);
  settings.timeout.head = 200ms;
  Proxy server{settings};
  auto client = server.connect();
  client.send("\x16");
  client.receive_all();
  EXPECT_NE(client.end(), End::open);
  client.close();
  EXPECT_NE(text_of(only_record(server), "reason"), "");
}

TEST_F(TlsTest, a_client_that_only_looks_whether_somebody_listens_is_no_call) {
  Proxy server{behind_tls(to(unused_port()), good)};
  server.connect().close();
  EXPECT_TRUE(eventually([&] { return server.clients() == 0; }));
  EXPECT_TRUE(server.stop().empty());
}

// The PROXY protocol at a listener.

std::string const v1 = "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n";
std::string const v2{"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\7\xc0\0\2\1\x12\x67\0\x50", 28};

config::Settings behind_balancer(config::Settings settings) {
  listener_of(settings).proxy_protocol = true;
  return settings;
}

TEST_F(TlsTest, the_client_is_who_the_proxy_header_names) {
  for (auto const& header : {v1, v2}) {
    for (std::size_t const first : {header.size() + get_x.size(), header.size(), std::size_t{5}}) {
      ScriptedUpstream upstream{always(ok_response)};
      Proxy server{behind_balancer(to(upstream.port()))};
      auto client = server.connect();
      auto const bytes = header + get_x;
      client.send(bytes.substr(0, first));
      std::this_thread::sleep_for(20ms);
      client.send(bytes.substr(first));
      EXPECT_EQ(status_of(receive_response(client)), 200);
      client.send(get_x);
      EXPECT_EQ(status_of(receive_response(client)), 200);
      client.close();
      EXPECT_TRUE(eventually([&] { return server.clients() == 0; }));
      auto const records = server.stop();
      ASSERT_EQ(records.size(), 2U);
      for (auto const& record : records) EXPECT_EQ(text_of(record, "client"), "192.0.2.7:4711");
    }
  }
}

TEST_F(TlsTest, tls_comes_behind_the_proxy_header) {
  for (auto const& header : {v1, v2}) {
    ScriptedUpstream upstream{always(ok_response)};
    Proxy server{behind_balancer(behind_tls(to(upstream.port()), good))};
    Lines lines{server.port(), header};
    ScriptedUpstream line{lines.script()};
    Proxy proxy{tls_to(line.port(), ca.file())};
    auto client = proxy.connect();
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
    client.close();
    EXPECT_EQ(text_of(only_record(server), "client"), "192.0.2.7:4711");
  }
}

TEST_F(TlsTest, a_server_may_speak_first_behind_a_proxy_header) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.send("greeting"); }};
  Proxy server{behind_balancer(tcp_to(upstream.port()))};
  auto client = server.connect();
  client.send(v2);
  EXPECT_EQ(client.receive_all(), "greeting");
  client.close();
  auto const record = only_record(server);
  EXPECT_EQ(text_of(record, "client"), "192.0.2.7:4711");
  EXPECT_EQ(number_of(record, "bytes_in"), 0);
}

TEST_F(TlsTest, a_connection_without_a_whole_proxy_header_is_reset_and_logged) {
  for (auto const& bytes : {get_x, v1.substr(0, 20), v2.substr(0, 20), std::string{"PROXY TCP4 a b c d\r\n"}}) {
    Proxy server{behind_balancer(to(unused_port()))};
    auto client = server.connect();
    client.send(bytes);
    client.shutdown_send();
    EXPECT_EQ(client.receive_all(), "");
    EXPECT_EQ(client.end(), End::reset);
    client.close();
    auto const record = only_record(server);
    EXPECT_NE(text_of(record, "reason").find("PROXY protocol header"), std::string::npos) << text_of(record, "reason");
  }
}

}  // namespace
}  // namespace ambassador::support::tls_test
