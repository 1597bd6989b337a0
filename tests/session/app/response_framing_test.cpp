// Responses, RFC 9112 sections 4, 6 and 7: how a body ends, that it never looks whole when it is not, and that a response in
// doubt is a 502 whose connection nobody uses again.
#include "support/exchange_row.hpp"

namespace ambassador::support::response_framing_test {
namespace {

std::string ok(std::string const& fields, std::string const& rest) { return "HTTP/1.1 200 OK|Date: D|" + fields + "|" + rest; }

std::string ok_client(std::string const& framing, std::string const& rest) {
  return "HTTP/1.1 200 OK|Date: D|" + framing + "Via: 1.1 amb||" + rest;
}

std::string const chunked = "Transfer-Encoding: chunked|";

TEST(ResponseFraming, a_body_ends_where_the_upstream_says) {
  run({
      shows("9112 6.2: sized", ok("Content-Length: 5|", "hello"), ok_client("Content-Length: 5|", "hello")),
      shows("9112 6.2: of no bytes", ok("Content-Length: 0|", ""), ok_client("Content-Length: 0|", "")),
      shows("9112 7.1: chunked", ok(chunked, "5|hello|0||"), ok_client(chunked, "5|hello|0||")),
      shows("9112 7.1.1: extensions are dropped", ok(chunked, "5;a=b|hello|0;c||"), ok_client(chunked, "5|hello|0||")),
      shows("9112 7.1.2: trailers are kept", ok(chunked, "0|X-Sum: 1||"), ok_client(chunked, "0|X-Sum: 1||")),
      shows("9112 6.3: until the connection ends, and chunked for the client", ok("", "hello<FIN>"),
            ok_client(chunked, "5|hello|0||")),
      shows("9112 6.3: an empty body until the end", ok("", "<FIN>"), ok_client(chunked, "0||")),
      shows("9112 9.3: HTTP/1.0 goes on as 1.1", "HTTP/1.0 200 OK|Date: D|Content-Length: 2||ok<FIN>",
            "HTTP/1.1 200 OK|Date: D|Content-Length: 2|Via: 1.0 amb||ok"),
      shows("9110 6.6.1: a date is not added to one", ok("Content-Length: 0|", ""), ok_client("Content-Length: 0|", "")),
      shows("9110 15.1: an unknown status goes on", "HTTP/1.1 299 Odd|Date: D|Content-Length: 0||",
            "HTTP/1.1 299 Odd|Date: D|Content-Length: 0|Via: 1.1 amb||"),
      shows("9112 4: no reason phrase", "HTTP/1.1 200 |Date: D|Content-Length: 0||",
            "HTTP/1.1 200 |Date: D|Content-Length: 0|Via: 1.1 amb||"),
      shows("9112 4: a reason of several words", "HTTP/1.1 200 All is well|Date: D|Content-Length: 0||",
            "HTTP/1.1 200 All is well|Date: D|Content-Length: 0|Via: 1.1 amb||"),
  });
}

Row bodiless(std::string rule, std::string const& response, std::string const& client) {
  return shows(std::move(rule), response, client);
}

TEST(ResponseFraming, some_responses_have_no_body_whatever_they_say) {
  std::string const head = "HEAD $/x HTTP/1.1|Host: app||";
  std::string const head_upstream = "HEAD /x HTTP/1.1|Host: {}|Via: 1.1 amb||";
  run({
      {"9110 9.3.2: HEAD keeps the length", head, head_upstream, ok("Content-Length: 5|", ""),
       "HTTP/1.1 200 OK|Date: D|Content-Length: 5|Via: 1.1 amb||"},
      {"9110 9.3.2: HEAD of a chunked one", head, head_upstream, ok(chunked, ""), "HTTP/1.1 200 OK|Date: D|Via: 1.1 amb||"},
      {"9110 9.3.2: HEAD without a length", head, head_upstream, ok("", ""), "HTTP/1.1 200 OK|Date: D|Via: 1.1 amb||"},
      bodiless("9110 15.3.5: 204", "HTTP/1.1 204 No Content|Date: D||", "HTTP/1.1 204 No Content|Date: D|Via: 1.1 amb||"),
      bodiless("9110 8.6: 204 says no length", "HTTP/1.1 204 No Content|Date: D|Content-Length: 0||",
               "HTTP/1.1 204 No Content|Date: D|Via: 1.1 amb||"),
      bodiless("9110 15.4.5: 304 keeps the length", "HTTP/1.1 304 Not Modified|Date: D|Content-Length: 5||",
               "HTTP/1.1 304 Not Modified|Date: D|Content-Length: 5|Via: 1.1 amb||"),
      bodiless("9110 15.4.5: 304 without a length", "HTTP/1.1 304 Not Modified|Date: D|ETag: \"a\"||",
               "HTTP/1.1 304 Not Modified|Date: D|ETag: \"a\"|Via: 1.1 amb||"),
      bodiless("9112 6.3: bytes behind a 204 reach nobody", "HTTP/1.1 204 No Content|Date: D||stray",
               "HTTP/1.1 204 No Content|Date: D|Via: 1.1 amb||"),
      bodiless("9112 6.3: bytes behind a sized body reach nobody (CVE-2022-1271)", ok("Content-Length: 2|", "okstray"),
               ok_client("Content-Length: 2|", "ok")),
      bodiless("9112 6.3: a second response reaches nobody", plain_response + plain_response, plain_response_client),
      bodiless("9112 7.1: bytes behind the last chunk reach nobody", ok(chunked, "0||stray"), ok_client(chunked, "0||")),
      {"9112 6.3: a body behind HEAD reaches nobody", head, head_upstream, ok("Content-Length: 5|", "hello"),
       "HTTP/1.1 200 OK|Date: D|Content-Length: 5|Via: 1.1 amb||"},
  });
}

TEST(ResponseFraming, a_head_in_doubt_is_a_502) {
  std::string const nul(1, '\0');
  run({
      bad_gateway("9112 6.3: length and coding", ok("Content-Length: 5|" + chunked, "0||")),
      bad_gateway("9112 6.3: lengths that differ", ok("Content-Length: 5|Content-Length: 6|", "hello!")),
      bad_gateway("9112 6.3: lengths that agree", ok("Content-Length: 5|Content-Length: 5|", "hello")),
      bad_gateway("9110 8.6: a list of lengths", ok("Content-Length: 5, 5|", "hello")),
      bad_gateway("9110 8.6: a length with a sign", ok("Content-Length: +5|", "hello")),
      bad_gateway("9110 8.6: a length that overflows", ok("Content-Length: 18446744073709551621|", "hello")),
      bad_gateway("9110 8.6: a length that is no number", ok("Content-Length: five|", "hello")),
      bad_gateway("9112 6.1: a coding that is not chunked", ok("Transfer-Encoding: gzip|", "hello")),
      bad_gateway("9112 6.1: chunked is not last", ok("Transfer-Encoding: chunked, gzip|", "0||")),
      bad_gateway("9112 6.1: chunked twice", ok(chunked + chunked, "0||")),
      bad_gateway("9112 6.1: a coding in HTTP/1.0", "HTTP/1.0 200 OK|Transfer-Encoding: chunked||0||"),
      bad_gateway("9112 4: HTTP/0.9", "hello<FIN>"),
      bad_gateway("9112 4: garbage", "garbage|garbage||"),
      bad_gateway("9112 4: no status", "HTTP/1.1||"),
      bad_gateway("9112 4: a status of two digits", "HTTP/1.1 20 OK||"),
      bad_gateway("9112 4: a status of four digits", "HTTP/1.1 2000 OK||"),
      bad_gateway("9112 4: a status that is no number", "HTTP/1.1 2x0 OK||"),
      bad_gateway("9110 15: a status below 100", "HTTP/1.1 099 Low|Content-Length: 0||"),
      bad_gateway("9110 15: a status above 599", "HTTP/1.1 600 High|Content-Length: 0||"),
      bad_gateway("9112 2.3: HTTP/2.0", "HTTP/2.0 200 OK|Content-Length: 0||"),
      bad_gateway("9112 2.3: another protocol", "ICY 200 OK|Content-Length: 0||"),
      bad_gateway("9112 4: two blanks", "HTTP/1.1  200 OK|Content-Length: 0||"),
      bad_gateway("9112 4: a blank first", " HTTP/1.1 200 OK|Content-Length: 0||"),
      bad_gateway("9112 2.2: a bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
      bad_gateway("9112 2.2: a bare CR", ok("X: a\rb|Content-Length: 0|", "")),
      bad_gateway("9110 5.5: NUL (CVE-2023-25725)", ok("X: a" + nul + "b|Content-Length: 0|", "")),
      bad_gateway("9112 5.1: a blank before the colon", ok("Content-Length : 5|", "hello")),
      bad_gateway("9112 5.2: a folded field", ok("X: a| b|Content-Length: 0|", "")),
      bad_gateway("9112 5: a field without a colon", ok("nonsense|Content-Length: 0|", "")),
      bad_gateway("9112 5: a field without a name", ok(": x|Content-Length: 0|", "")),
      bad_gateway("9110 15.2.2: a 101 that nobody asked for",
                  "HTTP/1.1 101 Switching Protocols|Connection: upgrade|Upgrade: x||"),
      bad_gateway("9112 4: closed without a word", "<FIN>"),
      bad_gateway("9112 4: reset without a word", "<RST>"),
      bad_gateway("9112 8: closed in the middle of the head", "HTTP/1.1 200 OK|Content-Le<FIN>"),
      bad_gateway("9112 2.2: an empty line before the status line", "|HTTP/1.1 200 OK|Content-Length: 0||"),
      bad_gateway("9112 8: closed before the head's empty line", "HTTP/1.1 200 OK|Content-Length: 0|<FIN>"),
      bad_gateway("6585 5: a head too large", ok("X: " + std::string(70'000, 'x') + "|", "")),
      bad_gateway("6585 5: too many fields", ok(replaced(std::string(200, '.'), ".", "X: y|"), "")),
  });
}

TEST(ResponseFraming, what_is_cut_short_never_looks_whole) {
  std::string const old_get = "GET $/x HTTP/1.0|Host: app||";
  std::string const old_upstream = "GET /x HTTP/1.1|Host: {}|Via: 1.0 amb||";
  std::string const old_client = "HTTP/1.1 200 OK|Date: D|Via: 1.1 amb|Connection: close||";
  run({
      shows("9112 8: a sized body", ok("Content-Length: 5|", "hel<FIN>"), ok_client("Content-Length: 5|", "hel") + "<FIN>"),
      shows("9112 8: a sized body, reset", ok("Content-Length: 5|", "hel<RST>"),
            ok_client("Content-Length: 5|", "hel") + "<FIN>"),
      shows("9112 8: a chunk", ok(chunked, "5|hel<FIN>"), ok_client(chunked, "3|hel|") + "<FIN>"),
      shows("9112 8: between chunks", ok(chunked, "5|hello|<FIN>"), ok_client(chunked, "5|hello|") + "<FIN>"),
      shows("9112 8: before the last empty line", ok(chunked, "5|hello|0|<FIN>"), ok_client(chunked, "5|hello|") + "<FIN>"),
      shows("9112 8: in the trailers", ok(chunked, "5|hello|0|X: y|<FIN>"), ok_client(chunked, "5|hello|") + "<FIN>"),
      bad_gateway("9112 7.1: a chunk size that is none, known before anything was said", ok(chunked, "5|hello|x|")),
      bad_gateway("9112 7.1: a bare LF behind a chunk", ok(chunked, "5|hello\n0||")),
      bad_gateway("9110 6.5.1: a length in a trailer", ok(chunked, "0|Content-Length: 5||")),
      {"9112 9.6: a chunked body for HTTP/1.0 ends with the connection", old_get, old_upstream, ok(chunked, "5|hello|0||"),
       old_client + "hello<FIN>"},
      {"9112 8: and is reset when cut short", old_get, old_upstream, ok(chunked, "5|hel<FIN>"), old_client + "hel<RST>"},
      {"9112 8: also between chunks", old_get, old_upstream, ok(chunked, "5|hello|<FIN>"), old_client + "hello<RST>"},
      {"9112 6.3: a body until the end, for HTTP/1.0", old_get, old_upstream, ok("", "hello<FIN>"), old_client + "hello<FIN>"},
      {"9112 8: a body until the end that was reset", old_get, old_upstream, ok("", "hello<RST>"), old_client + "hello<RST>"},
      {"9110 6.5: trailers are not for HTTP/1.0", old_get, old_upstream, ok(chunked, "5|hello|0|X: y||"),
       old_client + "hello<FIN>"},
  });
}

TEST(ResponseFraming, interim_responses_are_passed_on_in_bounds) {
  std::string const hints = "HTTP/1.1 103 Early Hints|Link: </a>||";
  std::string const hints_client = "HTTP/1.1 103 Early Hints|Link: </a>|Via: 1.1 amb||";
  std::string const processing = "HTTP/1.1 102 Processing||";
  std::string const processing_client = "HTTP/1.1 102 Processing|Via: 1.1 amb||";
  run({
      shows("8297 2: 103", hints + plain_response, hints_client + plain_response_client),
      shows("9110 15.2: several", processing + hints + plain_response,
            processing_client + hints_client + plain_response_client),
      shows("9110 15.2: one has no body", "HTTP/1.1 103 Early Hints|Content-Length: 5||" + plain_response,
            "HTTP/1.1 103 Early Hints|Via: 1.1 amb||" + plain_response_client),
      shows("9110 15.2.1: 100 unasked", "HTTP/1.1 100 Continue||" + plain_response,
            "HTTP/1.1 100 Continue|Via: 1.1 amb||" + plain_response_client),
      {"9110 15.2: not to HTTP/1.0", "GET $/x HTTP/1.0|Host: app||", "GET /x HTTP/1.1|Host: {}|Via: 1.0 amb||",
       hints + plain_response, "HTTP/1.1 200 OK|Date: D|Content-Length: 2|Via: 1.1 amb|Connection: close||ok<FIN>"},
      shows("9110 15.2: without end", replaced(std::string(17, '.'), ".", processing),
            replaced(std::string(16, '.'), ".", processing_client) + "=502"),
      shows("9110 15.2: and then nothing", processing + "<FIN>", processing_client + "=502"),
      shows("9110 15.2: a faulty one", hints + "HTTP/1.1 103 Early Hints|X : y||", hints_client + "=502"),
  });
}

}  // namespace
}  // namespace ambassador::support::response_framing_test
