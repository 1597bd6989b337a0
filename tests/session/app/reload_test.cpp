// Another snapshot while connections and calls are open: what begins takes the new one, what runs keeps the old one, and what
// both have in common goes on.
#include "support/egress.hpp"
#include "support/outcome.hpp"
#include "support/scripts.hpp"

namespace ambassador::support::reload_test {
namespace {

using namespace std::chrono_literals;

/// `http://app/` goes to one of these paths of the upstream.
config::Settings to_path(ScriptedUpstream const& upstream, std::string const& path) {
  config::Settings settings;
  settings.map.push_back(mapping("app", "", "127.0.0.1", upstream.port(), path));
  return settings;
}

/// Answers with the target it was asked for.
void answer_target(Socket& socket, std::size_t) {
  for (auto request = read_request(socket); !request.empty(); request = read_request(socket)) {
    auto const begins = request.find(' ') + 1;
    auto const target = request.substr(begins, request.find(' ', begins) - begins);
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(target.size()) + "\r\n\r\n" + target);
  }
}

std::string call(Socket& client) {
  client.send(get_x);
  return std::string{body_of(receive_response(client))};
}

TEST(Reload, a_kept_connection_goes_on_and_its_next_call_takes_the_new_map) {
  ScriptedUpstream upstream{answer_target};
  Proxy proxy{to_path(upstream, "/old")};
  auto client = proxy.connect();
  EXPECT_EQ(call(client), "/old/x");
  auto const old = proxy.reload(to_path(upstream, "/new"));
  EXPECT_TRUE(eventually([&] { return call(client) == "/new/x"; }));
  EXPECT_TRUE(eventually([&] { return old.expired(); })) << "nobody uses it any more";
  EXPECT_EQ(upstream.accepted(), 1U) << "the egress is the same, so its connection is too";
}

TEST(Reload, a_call_under_way_keeps_what_it_began_with) {
  std::atomic<bool> answer{false};
  ScriptedUpstream upstream{[&](Socket& socket, std::size_t) {
    while (!read_request(socket).empty()) {
      eventually([&] { return answer.load(); });
      socket.send("HTTP/1.1 302 Found\r\nLocation: http://" + upstream.authority() + "/old/there\r\nContent-Length: 0\r\n\r\n");
    }
  }};
  auto before = to_path(upstream, "/old");
  before.map.front().requests = 1;
  before.map.front().response_headers.set = {{"X-From", "before"}};
  Proxy proxy{before};
  auto client = proxy.connect();
  client.send(get_x);
  ASSERT_TRUE(eventually([&] { return upstream.accepted() == 1; }));
  auto after = to_path(upstream, "/new");
  after.map.front().source_text = "http://app/other";
  auto const old = proxy.reload(after);
  std::this_thread::sleep_for(1500ms);  // longer than it takes to look for users
  EXPECT_FALSE(old.expired());
  answer = true;
  auto const reply = receive_response(client);
  EXPECT_NE(reply.find("\r\nX-From: before\r\n"), std::string::npos) << reply;
  EXPECT_NE(reply.find("\r\nLocation: http://app/there\r\n"), std::string::npos) << reply;
  EXPECT_TRUE(eventually([&] { return old.expired(); }));
  client.close();
  auto const record = only_record(proxy);
  EXPECT_EQ(text_of(record, "rule"), "http://app");
  auto const metrics = proxy.metrics().expose();
  EXPECT_NE(metrics.find(R"(ambassador_requests_total{mapping="http://app",method="GET",code="302"} 1)"), std::string::npos);
  EXPECT_EQ(metrics.find(R"(mapping="http://app/other")"), std::string::npos);
}

TEST(Reload, a_tunnel_lives_on_under_the_rule_that_is_gone) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t) { socket.send(socket.receive_exactly(4)); }};
  Proxy proxy{allowing(upstream)};
  auto client = proxy.connect();
  client.send("CONNECT " + upstream.authority() + " HTTP/1.1\r\nHost: " + upstream.authority() + "\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 200);
  auto const old = proxy.reload({});
  auto other = proxy.connect();
  EXPECT_TRUE(eventually([&] {
    other.send(get_x);
    return status_of(receive_response(other)) == 403;
  }));
  std::this_thread::sleep_for(1500ms);
  EXPECT_FALSE(old.expired());
  client.send("ping");
  EXPECT_EQ(client.receive_all(), "ping");
  client.close();
  EXPECT_TRUE(eventually([&] { return old.expired(); }));
}

TEST(Reload, the_connections_of_a_tcp_source_follow_it_to_its_new_place_in_the_map) {
  auto const speaking = [](std::string const& word) {
    return [word](Socket& socket, std::size_t) {
      socket.send(word);
      socket.receive_all();
    };
  };
  ScriptedUpstream first{speaking("first")};
  ScriptedUpstream second{speaking("second")};
  Proxy proxy{tcp_to(first.port())};
  auto before = proxy.connect();
  EXPECT_EQ(before.receive_exactly(5), "first");
  auto moved = tcp_to(second.port());
  moved.map.insert(moved.map.begin(), mapping("app", "", "127.0.0.1", 9));
  moved.listen.front().mapping = 1;
  proxy.reload(moved);
  EXPECT_TRUE(eventually([&] { return proxy.connect().receive_exactly(6) == "second"; }));
  EXPECT_TRUE(before.is_quiet(50ms)) << "what is open stays open";
  EXPECT_EQ(before.end(), End::open);
}

TEST(Reload, what_a_source_used_of_its_rate_stays_used) {
  ScriptedUpstream upstream{always(ok_response)};
  auto settings = to(upstream.port());
  settings.map.front().rate = config::Rate{.requests = 1, .per = 10min, .burst = 1};
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  auto with_another = settings;
  with_another.map.insert(with_another.map.begin(), mapping("other", "", "127.0.0.1", upstream.port()));
  auto const old = proxy.reload(with_another);
  EXPECT_TRUE(eventually([&] { return old.expired(); }));
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 429);
  with_another.map.back().rate->burst = 2;
  auto const older = proxy.reload(with_another);
  EXPECT_TRUE(eventually([&] { return older.expired(); }));
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200) << "another rate begins anew";
}

TEST(Reload, calls_under_way_count_on_against_their_source_s_limit) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  auto settings = to(upstream.port());
  settings.map.front().requests = 1;
  Proxy proxy{settings};
  auto first = proxy.connect();
  first.send(get_x);
  ASSERT_TRUE(held.has(1));
  settings.map.insert(settings.map.begin(), mapping("other", "", "127.0.0.1", 9));
  proxy.reload(settings);
  auto second = proxy.connect();
  EXPECT_TRUE(eventually([&] {
    second.send("GET / HTTP/1.1\r\nHost: other\r\n\r\n");
    return status_of(receive_response(second)) == 502;
  }));
  second.send(get_x);
  EXPECT_EQ(status_of(receive_response(second)), 503);
  held.release();
  EXPECT_EQ(status_of(receive_response(first)), 200);
  second.send(get_x);
  EXPECT_EQ(status_of(receive_response(second)), 200) << "the place was given back";
}

TEST(Reload, a_larger_limit_of_heads_is_in_force_at_once_and_nothing_moves_under_a_call) {
  std::string const large(600 * 1024, 'a');
  ScriptedUpstream upstream{answer_target};
  auto settings = to(upstream.port());
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  settings.limits.head = 1024 * 1024;
  auto const old = proxy.reload(settings);
  EXPECT_TRUE(eventually([&] { return old.expired(); }));
  client.send("GET /x HTTP/1.1\r\nHost: app\r\nX-Large: " + large + "\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

TEST(Reload, another_way_to_the_same_upstream_takes_no_connection_of_the_old_one) {
  ScriptedUpstream upstream{answer_target};
  auto settings = to(upstream.port());
  Proxy proxy{settings};
  auto client = proxy.connect();
  EXPECT_EQ(call(client), "/x");
  settings.map.front().connections = 7;
  settings.map.front().pending = 7;
  auto const old = proxy.reload(settings);
  EXPECT_TRUE(eventually([&] { return old.expired(); }));
  EXPECT_TRUE(eventually([&] { return proxy.connections_to(upstream) == 0; })) << "the pool of the old egress is closed";
  EXPECT_EQ(call(client), "/x");
  EXPECT_EQ(upstream.accepted(), 2U);
}

TEST(Reload, a_listener_that_is_another_now_ends_its_used_connections_and_serves_a_fresh_one_once) {
  ScriptedUpstream upstream{answer_target};
  Proxy proxy{to(upstream.port())};
  auto used = proxy.connect();
  EXPECT_EQ(call(used), "/x");
  auto fresh = proxy.connect();
  ASSERT_TRUE(eventually([&] { return proxy.clients() == 2; }));
  auto settings = to(upstream.port());
  settings.listen.push_back({.host = "127.0.0.1", .where = {}, .proxy_protocol = true, .tls = {}});
  auto const old = proxy.reload(settings);
  EXPECT_EQ(used.receive_all(), "");
  EXPECT_EQ(used.end(), End::closed);
  fresh.send(get_x);
  auto const reply = receive_response(fresh);
  EXPECT_EQ(body_of(reply), "/x");
  EXPECT_NE(lower(reply).find("\r\nconnection: close\r\n"), std::string::npos) << reply;
  EXPECT_EQ(fresh.receive_all(), "");
  EXPECT_EQ(fresh.end(), End::closed);
  EXPECT_TRUE(eventually([&] { return old.expired(); }));
}

}  // namespace
}  // namespace ambassador::support::reload_test
