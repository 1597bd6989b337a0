// What ends at an intermediary and what it adds, RFC 9110 section 7.6.
#include "support/exchange_row.hpp"

namespace ambassador::support::hop_by_hop_test {
namespace {

Row request(std::string rule, std::string const& fields, std::string const& fields_upstream) {
  return passes(std::move(rule), "GET $/x HTTP/1.1|Host: app|" + fields + "|",
                "GET /x HTTP/1.1|Host: {}|" + fields_upstream + "Via: 1.1 amb||");
}

TEST(HopByHop, a_request_loses_what_was_for_us) {
  run({
      request("9110 7.6.1: Connection", "Connection: keep-alive|", ""),
      request("9110 7.6.1: what it names", "Connection: X-A|X-A: 1|X-B: 2|", "X-B: 2|"),
      request("9110 7.6.1: whatever the case (CVE-2022-31813)", "connection: x-a|X-A: 1|", ""),
      request("9110 7.6.1: several names", "Connection: X-A, X-B|X-A: 1|X-B: 2|", ""),
      request("9110 7.6.1: on several lines", "Connection: X-A|Connection: X-B|X-A: 1|X-B: 2|", ""),
      request("9110 7.6.1: named before the line itself", "X-A: 1|Connection: X-A|", ""),
      request("9110 7.6.1: every line of the name", "X-A: 1|X-A: 2|Connection: X-A|", ""),
      request("9110 5.6.1: empty elements", "Connection: ,, X-A ,|X-A: 1|", ""),
      request("9110 7.6.1: naming what is not there", "Connection: X-A|", ""),
      request("9110 7.6.1: Via cannot be named", "Connection: Via|Via: 1.1 other|", "Via: 1.1 other|"),
      request("9110 7.6.1: nor X-Forwarded-For (CVE-2022-31813)", "Connection: X-Forwarded-For|X-Forwarded-For: 1.2.3.4|",
              "X-Forwarded-For: 1.2.3.4|"),
      request("9110 7.6.1: nor X-Forwarded-Host and -Proto",
              "Connection: X-Forwarded-Host, X-Forwarded-Proto|X-Forwarded-Host: a|X-Forwarded-Proto: b|",
              "X-Forwarded-Host: a|X-Forwarded-Proto: b|"),
      request("7239: nor Forwarded", "Connection: Forwarded|Forwarded: for=a|", "Forwarded: for=a|"),
      request("9110 7.6.1: nor Host", "Connection: Host|", ""),
      passes("9110 7.6.1: nor Content-Length (CVE-2022-26377)",
             "POST $/x HTTP/1.1|Host: app|Connection: Content-Length|Content-Length: 5||hello",
             "POST /x HTTP/1.1|Host: {}|Content-Length: 5|Via: 1.1 amb||hello"),
      passes("9110 7.6.1: nor Transfer-Encoding",
             "POST $/x HTTP/1.1|Host: app|Connection: Transfer-Encoding|Transfer-Encoding: chunked||0||",
             "POST /x HTTP/1.1|Host: {}|Transfer-Encoding: chunked|Via: 1.1 amb||0||"),
      request("9110 7.6.1: Keep-Alive", "Keep-Alive: timeout=5|", ""),
      request("9110 C: Proxy-Connection", "Proxy-Connection: keep-alive|", ""),
      request("9110 10.1.4: TE", "TE: trailers|Connection: TE|", ""),
      request("9110 11.7.2: Proxy-Authorization", "Proxy-Authorization: Basic YTpi|", ""),
      request("9110 11.6.2: Authorization stays", "Authorization: Basic YTpi|", "Authorization: Basic YTpi|"),
      request("9110 7.8: Upgrade without Connection", "Upgrade: websocket|", ""),
      request("9110 7.8: an offer of h2c is not passed on (CVE-2020-11100)",
              "Connection: Upgrade, HTTP2-Settings|Upgrade: h2c|HTTP2-Settings: AAMAAABk|", ""),
      passes("9110 7.8: an offer with a body is not passed on",
             "POST $/x HTTP/1.1|Host: app|Connection: Upgrade|Upgrade: x|Content-Length: 2||hi",
             "POST /x HTTP/1.1|Host: {}|Content-Length: 2|Via: 1.1 amb||hi"),
      request("9110 6.6.2: Trailer stays", "Trailer: X-Sum|", "Trailer: X-Sum|"),
      refused("9110 7.6.1: a Connection without end",
              "GET $/x HTTP/1.1|Host: app|Connection: " + replaced(std::string(40, '.'), ".", "a,") + "||"),
  });
}

TEST(HopByHop, a_response_loses_what_was_for_us) {
  auto const response = [](std::string rule, std::string const& fields, std::string const& fields_client) {
    return shows(std::move(rule), "HTTP/1.1 200 OK|Date: D|" + fields + "Content-Length: 0||",
                 "HTTP/1.1 200 OK|Date: D|" + fields_client + "Content-Length: 0|Via: 1.1 amb||");
  };
  run({
      response("9110 7.6.1: Connection", "Connection: keep-alive|", ""),
      response("9110 7.6.1: close is between the upstream and us", "Connection: close|", ""),
      response("9110 7.6.1: what it names", "Connection: X-A|X-A: 1|X-B: 2|", "X-B: 2|"),
      response("9110 7.6.1: whatever the case", "CONNECTION: x-a|X-A: 1|", ""),
      response("9110 7.6.1: Keep-Alive", "Keep-Alive: timeout=5, max=100|", ""),
      response("9110 7.6.1: Proxy-Connection", "Proxy-Connection: close|", ""),
      response("9110 7.8: Upgrade", "Connection: Upgrade|Upgrade: h2c|", ""),
      response("9110 5.3: every Set-Cookie", "Set-Cookie: a=1|Set-Cookie: b=2|", "Set-Cookie: a=1|Set-Cookie: b=2|"),
      response("9110 11.6.1: a challenge stays", "WWW-Authenticate: Basic realm=\"a\"|",
               "WWW-Authenticate: Basic realm=\"a\"|"),
      response("9110 5.5: bytes from 0x80 on", "X: \xe9|", "X: \xe9|"),
      response("9110 10.2.2: a Location elsewhere stays", "Location: http://other/y|", "Location: http://other/y|"),
      response("9110 10.2.2: a Location into the target is mapped back", "Location: http://{}/y?z|",
               "Location: http://app/y?z|"),
      response("9110 8.7: so is a Content-Location", "Content-Location: http://{}/y|", "Content-Location: http://app/y|"),
  });
}

TEST(HopByHop, via_tells_the_way_and_finds_loops) {
  run({
      request("9110 7.6.3: added behind the others", "Via: 1.0 one, 1.1 two|", "Via: 1.0 one, 1.1 two|"),
      shows("9110 7.6.3: in a response too", "HTTP/1.1 200 OK|Date: D|Via: 1.1 origin|Content-Length: 0||",
            "HTTP/1.1 200 OK|Date: D|Via: 1.1 origin|Content-Length: 0|Via: 1.1 amb||"),
      answered("9110 7.6.3: our own entry is a loop", "GET $/x HTTP/1.1|Host: app|Via: 1.1 amb||", 508),
      answered("9110 7.6.3: in a list", "GET $/x HTTP/1.1|Host: app|Via: 1.0 one, 1.1 amb (comment), 1.1 two||", 508),
      answered("9110 7.6.3: on a second line", "GET $/x HTTP/1.1|Host: app|Via: 1.0 one|Via: 1.1 amb||", 508),
      answered("9110 7.6.3: though Connection names it", "GET $/x HTTP/1.1|Host: app|Connection: Via|Via: 1.1 amb||", 508),
      request("9110 7.6.3: another's name that begins like ours", "Via: 1.1 ambassador|", "Via: 1.1 ambassador|"),
  });
}

TEST(HopByHop, max_forwards_is_counted) {
  run({
      answered("9110 7.6.2: OPTIONS ends at 0", "OPTIONS $/x HTTP/1.1|Host: app|Max-Forwards: 0||", 200),
      passes("9110 7.6.2: and is counted down", "OPTIONS $/x HTTP/1.1|Host: app|Max-Forwards: 5||",
             "OPTIONS /x HTTP/1.1|Host: {}|Max-Forwards: 4|Via: 1.1 amb||"),
      answered("9110 9.3.8: TRACE ends at 0, and is not echoed", "TRACE $/x HTTP/1.1|Host: app|Max-Forwards: 0||", 405),
      passes("9110 9.3.8: TRACE goes on", "TRACE $/x HTTP/1.1|Host: app||", "TRACE /x HTTP/1.1|Host: {}|Via: 1.1 amb||"),
      passes("9110 7.6.2: it is nothing to a GET", "GET $/x HTTP/1.1|Host: app|Max-Forwards: 0||",
             "GET /x HTTP/1.1|Host: {}|Max-Forwards: 0|Via: 1.1 amb||"),
      passes("9112 3.2.4: OPTIONS for the server goes on as *", "OPTIONS http://app HTTP/1.1|Host: app||",
             "OPTIONS * HTTP/1.1|Host: {}|Via: 1.1 amb||"),
      passes("9112 3.2.4: and * itself", "OPTIONS * HTTP/1.1|Host: app||", "OPTIONS * HTTP/1.1|Host: {}|Via: 1.1 amb||"),
  });
}

}  // namespace
}  // namespace ambassador::support::hop_by_hop_test
