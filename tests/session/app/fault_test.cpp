// Faults on demand: a call is late, or is answered without its upstream, and says so.
#include "support/outcome.hpp"

namespace ambassador::support::fault_test {
namespace {

using namespace std::chrono_literals;

config::Settings with_fault(std::uint16_t upstream_port, config::Fault fault) {
  auto settings = to(upstream_port);
  settings.map.front().fault = fault;
  return settings;
}

TEST(Fault, delays_a_call_and_lets_it_pass) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 500ms, .abort = 0, .share = 1})};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(client.is_quiet(50ms));
  EXPECT_EQ(upstream.accepted(), 0U);
  EXPECT_EQ(receive_response(client).substr(0, 15), "HTTP/1.1 200 OK");
  client.close();
  expect_released(proxy, upstream, 1);
  auto const record = only_record(proxy);
  expect_record(record, 200, "an injected fault: delayed by 500 ms");
  EXPECT_GE(record.at("duration_ms").to_number<double>(), 500);
}

TEST(Fault, delays_a_call_with_a_body_that_is_still_coming) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 500ms, .abort = 0, .share = 1})};
  auto client = proxy.connect();
  client.send("POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_TRUE(client.is_quiet(50ms));
  client.send("def");
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.close();
  expect_released(proxy, upstream, 1);
  proxy.stop();
  EXPECT_TRUE(upstream.wait_until_done());
  EXPECT_EQ(body_of(upstream.all_received()), "abcdef");
}

TEST(Fault, is_over_before_a_connection_is_chosen_that_may_be_too_old_by_then) {
  // Kept by the upstream for one second: we use it for half of that.
  ScriptedUpstream upstream{always("HTTP/1.1 200 OK\r\nDate: D\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok")};
  Proxy proxy{with_fault(upstream.port(), {.delay = 700ms, .abort = 0, .share = 1})};
  auto client = proxy.connect();
  for (int call = 0; call < 2; ++call) {
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  EXPECT_EQ(upstream.accepted(), 2U);
}

TEST(Fault, answers_a_call_in_place_of_its_upstream) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 0ms, .abort = 503, .share = 1})};
  auto client = proxy.connect();
  client.send(json_get);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 503);
  EXPECT_EQ(reason_code(reply), "fault_injected");
  EXPECT_NE(reply.find("\r\nProxy-Status: ambassador; error=proxy_internal_response\r\n"), std::string::npos) << reply;
  client.send(get_x);
  EXPECT_NE(receive_response(client).find("an injected fault"), std::string::npos) << "the connection goes on";
  client.close();
  expect_released(proxy, upstream, 0);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  expect_record(records[0], 503, "an injected fault", 0);
  EXPECT_EQ(text_of(records[0], "decision"), "mapped");
  EXPECT_EQ(upstream.accepted(), 0U);
}

TEST(Fault, answers_with_a_status_that_has_no_name) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 0ms, .abort = 599, .share = 1})};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 599);
}

TEST(Fault, delays_and_then_answers) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 100ms, .abort = 500, .share = 1})};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 500);
  client.close();
  auto const record = only_record(proxy);
  expect_record(record, 500, "nothing was sent", 0);
  EXPECT_GE(record.at("duration_ms").to_number<double>(), 100);
}

TEST(Fault, of_no_share_is_none) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 60s, .abort = 503, .share = 0})};
  auto client = proxy.connect();
  for (int call = 0; call < 20; ++call) {
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  for (auto const& record : proxy.stop()) expect_record(record, 200, "");
}

TEST(Fault, of_a_share_takes_some_calls_and_spares_others) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 0ms, .abort = 503, .share = 0.5})};
  auto client = proxy.connect();
  int aborted = 0;
  for (int call = 0; call < 200; ++call) {
    client.send(get_x);
    auto const status = status_of(receive_response(client));
    EXPECT_TRUE(status == 200 || status == 503) << status;
    aborted += status == 503 ? 1 : 0;
  }
  EXPECT_GT(aborted, 50);
  EXPECT_LT(aborted, 150);
}

TEST(Fault, ends_its_delay_when_the_client_leaves) {
  ScriptedUpstream upstream{always(ok_response)};
  auto settings = with_fault(upstream.port(), {.delay = 60s, .abort = 0, .share = 1});
  settings.map.front().requests = 1;
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(client.is_quiet(50ms));
  client.reset();
  auto const record = only_record(proxy);
  expect_record(record, 0, "serving the call", 0);
  EXPECT_EQ(upstream.accepted(), 0U);
}

TEST(Fault, ends_its_delay_when_the_drain_time_is_over) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 60s, .abort = 0, .share = 1})};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(client.is_quiet(50ms));
  proxy.worker().shut_down();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto const record = only_record(proxy);
  ASSERT_FALSE(record.empty());
  EXPECT_EQ(number_of(record, "tries"), 0);
  EXPECT_EQ(upstream.accepted(), 0U);
}

TEST(Fault, leaves_a_connection_that_the_next_call_can_use) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_fault(upstream.port(), {.delay = 0ms, .abort = 503, .share = 1})};
  auto client = proxy.connect();
  client.send("POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\nhello" + get_x);
  for (int call = 0; call < 2; ++call) EXPECT_EQ(status_of(receive_response(client)), 503) << call;
  // Of a body that has not come nobody knows how long it takes: the reply is the connection's last.
  client.send("POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 100000\r\n\r\nhello");
  auto const last = receive_response(client);
  EXPECT_EQ(status_of(last), 503);
  EXPECT_NE(last.find("\r\nConnection: close\r\n"), std::string::npos) << last;
  client.send(std::string(99'995, 'x'));
  client.shutdown_send();
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(client.end(), End::closed);
  client.close();
  expect_released(proxy, upstream, 0);
  EXPECT_EQ(proxy.stop().size(), 3U);
}

TEST(Fault, is_of_its_source_alone) {
  ScriptedUpstream upstream{always(ok_response)};
  auto settings = with_fault(upstream.port(), {.delay = 0ms, .abort = 503, .share = 1});
  settings.map.push_back(mapping("other", "", "127.0.0.1", upstream.port()));
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 503);
  client.send("GET /x HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

}  // namespace
}  // namespace ambassador::support::fault_test
