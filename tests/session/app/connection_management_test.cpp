// When a client's connection goes on and when it ends, RFC 9112 section 9; and Expect, RFC 9110 section 10.1.1.
#include "support/exchange_row.hpp"

namespace ambassador::support::connection_management_test {
namespace {

std::string const closed = "HTTP/1.1 200 OK|Date: D|Content-Length: 2|Via: 1.1 amb|Connection: close||ok<FIN>";
std::string const kept_old = "HTTP/1.1 200 OK|Date: D|Content-Length: 2|Via: 1.1 amb|Connection: keep-alive||ok";

Row kept(std::string rule, std::string const& request, std::string const& client = plain_response_client) {
  auto const via = request.find("HTTP/1.0") == std::string::npos ? "1.1" : "1.0";
  return {std::move(rule), request, std::string{"GET /x HTTP/1.1|Host: {}|Via: "} + via + " amb||", plain_response, client};
}

TEST(ConnectionManagement, a_connection_is_kept_or_closed_as_was_said) {
  run({
      kept("9112 9.3: HTTP/1.1 is kept", plain_get),
      kept("9112 9.3: keep-alive changes nothing there", "GET $/x HTTP/1.1|Host: app|Connection: keep-alive||"),
      kept("9112 9.6: close", "GET $/x HTTP/1.1|Host: app|Connection: close||", closed),
      kept("9112 9.6: whatever the case", "GET $/x HTTP/1.1|Host: app|Connection: CLOSE||", closed),
      kept("9112 9.6: in a list", "GET $/x HTTP/1.1|Host: app|Connection: X-A, close||", closed),
      kept("9112 9.6: close wins over keep-alive", "GET $/x HTTP/1.1|Host: app|Connection: keep-alive, close||", closed),
      kept("9112 9.6: on two lines", "GET $/x HTTP/1.1|Host: app|Connection: keep-alive|Connection: close||", closed),
      kept("9112 9.3: HTTP/1.0 is closed", "GET $/x HTTP/1.0|Host: app||", closed),
      kept("9112 9.3: or kept, where it asks", "GET $/x HTTP/1.0|Host: app|Connection: keep-alive||", kept_old),
      kept("9112 9.3: HTTP/1.0 with both is closed", "GET $/x HTTP/1.0|Host: app|Connection: close, keep-alive||", closed),
      kept("9110 C: Proxy-Connection decides nothing", "GET $/x HTTP/1.0|Host: app|Proxy-Connection: keep-alive||", closed),
      {"9112 9.3: a body until the end cannot be kept for HTTP/1.0", "GET $/x HTTP/1.0|Host: app|Connection: keep-alive||",
       "GET /x HTTP/1.1|Host: {}|Via: 1.0 amb||", "HTTP/1.1 200 OK|Date: D||ok<FIN>",
       "HTTP/1.1 200 OK|Date: D|Via: 1.1 amb|Connection: close||ok<FIN>"},
      {"9112 9.6: what comes behind close is not served", "GET $/x HTTP/1.1|Host: app|Connection: close||" + plain_get,
       plain_get_upstream, plain_response, closed},
      kept("9112 9.6: a client that sends no more still gets its answer", plain_get + "<FIN>", plain_response_client + "<FIN>"),
      {"9112 9.6: also where its body ends its stream", "POST $/x HTTP/1.1|Host: app|Content-Length: 2||hi<FIN>",
       "POST /x HTTP/1.1|Host: {}|Content-Length: 2|Via: 1.1 amb||hi", plain_response, plain_response_client + "<FIN>"},
      {"9112 8: a head cut short is refused", "GET $/x HTTP/1.1|Host: ap<FIN>", "", "", "=400<FIN>"},
      {"9112 9.3: nothing at all is no call", "<FIN>", "", "", "<FIN>", 0},
      {"9112 2.2: an empty line behind a call is no call", plain_get + "|<FIN>", plain_get_upstream, plain_response,
       plain_response_client + "=400<FIN>", 2},
  });
}

TEST(ConnectionManagement, a_pipeline_is_answered_in_order) {
  std::string const second = "GET $/y HTTP/1.1|Host: app||";
  std::string const second_upstream = "GET /y HTTP/1.1|Host: {}|Via: 1.1 amb||";
  run({
      {"9112 9.3.2: two", plain_get + second, plain_get_upstream + second_upstream, plain_response,
       plain_response_client + plain_response_client, 2},
      {"9112 9.3.2: three", plain_get + second + plain_get, plain_get_upstream + second_upstream + plain_get_upstream,
       plain_response, plain_response_client + plain_response_client + plain_response_client, 3},
      {"9112 2.2: with an empty line between", plain_get + "|" + second, plain_get_upstream + second_upstream, plain_response,
       plain_response_client + plain_response_client, 2},
      {"9112 9.3.2: one that is refused ends it", plain_get + "GET $/y HTTP/1.1||" + second, plain_get_upstream, plain_response,
       plain_response_client + "=400<FIN>", 2},
      {"9112 9.3.2: and the client's end", plain_get + second + "<FIN>", plain_get_upstream + second_upstream, plain_response,
       plain_response_client + plain_response_client + "<FIN>", 2},
  });
}

TEST(ConnectionManagement, expect_is_the_upstream_s_to_answer) {
  std::string const expecting = "POST $/x HTTP/1.1|Host: app|Expect: 100-continue|Content-Length: 2||";
  std::string const expecting_upstream = "POST /x HTTP/1.1|Host: {}|Expect: 100-continue|Content-Length: 2|Via: 1.1 amb||hi";
  run({
      passes("9110 10.1.1: the body may come at once", expecting + "hi", expecting_upstream),
      passes("9110 10.1.1: whatever the case", replaced(expecting, "100-c", "100-C") + "hi",
             replaced(expecting_upstream, "100-c", "100-C")),
      answered("9110 10.1.1: another expectation", "GET $/x HTTP/1.1|Host: app|Expect: 200-ok||", 417),
      refused("9110 10.1.1: its body is not awaited", "POST $/x HTTP/1.1|Host: app|Expect: nonsense|Content-Length: 2||", 417),
      refused("9110 10.1.1: nor that of a blocked one",
              "POST http://other/ HTTP/1.1|Host: other|Expect: 100-continue|Content-Length: 2||", 403),
  });
}

TEST(ConnectionManagement, a_faulty_body_closes_both_sides) {
  run({
      {"9112 6.3: a body cut short is never ended", "POST $/x HTTP/1.1|Host: app|Content-Length: 5||hel<FIN>",
       "POST /x HTTP/1.1|Host: {}|Content-Length: 5|Via: 1.1 amb||hel", plain_response, "<FIN>"},
      {"9112 7.1: nor a chunked one", "POST $/x HTTP/1.1|Host: app|Transfer-Encoding: chunked||5|hello|<FIN>",
       "POST /x HTTP/1.1|Host: {}|Transfer-Encoding: chunked|Via: 1.1 amb||5|hello|", plain_response, "<FIN>"},
  });
}

}  // namespace
}  // namespace ambassador::support::connection_management_test
