// What a configuration asks of its Pod.
#include "kubernetes/plan.hpp"

#include "config/load.hpp"
#include "kubernetes/commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace ambassador::kubernetes::plan_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Planned {
  Sidecar sidecar;
  std::string said;
};

Planned planned(std::string const& text, std::vector<SecretDirectory> const& said = {}) {
  config::Inputs inputs;
  inputs.file = "a.yaml";
  inputs.files_may_be_missing = true;
  inputs.read_file = [&](std::string const& path) { return path == "a.yaml" ? std::optional{text} : std::nullopt; };
  auto const loaded = config::load(inputs);
  for (auto const& diagnostic : loaded.diagnostics) {
    EXPECT_NE(diagnostic.severity, config::Severity::error) << to_string(diagnostic);
  }
  Planned made;
  config::Report report;
  if (loaded.settings) plan(*loaded.settings, said, made.sidecar, report);
  for (auto const& diagnostic : report.take()) made.said += to_string(diagnostic) + '\n';
  return made;
}

std::string const map = "map: [{source: http://h, target: http://h}]\n";

TEST(Plan, names_the_first_plain_listener) {
  EXPECT_EQ(planned(map).sidecar.proxy_port, 1080);
  EXPECT_EQ(planned(map + "listen: [{address: \"127.0.0.1:8443\", tls: {cert: /t/c, key: /t/k}}, \"0.0.0.0:3128\"]")
                .sidecar.proxy_port,
            3128);
}

TEST(Plan, warns_where_no_app_could_reach_it) {
  auto const made = planned(map + "listen: {address: \":8443\", tls: {cert: /t/c, key: /t/k}}");
  EXPECT_FALSE(made.sidecar.proxy_port);
  EXPECT_THAT(made.said, HasSubstr("warning: listen: no plain listener on localhost"));
  EXPECT_THAT(planned(map + "listen: 127.0.0.1:0").said, HasSubstr("a.yaml:2:9: error: listen: any free port"));
  EXPECT_THAT(planned(map + "transparent: 15001").said, HasSubstr("ambassador redirect --uid 1080"));
}

TEST(Plan, opens_tunnels_where_any_may_pass_and_says_where_none_do) {
  EXPECT_FALSE(planned(map).sidecar.tunnels);
  EXPECT_THAT(planned(map).said, HasSubstr("a.yaml: warning: allow: nothing is allowed: HTTPS of the app goes past"));
  for (std::string const more : {"allow: [example.com:443]", "unmapped: report", "unmapped: allow"}) {
    EXPECT_TRUE(planned(map + more).sidecar.tunnels) << more;
    EXPECT_THAT(planned(map + more).said, IsEmpty()) << more;
  }
}

TEST(Plan, names_every_port_that_is_taken) {
  auto const made = planned(
      "listen: [127.0.0.1:1080, \"0.0.0.0:3128\"]\ntransparent: 15001\nmap:\n"
      "  - {source: \"http://localhost:5005\", target: http://h}\n  - {source: \"tcp://localhost:9092\", target: "
      "\"tcp://k:1\"}\n");
  std::map<unsigned, std::string> ports;
  for (auto const& [number, what] : made.sidecar.ports) EXPECT_TRUE(ports.emplace(number, what).second) << number;
  EXPECT_EQ(ports, (std::map<unsigned, std::string>{
                       {1080, "the ambassador's listener 127.0.0.1:1080"},
                       {3128, "the ambassador's listener 0.0.0.0:3128"},
                       {5005, "that of the source http://localhost:5005, where the ambassador listens"},
                       {9092, "that of the source tcp://localhost:9092, where the ambassador listens"},
                       {9901, "the ambassador's admin port"},
                       {15001, "the ambassador's transparent port"},
                   }));
  EXPECT_EQ(planned(map).sidecar.ports.size(), 2U) << "the default listener, and the admin port";
}

TEST(Plan, knows_what_of_the_pod_a_call_may_reach) {
  auto const reaches = [](std::string const& config, std::string const& host, unsigned port) {
    auto const found = planned(config).sidecar.reachable;
    return std::any_of(found.begin(), found.end(), [&](Reachable const& one) {
      return (one.host == "*" || one.host == host) && (one.port == 0 || one.port == port);
    });
  };
  auto const mapped = "map: [{source: http://localhost/api, target: http://h}]\n" + std::string{};
  EXPECT_TRUE(reaches(mapped, "localhost", 80));
  EXPECT_TRUE(reaches(mapped, "localhost", 1080));
  EXPECT_FALSE(reaches(mapped, "127.0.0.1", 80));
  EXPECT_FALSE(reaches(mapped, "localhost", 8080));
  EXPECT_TRUE(reaches(mapped + "unmapped: report", "localhost", 8080));
  EXPECT_TRUE(reaches(mapped + "allow: [\"localhost:8080\"]", "localhost", 8080));
  EXPECT_FALSE(reaches(mapped + "allow: [\"localhost:8080\"]", "127.0.0.1", 8080));
  EXPECT_TRUE(reaches(mapped + "allow: [\"127.0.0.1:8080\"]", "127.0.0.1", 8080));
  EXPECT_FALSE(reaches(mapped + "allow: [\"192.0.2.7:8080\"]", "127.0.0.1", 8080));
}

TEST(Plan, knows_low_ports) {
  EXPECT_FALSE(planned(map + "listen: 127.0.0.1:1024").sidecar.low_ports);
  EXPECT_TRUE(planned("map: [{source: \"http://localhost:81\", target: http://h}]").sidecar.low_ports);
}

TEST(Plan, mounts_each_directory_from_the_secret_of_its_name) {
  auto const made = planned(R"(
unmapped: report
via: {url: http://proxy:3128, credentials_file: /secrets/proxy/login}
map:
  - source: http://h
    target: https://h
    tls: {ca: /tls/ca.crt, cert: /tls/tls.crt, key: /tls/tls.key}
    credential: {header: Authorization, file: /secrets/payments/token}
  - {source: http://i, target: https://i, tls: {ca: /etc/ssl/certs/ca-certificates.crt}}
)");
  EXPECT_THAT(made.said, IsEmpty());
  ASSERT_EQ(made.sidecar.secrets.size(), 3U);
  auto const commands = create_commands(made.sidecar.secrets, {{"Job/a", "shop"}, {"Job/b", "shop"}, {"Job/c", "x", "left"}});
  ASSERT_EQ(commands.size(), 3U);
  EXPECT_EQ(commands[0].about, "the Secret tls is mounted at /tls");
  EXPECT_EQ(commands[0].line,
            "kubectl create secret generic tls --namespace shop --from-file=ca.crt --from-file=tls.crt --from-file=tls.key");
  EXPECT_EQ(create_commands({made.sidecar.secrets[1]}, {{"Job/a", ""}}).front().line,
            "kubectl create secret generic payments --from-file=token");
  EXPECT_EQ(made.sidecar.secrets[1].directory, "/secrets/payments");
  EXPECT_EQ(made.sidecar.secrets[2].name, "proxy");
}

TEST(Plan, mounts_another_secret_where_the_user_says_so) {
  auto const text =
      "map: [{source: http://h, target: https://h, credential: {header: A, file: /secrets/Pay_1/token}}]\nunmapped: report\n";
  EXPECT_THAT(planned(text).said,
              HasSubstr("error: no Secret can have the name of this file's directory: \"/secrets/Pay_1/token\" "
                        "(say which with --secret NAME=/secrets/Pay_1)"));
  auto const made = planned(text, {{"api-keys", "/secrets/Pay_1"}, {"more", "/more"}});
  EXPECT_THAT(made.said, IsEmpty());
  ASSERT_EQ(made.sidecar.secrets.size(), 2U);
  EXPECT_EQ(made.sidecar.secrets[0].name, "api-keys");
  EXPECT_EQ(made.sidecar.secrets[1].directory, "/more");
}

TEST(Plan, refuses_files_that_no_secret_can_bring) {
  auto const with = [](std::string const& file) {
    return planned("map: [{source: http://h, target: https://h, credential: {header: A, file: " + file + "}}]").said;
  };
  EXPECT_THAT(with("token"), HasSubstr("a.yaml:1:"));
  EXPECT_THAT(with("token"), HasSubstr("in the Pod this path leads nowhere: \"token\""));
  EXPECT_THAT(with("/etc/ambassador/token"), HasSubstr("only ambassador.yaml is in /etc/ambassador"));
  EXPECT_THAT(with("/token"), HasSubstr("put it in a directory of its own"));
  EXPECT_THAT(with("/etc/token"), HasSubstr("the directory of this file is a directory of the system"));
  EXPECT_THAT(with("/secrets/../token"), HasSubstr("not an absolute path without `.` and `..`"));
  EXPECT_THAT(with("\"/secrets/a:b/token\""), HasSubstr("Kubernetes mounts nothing at a path with `:`"));
  EXPECT_THAT(with("\"/secrets/a/to ken\""), HasSubstr("this cannot be a file of a Secret"));
}

Planned with_files(std::string const& first, std::string const& second, std::vector<SecretDirectory> const& said = {}) {
  auto const credential = [](std::string const& file) { return "https://h, credential: {header: A, file: " + file + "}}"; };
  return planned("unmapped: report\nmap:\n  - {source: http://a, target: " + credential(first) +
                     "\n  - {source: http://b, target: " + credential(second) + "\n",
                 said);
}

TEST(Plan, never_guesses_that_two_directories_are_one_secret) {
  EXPECT_THAT(with_files("/a/tls/x", "/b/tls/y").said,
              HasSubstr("error: this would be from the Secret tls like what is in /a/tls: \"/b/tls/y\" (say which Secret it is "
                        "from with --secret NAME=/b/tls)"));
  EXPECT_THAT(with_files("/a/tls/x", "/c/y", {{"tls", "/c"}}).said, HasSubstr("like what is in /c"));
  EXPECT_THAT(with_files("/a/tls/x", "/b/tls/y", {{"other", "/b/tls"}}).said, IsEmpty());
  EXPECT_THAT(with_files("/a/tls/x", "/a/tls/y").said, IsEmpty());
}

TEST(Plan, makes_one_secret_of_directories_that_the_user_says_are_one) {
  auto const made = with_files("/a/x", "/b/y", {{"tls", "/a"}, {"tls", "/b"}});
  EXPECT_THAT(made.said, IsEmpty());
  EXPECT_EQ(made.sidecar.secrets.size(), 2U);
  auto const commands = create_commands(made.sidecar.secrets, {{"Job/a", ""}});
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].about, "the Secret tls is mounted at /a and /b");
  EXPECT_EQ(commands[0].line, "kubectl create secret generic tls --from-file=x --from-file=y");
}

TEST(Plan, refuses_directories_where_no_secret_can_be) {
  for (std::string const bad : {"/etc/ambassador", "/etc/ambassador/x", "/etc", "/usr", "/proc/self", "/a/../b", "/a:b", "a"}) {
    auto const said = planned(map, {{"s", bad}}).said;
    EXPECT_THAT(said, HasSubstr("flag --secret: error: ")) << bad;
    EXPECT_THAT(said, HasSubstr("\"s=" + bad + "\"")) << bad;
  }
  EXPECT_THAT(planned(map, {{"s", "/a"}, {"t", "/a"}}).said, HasSubstr("this directory has a Secret already: \"t=/a\""));
  EXPECT_THAT(planned(map + "unmapped: report", {{"s", "/etc/shop"}}).said, IsEmpty());
}

TEST(Plan, leaves_only_the_images_own_bundle_unmounted) {
  auto const with = [](std::string const& ca) {
    return planned("unmapped: report\nmap: [{source: http://h, target: https://h, tls: {ca: " + ca + "}}]");
  };
  EXPECT_THAT(with("/etc/ssl/certs/ca-certificates.crt").sidecar.secrets, IsEmpty());
  auto const own = with("/etc/ssl/shop/ca.crt");
  EXPECT_THAT(own.said, IsEmpty());
  ASSERT_EQ(own.sidecar.secrets.size(), 1U);
  EXPECT_EQ(own.sidecar.secrets[0].name, "shop");
  EXPECT_THAT(with("/etc/ssl/certs/shop.crt").said, HasSubstr("warning: the Secret hides the image's own CA bundle"));
}

TEST(Plan, warns_of_lists_of_targets_on_this_machine) {
  auto const text = "map: [{source: http://h, target: \"file:///lists/endpoints\"}]\nunmapped: report\n";
  EXPECT_THAT(planned(text).said, HasSubstr("warning: the list of targets is a file of this machine"));
  EXPECT_THAT(planned(text, {{"lists", "/lists"}}).said, IsEmpty());
}

}  // namespace
}  // namespace ambassador::kubernetes::plan_test
