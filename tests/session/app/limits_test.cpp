// A source's own limits, and what is changed in the heads of its calls.
#include "support/egress.hpp"
#include "support/outcome.hpp"
#include "support/scripts.hpp"

#include <boost/json/serialize.hpp>

namespace ambassador::support::limits_test {
namespace {

using namespace std::chrono_literals;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Limits, calls_beyond_the_rate_get_429_and_when_to_come_back) {
  ScriptedUpstream upstream{always(ok_response)};
  auto settings = to(upstream.port());
  settings.map.front().rate = config::Rate{.requests = 1, .per = 10min, .burst = 2};
  Proxy proxy{settings};
  auto client = proxy.connect();
  for (int call = 0; call < 2; ++call) {
    client.send(get_x);
    EXPECT_EQ(status_of(receive_response(client)), 200);
  }
  client.send(json_get);
  auto const reply = receive_response(client);
  EXPECT_EQ(status_of(reply), 429);
  EXPECT_EQ(reason_code(reply), "rate_limited");
  EXPECT_NE(reply.find("\r\nRetry-After: 600\r\n"), std::string::npos) << reply;
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 429) << "the connection goes on";
  client.close();
  expect_released(proxy, upstream, 1);
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 4U);
  expect_record(records[2], 429, "the rate of http://app", 0);
  EXPECT_EQ(text_of(records[2], "decision"), "mapped");
}

TEST(Limits, calls_beyond_those_that_may_be_under_way_get_503_until_one_ends) {
  Held held;
  ScriptedUpstream upstream{held.script()};
  auto settings = to(upstream.port());
  settings.map.front().requests = 1;
  Proxy proxy{settings};
  auto first = proxy.connect();
  first.send(get_x);
  EXPECT_TRUE(held.has(1));
  auto second = proxy.connect();
  second.send(json_get);
  auto const reply = receive_response(second);
  EXPECT_EQ(status_of(reply), 503);
  EXPECT_EQ(reason_code(reply), "too_many_requests");
  EXPECT_NE(reply.find("\r\nRetry-After: 1\r\n"), std::string::npos) << reply;
  held.release();
  EXPECT_EQ(status_of(receive_response(first)), 200);
  second.send(get_x);
  EXPECT_EQ(status_of(receive_response(second)), 200) << "the first one's place was not given back";
  first.close();
  second.close();
  expect_released(proxy, upstream, 1);
  EXPECT_EQ(proxy.stop().size(), 3U);
}

TEST(Limits, a_place_is_given_back_however_the_call_ends) {
  ScriptedUpstream upstream{[](Socket& socket, std::size_t nth) {
    read_head(socket);
    if (nth == 0) return;                // the reply never comes
    if (nth == 1) socket.receive_all();  // the client goes first
    if (nth == 2) socket.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    if (nth >= 3) socket.send(ok_response);
  }};
  auto settings = to(upstream.port());
  settings.map.front().requests = 1;
  Proxy proxy{settings};
  std::string const post = "POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 1\r\n\r\nx";
  auto const call = [&](std::size_t connections, bool leave) {
    auto client = proxy.connect();
    client.send(post);
    EXPECT_TRUE(eventually([&] { return upstream.accepted() == connections; }));
    if (leave) return client.reset();
    EXPECT_NE(status_of(client.receive_all(100ms)), 503);
  };
  call(1, false);
  call(2, true);
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  call(3, false);
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto client = proxy.connect();
  client.send(post);
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

// Credentials.

struct CredentialTest : testing::Test {
  [[nodiscard]] config::Settings with_credential(std::uint16_t port, std::string const& secret) const {
    auto settings = to(port);
    settings.map.front().credential = config::Credential{
        .header = "Authorization", .prefix = "Bearer ", .file = directory.write("token", secret), .where = {}};
    return settings;
  }

  Directory directory;
};

TEST_F(CredentialTest, takes_the_place_of_the_app_s_own) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{with_credential(upstream.port(), "s3cret\r\n")};
  auto client = proxy.connect();
  client.send("GET /x HTTP/1.1\r\nHost: app\r\nauthorization: mine\r\nX-A: 1\r\nAuthorization: mine too\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  proxy.stop();
  EXPECT_TRUE(upstream.wait_until_done());
  auto const request = upstream.all_received();
  EXPECT_NE(request.find("\r\nAuthorization: Bearer s3cret\r\n"), std::string::npos) << request;
  EXPECT_EQ(count(lower(request), "authorization:"), 1U) << request;
  EXPECT_NE(request.find("\r\nX-A: 1\r\n"), std::string::npos) << request;
}

TEST_F(CredentialTest, cannot_bring_another_line) {
  for (auto const* secret : {"one\r\nX-Evil: 1", "one\ntwo", "one\rtwo", "", "\r\n"}) {
    EXPECT_THROW((Proxy{with_credential(9, secret)}), std::runtime_error) << secret;
  }
}

TEST_F(CredentialTest, is_nowhere_to_be_read) {
  std::string const token = "s3cret-value";
  Proxy proxy{with_credential(unused_port(), token)};
  auto client = proxy.connect();
  std::string replies;
  for (auto const& request : {get_x, json_get}) {
    client.send(request);
    replies += receive_response(client);
  }
  EXPECT_EQ(count(replies, "HTTP/1.1 502"), 2U);
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  for (auto const& record : proxy.stop()) replies += boost::json::serialize(record);
  EXPECT_EQ(replies.find(token), std::string::npos) << replies;
  EXPECT_EQ(proxy.events().find(token), std::string::npos) << proxy.events();
  EXPECT_EQ(proxy.metrics().expose().find(token), std::string::npos);
}

// Header rules.

TEST(HeaderRules, change_what_goes_up) {
  ScriptedUpstream upstream{always(ok_response)};
  auto settings = to(upstream.port());
  settings.map.front().request_headers = {.set = {{"X-Set", "new"}}, .add = {{"X-Add", "2"}}, .remove = {"X-Remove"}};
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send("GET /x HTTP/1.1\r\nHost: app\r\nx-set: old\r\nX-Set: older\r\nX-Add: 1\r\nx-remove: 1\r\nX-Keep: 1\r\n\r\n");
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.close();
  proxy.stop();
  EXPECT_TRUE(upstream.wait_until_done());
  EXPECT_EQ(upstream.all_received(), "GET /x HTTP/1.1\r\nHost: " + upstream.authority() +
                                         "\r\nX-Add: 1\r\nX-Keep: 1\r\nX-Set: new\r\nX-Add: 2\r\nVia: 1.1 amb\r\n\r\n");
}

TEST(HeaderRules, change_what_comes_down_from_the_upstream) {
  ScriptedUpstream upstream{
      always("HTTP/1.1 200 OK\r\nDate: D\r\nserver: x\r\nX-Set: old\r\nX-Add: 1\r\nContent-Length: 2\r\n\r\nok")};
  auto settings = to(upstream.port());
  settings.map.front().response_headers = {.set = {{"X-Set", "new"}}, .add = {{"X-Add", "2"}}, .remove = {"Server"}};
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(receive_response(client),
            "HTTP/1.1 200 OK\r\nDate: D\r\nX-Add: 1\r\nX-Set: new\r\nX-Add: 2\r\nContent-Length: 2\r\nVia: 1.1 amb\r\n\r\nok");
}

}  // namespace
}  // namespace ambassador::support::limits_test
