// By what a call is found again: upstream, in the log and in a reply of our own it has the same ids.
#include "support/egress.hpp"
#include "support/outcome.hpp"

namespace ambassador::support::trace_test {
namespace {

std::string const trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
std::string const parent_id = "00f067aa0ba902b7";
std::string const traced_get = "GET /x HTTP/1.1\r\nHost: app\r\ntraceparent: 00-" + trace_id + '-' + parent_id +
                               "-00\r\ntracestate: a=1\r\nX-Request-Id: r1\r\n\r\n";

config::Settings traced(std::uint16_t upstream_port, config::Trace trace) {
  auto settings = to(upstream_port);
  settings.trace = trace;
  return settings;
}

/// The value of a field; empty where there is none.
std::string value_of(std::string const& message, std::string const& name) {
  auto const begins = message.find("\r\n" + name + ": ");
  if (begins == std::string::npos) return {};
  auto const value = begins + name.size() + 4;
  return message.substr(value, message.find("\r\n", value) - value);
}

bool has(Record const& record, std::string_view key) { return record.contains({key.data(), key.size()}); }

/// One call: what came of it, upstream and in the log.
struct Outcome {
  std::string request;
  Record record;
};

Outcome call(config::Trace trace, std::string const& request) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{traced(upstream.port(), trace)};
  auto client = proxy.connect();
  client.send(request);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.close();
  auto record = only_record(proxy);
  EXPECT_TRUE(upstream.wait_until_done());
  return {upstream.all_received(), std::move(record)};
}

TEST(Trace, off_leaves_the_fields_as_they_are_and_the_log_without_them) {
  auto const [request, record] = call(config::Trace::off, traced_get);
  EXPECT_EQ(value_of(request, "traceparent"), "00-" + trace_id + '-' + parent_id + "-00");
  EXPECT_EQ(value_of(request, "X-Request-Id"), "r1");
  EXPECT_FALSE(has(record, "trace_id"));
  EXPECT_FALSE(has(record, "request_id"));
}

TEST(Trace, propagated_goes_on_unchanged_and_is_logged) {
  auto const [request, record] = call(config::Trace::propagate, traced_get);
  EXPECT_EQ(value_of(request, "traceparent"), "00-" + trace_id + '-' + parent_id + "-00");
  EXPECT_EQ(value_of(request, "tracestate"), "a=1");
  EXPECT_EQ(value_of(request, "X-Request-Id"), "r1");
  EXPECT_EQ(text_of(record, "trace_id"), trace_id);
  EXPECT_EQ(text_of(record, "request_id"), "r1");
}

TEST(Trace, propagated_makes_nothing) {
  auto const [request, record] = call(config::Trace::propagate, get_x);
  EXPECT_EQ(lower(request).find("trace"), std::string::npos) << request;
  EXPECT_EQ(lower(request).find("x-request-id"), std::string::npos) << request;
  EXPECT_FALSE(has(record, "trace_id"));
  EXPECT_FALSE(has(record, "request_id"));
}

TEST(Trace, that_is_on_makes_a_hop_of_the_clients_trace) {
  auto const [request, record] = call(config::Trace::on, traced_get);
  auto const sent = value_of(request, "traceparent");
  EXPECT_TRUE(sent.starts_with("00-" + trace_id + '-') && sent.ends_with("-00")) << sent;
  EXPECT_EQ(sent.find(parent_id), std::string::npos) << sent;
  EXPECT_EQ(value_of(request, "tracestate"), "a=1");
  EXPECT_EQ(value_of(request, "X-Request-Id"), "r1");
  EXPECT_EQ(text_of(record, "trace_id"), trace_id);
}

TEST(Trace, that_is_on_begins_one_where_there_is_none) {
  auto const [request, record] = call(config::Trace::on, get_x);
  auto const sent = value_of(request, "traceparent");
  EXPECT_EQ(sent, "00-" + text_of(record, "trace_id") + sent.substr(35));
  EXPECT_TRUE(sent.ends_with("-01")) << sent;
  EXPECT_EQ(value_of(request, "X-Request-Id"), text_of(record, "request_id"));
  EXPECT_EQ(text_of(record, "request_id").size(), 36U);
}

TEST(Trace, of_each_call_of_a_connection_is_its_own) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{traced(upstream.port(), config::Trace::on)};
  auto client = proxy.connect();
  for (auto const& request : {get_x, traced_get, get_x}) {
    client.send(request);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(text_of(records[1], "trace_id"), trace_id);
  EXPECT_NE(text_of(records[0], "trace_id"), text_of(records[2], "trace_id"));
  EXPECT_NE(text_of(records[0], "request_id"), text_of(records[2], "request_id"));
}

TEST(Trace, is_the_same_in_each_try_of_a_call) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t nth) {
    read_request(socket);
    socket.send(ok_response);
    if (nth == 0) read_request(socket);  // and closes: the call goes to another connection
    if (nth == 1) socket.receive_all();
  }};
  Proxy proxy{traced(upstream.port(), config::Trace::on)};
  auto client = proxy.connect();
  for (int i = 0; i < 2; ++i) {
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(number_of(records[1], "tries"), 2);
  EXPECT_TRUE(upstream.wait_until_done());
  auto const received = upstream.received();
  ASSERT_EQ(received.size(), 2U);
  auto const second = received[0].substr(message_end(received[0]));
  EXPECT_EQ(value_of(second, "traceparent"), value_of(received[1], "traceparent"));
  EXPECT_EQ(value_of(second, "X-Request-Id"), text_of(records[1], "request_id"));
}

TEST(Trace, is_told_with_a_reply_of_our_own_so_that_its_line_is_found) {
  Proxy proxy{traced(unused_port(), config::Trace::on)};
  auto client = proxy.connect();
  client.send(get_x);
  auto const failed = receive_response(client);
  EXPECT_EQ(status_of(failed), 502);
  client.send("GET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\nX-Request-Id: r2\r\n\r\n");
  auto const blocked = receive_response(client);
  EXPECT_EQ(status_of(blocked), 403);
  EXPECT_EQ(value_of(blocked, "X-Request-Id"), "r2");
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(value_of(failed, "X-Request-Id"), text_of(records[0], "request_id"));
  EXPECT_EQ(text_of(records[1], "request_id"), "r2");
}

TEST(Trace, that_is_too_long_or_unfit_is_passed_on_and_not_logged) {
  std::string const id(129, 'x');
  auto const [request, record] = call(config::Trace::on, "GET /x HTTP/1.1\r\nHost: app\r\nX-Request-Id: " + id + "\r\n\r\n");
  EXPECT_EQ(value_of(request, "X-Request-Id"), id);
  EXPECT_FALSE(has(record, "request_id"));
}

}  // namespace
}  // namespace ambassador::support::trace_test
