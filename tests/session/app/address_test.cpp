// The address that a name leads to is looked at before it is connected to, on every way out.
#include "support/egress.hpp"
#include "support/outcome.hpp"

namespace ambassador::support::address_test {
namespace {

using observe::Reason;

std::string const opened = "HTTP/1.1 200 OK\r\n\r\n";
std::vector<std::string> const loopback{"127.0.0.0/8", "::1"};

std::string connect_to(std::string const& authority) {
  return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\nAccept: application/json\r\n\r\n";
}

std::string get(std::string const& authority) {
  return "GET http://" + authority + "/x HTTP/1.1\r\nHost: " + authority + "\r\nAccept: application/json\r\n\r\n";
}

config::AllowRule anything() {
  config::AllowRule rule;
  rule.text = "*:*";
  rule.host_kind = config::HostKind::any;
  rule.host = "*";
  return rule;
}

TEST(Address, a_name_that_leads_to_this_machine_is_refused) {
  ScriptedUpstream upstream{always(ok_response)};
  auto const authority = "localhost:" + std::to_string(upstream.port());
  for (auto const& request : {get(authority), connect_to(authority)}) {
    Proxy proxy{allowing(allow("localhost", upstream.port()))};
    auto client = proxy.connect();
    client.send(request);
    auto const reply = receive_response(client);
    EXPECT_EQ(status_of(reply), 403);
    EXPECT_EQ(reason_code(reply), "address_refused");
    EXPECT_NE(reply.find("a loopback address"), std::string::npos) << reply;
    client.close();
    auto const record = only_record(proxy);
    EXPECT_EQ(text_of(record, "decision"), "blocked");
    EXPECT_NE(text_of(record, "reason").find("a loopback address"), std::string::npos) << text_of(record, "reason");
    EXPECT_EQ(proxy.blocked(Reason::address_refused), 1U);
  }
  EXPECT_EQ(upstream.accepted(), 0U);
}

TEST(Address, the_entry_s_addresses_let_the_name_pass) {
  ScriptedUpstream upstream{always(ok_response)};
  auto const authority = "localhost:" + std::to_string(upstream.port());
  Proxy proxy{allowing(allow("localhost", upstream.port(), loopback))};
  auto client = proxy.connect();
  client.send(get(authority));
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.send(connect_to(authority));
  EXPECT_EQ(client.receive_exactly(opened.size()), opened);
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.close();
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; }));
  auto const records = proxy.stop();
  ASSERT_EQ(records.size(), 2U);
  for (auto const& record : records) EXPECT_EQ(text_of(record, "decision"), "allowed");
  EXPECT_EQ(proxy.blocked(Reason::address_refused), 0U);
}

TEST(Address, one_entry_s_connections_are_not_lent_to_calls_of_another) {
  ScriptedUpstream upstream{always(ok_response)};
  auto settings = to(upstream.port());
  settings.map.front().targets.front().authority.host = "localhost";
  settings.map.front().targets.front().host_header = "localhost:" + std::to_string(upstream.port());
  settings.allow.push_back(allow("localhost", upstream.port()));
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
  client.send(get("localhost:" + std::to_string(upstream.port())));
  EXPECT_EQ(status_of(receive_response(client)), 403) << "the mapped call's connection was lent to one that may not be there";
}

TEST(Address, a_client_s_literal_is_judged_as_any_other) {
  ScriptedUpstream upstream{always(ok_response)};
  Proxy proxy{allowing(anything())};
  auto const port = std::to_string(upstream.port());
  for (auto const& host : {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"}) {
    auto client = proxy.connect();
    client.send(connect_to(host + (':' + port)));
    auto const reply = receive_response(client);
    EXPECT_EQ(status_of(reply), 403) << host;
    EXPECT_EQ(reason_code(reply), "address_refused") << host;
  }
  EXPECT_EQ(upstream.accepted(), 0U);
}

TEST(Address, a_parent_proxy_is_not_asked_for_what_may_not_be_reached) {
  ScriptedUpstream parent{[](Socket& socket, std::size_t) { read_head(socket); }};
  auto settings = allowing(anything());
  settings.via = by(parent);
  Proxy proxy{settings};
  for (auto const& request : {connect_to("169.254.169.254:80"), get("169.254.169.254")}) {
    auto client = proxy.connect();
    client.send(request);
    auto const reply = receive_response(client);
    EXPECT_EQ(status_of(reply), 403) << request;
    EXPECT_EQ(reason_code(reply), "address_refused");
    EXPECT_NE(reply.find("169.254.169.254"), std::string::npos) << reply;
  }
  EXPECT_EQ(parent.accepted(), 0U);
  EXPECT_TRUE(eventually([&] { return proxy.blocked(Reason::address_refused) == 2; }));
}

TEST(Address, a_parent_proxy_may_be_anywhere_and_looks_names_up_itself) {
  ScriptedUpstream parent{always(ok_response)};
  auto settings = allowing(anything());
  settings.via = by(parent);
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get("far.example"));
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

TEST(Address, a_target_that_writes_a_link_local_address_is_meant) {
  // Through a parent, so that nobody is called there.
  ScriptedUpstream parent{always(ok_response)};
  config::Settings settings;
  settings.map.push_back(mapping("app", "", "169.254.1.1", 80));
  settings.map.front().via = by(parent);
  Proxy proxy{settings};
  auto client = proxy.connect();
  client.send(get_x);
  EXPECT_EQ(status_of(receive_response(client)), 200);
}

}  // namespace
}  // namespace ambassador::support::address_test
