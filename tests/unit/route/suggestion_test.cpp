// What is suggested is configuration that our own reader takes, and that covers what was seen; no more than that.
#include "route/suggestion.hpp"
#include "config/load.hpp"
#include "unit/route/rules.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace ambassador::route::suggestion_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// 2026-11-22T06:34:54Z.
constexpr SystemTime noon{std::chrono::seconds{1'795'329'294}};

/// A call as a session sees it.
SeenCall call(std::string const& start, std::string const& host_name = "h", std::uint64_t count = 1, SystemTime last = noon) {
  Asked const asked{start, host(host_name)};
  EXPECT_FALSE(asked.fault) << start;
  auto const seen = seen_destination(asked.url, listener_port);
  return {seen.form, std::string{seen.host}, seen.port, std::string{seen.path}, count, last};
}

/// The lines that are not comments.
std::string lines(std::string const& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find('\n', at) + 1;
    auto const line = text.substr(at, end - at);
    if (line.find_first_not_of(' ') != line.find('#')) out += line;
    at = end;
  }
  return out;
}

std::string suggested(std::vector<SeenCall> calls) { return lines(suggest({std::move(calls), 0}, nullptr)); }

std::string source(std::string const& text) { return "  - source: " + text + "\n    target: http://the-real-service\n"; }

config::Loaded loaded(std::string const& text) {
  config::Inputs inputs;
  inputs.file = "pasted.yaml";
  inputs.read_file = [&](std::string const&) { return std::optional{text}; };
  return config::load(inputs);
}

TEST(Suggestion, of_nothing_says_so_in_a_comment) {
  auto const text = suggest({}, nullptr);
  EXPECT_THAT(text, HasSubstr("# Nothing to suggest"));
  EXPECT_EQ(lines(text), "");
}

TEST(Suggestion, merges_the_ports_of_a_host_whatever_the_form) {
  EXPECT_EQ(suggested({call("GET http://api.stripe.com/a/b?c"),
                       call("CONNECT api.stripe.com:443"),
                       call("GET http://api.stripe.com:8080/"),
                       call("GET https://api.stripe.com/x"),
                       {SeenForm::tcp, "api.stripe.com", 22, "", 1, noon}}),
            "allow:\n  - \"api.stripe.com:22,80,443,8080\"\n");
}

TEST(Suggestion, is_in_the_order_of_names_whatever_was_seen_first) {
  auto const a = call("GET http://a.example/");
  auto const b = call("GET http://b.example/");
  auto const x = call("GET /x", "orders");
  auto const y = call("GET /y", "orders");
  auto const expected =
      "allow:\n  - \"a.example:80\"\n  - \"b.example:80\"\nmap:\n" + source("http://orders/x") + source("http://orders/y");
  EXPECT_EQ(suggested({a, b, x, y}), expected);
  EXPECT_EQ(suggested({y, b, x, a}), expected);
}

TEST(Suggestion, says_how_often_and_when_each_was_called) {
  auto const text = suggest({{call("GET http://a.example/", "h", 2, noon), call("CONNECT a.example:443", "h", 10, noon + 61s),
                              call("GET /x", "orders", 1, noon - 1s)},
                             0},
                            nullptr);
  EXPECT_THAT(text, HasSubstr("  # 12 calls, last 2026-11-22T06:35:55Z\n  - \"a.example:80,443\"\n"));
  EXPECT_THAT(text, HasSubstr("  # 1 call, last 2026-11-22T06:34:53Z\n  - source: http://orders/x\n"));
}

TEST(Suggestion, names_the_private_addresses_of_names_that_look_private) {
  for (std::string const name :
       {"numbers-api", "users.shop.svc", "users.shop.svc.cluster.local", "printer.local", "db.corp.internal"}) {
    EXPECT_EQ(suggested({call("GET http://" + name + "/")}), "allow:\n  - {to: \"" + name + ":80\", addresses: [private]}\n");
  }
}

TEST(Suggestion, takes_addresses_loopback_names_and_public_names_as_they_are) {
  for (std::string const name :
       {"10.0.0.1", "127.0.0.1", "[fd00::1]", "192.0.2.1", "example.com", "svc.example.com", "localhost"}) {
    EXPECT_EQ(suggested({call("GET http://" + name + ":8080/")}), "allow:\n  - \"" + name + ":8080\"\n");
  }
}

TEST(Suggestion, maps_what_came_straight_at_a_listener_by_its_first_segment) {
  EXPECT_EQ(suggested({call("GET /api/v1/users?x", "orders"), call("GET /api/v2", "orders"), call("GET /api", "orders:1080"),
                       call("POST /pay", "orders:8080")}),
            "map:\n" + source("http://orders/api") + source("http://orders:8080/pay"));
}

TEST(Suggestion, maps_the_root_alone_where_it_was_called) {
  EXPECT_EQ(suggested({call("GET /api", "orders"), call("GET /", "orders"), call("GET /", "other"), call("GET //a", "third")}),
            "map:\n" + source("http://orders") + source("http://other") + source("http://third"));
}

TEST(Suggestion, maps_localhost_whatever_the_listener_was_called) {
  auto const expected = "map:\n" + source("http://localhost/api");
  EXPECT_EQ(suggested({call("GET /api/a", "localhost:1080")}), expected);
  EXPECT_EQ(suggested({call("GET /api/a", "127.0.0.1:1080")}), expected);
  EXPECT_EQ(suggested({call("GET http://[::1]:1080/api")}), expected);
  EXPECT_EQ(suggested({call("GET http://localhost/api/a")}), expected);
}

TEST(Suggestion, maps_http_whatever_the_listener_speaks) {
  for (auto const& [name, expected] : {std::pair{"orders", "http://orders/api"},
                                       {"orders:1080", "http://orders/api"},
                                       {"orders:8443", "http://orders:8443/api"}}) {
    Asked asked{"GET /api/a", host(name)};
    asked.url.scheme = Scheme::https;
    auto const seen = seen_destination(asked.url, listener_port);
    EXPECT_EQ(suggested({{seen.form, std::string{seen.host}, seen.port, std::string{seen.path}, 1, noon}}),
              "map:\n" + source(expected));
  }
}

TEST(Suggestion, does_not_tell_long_or_odd_segments_apart) {
  EXPECT_EQ(suggested({call("GET /" + std::string(200, 'a'), "orders")}), "map:\n" + source("http://orders"));
  EXPECT_EQ(suggested({call("GET /\xff/a", "orders")}), "map:\n" + source("http://orders"));
}

TEST(Suggestion, splits_more_ports_than_an_entry_may_have) {
  std::vector<SeenCall> calls;
  for (std::uint16_t port = 1001; port <= 1130; ++port) calls.push_back({SeenForm::tcp, "a.example", port, "", 1, noon});
  auto const text = suggested(calls);
  auto const read = loaded(text);
  ASSERT_TRUE(read.settings) << text << to_string(read.diagnostics.front());
  ASSERT_EQ(read.settings->allow.size(), 3U);
  EXPECT_EQ(read.settings->allow[0].ports.size(), 64U);
  EXPECT_EQ(read.settings->allow[2].ports.size(), 2U);
}

TEST(Suggestion, says_what_it_could_not_keep_and_what_is_to_be_noted) {
  auto const text = suggest({{}, 37}, nullptr, {"two lines were not read"});
  EXPECT_THAT(text, HasSubstr("# 37 calls to further destinations"));
  EXPECT_THAT(text, HasSubstr("# two lines were not read\n"));
  EXPECT_EQ(lines(text), "");
}

TEST(Suggestion, points_out_what_was_never_used_and_where_it_stands) {
  config::Settings settings;
  settings.map = {mapping("http://used"), mapping("http://old-api"), mapping("http://c")};
  settings.map[2].source_text = "http://also\nold";
  settings.map[1].where = {"ambassador.yaml", 14, 3};
  settings.map[2].where = {"environment AMBASSADOR_MAP_1", 0, 0};
  settings.allow = {allowing(config::HostKind::literal, "idle.example", {80}),
                    allowing(config::HostKind::literal, "busy.example", {80})};
  settings.allow[0].where = {"ambassador.yaml", 20, 3};
  Usage const usage{settings, {3, 0, 0}, {0, 1}};
  auto const text = suggest({}, &usage);
  EXPECT_THAT(text, HasSubstr("# never used: map[1] http://old-api (ambassador.yaml:14)\n"));
  EXPECT_THAT(text, HasSubstr("# never used: map[2] http://also\\x0aold (environment AMBASSADOR_MAP_1)\n"));
  EXPECT_THAT(text, HasSubstr("# never used: allow[0] idle.example (ambassador.yaml:20)\n"));
  EXPECT_THAT(text, Not(HasSubstr("http://used")));
  EXPECT_THAT(text, Not(HasSubstr("busy.example")));
  EXPECT_EQ(lines(text), "");
}

TEST(Suggestion, is_configuration_that_lets_the_calls_pass) {
  std::vector<std::pair<std::string, std::string>> const asked{{"GET http://api.example.com:8080/a", "h"},
                                                               {"GET http://10.0.0.1/", "h"},
                                                               {"GET http://numbers-api/a", "h"},
                                                               {"GET http://users.shop.svc:8080/a", "h"},
                                                               {"GET http://[2001:db8::1]:81/", "h"},
                                                               {"GET /api/v1?x", "orders"},
                                                               {"GET /", "[2001:db8::1]:8080"},
                                                               {"GET /a\"b${HOME}/c", "odd.example"},
                                                               {"GET /api", "localhost:1080"},
                                                               {"GET http://localhost/rng/a", "h"},
                                                               {"GET /a:/b", "odd.example"}};
  std::vector<SeenCall> calls;
  for (auto const& [start, name] : asked) calls.push_back(call(start, name));
  auto const text = suggest({calls, 1}, nullptr, {"a note"});
  auto const read = loaded(text);
  ASSERT_TRUE(read.settings) << text << to_string(read.diagnostics.front());
  for (auto const& rule : read.settings->allow) {
    EXPECT_EQ(rule.addresses.empty(), rule.host != "numbers-api" && rule.host != "users.shop.svc") << rule.text;
  }
  World const world{*read.settings};
  for (auto const& [start, name] : asked) {
    EXPECT_NE(goes_to(world, Asked{start, host(name)}), "blocked") << start << '\n' << text;
  }
  EXPECT_EQ(goes_to(world, Asked{"GET http://api.example.com/a", host("h")}), "blocked") << "more than was seen";
}

}  // namespace
}  // namespace ambassador::route::suggestion_test
