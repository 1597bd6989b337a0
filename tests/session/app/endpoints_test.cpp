// A source with several endpoints: which of them calls go to, and where they go when one fails.
#include "support/outcome.hpp"

#include <gmock/gmock.h>

namespace ambassador::support::endpoints_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Answers each request with its name in the body, and counts.
class Server {
 public:
  explicit Server(std::string name) : name_{std::move(name)} {}

  void answer_with(unsigned status, std::string fields = "") {
    std::lock_guard const lock{mutex_};
    status_ = status;
    fields_ = std::move(fields);
  }
  /// Requests are read, and their connection is closed.
  void break_off() { breaks_off_ = true; }
  /// Requests are read, and nothing is said.
  void stall() { stalls_ = true; }

  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] std::uint16_t port() const { return upstream_.port(); }
  [[nodiscard]] std::string last_head() const {
    std::lock_guard const lock{mutex_};
    return last_;
  }

 private:
  void serve(Socket& socket) {
    for (auto head = read_request(socket); !head.empty(); head = read_request(socket)) {
      ++calls_;
      std::string reply;
      {
        std::lock_guard const lock{mutex_};
        last_ = head;
        reply = "HTTP/1.1 " + std::to_string(status_) + " Said\r\nDate: D\r\n" + fields_ +
                "Content-Length: " + std::to_string(name_.size()) + "\r\n\r\n" + name_;
      }
      if (breaks_off_) return;
      if (stalls_) {
        while (socket.is_quiet(5ms)) {
        }
        return;
      }
      socket.send(reply);
    }
  }

  std::string name_;
  mutable std::mutex mutex_;
  unsigned status_ = 200;
  std::string fields_;
  std::string last_;
  std::atomic<bool> breaks_off_{false};
  std::atomic<bool> stalls_{false};
  std::atomic<int> calls_{0};
  ScriptedUpstream upstream_{[this](Socket& socket, std::size_t) { serve(socket); }};
};

config::Target target(std::uint16_t port, std::string const& path = "") {
  return mapping("app", "", "127.0.0.1", port, path).targets.front();
}

/// A port at which nobody listens.
std::uint16_t closed_port() {
  auto const descriptor = net::open_listening_socket({boost::asio::ip::address_v4::loopback(), 0}, false).value();
  auto const port = net::bound_address(descriptor).port();
  ::close(descriptor);
  return port;
}

config::Settings to_all(std::initializer_list<std::uint16_t> ports) {
  auto settings = to(*ports.begin());
  auto& source = settings.map.front();
  source.targets.clear();
  for (auto const port : ports) source.targets.push_back(target(port));
  source.balance = config::Balance::round_robin;
  return settings;
}

std::string call(Socket& client, std::string const& request = get_x) {
  client.send(request);
  return receive_response(client);
}

std::string const post_x = "POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nhi";

class EndpointsTest : public testing::Test {
 protected:
  Server a{"a"};
  Server b{"b"};
};

TEST_F(EndpointsTest, get_their_calls_in_turn) {
  Proxy proxy{to_all({a.port(), b.port()})};
  auto client = proxy.connect();
  for (int n = 0; n < 10; ++n) EXPECT_EQ(status_of(call(client)), 200);
  EXPECT_EQ(a.calls(), 5);
  EXPECT_EQ(b.calls(), 5);
}

TEST_F(EndpointsTest, get_calls_by_the_weight_of_their_target) {
  auto settings = to_all({a.port(), b.port()});
  settings.map.front().targets[0].weight = 3;
  settings.map.front().targets[1].weight = 1;
  Proxy proxy{settings};
  auto client = proxy.connect();
  for (int n = 0; n < 20; ++n) EXPECT_EQ(status_of(call(client)), 200);
  EXPECT_EQ(a.calls(), 15);
  EXPECT_EQ(b.calls(), 5);
}

TEST_F(EndpointsTest, keep_the_calls_of_a_header_value_by_hash) {
  auto settings = to_all({a.port(), b.port()});
  settings.map.front().balance = config::Balance::hash;
  settings.map.front().hash = {config::HashKey::Of::header, "x-user"};
  Proxy proxy{settings};
  auto client = proxy.connect();
  for (auto const* user : {"ann", "bob", "cid", "dora", "eve", "fred", "gus", "hal"}) {
    auto const request = "GET /x HTTP/1.1\r\nHost: app\r\nX-User: " + std::string{user} + "\r\n\r\n";
    std::string const first{body_of(call(client, request))};
    for (int n = 0; n < 4; ++n) EXPECT_EQ(body_of(call(client, request)), first) << user;
  }
  EXPECT_GT(a.calls(), 0);
  EXPECT_GT(b.calls(), 0);
}

TEST_F(EndpointsTest, keep_the_calls_of_a_cookie_by_hash) {
  auto settings = to_all({a.port(), b.port()});
  settings.map.front().balance = config::Balance::hash;
  settings.map.front().hash = {config::HashKey::Of::cookie, "sid"};
  Proxy proxy{settings};
  auto client = proxy.connect();
  for (auto const* id : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
    auto const request = "GET /x HTTP/1.1\r\nHost: app\r\nCookie: other=9; sid=" + std::string{id} + "; z=1\r\n\r\n";
    std::string const first{body_of(call(client, request))};
    for (int n = 0; n < 4; ++n) EXPECT_EQ(body_of(call(client, request)), first) << id;
  }
  EXPECT_GT(a.calls(), 0);
  EXPECT_GT(b.calls(), 0);
}

TEST_F(EndpointsTest, that_refuse_are_left_for_another_also_by_a_post) {
  auto settings = to_all({closed_port(), b.port()});
  Proxy proxy{settings};
  auto client = proxy.connect();
  for (int n = 0; n < 4; ++n) EXPECT_EQ(status_of(call(client, post_x)), 200);
  EXPECT_EQ(b.calls(), 4);
  client.close();
  auto const records = proxy.records(4);
  std::int64_t tries = 0;
  for (auto const& record : records) tries += number_of(record, "tries");
  EXPECT_EQ(tries, 6) << "every second call began at the one that refuses";
  EXPECT_THAT(proxy.metrics().expose(),
              HasSubstr(R"(ambassador_retries_total{mapping="http://app",reason="connect_refused"} 2)"));
}

TEST_F(EndpointsTest, that_refuse_are_not_left_where_retries_are_switched_off) {
  auto settings = to_all({closed_port(), b.port()});
  settings.map.front().retry.attempts = 0;
  Proxy proxy{settings};
  auto client = proxy.connect();
  int failed = 0;
  for (int n = 0; n < 4; ++n) failed += status_of(call(client)) == 502 ? 1 : 0;
  EXPECT_EQ(failed, 2);
}

TEST_F(EndpointsTest, are_all_tried_before_a_call_fails) {
  Proxy proxy{to_all({closed_port(), closed_port(), closed_port()})};
  auto client = proxy.connect();
  EXPECT_EQ(status_of(call(client)), 502);
  client.close();
  expect_record(only_record(proxy), 502, "connecting", 3);
}

TEST_F(EndpointsTest, that_break_off_are_left_by_a_get_and_not_by_a_post) {
  a.break_off();
  Proxy proxy{to_all({a.port(), b.port()})};
  auto client = proxy.connect();
  for (int n = 0; n < 2; ++n) EXPECT_EQ(status_of(call(client)), 200);
  EXPECT_EQ(a.calls(), 1);
  int failed = 0;
  for (int n = 0; n < 2; ++n) failed += status_of(call(client, post_x)) == 502 ? 1 : 0;
  EXPECT_EQ(failed, 1) << "it may have been acted on";
}

TEST_F(EndpointsTest, that_answer_503_are_left_by_a_get_and_not_by_a_post) {
  a.answer_with(503);
  Proxy proxy{to_all({a.port(), b.port()})};
  auto client = proxy.connect();
  for (int n = 0; n < 2; ++n) EXPECT_EQ(body_of(call(client)), "b");
  EXPECT_EQ(a.calls(), 1);
  int passed_on = 0;
  for (int n = 0; n < 2; ++n) passed_on += status_of(call(client, post_x)) == 503 ? 1 : 0;
  EXPECT_EQ(passed_on, 1);
}

TEST_F(EndpointsTest, answer_500_for_themselves) {
  a.answer_with(500);
  b.answer_with(500);
  Proxy proxy{to_all({a.port(), b.port()})};
  auto client = proxy.connect();
  EXPECT_EQ(status_of(call(client)), 500);
  EXPECT_EQ(a.calls() + b.calls(), 1);
}

TEST_F(EndpointsTest, alone_answer_503_for_themselves) {
  a.answer_with(503);
  Proxy proxy{to_all({a.port()})};
  auto client = proxy.connect();
  EXPECT_EQ(body_of(call(client)), "a") << "the app's own answer, not ours";
  EXPECT_EQ(a.calls(), 1);
}

TEST_F(EndpointsTest, that_all_answer_503_give_the_last_ones_answer) {
  a.answer_with(503);
  b.answer_with(503);
  Proxy proxy{to_all({a.port(), b.port()})};
  auto client = proxy.connect();
  auto const reply = call(client);
  EXPECT_EQ(status_of(reply), 503);
  EXPECT_TRUE(body_of(reply) == "a" || body_of(reply) == "b") << reply;
  EXPECT_EQ(a.calls() + b.calls(), 2);
}

TEST_F(EndpointsTest, that_stall_are_left_after_the_time_of_a_try) {
  a.stall();
  auto settings = to_all({a.port(), b.port()});
  settings.map.front().retry.per_try = 100ms;
  Proxy proxy{settings};
  auto client = proxy.connect();
  for (int n = 0; n < 2; ++n) EXPECT_EQ(body_of(call(client)), "b");
  EXPECT_EQ(a.calls(), 1);
}

TEST_F(EndpointsTest, of_another_target_get_its_host_and_path) {
  auto settings = to_all({closed_port(), b.port()});
  settings.map.front().targets[0].path = "/one/long/path";
  settings.map.front().targets[1].path = "/two";
  Proxy proxy{settings};
  auto client = proxy.connect();
  auto const authority = "127.0.0.1:" + std::to_string(b.port());
  for (int n = 0; n < 2; ++n) {
    EXPECT_EQ(status_of(call(client, post_x)), 200);
    EXPECT_THAT(b.last_head(), HasSubstr("POST /two/x HTTP/1.1\r\nHost: " + authority + "\r\n"));
  }
  client.close();
  auto const records = proxy.records(2);
  EXPECT_EQ(number_of(records[0], "tries") + number_of(records[1], "tries"), 3) << "one of them had been written for the other";
  for (auto const& record : records) EXPECT_EQ(text_of(record, "target"), "http://" + authority + "/two/x");
}

TEST_F(EndpointsTest, that_say_when_to_come_again_get_no_calls_till_then) {
  a.answer_with(503, "Retry-After: 30\r\n");
  Proxy proxy{to_all({a.port(), b.port()})};
  auto client = proxy.connect();
  for (int n = 0; n < 8; ++n) EXPECT_EQ(body_of(call(client)), "b");
  EXPECT_EQ(a.calls(), 1);
  EXPECT_THAT(proxy.events(), HasSubstr("gets no calls for 30 s: it asked for it"));
}

TEST_F(EndpointsTest, that_ask_for_an_hour_get_a_minute_and_the_log_says_so) {
  a.answer_with(503, "Retry-After: 3600\r\n");
  Proxy proxy{to_all({a.port(), b.port()})};
  auto client = proxy.connect();
  for (int n = 0; n < 2; ++n) EXPECT_EQ(body_of(call(client)), "b");
  EXPECT_THAT(proxy.events(), HasSubstr("gets no calls for 60 s: it asked for it"));
}

TEST_F(EndpointsTest, that_fail_five_times_in_a_row_get_no_calls) {
  Server c{"c"};
  a.answer_with(503);
  Proxy proxy{to_all({a.port(), b.port(), c.port()})};
  auto client = proxy.connect();
  for (int n = 0; n < 60; ++n) EXPECT_EQ(status_of(call(client)), 200);
  EXPECT_EQ(a.calls(), 5);
  EXPECT_THAT(proxy.events(), HasSubstr("127.0.0.1:" + std::to_string(a.port()) + " of http://app gets no calls for 30 s"));
}

TEST_F(EndpointsTest, are_checked_and_get_no_calls_while_they_are_not_well) {
  auto settings = to_all({a.port(), b.port()});
  settings.map.front().health = config::HealthCheck{.path = "/well", .interval = 100ms, .timeout = 1s, .fall = 1, .rise = 1};
  a.answer_with(500);
  Proxy proxy{settings};
  EXPECT_TRUE(eventually([&] { return proxy.events().find("is unhealthy: it answered HTTP/1.1 500") != std::string::npos; }));
  EXPECT_THAT(a.last_head(), HasSubstr("GET /well HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(a.port()) + "\r\n"));
  auto client = proxy.connect();
  for (int n = 0; n < 10; ++n) EXPECT_EQ(body_of(call(client)), "b");
  a.answer_with(200);
  EXPECT_TRUE(eventually([&] { return proxy.events().find("is healthy again") != std::string::npos; }));
}

TEST_F(EndpointsTest, are_not_found_unwell_because_we_have_no_connection_left) {
  auto settings = to_all({a.port()});
  auto& source = settings.map.front();
  source.health = config::HealthCheck{
      .kind = config::HealthCheck::Kind::tcp, .path = {}, .interval = 100ms, .timeout = 100ms, .fall = 1, .rise = 1};
  source.connections = 1;
  source.pending = 0;
  a.stall();
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_TRUE(eventually([&] { return a.calls() == 1; }));
  std::this_thread::sleep_for(400ms);
  EXPECT_THAT(proxy.events(), Not(HasSubstr("unhealthy")));
}

TEST_F(EndpointsTest, beyond_the_budget_are_not_asked_again) {
  a.answer_with(503);
  b.answer_with(503);
  auto settings = to_all({a.port(), b.port()});
  settings.map.front().retry.attempts = 10;
  Proxy proxy{settings};
  auto client = proxy.connect();
  for (int n = 0; n < 200; ++n) EXPECT_EQ(status_of(call(client)), 503);
  EXPECT_LE(a.calls() + b.calls(), 250) << "a retry storm";
  EXPECT_GE(a.calls() + b.calls(), 220) << "nothing was tried again";
}

TEST_F(EndpointsTest, of_a_mirror_get_a_copy_and_cannot_harm_the_call) {
  auto settings = to_all({a.port()});
  settings.map.front().mirror = config::Mirror{target(b.port(), "/copy"), 1.0};
  Proxy proxy{settings};
  auto client = proxy.connect();
  EXPECT_EQ(body_of(call(client, post_x)), "a");
  EXPECT_TRUE(eventually([&] { return b.calls() == 1; }));
  EXPECT_THAT(b.last_head(), HasSubstr("POST /copy/x HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(b.port()) + "\r\n"));
  b.break_off();
  EXPECT_EQ(body_of(call(client)), "a");
  EXPECT_TRUE(eventually([&] { return b.calls() == 2; }));
  EXPECT_TRUE(eventually([&] {
    return proxy.metrics().expose().find(R"(ambassador_mirrored_total{mapping="http://app",result="failed"} 1)") !=
           std::string::npos;
  }));
  EXPECT_THAT(proxy.metrics().expose(), HasSubstr(R"(ambassador_mirrored_total{mapping="http://app",result="answered"} 1)"));
  client.close();
  EXPECT_EQ(proxy.records(2).size(), 2U) << "a copy is no call";
}

}  // namespace
}  // namespace ambassador::support::endpoints_test
