// What an intermediary changes in a request's head, and what it must not (RFC 9110 section 7.6).
#include "session/http/forwarded_head.hpp"
#include "unit/route/rules.hpp"

namespace ambassador::route::forwarding_request_test {
namespace {

using session::append_forwarded;

/// The head as it goes upstream, without its first two lines and the Via at the end.
std::string fields_sent(std::string const& fields, std::string const& start = "GET /", ForwardedRequest forwarded = {}) {
  Asked const asked{start, host("client.test:99") + fields};
  forwarded.target = "/t?q";
  forwarded.host = "up:8080";
  forwarded.pseudonym = "us";
  std::string out;
  append_forwarded(out, asked.head, forwarded);
  auto const begins = out.find("\r\n", out.find("\r\n") + 2) + 2;
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
  auto const via = out.find("Via: 1.1 us\r\n");
  EXPECT_NE(via, std::string::npos);
  return out.substr(begins, via - begins) + out.substr(via + std::string_view{"Via: 1.1 us\r\n"}.size());
}

TEST(ForwardedRequest, has_the_targets_line_and_host) {
  Asked const asked{"PROPFIND http://client.test/x", host("client.test") + "X-A: 1\r\n"};
  std::string out = "before";
  append_forwarded(out, asked.head, {.target = "/t?q", .host = "up:8080", .pseudonym = "us", .upgrade = {}});
  EXPECT_EQ(out, "beforePROPFIND /t?q HTTP/1.1\r\nHost: up:8080\r\nX-A: 1\r\nVia: 1.1 us\r\n\r\n");
}

TEST(ForwardedRequest, keeps_end_to_end_fields_their_order_case_and_copies) {
  std::string const fields =
      "Cookie: a\r\nx-B: \xff\r\nAuthorization: Basic x\r\nCookie: b\r\nTrailer: X\r\nExpect: 100-continue\r\nX-Empty: \r\n";
  EXPECT_EQ(fields_sent(fields), fields + "\r\n");
}

TEST(ForwardedRequest, drops_fields_of_one_hop) {
  EXPECT_EQ(fields_sent("Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\n"
                        "Proxy-Authorization: Basic x\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\nX-A: 1\r\n"),
            "X-A: 1\r\n\r\n");
}

TEST(ForwardedRequest, drops_fields_that_connection_names_on_any_line_in_any_case) {
  EXPECT_EQ(fields_sent("X-A: 1\r\nConnection: x-a, Close\r\nX-B: 2\r\nX-AB: 3\r\nconnection:X-B\r\nx-a: 4\r\n"),
            "X-AB: 3\r\n\r\n");
}

TEST(ForwardedRequest, keeps_what_others_rely_on_though_connection_names_it) {
  std::string const kept =
      "X-Forwarded-For: 1\r\nx-forwarded-host: 2\r\nX-Forwarded-Proto: 3\r\nForwarded: for=4\r\nVia: 1.0 other\r\n";
  EXPECT_EQ(
      fields_sent("Connection: Host, Content-Length, Via, X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto, Forwarded\r\n" +
                      kept + "Content-Length: 5\r\n",
                  "POST /"),
      kept + "Content-Length: 5\r\n\r\n");
}

TEST(ForwardedRequest, frames_the_body_anew) {
  EXPECT_EQ(fields_sent("content-length:  5 \r\n", "POST /"), "Content-Length: 5\r\n\r\n");
  EXPECT_EQ(fields_sent("Content-Length: 0\r\n", "POST /"), "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(fields_sent("transfer-encoding: CHUNKED\r\n", "POST /"), "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(fields_sent("", "POST /"), "\r\n");
}

TEST(ForwardedRequest, adds_its_via_behind_those_of_others) {
  Asked const asked{"GET /", host("h") + "Via: 1.0 a, 1.1 b\r\n"};
  std::string out;
  append_forwarded(out, asked.head, {.target = "/", .host = "up", .pseudonym = "us", .upgrade = {}});
  EXPECT_EQ(out, "GET / HTTP/1.1\r\nHost: up\r\nVia: 1.0 a, 1.1 b\r\nVia: 1.1 us\r\n\r\n");
}

TEST(ForwardedRequest, of_an_http_1_0_client_says_so_in_via) {
  Asked const asked{"GET /", "1.0", host("h"), nullptr};
  std::string out;
  append_forwarded(out, asked.head, {.target = "/", .host = "up", .pseudonym = "us", .upgrade = {}});
  EXPECT_EQ(out, "GET / HTTP/1.1\r\nHost: up\r\nVia: 1.0 us\r\n\r\n");
}

TEST(MaxForwards, counts_down_for_options_and_trace_only) {
  EXPECT_EQ(fields_sent("Max-Forwards: 5\r\n", "OPTIONS /"), "Max-Forwards: 4\r\n\r\n");
  EXPECT_EQ(fields_sent("Max-Forwards: 5\r\n", "TRACE /"), "Max-Forwards: 4\r\n\r\n");
  EXPECT_EQ(fields_sent("Max-Forwards: 5\r\n"), "Max-Forwards: 5\r\n\r\n");
  EXPECT_EQ(fields_sent("Max-Forwards: many\r\n", "OPTIONS /"), "Max-Forwards: many\r\n\r\n");
}

TEST(Upgrade, goes_on_where_it_is_wanted) {
  EXPECT_EQ(fields_sent("Connection: Upgrade, X-A\r\nUpgrade: websocket\r\nX-A: 1\r\nSec-WebSocket-Key: k\r\n", "GET /",
                        {.upgrade = "websocket"}),
            "Sec-WebSocket-Key: k\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

std::string wanted(std::string const& fields, std::string const& start = "GET /") {
  Asked const asked{start, host("h") + fields};
  return std::string{wanted_upgrade(asked.head)};
}

TEST(Upgrade, is_wanted_where_connection_says_so_too) {
  EXPECT_EQ(wanted("Connection: upgrade\r\nUpgrade: websocket\r\n"), "websocket");
  EXPECT_EQ(wanted("Upgrade: websocket\r\n"), "");
  EXPECT_EQ(wanted("Connection: Upgrade\r\n"), "");
  EXPECT_EQ(wanted("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n"), "websocket");
}

TEST(Upgrade, to_h2c_is_ignored_alone_or_among_others) {
  for (auto const* offer : {"h2c", "H2C", "h2c, websocket", "websocket,h2c", "websocket , H2c"}) {
    EXPECT_EQ(wanted(std::string{"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: "} + offer + "\r\n"), "") << offer;
  }
}

TEST(Upgrade, of_a_request_with_a_body_is_ignored) {
  EXPECT_EQ(wanted("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", "POST /"), "");
  EXPECT_EQ(wanted("Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n", "POST /"), "");
}

TEST(Upgrade, in_http_1_0_is_ignored) {
  Asked const asked{"GET /", "1.0", host("h") + "Connection: Upgrade\r\nUpgrade: websocket\r\n", nullptr};
  EXPECT_EQ(wanted_upgrade(asked.head), "");
}

bool looped(std::string const& fields) {
  Asked const asked{"GET /", host("h") + fields};
  return went_through(asked.head, "ambassador-1");
}

TEST(Loop, is_our_own_name_in_any_via) {
  EXPECT_TRUE(looped("Via: 1.1 ambassador-1\r\n"));
  EXPECT_TRUE(looped("Via: 1.0 a, 1.1 ambassador-1, 1.1 b\r\n"));
  EXPECT_TRUE(looped("Via: 1.1 a\r\nX: y\r\nvia: HTTP/1.1\t ambassador-1 (comment)\r\n"));
}

TEST(Loop, is_not_a_name_that_only_looks_like_ours) {
  EXPECT_FALSE(looped(""));
  for (auto const* via :
       {"1.1 ambassador-10", "1.1 ambassador", "ambassador-1", "1.1 x ambassador-1", "1.1 x (ambassador-1)"}) {
    EXPECT_FALSE(looped(std::string{"Via: "} + via + "\r\n")) << via;
  }
  EXPECT_FALSE(looped("X-Via: 1.1 ambassador-1\r\n"));
}

}  // namespace
}  // namespace ambassador::route::forwarding_request_test
