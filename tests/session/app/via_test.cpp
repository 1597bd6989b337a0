// A parent proxy: http goes through it in absolute form, all else by a tunnel that it is asked for.
#include "support/egress.hpp"
#include "support/outcome.hpp"
#include "support/scripts.hpp"

#include <boost/json/serialize.hpp>

namespace ambassador::support::via_test {
namespace {

using namespace std::chrono_literals;

std::string const opened = "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n";
std::string const refused =
    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno";
std::string const basic = "Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n";  // user:password

struct ViaTest : testing::Test {
  /// All of the settings' ways out go through the parent.
  [[nodiscard]] config::Settings through(std::uint16_t parent, config::Settings settings, bool credentials = true) const {
    config::Via const way{.text = "http://parent",
                          .authority = {"127.0.0.1", parent},
                          .credentials_file = credentials ? directory.write("credentials", "user:password\n") : "",
                          .where = {}};
    for (auto& one : settings.map) one.via = way;
    settings.via = way;
    return settings;
  }

  /// `http://app/` is mapped to a name that only the parent knows.
  static config::Settings far(config::TargetScheme scheme = config::TargetScheme::http, std::string const& ca = {}) {
    config::Settings settings;
    target_of(settings.map.emplace_back(mapping("app", "", "far.example", 8080, "/base")), scheme).tls.ca = ca;
    return settings;
  }

  /// Without a value, without its own words.
  static void expect_no_secret(std::string const& text) {
    EXPECT_EQ(text.find("password"), std::string::npos) << text;
    EXPECT_EQ(text.find("dXNlcjpwYXNzd29yZA"), std::string::npos) << text;
  }

  Directory directory;
};

TEST_F(ViaTest, http_goes_in_absolute_form_with_the_parent_s_credentials) {
  ScriptedUpstream parent{always(ok_response)};
  Proxy proxy{through(parent.port(), far())};
  auto client = proxy.connect();
  client.send("GET /x?y HTTP/1.1\r\nHost: app\r\nProxy-Authorization: Basic bWluZQ==\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto const records = proxy.stop();
  EXPECT_TRUE(parent.wait_until_done());
  auto const head = [](std::string const& path) {
    return "GET http://far.example:8080/base/x" + path + " HTTP/1.1\r\nHost: far.example:8080\r\nVia: 1.1 amb\r\n" + basic +
           "\r\n";
  };
  EXPECT_EQ(parent.all_received(), head("?y") + head(""));
  EXPECT_EQ(parent.accepted(), 1U) << "the connection to the parent is kept";
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(text_of(records[0], "target"), "http://far.example:8080/base/x?y");
  EXPECT_EQ(text_of(records[0], "upstream"), parent.authority());
  expect_no_secret(boost::json::serialize(records[0]));
}

TEST_F(ViaTest, an_allowed_url_goes_in_absolute_form_too) {
  ScriptedUpstream parent{always(ok_response)};
  Proxy proxy{through(parent.port(), allowing(allow("far.example", 80)), false)};
  auto client = proxy.connect();
  client.send("GET http://far.example/x HTTP/1.1\r\nHost: far.example\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.close();
  proxy.stop();
  EXPECT_TRUE(parent.wait_until_done());
  EXPECT_EQ(parent.all_received(), "GET http://far.example/x HTTP/1.1\r\nHost: far.example\r\nVia: 1.1 amb\r\n\r\n");
}

TEST_F(ViaTest, a_connect_becomes_one_of_the_parent_s) {
  std::string asked;
  ScriptedUpstream parent{[&](Socket& socket, std::size_t) {
    asked = read_head(socket);
    socket.send(opened + "greeting");  // in one piece: what follows the head is the tunnel's
    EXPECT_EQ(socket.receive_all(), "hello");
  }};
  Proxy proxy{through(parent.port(), allowing(allow("far.example", 22)))};
  auto client = proxy.connect();
  client.send("CONNECT far.example:22 HTTP/1.1\r\nHost: far.example:22\r\n\r\nhello");
  EXPECT_EQ(client.receive_exactly(27), "HTTP/1.1 200 OK\r\n\r\ngreeting");
  client.close();
  EXPECT_TRUE(parent.wait_until_done());
  EXPECT_EQ(asked, "CONNECT far.example:22 HTTP/1.1\r\nHost: far.example:22\r\n" + basic + "\r\n");
  auto const record = only_record(proxy);
  expect_record(record, 200, "");
  EXPECT_EQ(number_of(record, "bytes_in"), 5);
  EXPECT_EQ(number_of(record, "bytes_out"), 8);
}

TEST_F(ViaTest, a_tcp_source_goes_through_a_tunnel) {
  ScriptedUpstream parent{[](Socket& socket, std::size_t) {
    EXPECT_TRUE(read_head(socket).starts_with("CONNECT far.example:8080 HTTP/1.1\r\n"));
    socket.send(opened);
    echo(socket);
  }};
  auto settings = tcp_to(9);
  settings.map.front().targets.front().authority.host = "far.example";
  settings.map.front().targets.front().port = 8080;
  Proxy proxy{through(parent.port(), settings)};
  auto client = proxy.connect();
  client.send("ping");
  EXPECT_EQ(client.receive_exactly(4), "ping");
  client.close();
  expect_record(only_record(proxy), 0, "");
}

TEST_F(ViaTest, https_is_tls_to_the_target_inside_the_tunnel) {
  CertificateAuthority const ca{directory, "ca"};
  ScriptedUpstream upstream{always(ok_response)};
  Proxy server{behind_tls(tcp_to(upstream.port()), ca.issue("far", {.names = "DNS:far.example"}))};
  Lines lines{server.port()};
  std::atomic<unsigned> asked{0};
  ScriptedUpstream parent{[&](Socket& socket, std::size_t) {
    asked += read_head(socket) == "CONNECT far.example:8080 HTTP/1.1\r\nHost: far.example:8080\r\n" + basic + "\r\n" ? 1 : 100;
    socket.send(opened);
    lines.carry(socket);
  }};
  Proxy proxy{through(parent.port(), far(config::TargetScheme::https, ca.file()))};
  auto client = proxy.connect();
  for (int call = 0; call < 2; ++call) {
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  EXPECT_EQ(asked, 1U) << "one tunnel, for the credentials are for the parent and the connection is kept";
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto const records = proxy.stop();
  EXPECT_TRUE(upstream.wait_until_done());
  auto const request = upstream.all_received();
  EXPECT_TRUE(request.starts_with("GET /base/x HTTP/1.1\r\nHost: far.example:8080\r\nVia: 1.1 amb\r\n\r\n")) << request;
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(text_of(records[0], "target"), "https://far.example:8080/base/x");
}

TEST_F(ViaTest, what_the_parent_answers_instead_of_a_tunnel_is_told) {
  struct Row {
    std::string answer;
    int status;
    std::string code;
    std::string told;
  };
  for (auto const& row : {
           Row{refused, 502, "via_refused", "407 Proxy Authentication Required"},
           Row{"HTTP/1.1 503 no\r\n\r\n", 502, "via_refused", "503 no"},
           Row{"HTTP/1.1 302 Found\r\nLocation: http://far.example/\r\n\r\n", 502, "via_refused", "302 Found"},
           Row{"SSH-2.0-x\r\n\r\n", 502, "via_refused", "SSH-2.0-x"},
           Row{std::string(1'000'000, 'x'), 502, "via_refused", "xxx"},
           Row{"HTTP/1.1 200 OK\r\n", 502, "connect_failed", ""},  // and the end
           Row{"", 502, "connect_failed", ""},
       }) {
    SCOPED_TRACE(row.answer.substr(0, 80));
    ScriptedUpstream parent{[&](Socket& socket, std::size_t) {
      read_head(socket);
      socket.send(row.answer);
      socket.shutdown_send();
      socket.wait_for_end();
    }};
    auto settings = far(config::TargetScheme::https);
    settings.allow.push_back(allow("far.example", 443));
    Proxy proxy{through(parent.port(), settings)};
    auto client = proxy.connect();
    for (auto const& request :
         {json_get, std::string{"CONNECT far.example:443 HTTP/1.1\r\nHost: far.example\r\nAccept: application/json\r\n\r\n"}}) {
      client.send(request);
      auto const reply = receive_response(client);
      EXPECT_EQ(status_of(reply), row.status);
      EXPECT_EQ(reason_code(reply), row.code);
      EXPECT_NE(reply.find(row.told), std::string::npos) << reply;
      expect_no_secret(reply);
    }
    client.close();
    EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
    auto const records = proxy.stop();
    ASSERT_EQ(records.size(), 2U);
    for (auto const& record : records) {
      EXPECT_NE(text_of(record, "reason").find(row.told), std::string::npos);
      expect_no_secret(boost::json::serialize(record));
    }
  }
}

TEST_F(ViaTest, a_parent_that_does_not_answer_is_given_up) {
  ScriptedUpstream parent{[](Socket& socket, std::size_t) { socket.receive_all(); }};
  auto settings = far(config::TargetScheme::https);
  settings.map.front().timeout.connect = 200ms;
  Proxy proxy{through(parent.port(), settings)};
  auto client = proxy.connect();
  client.send(json_get);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 504);
  EXPECT_EQ(reason_code(reply), "connect_timeout");
  client.close();
  EXPECT_TRUE(parent.wait_until_done());
}

}  // namespace
}  // namespace ambassador::support::via_test
