// What a client asks for, in each of the four forms (RFC 9112 section 3.2), and what is refused rather than guessed.
#include "unit/route/rules.hpp"

namespace ambassador::route::request_url_test {
namespace {

std::string asked(std::string const& start, std::string const& fields) { return Asked{start, fields}.text(); }

TEST(OriginForm, takes_its_authority_from_host) {
  EXPECT_EQ(asked("GET /a?b", host("Orders.:80")), "http://orders/a?b");
  EXPECT_EQ(asked("GET /", host("h:8080")), "http://h:8080/");
  EXPECT_EQ(asked("GET /%61/../b", host("h")), "http://h/b");
  EXPECT_EQ(asked("GET //x", host("h")), "http://h//x");
  EXPECT_EQ(asked("GET /?", host("h")), "http://h/?");
}

TEST(OriginForm, needs_a_host_that_is_one) {
  for (auto const* bad : {"", "a b", "a@b", "h:0", "h:65536", "h:x", "http://h", "h/p", "a,b", "[::1", "*"}) {
    EXPECT_EQ(asked("GET /", host(bad)), "400 the Host is not host[:port]") << bad;
  }
}

TEST(OriginForm, without_host_is_refused_in_http_1_0_too) {
  EXPECT_TRUE((Asked{"GET /", "1.0", "", nullptr}.fault));
  EXPECT_FALSE((Asked{"GET http://h/", "1.0", "", nullptr}.fault));
}

TEST(AbsoluteForm, wins_over_host) {
  EXPECT_EQ(asked("GET http://one/a", host("two:99")), "http://one/a");
  EXPECT_EQ(asked("GET HTTP://One:80", host("two")), "http://one/");
  EXPECT_EQ(asked("GET http://one?q", host("two")), "http://one/?q");
}

TEST(AbsoluteForm, still_needs_a_valid_host_beside_it) {
  for (auto const* bad : {"", "a b", "a@b", "h:65616", "h\\"})
    EXPECT_EQ(asked("GET http://one/", host(bad)).substr(0, 3), "400") << bad;
}

TEST(AbsoluteForm, may_be_https) {
  EXPECT_EQ(asked("GET https://one/a", host("one")), "https://one/a");
  EXPECT_EQ(asked("GET https://one:443/a", host("one")), "https://one/a");
  EXPECT_EQ(asked("GET https://one:80/a", host("one")), "https://one:80/a");
}

TEST(AbsoluteForm, of_another_scheme_or_none_is_refused) {
  for (auto const* target : {"ftp://h/", "ws://h/", "httpx://h/", "h/p", "h:80", "http:/h", "://h", "?x", "a/../b"}) {
    EXPECT_EQ(asked(std::string{"GET "} + target, host("h")).substr(0, 3), "400") << target;
  }
}

TEST(Target, that_two_readers_could_take_differently_is_refused) {
  for (std::string const path :
       {"/%2e%2e/", "/..;/x", "/..%2fx", "/..%5cx", "/a/..\\b", "/a\\b", "/%", "/%zz", "/a#b", "/../x", "/?a#b"}) {
    EXPECT_EQ(asked("GET " + path, host("h")).substr(0, 3), "400") << path;
    EXPECT_EQ(asked("GET http://h" + path, host("h")).substr(0, 3), "400") << path;
  }
  for (std::string const authority : {"a@b", "a:b@c", "a\\b", "h:65616", "h:0", "h:+80", "", ":80", "a%62", "[::1%25lo]"}) {
    EXPECT_EQ(asked("GET http://" + authority + "/", host("h")).substr(0, 3), "400") << authority;
  }
}

TEST(AuthorityForm, is_a_host_and_a_port) {
  EXPECT_EQ(asked("CONNECT Api.Stripe.com.:443", host("x")), "api.stripe.com:443");
  EXPECT_EQ(asked("CONNECT [::1]:8080", host("x")), "[::1]:8080");
  for (auto const* target : {"h", "h:", "h:0", "http://h:80/", "/", "h:80/", "a@h:80", "*"}) {
    EXPECT_EQ(asked(std::string{"CONNECT "} + target, host("h")).substr(0, 3), "400") << target;
  }
}

TEST(AsteriskForm, is_for_options_only) {
  Asked const options{"OPTIONS *", host("h")};
  EXPECT_FALSE(options.fault);
  EXPECT_TRUE(options.url.whole_server);
  EXPECT_EQ(asked("GET *", host("h")).substr(0, 3), "400");
  EXPECT_EQ(asked("OPTIONS *", host("")).substr(0, 3), "400");
}

TEST(AsteriskForm, is_also_an_absolute_url_without_a_path) {
  EXPECT_TRUE((Asked{"OPTIONS http://h", host("h")}.url.whole_server));
  EXPECT_TRUE((Asked{"OPTIONS http://h:8080", host("h")}.url.whole_server));
  EXPECT_FALSE((Asked{"OPTIONS http://h/", host("h")}.url.whole_server));
  EXPECT_FALSE((Asked{"OPTIONS http://h?x", host("h")}.url.whole_server));
  EXPECT_FALSE((Asked{"GET http://h", host("h")}.url.whole_server));
}

TEST(InsideATunnel, only_the_same_authority_in_origin_form_is_served) {
  Authority const tunnel{"orders", 80};
  EXPECT_EQ((Asked{"GET /a", host("Orders"), &tunnel}.text()), "http://orders/a");
  EXPECT_EQ((Asked{"GET /a", host("orders:80"), &tunnel}.text()), "http://orders/a");
  EXPECT_EQ((Asked{"GET /a", host("orders:81"), &tunnel}.text()), "400 the Host differs from the CONNECT target");
  EXPECT_EQ((Asked{"GET /a", host("other"), &tunnel}.text()), "400 the Host differs from the CONNECT target");
  EXPECT_EQ((Asked{"GET http://orders/a", host("orders"), &tunnel}.text()), "400 not an origin-form request inside a tunnel");
  EXPECT_EQ((Asked{"CONNECT orders:80", host("orders"), &tunnel}.text()), "400 CONNECT inside a tunnel");
}

TEST(RequestUrl, keeps_nothing_of_the_request_before) {
  RequestUrl url;
  Asked const first{"GET https://one:99/a?b", host("one")};
  Asked const second{"GET /c", host("two")};
  ASSERT_FALSE(read_request_url(first.head, {}, url));
  ASSERT_FALSE(read_request_url(second.head, {}, url));
  std::string text;
  url.append_text(text);
  EXPECT_EQ(text, "http://two/c");
}

TEST(TypedUrl, is_read_as_an_absolute_one) {
  RequestUrl url;
  std::string text;
  ASSERT_FALSE(read_typed_url("GET", "http://H/a/./b?c", url));
  url.append_text(text);
  EXPECT_EQ(text, "http://h/a/b?c");
  EXPECT_FALSE(read_typed_url("CONNECT", "h:443", url));
  EXPECT_TRUE(read_typed_url("GET", "h/a", url));
  EXPECT_TRUE(read_typed_url("GET", "ftp://h/", url));
  EXPECT_TRUE(read_typed_url("CONNECT", "h", url));
}

}  // namespace
}  // namespace ambassador::route::request_url_test
