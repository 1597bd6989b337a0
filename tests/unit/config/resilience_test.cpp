// What the keys mean that keep calls going: balance, hash, health, retry, mirror, fault, trace.
#include "config/settings/retry.hpp"
#include "unit/config/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::config::resilience_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

Mapping mapping_of(std::string const& keys, std::string const& source = "http://a, target: http://b") {
  auto const loaded = load_text("map: [{source: " + source + keys + "}]");
  EXPECT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  return loaded.settings ? loaded.settings->map.front() : Mapping{};
}

std::string const tcp = "tcp://localhost:1, target: tcp://b:1";

TEST(Resilience, has_the_defaults_of_the_documentation) {
  auto const mapping = mapping_of("");
  EXPECT_EQ(mapping.balance, Balance::least_requests);
  EXPECT_FALSE(mapping.health.has_value());
  EXPECT_FALSE(mapping.mirror.has_value());
  EXPECT_FALSE(mapping.fault.has_value());
  EXPECT_EQ(mapping.retry, Retry{});
  EXPECT_EQ(mapping.retry.attempts, 1U);
  EXPECT_THAT(mapping.retry.on, ElementsAre(502, 503, 504));
}

TEST(Balance, is_one_of_four) {
  EXPECT_EQ(mapping_of(", balance: least_requests").balance, Balance::least_requests);
  EXPECT_EQ(mapping_of(", balance: round_robin").balance, Balance::round_robin);
  EXPECT_EQ(mapping_of(", balance: ewma").balance, Balance::ewma);
  EXPECT_EQ(mapping_of(", balance: hash").balance, Balance::hash);
}

TEST(Hash, is_of_the_client_unless_it_says_more) {
  EXPECT_EQ(mapping_of(", balance: hash").hash.of, HashKey::Of::client);
  EXPECT_EQ(mapping_of(", balance: hash, hash: client").hash.of, HashKey::Of::client);
  auto const header = mapping_of(", balance: hash, hash: {header: X-User}").hash;
  EXPECT_EQ(header.of, HashKey::Of::header);
  EXPECT_EQ(header.name, "x-user");
  auto const cookie = mapping_of(", balance: hash, hash: {cookie: SID}").hash;
  EXPECT_EQ(cookie.of, HashKey::Of::cookie);
  EXPECT_EQ(cookie.name, "SID");
}

TEST(Health, asks_for_a_path_or_connects) {
  auto const asked = mapping_of(", health: {path: /a/./b%41, interval: 1s, timeout: 500ms, fall: 7, rise: 9}").health.value();
  EXPECT_EQ(asked.kind, HealthCheck::Kind::http);
  EXPECT_EQ(asked.path, "/a/bA");
  EXPECT_EQ(asked.interval, seconds{1});
  EXPECT_EQ(asked.timeout, milliseconds{500});
  EXPECT_EQ(asked.fall, 7U);
  EXPECT_EQ(asked.rise, 9U);
  EXPECT_EQ(mapping_of(R"(, health: {path: "/?a=%41"})").health.value().path, "/?a=%41");
  for (auto const& connected :
       {mapping_of(", health: tcp"), mapping_of(", health: tcp", tcp), mapping_of(", health: {}", tcp)}) {
    ASSERT_TRUE(connected.health.has_value());
    EXPECT_EQ(connected.health->kind, HealthCheck::Kind::tcp);
    EXPECT_EQ(connected.health->interval, seconds{5});
    EXPECT_EQ(connected.health->timeout, seconds{2});
    EXPECT_EQ(connected.health->fall, 3U);
    EXPECT_EQ(connected.health->rise, 2U);
  }
}

TEST(Retry, is_after_what_it_names_and_nothing_else) {
  auto const retry = mapping_of(R"(, retry: {attempts: 3, on: [503, "429", reset], per_try: 2s})").retry;
  EXPECT_EQ(retry.attempts, 3U);
  EXPECT_FALSE(retry.on_connect);
  EXPECT_TRUE(retry.on_reset);
  EXPECT_THAT(retry.on, ElementsAre(429, 503));
  EXPECT_EQ(retry.per_try, seconds{2});
}

TEST(Retry, of_bytes_is_after_connect_only) {
  for (auto const* const keys : {"", ", retry: {attempts: 4}", ", retry: {on: [connect]}"}) {
    auto const retry = mapping_of(keys, tcp).retry;
    EXPECT_TRUE(retry.on_connect);
    EXPECT_FALSE(retry.on_reset);
    EXPECT_THAT(retry.on, IsEmpty());
  }
  EXPECT_EQ(mapping_of(", retry: {attempts: 4}", tcp).retry.attempts, 4U);
}

TEST(Mirror, is_a_target_and_a_share) {
  auto const mirror = mapping_of(", mirror: {target: https://Shadow/v2, percent: 10%}").mirror.value();
  EXPECT_EQ(mirror.target.text, "https://Shadow/v2");
  EXPECT_EQ(mirror.target.scheme, TargetScheme::https);
  EXPECT_EQ(mirror.target.authority.host, "shadow");
  EXPECT_EQ(mirror.target.path, "/v2");
  EXPECT_DOUBLE_EQ(mirror.share, 0.1);
  EXPECT_EQ(mapping_of(", mirror: {target: http://shadow}").mirror.value().share, 1.0);
}

TEST(Fault, delays_aborts_or_both) {
  auto const fault = mapping_of(", fault: {delay: 100ms, abort: 503, percent: 0.5}").fault.value();
  EXPECT_EQ(fault.delay, milliseconds{100});
  EXPECT_EQ(fault.abort, 503U);
  EXPECT_DOUBLE_EQ(fault.share, 0.005);
  EXPECT_EQ(mapping_of(", fault: {delay: 1s}").fault.value().abort, 0U);
  auto const abort = mapping_of(", fault: {abort: 200}").fault.value();
  EXPECT_EQ(abort.delay, milliseconds{0});
  EXPECT_EQ(abort.share, 1.0);
}

TEST(Trace, is_passed_on_unless_it_is_written) {
  auto const trace = [](std::string const& text) {
    auto const loaded = load_text("unmapped: allow\n" + text);
    EXPECT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
    return loaded.settings.value_or(Settings{}).trace;
  };
  EXPECT_EQ(trace(""), Trace::propagate);
  EXPECT_EQ(trace("trace: propagate"), Trace::propagate);
  EXPECT_EQ(trace("trace: off"), Trace::off);
  EXPECT_EQ(trace("trace: false"), Trace::off);
  EXPECT_EQ(trace("trace: on"), Trace::on);
}

TEST(Resilience, is_shown_as_it_could_be_written) {
  auto const loaded = load_text(R"(
map:
  - source: http://a
    target: http://b
    balance: hash
    hash: {cookie: sid}
    health: {path: /h}
    retry: {per_try: 1s}
    mirror: {target: http://c, percent: 7}
    fault: {delay: 1s, abort: 500, percent: 12.5%})");
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_THAT(to_yaml(*loaded.settings), testing::HasSubstr(R"(    balance: hash
    hash: {cookie: "sid"}
    health: {path: "/h", interval: 5s, timeout: 2s, fall: 3, rise: 2}
    retry: {attempts: 1, on: [connect, reset, 502, 503, 504], per_try: 1s}
    mirror: {target: "http://c", percent: 7}
    fault: {delay: 1s, abort: 500, percent: 12.5}
)"));
}

}  // namespace
}  // namespace ambassador::config::resilience_test
