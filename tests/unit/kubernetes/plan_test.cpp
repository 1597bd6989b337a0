// What a configuration asks of its Pod.
#include "kubernetes/plan.hpp"

#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::kubernetes {
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

TEST(Plan, knows_tunnels_and_low_ports) {
  EXPECT_FALSE(planned(map).sidecar.tunnels);
  EXPECT_TRUE(planned(map + "allow: [example.com:443]").sidecar.tunnels);
  EXPECT_FALSE(planned(map + "listen: 127.0.0.1:1024").sidecar.low_ports);
  EXPECT_TRUE(planned("map: [{source: \"http://localhost:81\", target: http://h}]").sidecar.low_ports);
}

TEST(Plan, mounts_each_directory_from_the_secret_of_its_name) {
  auto const made = planned(R"(
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
  EXPECT_EQ(create_command(made.sidecar.secrets[0], "shop"),
            "kubectl create secret generic tls --namespace shop --from-file=ca.crt --from-file=tls.crt --from-file=tls.key");
  EXPECT_EQ(create_command(made.sidecar.secrets[1], ""), "kubectl create secret generic payments --from-file=token");
  EXPECT_EQ(made.sidecar.secrets[1].directory, "/secrets/payments");
  EXPECT_EQ(made.sidecar.secrets[2].name, "proxy");
}

TEST(Plan, mounts_another_secret_where_the_user_says_so) {
  auto const text = "map: [{source: http://h, target: https://h, credential: {header: A, file: /secrets/Pay_1/token}}]";
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
  EXPECT_THAT(with("\"/secrets/a/to ken\""), HasSubstr("this cannot be a file of a Secret"));
}

TEST(Plan, warns_of_lists_of_targets_on_this_machine) {
  auto const text = "map: [{source: http://h, target: \"file:///lists/endpoints\"}]";
  EXPECT_THAT(planned(text).said, HasSubstr("warning: the list of targets is a file of this machine"));
  EXPECT_THAT(planned(text, {{"lists", "/lists"}}).said, IsEmpty());
}

}  // namespace
}  // namespace ambassador::kubernetes
