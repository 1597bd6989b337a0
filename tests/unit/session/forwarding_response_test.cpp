// What an intermediary changes in a response's head, and how it says a body's length (RFC 9110 sections 7.6 and 8.6).
#include "session/http/forwarded_head.hpp"
#include "unit/route/rules.hpp"

namespace ambassador::route::forwarding_response_test {
namespace {

using session::append_forwarded;

using wire::http::BodyKind;
using wire::http::Method;

/// The head as it goes to the client.
std::string sent(std::string const& head_bytes, ForwardedResponse forwarded, Method method = Method::get) {
  auto const bytes = head_bytes + "\r\n";
  wire::http::FieldList fields;
  wire::http::ResponseHead head;
  EXPECT_FALSE(wire::http1::parse_response_head(bytes, {}, method, fields, head)) << bytes;
  forwarded.pseudonym = "us";
  forwarded.date = "now";
  std::string out;
  append_forwarded(out, head, forwarded);
  return out;
}

TEST(ForwardedResponse, keeps_status_reason_and_end_to_end_fields) {
  EXPECT_EQ(sent("HTTP/1.1 404 Nicht Da\r\nDate: d\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nServer: s\r\n",
                 {.body = {BodyKind::sized, 5}}),
            "HTTP/1.1 404 Nicht Da\r\nDate: d\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nServer: s\r\nContent-Length: 5\r\nVia: 1.1 "
            "us\r\n\r\n");
}

TEST(ForwardedResponse, drops_fields_of_one_hop_and_those_that_connection_names) {
  EXPECT_EQ(sent("HTTP/1.1 200 OK\r\nDate: d\r\nConnection: close, X-A\r\nKeep-Alive: timeout=5\r\nProxy-Connection: "
                 "x\r\nUpgrade: h2c\r\nX-A: 1\r\n"
                 "Via: 1.1 other\r\nTrailer: T\r\nTransfer-Encoding: chunked\r\n",
                 {.body = {BodyKind::chunked, 0}}),
            "HTTP/1.1 200 OK\r\nDate: d\r\nVia: 1.1 other\r\nTrailer: T\r\nTransfer-Encoding: chunked\r\nVia: 1.1 us\r\n\r\n");
}

TEST(ForwardedResponse, of_an_http_1_0_server_is_answered_in_1_1_and_says_so_in_via) {
  EXPECT_EQ(sent("HTTP/1.0 200 OK\r\nDate: d\r\n", {.body = {BodyKind::chunked, 0}}),
            "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\nVia: 1.0 us\r\n\r\n");
}

TEST(ForwardedResponse, gets_a_date_where_it_has_none) {
  EXPECT_EQ(sent("HTTP/1.1 200 OK\r\n", {.body = {BodyKind::sized, 0}}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nVia: 1.1 us\r\nDate: now\r\n\r\n");
}

TEST(Length, of_a_body_that_is_not_there_is_passed_on_for_head_and_304) {
  auto const with_length = "\r\nDate: d\r\nContent-Length: 42\r\nVia: 1.1 us\r\n\r\n";
  EXPECT_EQ(sent("HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 42\r\n", {}, Method::head),
            std::string{"HTTP/1.1 200 OK"} + with_length);
  EXPECT_EQ(sent("HTTP/1.1 304 N\r\nDate: d\r\nContent-Length: 42\r\n", {}), std::string{"HTTP/1.1 304 N"} + with_length);
}

TEST(Length, is_not_said_with_204_or_1xx) {
  EXPECT_EQ(sent("HTTP/1.1 204 N\r\nDate: d\r\nContent-Length: 42\r\n", {}),
            "HTTP/1.1 204 N\r\nDate: d\r\nVia: 1.1 us\r\n\r\n");
  EXPECT_EQ(sent("HTTP/1.1 103 E\r\nLink: x\r\nContent-Length: 42\r\n", {}),
            "HTTP/1.1 103 E\r\nLink: x\r\nVia: 1.1 us\r\n\r\n");
}

TEST(Length, is_said_once_though_the_server_said_it_too) {
  EXPECT_EQ(sent("HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 5\r\n", {.body = {BodyKind::sized, 5}}),
            "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 5\r\nVia: 1.1 us\r\n\r\n");
}

TEST(Length, is_never_said_beside_a_coding) {
  EXPECT_EQ(sent("HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n", {}, Method::head),
            "HTTP/1.1 200 OK\r\nDate: d\r\nVia: 1.1 us\r\n\r\n");
}

TEST(Connection, says_close_to_any_client_and_keep_alive_to_1_0) {
  auto const connection = [](bool keep_alive, bool to_http10) {
    auto const out = sent("HTTP/1.1 200 OK\r\nDate: d\r\n",
                          {.body = {BodyKind::sized, 0}, .keep_alive = keep_alive, .to_http10 = to_http10});
    auto const at = out.find("Connection: ");
    return at == std::string::npos ? "" : out.substr(at + 12, out.find('\r', at) - at - 12);
  };
  EXPECT_EQ(connection(true, false), "");
  EXPECT_EQ(connection(false, false), "close");
  EXPECT_EQ(connection(true, true), "keep-alive");
  EXPECT_EQ(connection(false, true), "close");
}

TEST(Connection, is_not_said_with_interim_responses) {
  EXPECT_EQ(sent("HTTP/1.1 100 Continue\r\nConnection: close\r\n", {.keep_alive = false}),
            "HTTP/1.1 100 Continue\r\nVia: 1.1 us\r\n\r\n");
}

TEST(Connection, of_a_switch_names_the_protocol) {
  EXPECT_EQ(
      sent("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: a\r\n",
           {.upgraded = true}),
      "HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: a\r\nVia: 1.1 us\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(LocationField, into_the_target_is_mapped_back) {
  auto const source = mapping("http://h/api", "http://t/rng");
  Authority const asked{"h", 81};
  EXPECT_EQ(
      sent("HTTP/1.1 302 F\r\nDate: d\r\nLocation: http://t/rng/x\r\nContent-Location: /rng/y\r\nX-Location: /rng\r\n",
           {.body = {BodyKind::sized, 0}, .mapping = &source, .mapping_target = &source.targets.front(), .asked = &asked}),
      "HTTP/1.1 302 F\r\nDate: d\r\nLocation: http://h:81/api/x\r\nContent-Location: /api/y\r\nX-Location: /rng\r\n"
      "Content-Length: 0\r\nVia: 1.1 us\r\n\r\n");
}

TEST(LocationField, is_mapped_back_to_the_scheme_that_was_asked) {
  auto const source = mapping("http://h/api", "https://t/rng");
  auto const location = [&](Authority const& asked, bool https) {
    auto const out =
        sent("HTTP/1.1 302 F\r\nDate: d\r\nLocation: https://t/rng/x\r\n", {.body = {BodyKind::sized, 0},
                                                                            .mapping = &source,
                                                                            .mapping_target = &source.targets.front(),
                                                                            .asked = &asked,
                                                                            .asked_https = https});
    auto const at = out.find("Location: ") + 10;
    return out.substr(at, out.find('\r', at) - at);
  };
  EXPECT_EQ(location({"h", 0}, false), "http://h/api/x");
  EXPECT_EQ(location({"h", 80}, false), "http://h/api/x");
  EXPECT_EQ(location({"h", 443}, false), "http://h:443/api/x");
  EXPECT_EQ(location({"h", 0}, true), "https://h/api/x");
  EXPECT_EQ(location({"h", 443}, true), "https://h/api/x");
  EXPECT_EQ(location({"h", 80}, true), "https://h:80/api/x");
}

TEST(LocationField, elsewhere_or_without_a_mapping_stays) {
  auto const source = mapping("http://h/api", "http://t/rng");
  Authority const asked{"h", 0};
  auto const location = [&](ForwardedResponse forwarded) {
    forwarded.body = {BodyKind::sized, 0};
    return sent("HTTP/1.1 302 F\r\nDate: d\r\nLocation: http://t/other\r\n", forwarded);
  };
  EXPECT_NE(location({.mapping = &source, .mapping_target = &source.targets.front(), .asked = &asked})
                .find("Location: http://t/other\r\n"),
            std::string::npos);
  EXPECT_NE(location({}).find("Location: http://t/other\r\n"), std::string::npos);
}

}  // namespace
}  // namespace ambassador::route::forwarding_response_test
