// Which source decides: the more exact host, then exact before prefix, then the longer path, where its `when` fits.
#include "unit/route/rules.hpp"

namespace ambassador::route::matching_test {
namespace {

TEST(Prefix, blocks_a_path_that_only_starts_like_the_source) {
  World const world{mapping("http://h/api")};
  for (auto const* path : {"/api", "/api/", "/api/x", "/api?x", "/api//", "/%61pi/x", "/y/../api", "/api/../api"}) {
    EXPECT_NE(get(world, std::string{"http://h"} + path), "blocked") << path;
  }
  for (auto const* path : {"/apix", "/api%2Fx", "/api%2fx", "/api;x", "/ap", "/", "", "/API", "//api", "/api/../x", "/api/..",
                           "/x/api", "/api%3Fx"}) {
    EXPECT_EQ(get(world, std::string{"http://h"} + path), "blocked") << path;
  }
}

TEST(Prefix, of_the_root_takes_every_path) {
  World const world{mapping("http://h")};
  for (auto const* path : {"", "/", "/a", "//a", "/a/b?c", "?c"})
    EXPECT_NE(get(world, std::string{"http://h"} + path), "blocked") << path;
}

TEST(Prefix, is_the_same_with_a_slash_at_its_end) {
  World const world{mapping("http://h/api/")};
  EXPECT_NE(get(world, "http://h/api"), "blocked");
  EXPECT_NE(get(world, "http://h/api/x"), "blocked");
  EXPECT_EQ(get(world, "http://h/apix"), "blocked");
}

TEST(Prefix, that_is_longest_wins_wherever_it_stands) {
  World const world{mapping("http://h/a", "http://short"), mapping("http://h/a/b/c", "http://longest"),
                    mapping("http://h/a/b", "http://middle"), mapping("http://h", "http://root")};
  EXPECT_EQ(get(world, "http://h/a/x"), "http://short/x");
  EXPECT_EQ(get(world, "http://h/a/b"), "http://middle/");
  EXPECT_EQ(get(world, "http://h/a/b/c/d"), "http://longest/d");
  EXPECT_EQ(get(world, "http://h/a/bc"), "http://short/bc");
  EXPECT_EQ(get(world, "http://h/x"), "http://root/x");
}

TEST(Exact, takes_the_whole_uri) {
  World const world{exact("http://h/api?v=1"), exact("http://h/plain")};
  EXPECT_NE(get(world, "http://h/api?v=1"), "blocked");
  EXPECT_NE(get(world, "http://h/x/../%61pi?v=1"), "blocked");
  for (auto const* rest : {"", "?", "?v=2", "?v=1&w", "?V=1", "/?v=1", "/x?v=1"})
    EXPECT_EQ(get(world, std::string{"http://h/api"} + rest), "blocked") << rest;
  EXPECT_NE(get(world, "http://h/plain"), "blocked");
  for (auto const* rest : {"?", "?a", "/", "/a"})
    EXPECT_EQ(get(world, std::string{"http://h/plain"} + rest), "blocked") << rest;
}

TEST(Exact, minds_the_slash_at_its_end) {
  World const world{exact("http://h/api/")};
  EXPECT_NE(get(world, "http://h/api/"), "blocked");
  EXPECT_EQ(get(world, "http://h/api"), "blocked");
}

TEST(Exact, of_the_root_is_the_empty_path_and_the_slash) {
  World const world{exact("http://h")};
  EXPECT_NE(get(world, "http://h"), "blocked");
  EXPECT_NE(get(world, "http://h/"), "blocked");
  EXPECT_EQ(get(world, "http://h/x"), "blocked");
  EXPECT_EQ(get(world, "http://h/?x"), "blocked");
}

TEST(Exact, wins_over_a_prefix) {
  World const world{mapping("http://h/a", "http://prefix"), exact("http://h/a", "http://exact")};
  EXPECT_EQ(get(world, "http://h/a"), "http://exact/");
  EXPECT_EQ(get(world, "http://h/a/b"), "http://prefix/b");
  EXPECT_EQ(get(world, "http://h/a?b"), "http://prefix/?b");
}

TEST(Host, that_is_more_exact_wins_over_a_longer_path) {
  World const world{mapping("http://*/long/path", "http://any"), mapping("http://*.shop", "http://suffix"),
                    mapping("http://*.eu.shop", "http://longer"), mapping("http://pay.shop", "http://literal")};
  EXPECT_EQ(get(world, "http://pay.shop/long/path"), "http://literal/long/path");
  EXPECT_EQ(get(world, "http://cart.shop/long/path"), "http://suffix/long/path");
  EXPECT_EQ(get(world, "http://a.b.shop/x"), "http://suffix/x");
  EXPECT_EQ(get(world, "http://a.eu.shop/x"), "http://longer/x");
  EXPECT_EQ(get(world, "http://elsewhere/long/path/x"), "http://any/x");
  EXPECT_EQ(get(world, "http://elsewhere/x"), "blocked");
  EXPECT_EQ(get(world, "http://shop/x"), "blocked");
}

TEST(Host, that_is_more_exact_leaves_to_the_next_what_it_does_not_take) {
  World const world{mapping("http://pay.shop/api", "http://literal"), mapping("http://*", "http://any")};
  EXPECT_EQ(get(world, "http://pay.shop/other"), "http://any/other");
}

TEST(Host, is_compared_without_case_final_dot_and_default_port) {
  World const world{mapping("http://orders")};
  for (auto const* url : {"http://ORDERS/", "http://orders./", "http://orders:80/", "HTTP://Orders.:80"})
    EXPECT_NE(get(world, url), "blocked") << url;
  EXPECT_EQ(get(world, "http://orders:81/"), "blocked");
  EXPECT_EQ(get(world, "http://order/"), "blocked");
  EXPECT_EQ(get(world, "http://xorders/"), "blocked");
}

TEST(Host, may_be_an_ipv6_address_however_it_is_written) {
  World const world{mapping("http://[2001:db8::1]:8080")};
  EXPECT_NE(get(world, "http://[2001:DB8:0:0::0:1]:8080/"), "blocked");
  EXPECT_EQ(get(world, "http://[2001:db8::2]:8080/"), "blocked");
}

TEST(Port, must_be_the_sources) {
  World const world{mapping("http://h:8080", "http://other"), mapping("http://h", "http://default")};
  EXPECT_EQ(get(world, "http://h:8080/"), "http://other/");
  EXPECT_EQ(get(world, "http://h/"), "http://default/");
  EXPECT_EQ(get(world, "http://h:8081/"), "blocked");
}

TEST(Port, of_any_host_is_any) {
  World const world{mapping("http://*", "http://any")};
  EXPECT_EQ(get(world, "http://h:1/"), "http://any/");
  EXPECT_EQ(get(world, "http://[::1]:65535/"), "http://any/");
}

TEST(When, that_does_not_fit_leaves_the_call_to_the_next_longest) {
  World const world{mapping("http://h/a", "http://all"), when(mapping("http://h/a/b", "http://reading"), {"GET", "HEAD"}),
                    when(mapping("http://h/a/b/c", "http://canary"), {}, {{"X-Env", "canary"}})};
  EXPECT_EQ(get(world, "http://h/a/b/c", "x-env: canary\r\n"), "http://canary/");
  EXPECT_EQ(get(world, "http://h/a/b/c"), "http://reading/c");
  EXPECT_EQ(get(world, "http://h/a/b/c", "X-Env: Canary\r\n"), "http://reading/c");
  EXPECT_EQ(goes_to(world, Asked{"POST http://h/a/b/c", host("h")}), "http://all/b/c");
  EXPECT_EQ(goes_to(world, Asked{"POST http://h/a/b/c", host("h") + "X-Env: canary\r\n"}), "http://canary/");
}

TEST(When, is_tried_in_the_files_order_on_one_source) {
  World const world{when(mapping("http://h", "http://first"), {"GET"}), mapping("http://h", "http://second")};
  EXPECT_EQ(get(world, "http://h/"), "http://first/");
  EXPECT_EQ(goes_to(world, Asked{"PUT http://h/", host("h")}), "http://second/");
}

TEST(When, asks_for_all_its_headers_and_finds_each_on_any_line) {
  World const world{when(mapping("http://h"), {}, {{"A", "1"}, {"B", "2"}})};
  EXPECT_EQ(get(world, "http://h/", "A: 1\r\n"), "blocked");
  EXPECT_NE(get(world, "http://h/", "A: 0\r\nB: 2\r\na: 1\r\n"), "blocked");
}

TEST(When, of_an_exact_source_and_of_a_host_falls_through_too) {
  World const world{when(exact("http://h/a", "http://exact"), {"PUT"}), mapping("http://h/a", "http://prefix"),
                    when(mapping("http://x", "http://literal"), {"PUT"}), mapping("http://*", "http://any")};
  EXPECT_EQ(get(world, "http://h/a"), "http://prefix/");
  EXPECT_EQ(get(world, "http://x/a"), "http://any/a");
}

TEST(Matching, finds_one_source_among_ten_thousand) {
  config::Settings settings;
  for (int i = 0; i < 10'000; ++i)
    settings.map.push_back(
        mapping("http://h" + std::to_string(i % 100) + "/p" + std::to_string(i), "http://t" + std::to_string(i)));
  World const world{std::move(settings)};
  EXPECT_EQ(get(world, "http://h34/p1234/x"), "http://t1234/x");
  EXPECT_EQ(get(world, "http://h35/p1234/x"), "blocked");
}

}  // namespace
}  // namespace ambassador::route::matching_test
