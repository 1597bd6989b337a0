// Clients that never send localhost through a proxy speak straight at a listener: their Host names the listener, or
// has no port.
#include "unit/route/rules.hpp"

namespace ambassador::route::listener_alias_test {
namespace {

std::string origin(World const& world, std::string const& name, std::string const& path = "/api",
                   std::uint16_t port = listener_port) {
  return goes_to(world, Asked{"GET " + path, host(name)}, port);
}

TEST(Listener, by_any_loopback_name_stands_for_localhost) {
  World const world{mapping("http://localhost/api")};
  for (auto const* name :
       {"localhost:1080", "127.0.0.1:1080", "LOCALHOST.:1080", "[::1]:1080", "127.9.9.9:1080", "x.localhost:1080"}) {
    EXPECT_EQ(origin(world, name), "http://up/") << name;
  }
  for (auto const* name : {"localhost:1081", "127.0.0.1:80", "10.0.0.1:1080", "other:1080"})
    EXPECT_EQ(origin(world, name), "blocked") << name;
}

TEST(Listener, stands_for_localhost_at_any_port) {
  World const world{mapping("http://localhost:5005", "http://users")};
  EXPECT_EQ(origin(world, "localhost:1080"), "http://users/api");
  EXPECT_EQ(origin(world, "localhost:5005", "/x", 5005), "http://users/x");
  EXPECT_EQ(origin(world, "127.0.0.1:5005", "/x", 5005), "http://users/x");
}

TEST(Listener, prefers_the_source_with_its_own_port_then_the_one_without) {
  World const world{mapping("http://localhost:9/api/long", "http://other"), mapping("http://localhost", "http://plain"),
                    mapping("http://localhost:1080", "http://own")};
  EXPECT_EQ(origin(world, "127.0.0.1:1080", "/api/long"), "http://own/api/long");
  World const without{mapping("http://localhost:9/api/long", "http://other"), mapping("http://localhost", "http://plain")};
  EXPECT_EQ(origin(without, "127.0.0.1:1080", "/api/long"), "http://plain/api/long");
}

TEST(Listener, of_several_ports_takes_the_longest_source) {
  World const world{mapping("http://localhost:1", "http://one"), mapping("http://localhost:2/api/long", "http://two"),
                    mapping("http://localhost:3/api", "http://three")};
  EXPECT_EQ(origin(world, "localhost:1080", "/api/long/x"), "http://two/x");
  EXPECT_EQ(origin(world, "localhost:1080", "/api/x"), "http://three/x");
}

TEST(Listener, stands_for_localhost_in_absolute_form_too) {
  World const world{mapping("http://localhost/api")};
  EXPECT_EQ(get(world, "http://127.0.0.1:1080/api"), "http://up/");
}

TEST(Host, without_a_port_or_with_the_listeners_matches_a_source_without_one) {
  World const world{mapping("http://payments")};
  EXPECT_EQ(origin(world, "payments", "/"), "http://up/");
  EXPECT_EQ(origin(world, "payments:1080", "/"), "http://up/");
  EXPECT_EQ(origin(world, "payments:1081", "/"), "blocked");
}

TEST(Host, with_the_listeners_port_matches_no_source_without_one_in_absolute_form) {
  World const world{mapping("http://payments")};
  EXPECT_EQ(get(world, "http://payments:1080/"), "blocked");
}

TEST(Host, that_is_exact_wins_over_a_catch_all_whatever_the_port_says) {
  World const world{mapping("http://*", "http://any"), mapping("http://*.shop", "http://suffix"),
                    mapping("http://payments", "http://payments-svc"), mapping("http://localhost/api", "http://api")};
  EXPECT_EQ(origin(world, "payments:1080", "/"), "http://payments-svc/");
  EXPECT_EQ(origin(world, "localhost:1080"), "http://api/");
  EXPECT_EQ(origin(world, "127.0.0.1:1080"), "http://api/");
  EXPECT_EQ(origin(world, "127.0.0.1:1080", "/x"), "http://any/x");
  EXPECT_EQ(origin(world, "cart.shop:1080", "/"), "http://suffix/");
}

TEST(Listener, is_not_known_where_nothing_came_in) {
  World const world{mapping("http://localhost/api")};
  EXPECT_EQ(origin(world, "127.0.0.1:1080", "/api", 0), "blocked");
  EXPECT_EQ(origin(world, "localhost", "/api", 0), "http://up/");
}

}  // namespace
}  // namespace ambassador::route::listener_alias_test
