// What the keys of egress mean: TLS on both sides, TCP, credentials, rules for fields, limits, the parent proxy, networks.
#include "unit/config/loading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::config::egress_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Settings settings_of(std::string const& text) {
  auto const loaded = load_text(text);
  EXPECT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  return loaded.settings.value_or(Settings{});
}

Mapping mapping_of(std::string const& entry) {
  auto const settings = settings_of("map: [" + entry + "]");
  EXPECT_EQ(settings.map.size(), 1U);
  return settings.map.empty() ? Mapping{} : settings.map.front();
}

AllowRule rule_of(std::string const& entry) {
  auto const settings = settings_of("allow: [" + entry + "]");
  EXPECT_EQ(settings.allow.size(), 1U);
  return settings.allow.empty() ? AllowRule{} : settings.allow.front();
}

std::vector<std::string> texts(std::vector<IpNetwork> const& networks) {
  std::vector<std::string> out;
  for (auto const& network : networks) out.push_back(to_string(network));
  return out;
}

// ---- listeners

TEST(ListenTls, has_the_certificate_of_its_own_before_the_others) {
  auto const settings = settings_of(R"(
listen:
  - address: localhost:8443
    tls: {cert: /a.crt, key: /a.key, certificates: [{cert: /b.crt, key: /b.key}], client_ca: /ca.crt, client: optional}
    proxy_protocol: true
  - 127.0.0.1:1080
map: [{source: http://*/, target: http://a}])");
  ASSERT_EQ(settings.listen.size(), 3U);
  for (auto const& listener : {settings.listen[0], settings.listen[1]}) {
    EXPECT_TRUE(listener.proxy_protocol);
    ASSERT_TRUE(listener.tls.has_value());
    EXPECT_THAT(listener.tls->certificates,
                ElementsAre(CertificateFiles{"/a.crt", "/a.key", {}}, CertificateFiles{"/b.crt", "/b.key", {}}));
    EXPECT_EQ(listener.tls->certificates[0].where.line, 4);
    EXPECT_EQ(listener.tls->client_ca, "/ca.crt");
    EXPECT_FALSE(listener.tls->client_required);
    EXPECT_EQ(listener.where.line, 3);
  }
  EXPECT_TRUE(settings.listen[1].is_default);
  EXPECT_FALSE(settings.listen[2].tls.has_value());
  EXPECT_FALSE(settings.listen[2].proxy_protocol);
}

TEST(ListenTls, requires_a_certificate_of_clients_where_their_ca_is_named) {
  auto const settings = settings_of(
      "listen: {address: 127.0.0.1:1, tls: {cert: /a, key: /b, client_ca: /c}}\nmap: [{source: http://*/, target: http://a}]");
  EXPECT_TRUE(settings.listen.front().tls->client_required);
}

TEST(Transparent, listens_on_both_loopback_addresses) {
  auto const settings = settings_of("transparent: 15001\nallow: [a:80]");
  EXPECT_EQ(settings.transparent, 15'001);
  EXPECT_THAT(listeners(settings), ElementsAre("127.0.0.1 1080?", "::1 1080?", "127.0.0.1 15001?", "::1 15001?"));
  EXPECT_EQ(settings.listen[1].protocol, ListenProtocol::http);
  EXPECT_EQ(settings.listen[2].protocol, ListenProtocol::transparent);
  EXPECT_EQ(settings.listen[3].protocol, ListenProtocol::transparent);
}

// ---- tcp

TEST(TcpSource, has_a_listener_of_its_own) {
  auto const settings = settings_of(R"(
map:
  - {source: http://localhost/a, target: http://a}
  - {source: tcp://localhost:9092, target: tls://kafka:9093, proxy_protocol: v2}
  - {source: "tcp://[::1]:6000", target: tcp://b:6000})");
  EXPECT_THAT(listeners(settings), ElementsAre("127.0.0.1 1080?", "::1 1080?", "127.0.0.1 9092?", "::1 9092?", "::1 6000"));
  for (auto const i : {2U, 3U}) {
    EXPECT_EQ(settings.listen[i].protocol, ListenProtocol::tcp);
    EXPECT_EQ(settings.listen[i].mapping, 1U);
  }
  EXPECT_EQ(settings.listen[4].mapping, 2U);
  auto const& kafka = settings.map[1];
  EXPECT_EQ(kafka.source.scheme, SourceScheme::tcp);
  EXPECT_EQ(kafka.source.host, "localhost");
  EXPECT_EQ(kafka.source.port, 9092);
  EXPECT_EQ(kafka.targets.front().scheme, TargetScheme::tls);
  EXPECT_EQ(kafka.targets.front().port, 9093);
  EXPECT_EQ(kafka.proxy_protocol, ProxyProtocol::v2);
  EXPECT_EQ(settings.map[2].proxy_protocol, ProxyProtocol::off);
}

TEST(TcpSource, does_not_hide_one_of_http) {
  auto const settings = settings_of(R"(
map:
  - {source: tcp://localhost:8081, target: tcp://a:1}
  - {source: http://localhost/x, target: http://b}
  - {source: http://localhost:8082, target: http://c})");
  EXPECT_EQ(settings.map.size(), 3U);
}

TEST(TcpSource, waits_an_hour_unless_idle_is_written) {
  auto const idle = [](std::string const& timeouts) {
    return settings_of("map: [{source: tcp://localhost:1, target: tcp://a:1" + timeouts).map.front().timeout;
  };
  EXPECT_EQ(idle("}]").tunnel_idle, std::chrono::hours{1});
  EXPECT_EQ(idle("}]").idle, std::chrono::minutes{5});
  EXPECT_EQ(idle("}]\ntimeout: {idle: 5m}").tunnel_idle, std::chrono::minutes{5});
  EXPECT_EQ(idle(", timeout: {idle: 0}}]\ntimeout: {idle: 5m}").tunnel_idle, Milliseconds{0});
  EXPECT_EQ(idle(", timeout: {connect: 1s}}]").tunnel_idle, std::chrono::hours{1});
}

// ---- targets with TLS

TEST(HttpsTarget, has_the_port_of_its_scheme) {
  auto const target = mapping_of("{source: http://a, target: https://B/c}").targets.front();
  EXPECT_EQ(target.scheme, TargetScheme::https);
  EXPECT_EQ(target.port, 443);
  EXPECT_EQ(target.host_header, "b");
  EXPECT_EQ(target.path, "/c");
  EXPECT_EQ(mapping_of("{source: http://a, target: https://b:443}").targets.front().host_header, "b");
  EXPECT_EQ(mapping_of("{source: http://a, target: https://b:80}").targets.front().host_header, "b:80");
  EXPECT_EQ(mapping_of("{source: http://a, target: http://b:443}").targets.front().host_header, "b:443");
}

TEST(UpstreamTls, keeps_the_files_and_the_name) {
  auto const tls =
      mapping_of("{source: http://a, target: https://b, tls: {ca: /ca, cert: /c, key: /k, server_name: Pay.Example.com}}").tls;
  EXPECT_EQ(tls, (UpstreamTls{"/ca", "/c", "/k", "pay.example.com", true, {}}));
  EXPECT_EQ(tls.where.line, 1);
  EXPECT_EQ(mapping_of("{source: http://a, target: https://b}").tls, UpstreamTls{});
}

TEST(UpstreamTls, that_is_not_verified_is_warned_of_at_each_load) {
  auto const loaded = load_text("map:\n  - {source: http://a, target: https://b, tls: {verify: false}}");
  ASSERT_TRUE(loaded.settings.has_value());
  EXPECT_FALSE(loaded.settings->map.front().tls.verify);
  EXPECT_EQ(all_diagnostics(loaded),
            "a.yaml:2:57: warning: map[0].tls.verify: the certificates of b are not verified: anyone in between can read and "
            "change what is sent (name who signed them: tls: {ca: /tls/ca.crt})\n");
}

// ---- credentials and fields

TEST(Credential, names_the_field_and_the_file) {
  auto const credential =
      mapping_of(R"({source: http://a, target: https://b, credential: {header: Authorization, prefix: "Bearer ", file: /t}})")
          .credential;
  ASSERT_TRUE(credential.has_value());
  EXPECT_EQ(credential->header, "Authorization");
  EXPECT_EQ(credential->prefix, "Bearer ");
  EXPECT_EQ(credential->file, "/t");
}

TEST(HeaderRules, are_kept_for_each_direction) {
  auto const mapping = mapping_of(R"({source: http://a, target: http://b, headers: {
    request: {set: {X-A: " 1 "}, add: {X-B: two, X-A: 3}, remove: [X-C]}, response: {remove: [Server]}}})");
  EXPECT_THAT(mapping.request_headers.set, ElementsAre(Pair("X-A", "1")));
  EXPECT_THAT(mapping.request_headers.add, ElementsAre(Pair("X-B", "two"), Pair("X-A", "3")));
  EXPECT_THAT(mapping.request_headers.remove, ElementsAre("X-C"));
  EXPECT_THAT(mapping.response_headers.remove, ElementsAre("Server"));
  EXPECT_TRUE(mapping.response_headers.set.empty());
}

TEST(HeaderRules, do_not_touch_the_fields_of_the_ambassador) {
  for (auto const* const name : {"Connection", "Content-Length", "Host", "Transfer-Encoding", "TE", "Trailer", "Upgrade",
                                 "Keep-Alive", "Proxy-Connection", "Via", "vIA"}) {
    auto const text = std::string{"map: [{source: http://a, target: http://b, headers: {response: {"};
    auto const own = std::string{name} + " is the ambassador's own field";
    EXPECT_THAT(all_diagnostics(load_text(text + "set: {" + name + ": x}}}}]")), HasSubstr(own));
    EXPECT_THAT(all_diagnostics(load_text(text + "add: {" + name + ": x}}}}]")), HasSubstr(own));
    EXPECT_THAT(all_diagnostics(load_text(text + "remove: [" + name + "]}}}]")), HasSubstr(own));
  }
}

TEST(HeaderRules, show_no_secret_in_the_settings_that_are_printed) {
  auto const settings = settings_of(
      "map: [{source: http://a, target: http://b, headers: {request: {set: {Authorization: Basic eDp5, X-A: shown}}}}]");
  EXPECT_THAT(to_yaml(settings), testing::Not(HasSubstr("eDp5")));
  EXPECT_THAT(to_yaml(settings), HasSubstr("shown"));
}

// ---- bounds

TEST(Rate, has_defaults_for_all_but_the_requests) {
  auto const rate = mapping_of("{source: http://a, target: http://b, rate: {requests: 7}}").rate;
  ASSERT_TRUE(rate.has_value());
  EXPECT_EQ(rate->requests, 7U);
  EXPECT_EQ(rate->per, std::chrono::seconds{1});
  EXPECT_EQ(rate->burst, 7U);
  auto const own = mapping_of("{source: http://a, target: http://b, rate: {requests: 7, per: 1m, burst: 3}}").rate;
  EXPECT_EQ(own->per, std::chrono::minutes{1});
  EXPECT_EQ(own->burst, 3U);
  EXPECT_FALSE(mapping_of("{source: http://a, target: http://b}").rate.has_value());
}

TEST(SourceLimits, lie_over_the_global_ones) {
  auto const settings = settings_of(R"(
map:
  - {source: http://a, target: http://b, limits: {connections: 5, requests: 3}}
  - {source: tcp://localhost:1, target: tcp://b:1, limits: {pending: 0}}
limits: {connections: 100, pending: 10})");
  EXPECT_EQ(settings.map[0].connections, 5U);
  EXPECT_EQ(settings.map[0].pending, 10U);
  EXPECT_EQ(settings.map[0].requests, 3U);
  EXPECT_EQ(settings.map[1].connections, 100U);
  EXPECT_EQ(settings.map[1].pending, 0U);
  EXPECT_EQ(settings.map[1].requests, 0U);
}

// ---- the parent proxy

TEST(Via, is_inherited_but_by_what_stays_on_this_machine) {
  auto const settings = settings_of(R"(
via: {url: "http://Proxy.corp:3128", credentials_file: /secrets/proxy}
map:
  - {source: http://a, target: https://b}
  - {source: http://c, target: http://localhost:8000}
  - {source: http://d, target: http://127.0.0.2:8000, via: http://other:80}
  - {source: http://e, target: https://b, via: off})");
  ASSERT_TRUE(settings.via.has_value());
  EXPECT_EQ(settings.via->text, "http://Proxy.corp:3128");
  EXPECT_EQ(settings.via->authority, (Authority{"proxy.corp", 3128}));
  EXPECT_EQ(settings.via->credentials_file, "/secrets/proxy");
  EXPECT_EQ(settings.map[0].via, settings.via);
  EXPECT_FALSE(settings.map[1].via.has_value());
  ASSERT_TRUE(settings.map[2].via.has_value());
  EXPECT_EQ(settings.map[2].via->authority.port, 80);
  EXPECT_FALSE(settings.map[3].via.has_value());
}

TEST(Via, is_not_shown_where_it_holds_a_password) {
  for (auto const* const url :
       {"http://u:secret@proxy:1", "https://u:secret@proxy:1", "u:secret@proxy:1", "http://u:secret@:x"}) {
    auto const loaded = load_text(std::string{"via: '"} + url + "'");
    EXPECT_FALSE(loaded.settings.has_value()) << url;
    EXPECT_THAT(all_diagnostics(loaded), testing::Not(HasSubstr("secret"))) << url;
  }
}

// ---- allow

TEST(AllowNetwork, has_no_host) {
  auto const rule = rule_of("192.0.2.0/24:443");
  EXPECT_EQ(rule.text, "192.0.2.0/24:443");
  EXPECT_EQ(rule.host, "");
  EXPECT_EQ(rule.network, parse_ip_network("192.0.2.0/24"));
  EXPECT_THAT(rule.ports, ElementsAre(443));
  auto const v6 = rule_of(R"("[2001:db8::]/32:*")");
  EXPECT_EQ(v6.network, parse_ip_network("2001:db8::/32"));
  EXPECT_THAT(v6.ports, IsEmpty());
}

TEST(AllowNetwork, is_that_of_an_address_too) {
  EXPECT_EQ(rule_of("10.1.2.3:80").host, "10.1.2.3");
  EXPECT_EQ(rule_of("10.1.2.3:80").network, parse_ip_network("10.1.2.3"));
  EXPECT_EQ(rule_of(R"("[FD00::1]:80")").host, "[fd00::1]");
  EXPECT_EQ(rule_of(R"("[FD00::1]:80")").network, parse_ip_network("fd00::1"));
  EXPECT_FALSE(rule_of("example.com:80").network.has_value());
}

TEST(AllowAddresses, are_networks_and_words) {
  auto const rule = rule_of(R"({to: "*.corp:443", addresses: [private, 10.0.0.0/8, 192.0.2.1, loopback], sni: any})");
  EXPECT_EQ(rule.text, "*.corp:443");
  EXPECT_EQ(rule.host_kind, HostKind::suffix);
  EXPECT_TRUE(rule.any_sni);
  EXPECT_THAT(texts(rule.addresses), ElementsAre("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
                                                 "192.0.2.1", "127.0.0.0/8", "::1"));
  EXPECT_FALSE(rule_of("{to: a:443, sni: match}").any_sni);
  EXPECT_THAT(rule_of("a:443").addresses, IsEmpty());
}

TEST(AllowAddresses, of_this_machines_own_names_need_no_word) {
  for (auto const* const name : {"localhost:80", "a.localhost:80", R"("*.localhost:80")", "{to: localhost:80}"}) {
    EXPECT_THAT(texts(rule_of(name).addresses), ElementsAre("127.0.0.0/8", "::1")) << name;
  }
  EXPECT_THAT(rule_of("127.0.0.1:80").addresses, IsEmpty());
  EXPECT_THAT(rule_of("localhost.example.com:80").addresses, IsEmpty());
}

}  // namespace
}  // namespace ambassador::config::egress_test
