// A block says which source came closest and what differs, each cause in its own words.
#include "route/nearest_miss.hpp"

#include "unit/route/rules.hpp"

namespace ambassador::route::nearest_miss_test {
namespace {

/// What a blocked client is told.
std::string told(World const& world, Asked const& asked) {
  auto const decision = decide(world, asked);
  EXPECT_EQ(decision.verdict, Verdict::blocked);
  auto const miss = find_nearest_miss(world.rules, asked.url, asked.head.method_text, asked.head.fields, listener_port);
  return describe_block(miss, asked.url, asked.head.method_text);
}

std::string told(World const& world, std::string const& url) { return told(world, Asked{"GET " + url, host("h")}); }

TEST(NearestMiss, is_the_scheme) {
  World const world{mapping("http://orders")};
  EXPECT_EQ(told(world, "https://orders/"), "not in the map: scheme https is not listed, http://orders is");
}

TEST(NearestMiss, is_a_host_that_differs_by_a_letter_or_two) {
  World const world{mapping("http://payments"), mapping("http://orders")};
  EXPECT_EQ(told(world, "http://order/"), "not in the map: host order is not listed, http://orders is");
  EXPECT_EQ(told(world, "http://paymnets/"), "not in the map: host paymnets is not listed, http://payments is");
  EXPECT_EQ(told(world, "http://somewhere-else/"), "not in the map");
}

TEST(NearestMiss, is_the_port) {
  World const world{mapping("http://payments")};
  EXPECT_EQ(told(world, "http://payments:8443/"), "not in the map: port 8443 is not listed, http://payments is");
}

TEST(NearestMiss, is_the_path) {
  World const world{mapping("http://h/api"), mapping("http://h/other")};
  EXPECT_EQ(told(world, "http://h/apix"), "not in the map: path /apix is not inside a source, http://h/api is the nearest");
  EXPECT_EQ(told(world, "http://h/oth"), "not in the map: path /oth is not inside a source, http://h/other is the nearest");
}

TEST(NearestMiss, is_the_path_of_an_exact_source) {
  World const world{exact("http://h/api")};
  EXPECT_EQ(told(world, "http://h/api/x"), "not in the map: path /api/x is not inside a source, http://h/api is the nearest");
}

TEST(NearestMiss, is_the_query_of_an_exact_source) {
  World const world{exact("http://h/api?v=1")};
  EXPECT_EQ(told(world, "http://h/api?v=2"), "not in the map: the query differs from the one of http://h/api?v=1");
}

TEST(NearestMiss, is_the_method) {
  World const world{when(mapping("http://h/api"), {"POST"})};
  EXPECT_EQ(told(world, "http://h/api"), "not in the map: method GET is not in the `when` of http://h/api");
}

TEST(NearestMiss, is_a_header) {
  World const world{when(mapping("http://h/api"), {}, {{"X-Env", "canary"}})};
  EXPECT_EQ(told(world, "http://h/api"),
            "not in the map: header X-Env is missing, or not what the `when` of http://h/api asks for");
}

TEST(NearestMiss, is_the_one_that_fits_furthest) {
  World const world{mapping("http://h:81/api"), mapping("http://h/ap"), when(mapping("http://h/api"), {"PUT"}),
                    mapping("http://h/apx")};
  EXPECT_EQ(told(world, "http://h/api/x"), "not in the map: method GET is not in the `when` of http://h/api");
}

TEST(NearestMiss, is_found_on_a_pattern_that_takes_the_host) {
  World const world{mapping("http://*.shop/api"), mapping("http://*/health")};
  EXPECT_EQ(told(world, "http://cart.shop/x"),
            "not in the map: path /x is not inside a source, http://*.shop/api is the nearest");
  EXPECT_EQ(told(world, "http://elsewhere/x"),
            "not in the map: path /x is not inside a source, http://*/health is the nearest");
}

TEST(NearestMiss, at_the_listener_is_one_on_localhost_whatever_the_port) {
  World const world{mapping("http://localhost/api"), mapping("http://payments/api")};
  for (auto const* name : {"localhost:1080", "127.0.0.1:1080", "[::1]:1080"}) {
    EXPECT_EQ(told(world, Asked{"GET /apix", host(name)}),
              "not in the map: path /apix is not inside a source, http://localhost/api is the nearest")
        << name;
  }
  EXPECT_EQ(told(world, Asked{"GET /apix", host("payments:1080")}),
            "not in the map: path /apix is not inside a source, http://payments/api is the nearest");
  EXPECT_EQ(told(world, Asked{"GET /api", host("payments:1081")}),
            "not in the map: port 1081 is not listed, http://payments/api is");
}

TEST(NearestMiss, of_a_tunnel_is_the_port_or_the_host) {
  World const world{mapping("http://payments")};
  EXPECT_EQ(told(world, Asked{"CONNECT payments:443", host("payments:443")}),
            "not in the map: port 443 is not listed, http://payments is");
  EXPECT_EQ(told(world, Asked{"CONNECT payment:80", host("payment:80")}),
            "not in the map: host payment is not listed, http://payments is");
}

TEST(NearestMiss, is_the_port_of_an_allow_entry) {
  config::Settings settings;
  settings.allow = {allowing(config::HostKind::literal, "api.test", {443})};
  settings.allow.front().text = "api.test:443";
  World const world{std::move(settings)};
  EXPECT_EQ(told(world, Asked{"CONNECT api.test:8443", host("api.test:8443")}),
            "not in the map: port 8443 is not allowed, api.test:443 is");
}

TEST(NearestMiss, is_none_in_an_empty_map) {
  World const world{config::Settings{}};
  EXPECT_EQ(told(world, "http://h/"), "not in the map");
}

TEST(NearestMiss, is_not_sought_beyond_a_bound) {
  config::Settings settings;
  for (std::size_t i = 0; i < max_miss_candidates; ++i) settings.map.push_back(mapping("http://far-away-" + std::to_string(i)));
  settings.map.push_back(mapping("http://orders"));
  World const world{std::move(settings)};
  EXPECT_EQ(told(world, "http://order/"), "not in the map");
}

TEST(NearestMiss, does_not_mind_names_of_any_length) {
  World const world{mapping("http://" + std::string(200, 'a')), mapping("http://" + std::string(63, 'b')), mapping("http://c")};
  EXPECT_EQ(told(world, "http://" + std::string(201, 'a') + "/"), "not in the map");
  EXPECT_EQ(told(world, "http://" + std::string(62, 'b') + "/").substr(0, 20), "not in the map: host");
}

}  // namespace
}  // namespace ambassador::route::nearest_miss_test
