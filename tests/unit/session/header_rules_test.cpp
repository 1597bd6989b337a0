// What the configuration changes in a head: remove, then set, then add, then the credential; never what is ours.
#include "session/http/forwarded_head.hpp"
#include "unit/route/rules.hpp"

namespace ambassador::route::header_rules_test {
namespace {

using session::append_forwarded;

using config::HeaderRules;

/// The fields of the request as it goes upstream, without its first line, Host and Via.
std::string request_fields(std::string const& fields, ForwardedRequest forwarded, std::string const& start = "GET /") {
  Asked const asked{start, host("client.test") + fields};
  forwarded.target = "/";
  forwarded.host = "up";
  forwarded.pseudonym = "us";
  std::string out;
  append_forwarded(out, asked.head, forwarded);
  auto const begins = out.find("Host: up\r\n") + std::string_view{"Host: up\r\n"}.size();
  auto const via = out.find("Via: 1.1 us\r\n");
  EXPECT_NE(via, std::string::npos) << out;
  return out.substr(begins, via - begins) + out.substr(std::min(out.size(), via + std::string_view{"Via: 1.1 us\r\n"}.size()));
}

std::string request_fields(std::string const& fields, HeaderRules const& rules) {
  return request_fields(fields, {.upgrade = {}, .rules = &rules});
}

/// The response's head as it goes to the client.
std::string response(std::string const& head_bytes, HeaderRules const& rules, ForwardedResponse forwarded = {},
                     wire::http::Method method = wire::http::Method::get) {
  auto const bytes = head_bytes + "\r\n";
  wire::http::FieldList fields;
  wire::http::ResponseHead head;
  EXPECT_FALSE(wire::http1::parse_response_head(bytes, {}, method, fields, head)) << bytes;
  forwarded.pseudonym = "us";
  forwarded.date = "now";
  forwarded.rules = &rules;
  std::string out;
  append_forwarded(out, head, forwarded);
  return out;
}

TEST(RequestRules, that_are_empty_change_nothing) {
  EXPECT_EQ(request_fields("X-A: 1\r\nx-a:2\r\n", HeaderRules{}), "X-A: 1\r\nx-a: 2\r\n\r\n");
}

TEST(RequestRules, remove_every_field_of_the_name_in_any_case) {
  EXPECT_EQ(request_fields("X-A: 1\r\nX-B: 2\r\nx-a: 3\r\nX-AB: 4\r\n", HeaderRules{.set = {}, .add = {}, .remove = {"x-A"}}),
            "X-B: 2\r\nX-AB: 4\r\n\r\n");
}

TEST(RequestRules, set_one_field_in_place_of_all_of_its_name) {
  HeaderRules const rules{.set = {{"X-A", "new"}}, .add = {}, .remove = {}};
  EXPECT_EQ(request_fields("x-a: 1\r\nX-B: 2\r\nX-A: 3\r\n", rules), "X-B: 2\r\nX-A: new\r\n\r\n");
  EXPECT_EQ(request_fields("X-B: 2\r\n", rules), "X-B: 2\r\nX-A: new\r\n\r\n");
}

TEST(RequestRules, add_a_field_beside_those_that_are_there) {
  HeaderRules const rules{.set = {}, .add = {{"X-A", "new"}, {"X-A", "newer"}}, .remove = {}};
  EXPECT_EQ(request_fields("X-A: 1\r\n", rules), "X-A: 1\r\nX-A: new\r\nX-A: newer\r\n\r\n");
}

TEST(RequestRules, remove_before_they_set_and_set_before_they_add) {
  HeaderRules const rules{.set = {{"X-A", "set"}}, .add = {{"X-A", "added"}, {"X-B", "added"}}, .remove = {"X-A", "X-B"}};
  EXPECT_EQ(request_fields("X-A: 1\r\nX-B: 2\r\n", rules), "X-A: set\r\nX-A: added\r\nX-B: added\r\n\r\n");
}

TEST(RequestRules, give_a_field_that_the_client_named_in_connection) {
  HeaderRules const rules{.set = {{"X-A", "ours"}}, .add = {}, .remove = {}};
  EXPECT_EQ(request_fields("Connection: X-A\r\nX-A: theirs\r\n", rules), "X-A: ours\r\n\r\n");
}

TEST(RequestRules, never_touch_framing_hop_by_hop_fields_host_or_via) {
  HeaderRules rules;
  for (auto const* name : {"Content-Length", "Transfer-Encoding", "Host", "Connection", "Keep-Alive", "TE", "Upgrade",
                           "Proxy-Authorization", "Proxy-Connection", "via"}) {
    rules.set.emplace_back(name, "7");
    rules.add.emplace_back(name, "8");
    rules.remove.emplace_back(name);
  }
  EXPECT_EQ(request_fields("Via: 1.0 a\r\nContent-Length: 5\r\n", {.upgrade = {}, .rules = &rules}, "POST /"),
            "Via: 1.0 a\r\nContent-Length: 5\r\n\r\n");
}

TEST(Credential, goes_in_place_of_the_apps_own_field) {
  EXPECT_EQ(request_fields("AUTHORIZATION: mine\r\nX-A: 1\r\nauthorization: mine\r\n",
                           {.upgrade = {}, .credential_name = "Authorization", .credential_value = "Bearer x"}),
            "X-A: 1\r\nAuthorization: Bearer x\r\n\r\n");
}

TEST(Credential, has_the_last_word_over_the_rules) {
  HeaderRules const rules{.set = {{"authorization", "set"}}, .add = {{"Authorization", "added"}, {"X-A", "1"}}, .remove = {}};
  EXPECT_EQ(
      request_fields("Authorization: mine\r\n",
                     {.upgrade = {}, .rules = &rules, .credential_name = "Authorization", .credential_value = "Bearer x"}),
      "X-A: 1\r\nAuthorization: Bearer x\r\n\r\n");
}

TEST(Credential, never_takes_the_place_of_what_is_ours) {
  EXPECT_EQ(request_fields("", {.upgrade = {}, .credential_name = "Host", .credential_value = "other"}), "\r\n");
}

TEST(ParentProxy, gets_the_whole_url_and_its_own_authorization) {
  Asked const asked{"GET /", host("h") + "Proxy-Authorization: the apps\r\n"};
  std::string out;
  append_forwarded(
      out, asked.head,
      {.target = "http://up:81/x", .host = "up:81", .pseudonym = "us", .upgrade = {}, .proxy_authorization = "Basic eA=="});
  EXPECT_EQ(out, "GET http://up:81/x HTTP/1.1\r\nHost: up:81\r\nVia: 1.1 us\r\nProxy-Authorization: Basic eA==\r\n\r\n");
}

TEST(ResponseRules, remove_set_and_add) {
  HeaderRules const rules{.set = {{"X-B", "set"}}, .add = {{"Set-Cookie", "b"}}, .remove = {"server"}};
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nDate: d\r\nServer: s\r\nX-B: 1\r\nSet-Cookie: a\r\n", rules),
            "HTTP/1.1 200 OK\r\nDate: d\r\nSet-Cookie: a\r\nX-B: set\r\nSet-Cookie: b\r\nVia: 1.1 us\r\n\r\n");
}

TEST(ResponseRules, are_for_final_responses_and_for_a_switch) {
  HeaderRules const rules{.set = {}, .add = {{"X-A", "1"}}, .remove = {"Link"}};
  EXPECT_EQ(response("HTTP/1.1 103 E\r\nLink: l\r\n", rules), "HTTP/1.1 103 E\r\nLink: l\r\nVia: 1.1 us\r\n\r\n");
  EXPECT_EQ(response("HTTP/1.1 101 S\r\nLink: l\r\nConnection: Upgrade\r\nUpgrade: x\r\n", rules, {.upgraded = true}),
            "HTTP/1.1 101 S\r\nX-A: 1\r\nVia: 1.1 us\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(response("HTTP/1.1 404 N\r\nDate: d\r\nLink: l\r\n", rules),
            "HTTP/1.1 404 N\r\nDate: d\r\nX-A: 1\r\nVia: 1.1 us\r\n\r\n");
}

TEST(ResponseRules, on_the_date_leave_it_to_the_reader) {
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\n", HeaderRules{.set = {{"Date", "d"}}, .add = {}, .remove = {}}),
            "HTTP/1.1 200 OK\r\nDate: d\r\nVia: 1.1 us\r\n\r\n");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nDate: d\r\n", HeaderRules{.set = {}, .add = {}, .remove = {"Date"}}),
            "HTTP/1.1 200 OK\r\nVia: 1.1 us\r\n\r\n");
}

TEST(ResponseRules, never_touch_the_length_that_is_said) {
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 42\r\n",
                     HeaderRules{.set = {{"Content-Length", "7"}}, .add = {}, .remove = {"Content-Length"}}, {},
                     wire::http::Method::head),
            "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 42\r\nVia: 1.1 us\r\n\r\n");
}

}  // namespace
}  // namespace ambassador::route::header_rules_test
