// What a request asks for, RFC 9112 section 3.2 and RFC 3986: four forms, one meaning each. What is matched is what is sent.
#include "support/exchange_row.hpp"

namespace ambassador::support::request_target_test {
namespace {

std::string get(std::string const& target) { return "GET " + target + " HTTP/1.1|Host: app||"; }

Row path(std::string rule, std::string const& asked, std::string const& sent) {
  return passes(std::move(rule), get('$' + asked), "GET " + sent + " HTTP/1.1|Host: {}|Via: 1.1 amb||");
}

Row bad_path(std::string rule, std::string const& asked) { return refused(std::move(rule), get('$' + asked)); }

TEST(RequestTarget, a_path_is_read_one_way_only) {
  run({
      path("3986 6.2.2.3: plain dot segments go", "/a/./b/../c", "/a/c"),
      path("3986 5.2.4: a dot segment at the end", "/a/b/..", "/a/"),
      path("3986 5.2.4: a single dot at the end", "/a/.", "/a/"),
      path("3986 6.2.2.2: unreserved bytes are decoded", "/%41%7e%2D%5f", "/A~-_"),
      path("3986 6.2.2.2: once only", "/%2541", "/%2541"),
      path("3986 2.2: an encoded slash stays", "/a%2Fb", "/a%2Fb"),
      path("3986 2.2: its case stays", "/a%2fb", "/a%2fb"),
      path("3986 2.2: other escapes stay", "/%20%3f%23%25%00", "/%20%3f%23%25%00"),
      path("3986 3.3: empty segments stay", "//a///b/", "//a///b/"),
      path("3986 3.3: three dots are a name", "/.../a", "/.../a"),
      path("3986 3.3: a name that begins with a dot", "/.git/..a/a..", "/.git/..a/a.."),
      path("3986 3.3: parameters stay", "/a;b=c/d;e", "/a;b=c/d;e"),
      path("3986 3.3: sub-delims stay", "/!'()*+,=:@", "/!'()*+,=:@"),
      path("9110 4.1: bytes from 0x80 on stay", "/\xc3\xa9", "/\xc3\xa9"),
      path("9110 4.1: braces stay", "/{a}", "/{a}"),
      path("3986 3.4: a query stays as it is", "/a?b=/../%41&c=?", "/a?b=/../%41&c=?"),
      path("3986 3.4: an empty query stays", "/a?", "/a?"),
      path("3986 3.4: a backslash in a query", "/a?b=\\", "/a?b=\\"),
      bad_path("3986 5.2.4: above the root (CVE-2021-41773)", "/../etc"),
      bad_path("3986 5.2.4: above the root, later", "/a/../../etc"),
      bad_path("3986 6.2.2: encoded dots (CVE-2021-42013)", "/a/%2e%2e/etc"),
      bad_path("3986 6.2.2: one dot encoded", "/a/.%2e/etc"),
      bad_path("3986 6.2.2: a single encoded dot", "/a/%2e/b"),
      bad_path("3986 6.2.2: in capitals", "/a/%2E%2E/etc"),
      bad_path("3986 3.3: dots with a parameter (CVE-2020-5902)", "/a/..;/etc"),
      bad_path("3986 3.3: dots with an encoded semicolon", "/a/..%3b/etc"),
      bad_path("3986 3.3: dots and an encoded slash", "/a/..%2fetc"),
      bad_path("3986 3.3: dots behind an encoded slash", "/a%2f../etc"),
      bad_path("3986 3.3: a backslash (CVE-2007-0450)", "/a\\b"),
      bad_path("3986 3.3: dots and a backslash", "/a/..\\etc"),
      bad_path("3986 3.3: dots and an encoded backslash", "/a/..%5cetc"),
      bad_path("3986 3.5: a fragment", "/a#b"),
      bad_path("3986 3.5: a fragment behind a query", "/a?b#c"),
      bad_path("3986 2.1: an escape cut short", "/a%4"),
      bad_path("3986 2.1: an escape that is none", "/a%zz"),
      bad_path("3986 2.1: a lone percent sign", "/100%"),
      bad_path("9112 3.2: a control byte", "/a\x01"),
      bad_path("9112 3.2: a control byte in a query", "/a?\x01"),
      bad_path("9112 3.2: DEL", "/a\x7f"),
  });
}

Row absolute(std::string rule, std::string const& target, std::string const& sent = "/x") {
  return passes(std::move(rule), get(target), "GET " + sent + " HTTP/1.1|Host: {}|Via: 1.1 amb||");
}

Row bad_target(std::string rule, std::string const& target) { return refused(std::move(rule), get(target)); }

TEST(RequestTarget, an_authority_is_read_one_way_only) {
  run({
      absolute("9110 4.2.3: the scheme's case does not matter", "HTTP://app/x"),
      absolute("9110 4.2.3: nor the host's", "http://APP/x"),
      absolute("9110 4.2.3: nor the default port", "http://app:80/x"),
      absolute("9110 4.2.3: nor zeros before it", "http://app:00080/x"),
      absolute("3986 3.2.3: nor an empty port", "http://app:/x"),
      absolute("1034 3.1: nor a dot at the end", "http://app./x"),
      absolute("9112 3.2.1: no path is /", "http://app", "/"),
      absolute("9112 3.2.1: no path, but a query", "http://app?q", "/?q"),
      passes("9112 3.2.2: absolute-form wins over Host", "GET http://app/x HTTP/1.1|Host: other||", plain_get_upstream),
      {"9112 3.2.2: absolute-form without Host in HTTP/1.0", "GET http://app/x HTTP/1.0||",
       "GET /x HTTP/1.1|Host: {}|Via: 1.0 amb||", plain_response,
       "HTTP/1.1 200 OK|Date: D|Content-Length: 2|Via: 1.1 amb|Connection: close||ok<FIN>"},
      refused("9112 3.2.2: the Host beside absolute-form is judged too", "GET http://app/x HTTP/1.1|Host: a b||"),
      bad_target("9110 4.2.4: user information (CVE-2019-10782)", "http://user@app/x"),
      bad_target("9110 4.2.4: user and password", "http://user:secret@app/x"),
      bad_target("9110 4.2.4: an empty user", "http://@app/x"),
      bad_target("3986 3.2.2: no host", "http:///x"),
      bad_target("3986 3.2.2: no host, but a port", "http://:80/x"),
      bad_target("3986 3.2.2: a backslash", "http://app\\@other/x"),
      bad_target("3986 3.2.2: an escape", "http://a%70p/x"),
      bad_target("3986 3.2.2: a blank", "http://app%20/x"),
      bad_target("3986 3.2.2: a host beyond ASCII", "http://\xc3\xa9/x"),
      bad_target("3986 3.2.3: a port modulo 65536", "http://app:65616/x"),
      bad_target("3986 3.2.3: a port that is no number", "http://app:8o/x"),
      bad_target("3986 3.2.3: a negative port", "http://app:-1/x"),
      bad_target("3986 3.2.3: port 0", "http://app:0/x"),
      bad_target("3986 3.2.2: an address with a zone", "http://[fe80::1%25eth0]/x"),
      bad_target("3986 3.2.2: an address cut short", "http://[::1/x"),
      bad_target("3986 3.2.2: an address with something behind it", "http://[::1]x/x"),
      bad_target("3986 3.1: no scheme", "app/x"),
      bad_target("3986 3.1: one slash", "http:/app/x"),
      bad_target("3986 3.1: no slash", "http:app/x"),
      bad_target("3986 3.1: a scheme with a blank", "ht%20tp://app/x"),
      bad_target("9112 3.2.4: * is for OPTIONS", "*"),
      bad_target("9112 3.2: an empty authority-form", "app:80"),
      bad_target("3986 3.5: a fragment behind the host", "http://app#x"),
  });
}

TEST(RequestTarget, what_is_not_in_the_map_is_blocked) {
  run({
      answered("an unmapped host", "GET http://other/x HTTP/1.1|Host: other||", 403),
      answered("an unmapped host in origin-form", "GET /x HTTP/1.1|Host: other||", 403),
      answered("an unmapped port", "GET http://app:8080/x HTTP/1.1|Host: app||", 403),
      answered("a host that only begins like the source", "GET http://app.evil/x HTTP/1.1|Host: app||", 403),
      answered("https, which is not served here", "GET https://app/x HTTP/1.1|Host: app||", 403),
      refused("another scheme", "GET ftp://app/x HTTP/1.1|Host: app||"),
      answered("the metadata service", "GET http://169.254.169.254/latest HTTP/1.1|Host: app||", 403),
      answered("9112 3.2.2: Host cannot bring back what absolute-form names", "GET http://other/x HTTP/1.1|Host: app||", 403),
      answered("9110 9.3.2: HEAD is told without a body", "HEAD http://other/x HTTP/1.1|Host: other||", 403),
      refused("9112 9.6: close is honoured", "GET http://other/x HTTP/1.1|Host: other|Connection: close||", 403),
      refused("9112 9.3: HTTP/1.0 is closed", "GET http://other/x HTTP/1.0|Host: other||", 403),
  });
}

config::Settings below_api(std::uint16_t port) {
  config::Settings settings;
  settings.map.push_back(mapping("app", "/api", "127.0.0.1", port, "/v1"));
  return settings;
}

TEST(RequestTarget, a_prefix_matches_at_segment_boundaries) {
  auto const sent = [](std::string const& path) { return "GET " + path + " HTTP/1.1|Host: {}|Via: 1.1 amb||"; };
  run(
      {
          passes("the source itself", get("$/api"), sent("/v1")),
          passes("what is below it", get("$/api/x"), sent("/v1/x")),
          passes("its query", get("$/api?q=1"), sent("/v1?q=1")),
          passes("an encoded slash stays one segment", get("$/api/x%2Fy"), sent("/v1/x%2Fy")),
          passes("decoded before it is matched", get("$/%61pi/x"), sent("/v1/x")),
          passes("dots are removed before it is matched", get("$/a/../api/x"), sent("/v1/x")),
          answered("not a longer name", get("$/apix"), 403),
          answered("not another case", get("$/API"), 403),
          answered("not by way of dots", get("$/api/../admin"), 403),
          answered("not an encoded slash for a boundary", get("$/api%2Fx"), 403),
          answered("not with an empty segment before", get("$//api"), 403),
          answered("not a parameter for a boundary", get("$/api;x"), 403),
      },
      below_api);
}

TEST(RequestTarget, connect_has_a_form_of_its_own) {
  auto const connect = [](std::string const& target, std::string const& rest = "") {
    return "CONNECT " + target + " HTTP/1.1|Host: app:80|" + rest + "|";
  };
  std::string const established = "HTTP/1.1 200 OK||";
  run({
      {"9110 9.3.6: to a mapped origin, and early bytes are its first call",
       connect("app:80") + "GET /x HTTP/1.1|Host: app|Connection: close||", plain_get_upstream, plain_response,
       established + "HTTP/1.1 200 OK|Date: D|Content-Length: 2|Via: 1.1 amb|Connection: close||ok<FIN>"},
      {"9110 9.3.6: inside, another authority is refused", connect("app:80") + "GET /x HTTP/1.1|Host: other||", "", "",
       established + "=400<FIN>"},
      {"9110 9.3.6: inside, absolute-form is refused", connect("app:80") + "GET http://app/x HTTP/1.1|Host: app||", "", "",
       established + "=400<FIN>"},
      {"9110 9.3.6: inside, CONNECT is refused", connect("app:80") + connect("app:80"), "", "", established + "=400<FIN>"},
      {"9110 9.3.6: inside, TLS is refused", connect("app:80") + "\x16\x03\x01\x02", "", "", established + "=400<FIN>"},
      answered("9110 9.3.6: to an unmapped origin", connect("other:443"), 403),
      answered("9110 9.3.6: to another port of a mapped one", connect("app:443"), 403),
      refused("9112 3.2.3: without a port", connect("app")),
      refused("9112 3.2.3: with an empty port", connect("app:")),
      refused("9112 3.2.3: port 0", connect("app:0")),
      refused("9112 3.2.3: a port modulo 65536", connect("app:65616")),
      refused("9112 3.2.3: absolute-form", connect("http://app:80/")),
      refused("9112 3.2.3: origin-form", connect("/app:80")),
      refused("9112 3.2.3: user information", connect("user@app:80")),
      refused("9110 9.3.6: a length", connect("app:80", "Content-Length: 5|") + "hello"),
      refused("9110 9.3.6: a coding", connect("app:80", "Transfer-Encoding: chunked|") + "0||"),
  });
}

}  // namespace
}  // namespace ambassador::support::request_target_test
