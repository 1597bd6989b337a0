// The lines of a request's head, RFC 9112 sections 2, 3 and 5: every byte that two parsers could read differently is
// refused, and what goes on is written anew.
#include "support/exchange_row.hpp"

namespace ambassador::support::request_head_test {
namespace {

/// A GET with these fields beside Host, in both forms.
std::string get(std::string const& fields) { return "GET $/x HTTP/1.1|Host: app|" + fields + "|"; }

std::string get_upstream(std::string const& fields) { return "GET /x HTTP/1.1|Host: {}|" + fields + "Via: 1.1 amb||"; }

std::string with_bytes(std::string text, std::string_view mark, std::string bytes) {
  return replaced(std::move(text), mark, bytes);
}

std::string const nul(1, '\0');

TEST(RequestHead, the_request_line_has_one_form) {
  run({
      passes("9112 3: method, target, version", plain_get, plain_get_upstream),
      passes("9112 2.2: one empty line before it is skipped", "|" + plain_get, plain_get_upstream),
      passes("9110 9.1: an unknown method goes on", "PURGE $/x HTTP/1.1|Host: app||",
             "PURGE /x HTTP/1.1|Host: {}|Via: 1.1 amb||"),
      passes("9110 5.6.2: any token is a method", "M-S!#%&'*+.^_`~1 $/x HTTP/1.1|Host: app||",
             "M-S!#%&'*+.^_`~1 /x HTTP/1.1|Host: {}|Via: 1.1 amb||"),
      refused("9110 9.1: methods are case-sensitive", "get $/x HTTP/1.1|Host: app||"),
      refused("9110 9.1: Post is not POST", "Post $/x HTTP/1.1|Host: app|Content-Length: 0||"),
      refused("9112 3.1: no method", " $/x HTTP/1.1|Host: app||"),
      refused("9112 3.1: a method with a slash", "G/T $/x HTTP/1.1|Host: app||"),
      refused("9112 3.1: a method with a colon", "GET: $/x HTTP/1.1|Host: app||"),
      refused("9112 3.1: a method in brackets", "(GET) $/x HTTP/1.1|Host: app||"),
      refused("9112 3.1: a method beyond ASCII", "G\xc3\x89T $/x HTTP/1.1|Host: app||"),
      refused("9112 3: two blanks before the target", "GET  $/x HTTP/1.1|Host: app||"),
      refused("9112 3: two blanks before the version", "GET $/x  HTTP/1.1|Host: app||"),
      refused("9112 3: a tab for a blank", "GET\t$/x HTTP/1.1|Host: app||"),
      refused("9112 3: a tab before the version", "GET $/x\tHTTP/1.1|Host: app||"),
      refused("9112 3: a blank at the end", "GET $/x HTTP/1.1 |Host: app||"),
      refused("9112 3: a blank in the target (CVE-2021-33193)", "GET $/x y HTTP/1.1|Host: app||"),
      refused("9112 3: no target", "GET HTTP/1.1|Host: app||"),
      refused("9112 3: no version (HTTP/0.9)", "GET $/x|Host: app||"),
      refused("9112 3: one word", "GET|Host: app||"),
      refused("9112 2.2: a bare LF ends the line", "GET $/x HTTP/1.1\nHost: app||"),
      refused("9112 2.2: a bare CR in the line", "GET $/x\rHTTP/1.1|Host: app||"),
      refused("9112 2.2: NUL in the line", with_bytes("GET $/x^ HTTP/1.1|Host: app||", "^", nul)),
      refused("9112 2.2: a line that begins with a blank", "| GET $/x HTTP/1.1|Host: app||"),
      refused("9112 2.2: more than one empty line before it", "||" + plain_get),
      refused("9113 3.4: HTTP/2's preface", "PRI * HTTP/2.0||SM||", 505),
  });
}

TEST(RequestHead, only_http_1_0_and_1_1_are_spoken) {
  run({
      {"9112 2.3: HTTP/1.0 goes on as 1.1", "GET $/x HTTP/1.0|Host: app||", "GET /x HTTP/1.1|Host: {}|Via: 1.0 amb||",
       plain_response, "HTTP/1.1 200 OK|Date: D|Content-Length: 2|Via: 1.1 amb|Connection: close||ok<FIN>"},
      refused("9110 2.5: HTTP/1.2", "GET $/x HTTP/1.2|Host: app||", 505),
      refused("9110 15.6.6: HTTP/2.0", "GET $/x HTTP/2.0|Host: app||", 505),
      refused("9110 15.6.6: HTTP/0.9 written out", "GET $/x HTTP/0.9|Host: app||", 505),
      refused("9112 2.3: lower case", "GET $/x http/1.1|Host: app||"),
      refused("9112 2.3: no minor version", "GET $/x HTTP/1|Host: app||"),
      refused("9112 2.3: two digits", "GET $/x HTTP/1.10|Host: app||"),
      refused("9112 2.3: a leading zero", "GET $/x HTTP/01.1|Host: app||"),
      refused("9112 2.3: a comma", "GET $/x HTTP/1,1|Host: app||"),
      refused("9112 2.3: a sign", "GET $/x HTTP/+1.1|Host: app||"),
      refused("9112 2.3: another protocol", "GET $/x RTSP/1.0|Host: app||"),
  });
}

TEST(RequestHead, a_field_has_one_form) {
  run({
      passes("9110 5.1: a name keeps its case", get("X-MiXeD: V|"), get_upstream("X-MiXeD: V|")),
      passes("9112 5: no blank behind the colon", get("X:y|"), get_upstream("X: y|")),
      passes("9112 5.1: blanks around the value go", get("X:   y \t |"), get_upstream("X: y|")),
      passes("9110 5.5: blanks inside the value stay", get("X: a  b\tc|"), get_upstream("X: a  b\tc|")),
      passes("9110 5.5: an empty value", get("X:|"), get_upstream("X: |")),
      passes("9110 5.5: bytes from 0x80 on", get("X: \xc3\xa9\xff|"), get_upstream("X: \xc3\xa9\xff|")),
      passes("9110 5.3: lines of one name stay apart, in order", get("X: a|Y: b|X: c|"), get_upstream("X: a|Y: b|X: c|")),
      passes("9110 5.6.2: a name is any token", get("!#%&'*+-.^_`~9: y|"), get_upstream("!#%&'*+-.^_`~9: y|")),
      passes("6265: several cookies", get("Cookie: a=1|Cookie: b=2|"), get_upstream("Cookie: a=1|Cookie: b=2|")),
      refused("9112 5.1: a blank before the colon (CVE-2020-7238)", get("X : y|")),
      refused("9112 5.2: a folded value", get("X: y| z|")),
      refused("9112 5.2: folded with a tab", get("X: y|\tz|")),
      refused("9112 5.2: the first field begins with a blank (CVE-2020-11724)", "GET $/x HTTP/1.1| Host: app||"),
      refused("9112 5: no colon", get("nonsense|")),
      refused("9112 5: no name", get(": y|")),
      refused("9110 5.1: a name with a blank", get("X Y: z|")),
      refused("9110 5.1: a name with a slash", get("X/Y: z|")),
      refused("9110 5.1: a name with an at sign", get("X@Y: z|")),
      refused("9110 5.1: a name in quotes", get("\"X\": z|")),
      refused("9110 5.1: a name beyond ASCII", get("\xc3\xa9: z|")),
      refused("9110 5.1: NUL in a name (CVE-2019-18277)", with_bytes(get("X^: y|"), "^", nul)),
      refused("9110 5.5: NUL in a value (CVE-2023-25725)", with_bytes(get("X: a^b|"), "^", nul)),
      refused("9110 5.5: a bare CR in a value (CVE-2023-30589)", get("X: a\rb|")),
      refused("9110 5.5: a bare LF in a value", get("X: a\nY: b|")),
      refused("9110 5.5: a vertical tab in a value", get("X: a\x0b"
                                                         "b|")),
      refused("9110 5.5: a form feed in a value", get("X: a\x0c"
                                                      "b|")),
      refused("9110 5.5: an escape in a value (log injection)", get("X: \x1b[2J|")),
      refused("9110 5.5: DEL in a value", get("X: a\x7f"
                                              "b|")),
      refused("9112 2.2: CR CR LF", "GET $/x HTTP/1.1|Host: app\r||"),
      refused("9112 2.1: a bare LF ends the head", "GET $/x HTTP/1.1|Host: app|\n"),
  });
}

TEST(RequestHead, there_is_one_host) {
  run({
      refused("9112 3.2: none in HTTP/1.1", "GET $/x HTTP/1.1||"),
      refused("9112 3.2: two", "GET $/x HTTP/1.1|Host: app|Host: app||"),
      refused("9112 3.2: two that differ", "GET $/x HTTP/1.1|Host: app|Host: other||"),
      refused("9112 3.2: two in different case", "GET $/x HTTP/1.1|Host: app|hOST: other||"),
      refused("9112 3.2: a blank before the colon", "GET $/x HTTP/1.1|Host : app||"),
      refused("9112 3.2: a list", "GET $/x HTTP/1.1|Host: app, other||"),
      refused("9112 3.2: two words", "GET $/x HTTP/1.1|Host: app other||"),
      refused("9112 3.2: user information", "GET $/x HTTP/1.1|Host: user@app||"),
      refused("9112 3.2: a path", "GET $/x HTTP/1.1|Host: app/x||"),
      refused("9112 3.2: a query", "GET $/x HTTP/1.1|Host: app?x||"),
      refused("9112 3.2: a fragment", "GET $/x HTTP/1.1|Host: app#x||"),
      refused("9112 3.2: a backslash", "GET $/x HTTP/1.1|Host: app\\x||"),
      refused("9112 3.2: an escape", "GET $/x HTTP/1.1|Host: a%70p||"),
      refused("9112 3.2: a scheme", "GET $/x HTTP/1.1|Host: http://app||"),
      refused("9112 3.2: a port that is no number", "GET $/x HTTP/1.1|Host: app:http||"),
      refused("9112 3.2: a port beyond 65535", "GET $/x HTTP/1.1|Host: app:65616||"),
      refused("9112 3.2: a port with a sign", "GET $/x HTTP/1.1|Host: app:+80||"),
      refused("9112 3.2: port 0", "GET $/x HTTP/1.1|Host: app:0||"),
      refused("9112 3.2: two ports", "GET $/x HTTP/1.1|Host: app:80:80||"),
      refused("9112 3.2: an address without its bracket", "GET $/x HTTP/1.1|Host: [::1||"),
      refused("9112 3.2: brackets around a name", "GET $/x HTTP/1.1|Host: [app]||"),
      refused("9112 3.2: two dots", "GET $/x HTTP/1.1|Host: a..pp||"),
      refused("9112 3.2: empty, in origin-form", "GET /x HTTP/1.1|Host: ||"),
      passes("9110 4.2.3: case does not matter", "GET $/x HTTP/1.1|Host: APP||", plain_get_upstream),
      passes("9110 4.2.3: nor does the default port", "GET $/x HTTP/1.1|Host: app:80||", plain_get_upstream),
      passes("3986 3.2.3: nor an empty port", "GET $/x HTTP/1.1|Host: app:||", plain_get_upstream),
      passes("1034 3.1: nor a dot at the end", "GET $/x HTTP/1.1|Host: app.||", plain_get_upstream),
  });
}

config::Settings small_limits(std::uint16_t port) {
  auto settings = to(port);
  settings.limits.head = 1024;
  settings.limits.fields = 5;
  settings.limits.target = 64;
  return settings;
}

TEST(RequestHead, it_is_bounded) {
  std::string const path = '/' + std::string(63, 'a');
  run(
      {
          passes("6585 5: as many fields as there may be", get("A: 1|B: 2|C: 3|D: 4|"), get_upstream("A: 1|B: 2|C: 3|D: 4|")),
          refused("6585 5: one field too many", get("A: 1|B: 2|C: 3|D: 4|E: 5|"), 431),
          refused("6585 5: a head too large", get("A: " + std::string(1024, 'a') + "|"), 431),
          passes("9110 4.1: the longest target", "GET " + path + " HTTP/1.1|Host: app||",
                 "GET " + path + " HTTP/1.1|Host: {}|Via: 1.1 amb||"),
          refused("9110 15.5.15: a target too long", "GET " + path + "a HTTP/1.1|Host: app||", 414),
          refused("9110 15.5.15: a target without end", "GET /" + std::string(2000, 'a'), 414),
          refused("9112 3: a method without end", std::string(2000, 'A'), 414),
      },
      small_limits);
}

}  // namespace
}  // namespace ambassador::support::request_head_test
