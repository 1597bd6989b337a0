// What is not in the map is blocked, unless the configuration says otherwise; a tunnel is answered for the map only.
#include "unit/route/rules.hpp"

namespace ambassador::route::unmapped_test {
namespace {

using config::HostKind;
using config::Unmapped;

config::Settings allow_list() {
  config::Settings settings;
  settings.map = {mapping("http://mapped", "http://t")};
  settings.allow = {allowing(HostKind::literal, "api.test", {80, 8080}), allowing(HostKind::suffix, ".cloud.test", {80}),
                    allowing(HostKind::literal, "any.test", {}), allowing(HostKind::any, "*", {3128})};
  return settings;
}

TEST(Allow, passes_a_listed_host_and_port_as_it_is) {
  World const world{allow_list()};
  for (auto const* url :
       {"http://api.test/", "http://api.test:8080/a?b", "http://a.b.cloud.test/", "http://any.test:9/", "http://else:3128/"}) {
    EXPECT_EQ(get(world, url), url);
  }
  for (auto const* url :
       {"http://api.test:81/", "http://cloud.test/", "http://xcloud.test/", "http://a.cloud.test:81/", "http://else/"}) {
    EXPECT_EQ(get(world, url), "blocked") << url;
  }
}

TEST(Allow, goes_on_to_a_less_exact_rule_where_the_port_is_not_listed) {
  World const world{allow_list()};
  Asked const asked{"GET http://api.test:3128/", host("h")};
  auto const decision = decide(world, asked);
  EXPECT_EQ(decision.verdict, Verdict::allowed);
  ASSERT_NE(decision.allow, nullptr);
  EXPECT_EQ(decision.allow->text, "*");
}

TEST(Allow, sends_the_canonical_url) {
  World const world{allow_list()};
  EXPECT_EQ(get(world, "http://API.test.:80/a/../%62"), "http://api.test/b");
}

TEST(Allow, is_not_for_calls_straight_at_a_listener) {
  World const world{allow_list()};
  EXPECT_EQ(goes_to(world, Asked{"GET /", host("api.test")}), "blocked");
}

TEST(Allow, never_comes_before_the_map) {
  auto settings = allow_list();
  settings.allow.push_back(allowing(HostKind::literal, "mapped", {}));
  World const world{std::move(settings)};
  EXPECT_EQ(get(world, "http://mapped/x"), "http://t/x");
}

Decision decided(Unmapped unmapped, std::string const& start, std::string const& host_name) {
  config::Settings settings;
  settings.unmapped = unmapped;
  World const world{std::move(settings)};
  return decide(world, Asked{start, host(host_name)});
}

TEST(Unmapped, is_blocked_reported_or_allowed) {
  EXPECT_EQ(decided(Unmapped::block, "GET http://x/", "x").verdict, Verdict::blocked);
  EXPECT_EQ(decided(Unmapped::report, "GET http://x/", "x").verdict, Verdict::reported);
  EXPECT_EQ(decided(Unmapped::allow, "GET http://x/", "x").verdict, Verdict::allowed);
  EXPECT_EQ(decided(Unmapped::allow, "GET http://x/", "x").allow, nullptr);
  EXPECT_EQ(decided(Unmapped::report, "GET /", "x").verdict, Verdict::reported);
}

TEST(Unmapped, never_passes_a_request_to_the_listener_itself) {
  for (auto const unmapped : {Unmapped::report, Unmapped::allow}) {
    EXPECT_EQ(decided(unmapped, "GET /", "127.0.0.1:1080").verdict, Verdict::blocked);
    EXPECT_EQ(decided(unmapped, "GET http://localhost:1080/", "x").verdict, Verdict::blocked);
    EXPECT_NE(decided(unmapped, "GET http://localhost:1081/", "x").verdict, Verdict::blocked);
  }
}

TEST(Https, is_no_source_and_passes_where_it_is_allowed) {
  auto settings = allow_list();
  settings.allow.push_back(allowing(config::HostKind::literal, "secure.test", {443}));
  World const world{std::move(settings)};
  auto const verdict = [&](std::string const& url) { return decide(world, Asked{"GET " + url, host("h")}).verdict; };
  EXPECT_EQ(verdict("https://mapped/"), Verdict::blocked) << "the source is http://mapped";
  EXPECT_EQ(verdict("https://mapped:80/"), Verdict::blocked);
  EXPECT_EQ(verdict("https://secure.test/x"), Verdict::allowed);
  EXPECT_EQ(verdict("https://secure.test:8443/x"), Verdict::blocked);
  EXPECT_EQ(verdict("http://secure.test/x"), Verdict::blocked) << "port 80 is another";
}

TEST(Connect, is_answered_where_a_source_names_host_and_port_literally) {
  World const world{mapping("http://mapped/deep/path"), mapping("http://other:8080"), mapping("http://*"),
                    mapping("http://*.shop")};
  auto const connect = [&](std::string const& target) { return decide(world, Asked{"CONNECT " + target, host(target)}); };
  EXPECT_EQ(connect("mapped:80").verdict, Verdict::mapped);
  EXPECT_EQ(connect("other:8080").verdict, Verdict::mapped);
  for (auto const* target : {"mapped:443", "other:80", "cart.shop:80", "anything:80"}) {
    EXPECT_EQ(connect(target).verdict, Verdict::blocked) << target;
  }
}

TEST(Connect, passes_where_it_is_allowed_by_host_and_port_or_by_unmapped) {
  config::Settings settings;
  settings.allow = {allowing(config::HostKind::literal, "api.test", {443}), allowing(config::HostKind::suffix, ".corp", {443})};
  World const world{std::move(settings)};
  auto const verdict = [&](std::string const& target) {
    return decide(world, Asked{"CONNECT " + target, host(target)}).verdict;
  };
  EXPECT_EQ(verdict("api.test:443"), Verdict::allowed);
  EXPECT_EQ(verdict("x.corp:443"), Verdict::allowed);
  for (auto const* target : {"api.test:8443", "corp:443", "other.test:443"})
    EXPECT_EQ(verdict(target), Verdict::blocked) << target;
  EXPECT_EQ(decided(Unmapped::allow, "CONNECT x:443", "x:443").verdict, Verdict::allowed);
  EXPECT_EQ(decided(Unmapped::report, "CONNECT x:443", "x:443").verdict, Verdict::reported);
}

TEST(Network, of_an_allow_entry_takes_destinations_that_are_addresses_in_it) {
  config::Settings settings;
  config::AllowRule rule{.text = "192.0.2.0/24:443", .host = {}, .network = parse_ip_network("192.0.2.0/24"), .ports = {443}};
  settings.allow = {rule};
  World const world{std::move(settings)};
  auto const verdict = [&](std::string const& target) {
    return decide(world, Asked{"CONNECT " + target, host(target)}).verdict;
  };
  EXPECT_EQ(verdict("192.0.2.9:443"), Verdict::allowed);
  EXPECT_EQ(verdict("[::ffff:192.0.2.9]:443"), Verdict::allowed) << "the same address";
  for (auto const* target : {"192.0.3.9:443", "192.0.2.9:80", "name:443", "[2001:db8::1]:443"})
    EXPECT_EQ(verdict(target), Verdict::blocked) << target;
}

TEST(Redirected, request_is_for_the_host_it_names_at_the_port_it_was_meant_for) {
  Asked const asked{"GET /x", host("api.test")};
  RequestUrl url;
  ASSERT_FALSE(read_request_url(asked.head, {.redirected_port = 8080}, url));
  EXPECT_EQ(url.form, TargetForm::absolute) << "so that it may be allowed";
  EXPECT_EQ(url.port(), 8080);
}

}  // namespace
}  // namespace ambassador::route::unmapped_test
