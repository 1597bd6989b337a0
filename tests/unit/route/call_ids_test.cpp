// By what a call is found again: what is read of it, what is made, and what goes on.
#include "route/call_ids.hpp"

#include "session/http/forwarded_head.hpp"
#include "unit/route/rules.hpp"
#include "wire/http/trace_context.hpp"

#include <regex>
#include <set>

namespace ambassador::route::call_ids_test {
namespace {

using session::append_forwarded;

using config::Trace;

std::string const trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
std::string const traceparent = "00-" + trace_id + "-00f067aa0ba902b7-01";
std::string const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

std::string field(std::string const& name, std::string const& value) { return name + ": " + value + "\r\n"; }

/// One worker's calls.
struct Calls {
  explicit Calls(Trace from) : trace{from} {}

  Trace trace;
  Random random{7};
  CallIds ids;

  void take(std::string const& fields, std::string const& start = "GET http://h/") {
    Asked const asked{start, host("h") + fields};
    take_ids(ids, trace, asked.head, random);
  }

  /// The fields that go on, without Host and Via.
  std::string sent(std::string const& fields, config::HeaderRules const* rules = nullptr) {
    Asked const asked{"GET http://h/", host("h") + fields};
    take_ids(ids, trace, asked.head, random);
    std::string out;
    append_forwarded(out, asked.head,
                     {.target = "/", .host = "h", .pseudonym = "us", .upgrade = {}, .rules = rules, .ids = &ids});
    auto const begins = out.find("Host: h\r\n") + 9;
    return out.substr(begins, out.find("Via: 1.1 us") - begins);
  }
};

bool matches(std::string const& text, std::string const& pattern) { return std::regex_match(text, std::regex{pattern}); }

TEST(CallIds, are_none_where_trace_is_off) {
  Calls calls{Trace::off};
  auto const fields = field("traceparent", traceparent) + field("X-Request-Id", "r1");
  EXPECT_EQ(calls.sent(fields), fields);
  EXPECT_EQ(calls.ids.trace_id + calls.ids.request_id, "");
}

TEST(CallIds, are_those_that_the_client_sends_and_go_on_unchanged) {
  Calls calls{Trace::propagate};
  auto const fields = field("traceparent", traceparent) + field("tracestate", "a=1") + field("X-Request-Id", "r1");
  EXPECT_EQ(calls.sent(fields), fields);
  EXPECT_EQ(calls.ids.trace_id, trace_id);
  EXPECT_EQ(calls.ids.request_id, "r1");
}

TEST(CallIds, are_not_made_where_they_are_only_passed_on) {
  Calls calls{Trace::propagate};
  EXPECT_EQ(calls.sent(field("X-A", "1")), field("X-A", "1"));
  EXPECT_EQ(calls.ids.trace_id + calls.ids.request_id, "");
  auto const invalid = field("traceparent", "00-x") + field("tracestate", "a=1");
  EXPECT_EQ(calls.sent(invalid), invalid);
  EXPECT_EQ(calls.ids.trace_id, "");
}

TEST(CallIds, of_one_call_are_not_those_of_the_next) {
  Calls calls{Trace::propagate};
  calls.take(field("traceparent", traceparent) + field("X-Request-Id", "r1"));
  calls.take("");
  EXPECT_EQ(calls.ids.trace_id + calls.ids.request_id, "");
}

TEST(CallIds, that_are_not_fit_for_a_log_go_on_and_are_not_logged) {
  Calls calls{Trace::propagate};
  calls.take(field("X-Request-Id", "r1"));
  for (auto const& id : {std::string(max_request_id + 1, 'x'), std::string{"a\tb"}}) {
    EXPECT_EQ(calls.sent(field("X-Request-Id", id)), field("X-Request-Id", id));
    EXPECT_EQ(calls.ids.request_id, "") << id;
  }
  calls.take(field("X-Request-Id", std::string(max_request_id, 'x')));
  EXPECT_EQ(calls.ids.request_id.size(), max_request_id);
  Calls making{Trace::on};
  EXPECT_NE(making.sent(field("X-Request-Id", "a\tb")).find(field("X-Request-Id", "a\tb")), std::string::npos);
  EXPECT_EQ(making.ids.request_id, "") << "it has one, though none that is logged";
}

TEST(CallIds, of_two_traceparents_are_none) {
  Calls calls{Trace::propagate};
  calls.take(field("traceparent", traceparent) + field("traceparent", traceparent));
  EXPECT_EQ(calls.ids.trace_id, "");
}

TEST(MadeIds, keep_the_clients_trace_and_begin_a_hop_of_their_own) {
  Calls calls{Trace::on};
  auto const sent =
      calls.sent(field("Traceparent", traceparent) + field("tracestate", "a=1,b=2") + field("X-Request-Id", "r1"));
  EXPECT_TRUE(matches(sent, "tracestate: a=1,b=2\r\nX-Request-Id: r1\r\ntraceparent: 00-" + trace_id + "-[0-9a-f]{16}-01\r\n"))
      << sent;
  EXPECT_EQ(sent.find("00f067aa0ba902b7"), std::string::npos) << "the parent is still the client's";
  EXPECT_EQ(calls.ids.trace_id, trace_id);
  EXPECT_EQ(calls.ids.request_id, "r1");
}

TEST(MadeIds, keep_the_clients_choice_not_to_sample) {
  Calls calls{Trace::on};
  calls.take(field("traceparent", "00-" + trace_id + "-00f067aa0ba902b7-00"));
  EXPECT_TRUE(calls.ids.traceparent.ends_with("-00")) << calls.ids.traceparent;
}

TEST(MadeIds, come_where_the_client_sends_none) {
  Calls calls{Trace::on};
  auto const sent = calls.sent(field("X-A", "1"));
  EXPECT_TRUE(matches(sent, "X-A: 1\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\nX-Request-Id: " + uuid + "\r\n"))
      << sent;
  EXPECT_EQ(calls.ids.traceparent.substr(3, 32), calls.ids.trace_id);
  EXPECT_TRUE(wire::http::read_traceparent(calls.ids.traceparent));
  EXPECT_TRUE(matches(calls.ids.request_id, uuid)) << calls.ids.request_id;
}

TEST(MadeIds, take_the_place_of_what_is_invalid_and_its_tracestate_goes_with_it) {
  Calls calls{Trace::on};
  for (auto const& invalid :
       {field("traceparent", "00-x"), field("traceparent", traceparent) + field("TRACEPARENT", traceparent),
        field("traceparent", ""), std::string{}}) {
    auto const sent = calls.sent(invalid + field("tracestate", "a=1") + field("Tracestate", "b=1") + field("X-Request-Id", ""));
    EXPECT_TRUE(matches(sent, "traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\nX-Request-Id: " + uuid + "\r\n")) << sent;
    EXPECT_EQ(sent.find(trace_id), std::string::npos);
  }
}

TEST(MadeIds, are_others_for_each_call_and_each_worker) {
  std::set<std::string> seen;
  for (std::uint64_t const seed : {1, 2}) {
    Calls calls{Trace::on};
    calls.random.seed(seed);
    for (int call = 0; call < 100; ++call) {
      calls.take("");
      seen.insert({calls.ids.trace_id, calls.ids.traceparent.substr(36, 16), calls.ids.request_id});
    }
  }
  EXPECT_EQ(seen.size(), 600U);
}

TEST(MadeIds, leave_to_the_rules_what_the_rules_name) {
  Calls calls{Trace::on};
  config::HeaderRules rules;
  rules.set = {{"traceparent", "set"}};
  rules.remove = {"x-request-id"};
  EXPECT_EQ(calls.sent(field("X-A", "1"), &rules), field("X-A", "1") + field("traceparent", "set"));
  rules = {};
  rules.add = {{"X-Request-Id", "added"}};
  auto const sent = calls.sent("", &rules);
  EXPECT_TRUE(matches(sent, "traceparent: 00-[0-9a-f-]+\r\nX-Request-Id: added\r\n")) << sent;
}

TEST(MadeIds, are_there_though_connection_names_theirs) {
  Calls calls{Trace::on};
  auto const sent = calls.sent("Connection: traceparent\r\n" + field("traceparent", traceparent) + field("X-Request-Id", "r1"));
  EXPECT_TRUE(matches(sent, "X-Request-Id: r1\r\ntraceparent: 00-" + trace_id + "-[0-9a-f]{16}-01\r\n")) << sent;
}

TEST(MadeIds, are_not_for_a_tunnel_which_goes_nowhere_itself) {
  Calls calls{Trace::on};
  calls.take(field("X-Request-Id", "r1"), "CONNECT h:443");
  EXPECT_EQ(calls.ids.trace_id + calls.ids.traceparent, "");
  EXPECT_EQ(calls.ids.request_id, "r1");
}

}  // namespace
}  // namespace ambassador::route::call_ids_test
