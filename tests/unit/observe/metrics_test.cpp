#include "observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace ambassador::observe::metrics_test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

CallRecord call_of(std::uint32_t mapping, std::string method, int status) {
  CallRecord call;
  call.mapping = mapping;
  call.decision = mapping == no_mapping ? Decision::allowed : Decision::mapped;
  call.method = std::move(method);
  call.status = status;
  call.duration = 12ms;
  return call;
}

struct Counting : testing::Test {
  Metrics metrics{{"http://localhost/api", "http://pay"}, {"127.0.0.1:1080", "[::1]:1080"}, 2, "1.2.3"};

  std::vector<std::string> lines() { return lines_of(metrics.expose()); }
};

TEST_F(Counting, adds_up_all_workers) {
  metrics.worker(0).record(call_of(0, "GET", 200));
  metrics.worker(1).record(call_of(0, "GET", 200));
  metrics.worker(1).record(call_of(1, "POST", 502));
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://localhost/api",method="GET",code="200"} 2)"));
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://pay",method="POST",code="502"} 1)"));
}

TEST_F(Counting, counts_a_call_without_a_mapping_as_none) {
  metrics.worker(0).record(call_of(no_mapping, "GET", 200));
  metrics.worker(0).record(call_of(17, "GET", 200));
  EXPECT_THAT(lines(), Contains(R"(ambassador_requests_total{mapping="none",method="GET",code="200"} 2)"));
}

TEST_F(Counting, has_other_for_methods_it_does_not_know) {
  for (auto const* method : {"PROPFIND", "get", "", "GETGETGETGETGET"}) metrics.worker(0).record(call_of(1, method, 200));
  metrics.worker(0).record(call_of(1, "PATCH", 200));
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://pay",method="other",code="200"} 4)"));
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://pay",method="PATCH",code="200"} 1)"));
}

TEST_F(Counting, has_0_for_a_client_that_got_nothing) {
  metrics.worker(0).record(call_of(1, "GET", 0));
  EXPECT_THAT(lines(), Contains(R"(ambassador_requests_total{mapping="http://pay",method="GET",code="0"} 1)"));
}

TEST_F(Counting, bounds_the_codes_that_an_upstream_can_make_up) {
  for (int status = 100; status <= 999; ++status) metrics.worker(0).record(call_of(1, "GET", status));
  auto const all = lines();
  auto const series = std::count_if(all.begin(), all.end(), [](std::string const& line) {
    return line.starts_with("ambassador_requests_total{mapping=\"http://pay\"");
  });
  EXPECT_EQ(series, static_cast<std::ptrdiff_t>(CounterChain::max_keys) + 1);
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://pay",method="other",code="other"} 836)"));
}

TEST_F(Counting, shares_a_series_among_mappings_of_the_same_source) {
  Metrics twice{{"http://a", "http://b", "http://a"}, {}, 1, "1"};
  auto const series = twice.count_by({"http://a", "http://b", "http://a"}, {});
  for (auto const mapping : series.mappings) twice.worker(0).record(call_of(mapping, "GET", 200));
  auto const all = lines_of(twice.expose());
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://a",method="GET",code="200"} 2)"));
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://b",method="GET",code="200"} 1)"));
}

TEST_F(Counting, counts_what_failed_apart_from_what_was_blocked_reported_or_refused) {
  auto failed = call_of(0, "GET", 502);
  failed.reason_code = Reason::connect_refused;
  metrics.worker(0).record(failed);
  metrics.worker(1).record(failed);
  auto allowed = failed;
  allowed.decision = Decision::allowed;
  metrics.worker(0).record(allowed);
  for (auto const decision : {Decision::blocked, Decision::reported}) {
    auto other = failed;
    other.decision = decision;
    metrics.worker(0).record(other);
  }
  auto refused = failed;
  refused.refused = true;
  metrics.worker(0).record(refused);
  metrics.worker(0).record(call_of(0, "GET", 500));
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_failed_total{reason="connect_refused"} 3)"));
  EXPECT_THAT(all, Not(Contains(HasSubstr(R"(ambassador_failed_total{reason="none")"))));
}

TEST_F(Counting, what_alerts_look_at_is_there_at_zero_from_the_start) {
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_blocked_total{reason="not_in_map"} 0)"));
  EXPECT_THAT(all, Contains(R"(ambassador_reported_total{reason="sni_mismatch"} 0)"));
  EXPECT_THAT(all, Contains(R"(ambassador_failed_total{reason="connect_refused"} 0)"));
  EXPECT_THAT(all, Not(Contains(HasSubstr(R"(ambassador_blocked_total{reason="connect_refused")"))));
  EXPECT_THAT(all, Not(Contains(HasSubstr(R"({reason="none")"))));
}

TEST_F(Counting, knows_how_often_each_mapping_was_used) {
  Metrics twice{{"http://a", "http://b", "http://a", "http://c"}, {}, 2, "1"};
  twice.worker(0).record(call_of(0, "GET", 200));
  twice.worker(1).record(call_of(0, "POST", 502));
  twice.worker(1).record(call_of(1, "GET", 200));
  twice.worker(1).record(call_of(no_mapping, "GET", 403));
  EXPECT_THAT(twice.mapping_uses(), ElementsAre(2U, 1U, 2U, 0U));
}

TEST_F(Counting, knows_how_often_each_allow_entry_was_used) {
  Metrics allowing{{}, {}, 2, "1", {"a:80", "b:80", "c:80"}};
  auto call = call_of(no_mapping, "GET", 200);
  allowing.worker(0).record(call);
  call.allow_rule = 1;
  allowing.worker(0).record(call);
  allowing.worker(1).record(call);
  call.allow_rule = 3;
  allowing.worker(1).record(call);
  EXPECT_THAT(allowing.allow_uses(), ElementsAre(0U, 2U, 0U));
}

TEST_F(Counting, goes_on_with_a_source_that_another_configuration_has_elsewhere) {
  metrics.worker(0).record(call_of(0, "GET", 200));
  auto const next = metrics.count_by({"http://new", "http://localhost/api"}, {"b:80"});
  metrics.worker(0).make_room(metrics.counts());
  metrics.worker(0).record(call_of(next.mappings[0], "GET", 200));
  metrics.worker(0).record(call_of(next.mappings[1], "GET", 200));
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://new",method="GET",code="200"} 1)"));
  EXPECT_THAT(all, Contains(R"(ambassador_requests_total{mapping="http://localhost/api",method="GET",code="200"} 2)"));
  EXPECT_THAT(metrics.mapping_uses(), ElementsAre(1U, 2U));
}

TEST_F(Counting, keeps_what_a_source_counted_that_is_gone) {
  metrics.worker(0).record(call_of(1, "GET", 200));
  metrics.count_by({"http://new"}, {});
  metrics.worker(0).record(call_of(1, "GET", 200));  // it was under way
  EXPECT_THAT(lines(), Contains(R"(ambassador_requests_total{mapping="http://pay",method="GET",code="200"} 2)"));
  EXPECT_THAT(metrics.mapping_uses(), ElementsAre(0U));
  auto const back = metrics.count_by({"http://pay"}, {});
  EXPECT_THAT(back.mappings, ElementsAre(1U));
  EXPECT_THAT(metrics.mapping_uses(), ElementsAre(2U));
}

TEST_F(Counting, may_be_scraped_before_a_worker_has_room_for_what_is_new) {
  auto const next = metrics.count_by({"http://new"}, {"a:80"});
  auto const listener = metrics.listener("127.0.0.1:99");
  EXPECT_THAT(metrics.mapping_uses(), ElementsAre(0U));
  EXPECT_THAT(metrics.allow_uses(), ElementsAre(0U));
  EXPECT_THAT(lines(), Contains(R"(ambassador_connections_active{listener="127.0.0.1:99"} 0)"));
  metrics.worker(1).make_room(metrics.counts());
  metrics.worker(1).connection_opened(listener);
  auto call = call_of(next.mappings[0], "GET", 200);
  call.allow_rule = next.allowed[0];
  metrics.worker(1).record(call);
  EXPECT_THAT(lines(), Contains(R"(ambassador_connections_active{listener="127.0.0.1:99"} 1)"));
  EXPECT_THAT(metrics.allow_uses(), ElementsAre(1U));
}

TEST_F(Counting, gives_an_address_that_comes_back_its_number_again) {
  auto const first = metrics.listener("127.0.0.1:99");
  EXPECT_EQ(metrics.listener("127.0.0.1:1080"), 0U);
  EXPECT_EQ(metrics.listener("127.0.0.1:99"), first);
}

TEST_F(Counting, sorts_durations_into_buckets_that_include_their_bound) {
  for (auto const duration : std::initializer_list<std::chrono::nanoseconds>{0ns, 500us, 500us + 1ns, 60s, 61s}) {
    auto call = call_of(0, "GET", 200);
    call.duration = duration;
    metrics.worker(0).record(call);
  }
  auto const all = lines();
  auto const name = std::string{"ambassador_request_duration_seconds"};
  auto const label = std::string{R"({mapping="http://localhost/api")"};
  EXPECT_THAT(all, Contains(name + "_bucket" + label + R"(,le="0.0005"} 2)"));
  EXPECT_THAT(all, Contains(name + "_bucket" + label + R"(,le="0.001"} 3)"));
  EXPECT_THAT(all, Contains(name + "_bucket" + label + R"(,le="30"} 3)"));
  EXPECT_THAT(all, Contains(name + "_bucket" + label + R"(,le="60"} 4)"));
  EXPECT_THAT(all, Contains(name + "_bucket" + label + R"(,le="+Inf"} 5)"));
  EXPECT_THAT(all, Contains(name + "_count" + label + "} 5"));
  EXPECT_THAT(all, Contains(name + "_sum" + label + "} 121.001000001"));
}

TEST_F(Counting, has_an_upstream_duration_only_for_calls_that_reached_one) {
  metrics.worker(0).record(call_of(0, "GET", 502));
  EXPECT_THAT(metrics.expose(), Not(HasSubstr("ambassador_upstream_duration_seconds_count")));
  auto call = call_of(0, "GET", 200);
  call.upstream_duration = 3ms;
  metrics.worker(0).record(call);
  EXPECT_THAT(lines(), Contains(R"(ambassador_upstream_duration_seconds_count{mapping="http://localhost/api"} 1)"));
  EXPECT_THAT(lines(), Contains(R"(ambassador_request_duration_seconds_count{mapping="http://localhost/api"} 2)"));
}

TEST_F(Counting, counts_body_bytes_both_ways) {
  auto call = call_of(0, "PUT", 200);
  call.bytes_in = 5'000'000'000;
  call.bytes_out = 7;
  metrics.worker(0).record(call);
  metrics.worker(1).record(call);
  EXPECT_THAT(lines(), Contains(R"(ambassador_bytes_total{mapping="http://localhost/api",direction="in"} 10000000000)"));
  EXPECT_THAT(lines(), Contains(R"(ambassador_bytes_total{mapping="http://localhost/api",direction="out"} 14)"));
}

TEST_F(Counting, tells_blocked_reported_and_refused_apart) {
  auto call = call_of(no_mapping, "GET", 403);
  call.reason_code = Reason::not_in_map;
  call.decision = Decision::blocked;
  metrics.worker(0).record(call);
  metrics.worker(1).record(call);
  call.decision = Decision::reported;
  metrics.worker(0).record(call);
  call.decision = Decision::local;
  call.refused = true;
  call.reason_code = Reason::bad_request;
  metrics.worker(0).record(call);
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_blocked_total{reason="not_in_map"} 2)"));
  EXPECT_THAT(all, Contains(R"(ambassador_reported_total{reason="not_in_map"} 1)"));
  EXPECT_THAT(all, Contains(R"(ambassador_refused_total{reason="bad_request"} 1)"));
}

TEST_F(Counting, counts_retries_by_mapping_and_reason) {
  metrics.worker(0).retried(0, Reason::connect_refused);
  metrics.worker(1).retried(0, Reason::connect_refused);
  metrics.worker(1).retried(0, Reason::reset);
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_retries_total{mapping="http://localhost/api",reason="connect_refused"} 2)"));
  EXPECT_THAT(all, Contains(R"(ambassador_retries_total{mapping="http://localhost/api",reason="reset"} 1)"));
}

TEST_F(Counting, knows_how_many_connections_are_open) {
  metrics.worker(0).connection_opened(0);
  metrics.worker(1).connection_opened(0);
  metrics.worker(1).connection_opened(1);
  metrics.worker(1).connection_closed(1);
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_connections_active{listener="127.0.0.1:1080"} 2)"));
  EXPECT_THAT(all, Contains(R"(ambassador_connections_active{listener="[::1]:1080"} 0)"));
}

TEST_F(Counting, has_what_concerns_the_whole_process) {
  metrics.dns_resolved(DnsResult::ok);
  metrics.dns_resolved(DnsResult::timed_out);
  metrics.log_lines_dropped().Increment(3);
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_dns_resolutions_total{result="ok"} 1)"));
  EXPECT_THAT(all, Contains(R"(ambassador_dns_resolutions_total{result="no_address"} 0)"));
  EXPECT_THAT(all, Contains(R"(ambassador_dns_resolutions_total{result="failed"} 0)"));
  EXPECT_THAT(all, Contains(R"(ambassador_dns_resolutions_total{result="timed_out"} 1)"));
  EXPECT_THAT(all, Contains("ambassador_log_lines_dropped_total 3"));
  EXPECT_THAT(all, Contains(R"(ambassador_build_info{version="1.2.3"} 1)"));
}

TEST_F(Counting, has_the_facts_of_the_process) {
  auto const value = [all = lines()](std::string const& name) {
    for (auto const& line : all) {
      if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    }
    return -1.0;
  };
  EXPECT_GE(value("process_cpu_seconds_total"), 0);
  EXPECT_GT(value("process_resident_memory_bytes"), 100'000);
  EXPECT_GT(value("process_virtual_memory_bytes"), value("process_resident_memory_bytes"));
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GE(value("process_max_fds"), value("process_open_fds"));
  auto const now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(value("process_start_time_seconds"), now, 3600);
}

TEST_F(Counting, describes_every_family_once) {
  metrics.worker(0).record(call_of(0, "GET", 200));
  std::vector<std::string> names;
  std::vector<std::string> described;
  for (auto const& line : lines()) {
    std::istringstream words{line};
    std::string mark;
    std::string kind;
    std::string name;
    words >> mark >> kind >> name;
    if (mark == "#" && kind == "TYPE") names.push_back(name);
    if (mark == "#" && kind == "HELP") described.push_back(name);
  }
  EXPECT_EQ(names, described);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST_F(Counting, escapes_what_a_source_may_hold) {
  Metrics odd{{"http://a/\"\\"}, {}, 1, "1"};
  odd.worker(0).record(call_of(0, "GET", 200));
  EXPECT_THAT(lines_of(odd.expose()),
              Contains(R"(ambassador_requests_total{mapping="http://a/\"\\",method="GET",code="200"} 1)"));
}

TEST_F(Counting, may_be_scraped_while_workers_count) {
  constexpr int calls = 20'000;
  std::atomic<int> running{2};
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < 2; ++i) {
    workers.emplace_back([&, i] {
      auto& worker = metrics.worker(i);
      auto call = call_of(0, "GET", 200);
      call.upstream_duration = 1ms;
      for (int n = 0; n < calls; ++n) {
        call.mapping = n % 3 == 2 ? no_mapping : static_cast<std::uint32_t>(n % 3);
        call.status = 200 + n % 50;
        worker.connection_opened(0);
        if (n % 100 == 0) worker.make_room(metrics.counts());
        worker.record(call);
        worker.retried(0, static_cast<Reason>(n % static_cast<int>(reason_count)));
        worker.connection_closed(0);
      }
      --running;
    });
  }
  for (int n = 0; running > 0; ++n) {
    EXPECT_THAT(metrics.expose(), HasSubstr("# TYPE ambassador_requests_total counter"));
    metrics.count_by({"http://localhost/api", "http://pay", "http://new-" + std::to_string(n)}, {});
  }
  for (auto& worker : workers) worker.join();
  auto const all = lines();
  EXPECT_THAT(all, Contains(R"(ambassador_request_duration_seconds_count{mapping="none"} 13332)"));
  EXPECT_THAT(all, Contains(R"(ambassador_connections_active{listener="127.0.0.1:1080"} 0)"));
}

TEST(Reasons, have_codes_that_differ) {
  std::vector<std::string_view> codes;
  for (std::size_t i = 0; i < reason_count; ++i) codes.push_back(code(static_cast<Reason>(i)));
  EXPECT_EQ(codes.front(), "none");
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());
}

}  // namespace
}  // namespace ambassador::observe::metrics_test
