#include "admin/status.hpp"

#include "support/snapshot.hpp"

#include <spdlog/sinks/null_sink.h>
#include <boost/json/parse.hpp>

namespace ambassador::admin::status_test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class Status : public testing::Test {
 protected:
  [[nodiscard]] json::object answer() {
    StatusParts const parts{*snapshot, metrics, endpoints, reloads, resolver, version, started, draining};
    return json::parse(status_json(parts, started + 90s, SteadyTime{1h})).as_object();
  }

  std::unique_ptr<route::Snapshot> snapshot = support::snapshot_of(R"(
    log: {calls: errors, query: redact}
    unmapped: report
    map:
      - {source: http://a, target: http://one}
      - {source: http://b, target: http://two}
  )");
  observe::Metrics metrics{{"http://a", "http://b"}, {}, 1, "1.2.3"};
  upstream::EndpointStates endpoints;
  std::shared_ptr<observe::EventLog> events = observe::make_event_log(std::make_shared<spdlog::sinks::null_sink_mt>());
  ReloadReport reloads{*events, metrics.registry()};
  boost::asio::io_context context;
  net::Resolver resolver{context, {}};
  std::string version = "1.2.3";
  SystemTime started{1'795'329'294'000ms};
  bool draining = false;
};

TEST_F(Status, says_who_and_since_when) {
  auto const status = answer();
  EXPECT_EQ(status.at("version").as_string(), "1.2.3");
  EXPECT_EQ(status.at("now_ms").as_int64() - status.at("started_ms").as_int64(), 90'000);
  EXPECT_FALSE(status.at("draining").as_bool());
}

TEST_F(Status, says_what_the_log_leaves_out) {
  EXPECT_EQ(answer().at("log").at("share").to_number<double>(), 0);
  EXPECT_EQ(answer().at("log").at("query").as_string(), "redact");
  metrics.log_lines_dropped().Increment(7);
  EXPECT_EQ(answer().at("log").at("lines_dropped").as_int64(), 7);
}

TEST_F(Status, has_every_source_with_what_was_counted) {
  observe::CallRecord record;
  record.mapping = 1;
  record.method = "GET";
  record.status = 502;
  record.duration = 3ms;
  metrics.worker(0).record(record);
  auto const status = answer();
  auto const& sources = status.at("sources").as_array();
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].at("calls").as_int64(), 0);
  EXPECT_EQ(sources[1].at("source").as_string(), "http://b");
  EXPECT_EQ(sources[1].at("calls").as_int64(), 1);
  EXPECT_EQ(sources[1].at("failed").as_int64(), 1);
  ASSERT_EQ(sources[1].at("durations").as_array().size(), status.at("bounds").as_array().size() + 1);
  EXPECT_EQ(sources[1].at("durations").at(3).as_int64(), 1);
  EXPECT_EQ(status.at("bounds").at(3).to_number<double>(), 0.005);
}

TEST_F(Status, tells_calls_without_a_source_by_what_became_of_them) {
  observe::CallRecord record;
  record.method = "GET";
  record.decision = observe::Decision::allowed;
  record.status = 502;
  metrics.worker(0).record(record);
  record.decision = observe::Decision::blocked;
  record.status = 403;
  for (int i = 0; i < 2; ++i) metrics.worker(0).record(record);
  auto const status = answer();
  auto const& unmapped = status.at("unmapped");
  EXPECT_EQ(unmapped.at("passed").at("calls").as_int64(), 1);
  EXPECT_EQ(unmapped.at("passed").at("failed").as_int64(), 1);
  EXPECT_EQ(unmapped.at("blocked").at("calls").as_int64(), 2);
  EXPECT_EQ(unmapped.at("refused").at("calls").as_int64(), 0);
}

TEST_F(Status, has_sources_of_the_same_text_once) {
  snapshot = support::snapshot_of(R"(
    map:
      - {source: http://a, target: http://one, when: {methods: [GET]}}
      - {source: http://a, target: http://two}
  )");
  metrics.count_by({"http://a", "http://a"}, {});
  EXPECT_EQ(answer().at("sources").as_array().size(), 1U);
}

TEST_F(Status, has_each_endpoint_and_adds_up_the_calls_under_way) {
  auto const one = endpoints.of("http://a", "10.0.0.1:80");
  auto const other = endpoints.of("http://a", "10.0.0.2:80");
  one->in_flight = 2;
  other->in_flight = 1;
  other->failing_checks = true;
  auto const status = answer();
  EXPECT_EQ(status.at("sources").at(0).at("in_flight").as_int64(), 3);
  auto const& second = status.at("endpoints").at(1);
  EXPECT_EQ(second.at("state").as_string(), "failing checks");
  EXPECT_FALSE(second.at("available").as_bool());
  EXPECT_TRUE(second.at("dns_age_s").is_null());
}

TEST_F(Status, has_no_endpoint_of_a_source_that_is_gone) {
  auto const gone = endpoints.of("http://gone", "10.0.0.1:80");
  EXPECT_TRUE(answer().at("endpoints").as_array().empty());
}

TEST_F(Status, says_how_the_last_reload_went) {
  EXPECT_TRUE(answer().at("configuration").at("last_reload").is_null());
  reloads.failed("a.yaml", {"a.yaml:3:1: error: no such key", "and another"});
  EXPECT_EQ(answer().at("configuration").at("number").to_number<int>(), 1);
  EXPECT_EQ(answer().at("configuration").at("last_reload").at("faults").as_array().size(), 2U);
  reloads.succeeded("a.yaml");
  EXPECT_TRUE(answer().at("configuration").at("last_reload").at("faults").as_array().empty());
  // Two within a second are told apart by it.
  EXPECT_EQ(answer().at("configuration").at("number").to_number<int>(), 2);
  EXPECT_EQ(answer().at("configuration").at("unmapped").as_string(), "report");
}

class DnsAge : public testing::Test {
 protected:
  [[nodiscard]] std::optional<std::chrono::seconds> of(std::string const& address) const {
    return dns_age(snapshot->settings.map.front(), address, last_answer, now);
  }

  SteadyTime const now{1h};
  std::unique_ptr<route::Snapshot> const snapshot =
      support::snapshot_of("map: [{source: http://a, target: [http://one:81, http://two.]}]");
  LastAnswer last_answer = [this](std::string const& host) -> std::optional<net::Resolver::Past> {
    auto const answer = [](char const* address) {
      return net::Addresses{.list = {{boost::asio::ip::make_address(address)}}, .ttl = 5s};
    };
    if (host == "one") return net::Resolver::Past{answer("10.0.0.1"), now - 7s};
    if (host == "two.") return net::Resolver::Past{answer("fd00::2"), now - 90s};
    return std::nullopt;
  };
};

TEST_F(DnsAge, is_that_of_the_name_which_has_the_address) {
  EXPECT_EQ(of("10.0.0.1:81"), 7s);
  EXPECT_EQ(of("[fd00::2]:80"), 90s);
}

TEST_F(DnsAge, is_unknown_where_no_name_has_the_address) {
  EXPECT_EQ(of("10.0.0.1:80"), std::nullopt);
  EXPECT_EQ(of("10.0.0.9:81"), std::nullopt);
}

}  // namespace
}  // namespace ambassador::admin::status_test
