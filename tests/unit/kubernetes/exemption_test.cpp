// What is left as it is, what is said of it, and what is left behind in the cluster.
#include "kubernetes/commands.hpp"
#include "kubernetes/image.hpp"
#include "unit/kubernetes/manifests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::kubernetes::exemption_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string left(std::string const& text) {
  auto const edited = inject(text, "m.yaml", small_sidecar());
  EXPECT_EQ(edited.text, text) << said(edited);
  return edited.done.size() == 1 ? edited.done.front().left : "(not one)";
}

std::string deployment(std::string const& metadata, std::string const& rest = "") {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\n" + metadata +
         "spec:\n  template:\n    spec:\n      containers: [{name: a, image: a}]\n" + rest;
}

TEST(Exemption, of_host_network_is_a_warning) {
  auto const text = pod("  hostNetwork: true\n" + one_container);
  EXPECT_EQ(left(text), "it has hostNetwork");
  EXPECT_THAT(said(inject(text, "m.yaml", small_sidecar())),
              testing::StartsWith("m.yaml:6:3: warning: document 1, Pod/p: hostNetwork: the sidecar's ports would be open"));
  auto const own_network = inject(pod("  hostNetwork: false\n" + one_container), "m.yaml", small_sidecar());
  EXPECT_EQ(own_network.done.front().left, "");
}

TEST(Exemption, of_what_has_the_ambassador_already_depends_on_its_image) {
  auto const with = [](std::string const& image) {
    return pod("  initContainers: [{name: ambassador, image: \"" + image + "\"}]\n" + one_container);
  };
  for (std::string const image :
       {"ambassador", "ambassador:1", "registry.example:5000/ambassador", "a/b/ambassador:1@sha256:0"}) {
    EXPECT_EQ(left(with(image)), "it has the ambassador already") << image;
  }
  for (std::string const image : {"", "emissary", "ambassador/api", "my-ambassador:1", "ambassador:5000/x"}) {
    auto const edited = inject(with(image), "m.yaml", small_sidecar());
    EXPECT_FALSE(edited.text) << image;
    EXPECT_THAT(said(edited), HasSubstr("rename it; to leave this one out annotate it with ambassador/inject: disabled"));
  }
  EXPECT_EQ(left(pod("  containers: [{name: ambassador, image: ambassador}, {name: a, image: a}]\n")),
            "it has the ambassador already");
}

TEST(Exemption, of_what_a_controller_makes_leaves_its_sidecar_too) {
  auto const owned = [](std::string const& owner) { return deployment("  ownerReferences: [" + owner + "]\n"); };
  EXPECT_EQ(left(owned("{kind: App, name: shop, controller: true}")),
            "it is made by App/shop, which would make it anew: inject that");
  EXPECT_TRUE(inject(owned("{kind: App, name: shop}"), "m.yaml", small_sidecar()).done.front().left.empty());
  auto text = inject(deployment(""), "m.yaml", small_sidecar()).text.value();
  text.insert(text.find("  name: d\n"), "  ownerReferences: [{kind: App, name: shop, controller: true}]\n");
  auto const workload = text.substr(text.find("---\n") + 4);
  EXPECT_THAT(left(workload), HasSubstr("it is made by App/shop"));
  EXPECT_EQ(uninject(workload, "m.yaml").text, workload);
}

TEST(Exemption, by_annotation_is_read_wherever_a_person_would_write_it) {
  EXPECT_EQ(left(deployment("  annotations: {ambassador/inject: disabled}\n")), "ambassador/inject is disabled");
  auto const cron = [](std::string const& of_job) {
    return "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  jobTemplate:\n" + of_job +
           "    spec:\n      template:\n        spec:\n          containers: [{name: a, image: a}]\n";
  };
  EXPECT_EQ(left(cron("    metadata: {annotations: {ambassador/inject: disabled}}\n")), "ambassador/inject is disabled");
  EXPECT_THAT(
      said(inject(cron("    metadata: {labels: {ambassador/inject: disabled}}\n"), "m.yaml", small_sidecar())),
      HasSubstr("m.yaml:6:25: error: document 1, CronJob/c: ambassador/inject is an annotation, and here it is a label"));
}

TEST(Exemption, by_annotation_is_refused_where_it_says_what_nobody_knows) {
  for (std::string const value : {"\"false\"", "false", "enabled", "", "Disabled", "[disabled]"}) {
    auto const edited = inject(deployment("  annotations: {ambassador/inject: " + value + "}\n"), "m.yaml", small_sidecar());
    EXPECT_FALSE(edited.text) << value;
    EXPECT_THAT(said(edited), HasSubstr("it may only be `disabled`")) << value;
  }
}

TEST(Exemption, of_an_injected_workload_takes_the_sidecar_out_and_says_so) {
  auto const bare = deployment("  annotations: {ambassador/inject: disabled}\n");
  auto text = inject(deployment(""), "m.yaml", small_sidecar()).text.value();
  text.insert(text.find("  name: d\n") + 10, "  annotations: {ambassador/inject: disabled}\n");
  auto const edited = inject(text, "m.yaml", small_sidecar());
  EXPECT_EQ(edited.text, bare);
  ASSERT_EQ(edited.done.size(), 1U);
  EXPECT_TRUE(edited.done.front().taken_out);
  EXPECT_THAT(delete_commands(edited.done), ElementsAre("kubectl delete configmap d-ambassador"));
}

TEST(Exemption, of_an_unknown_kind_is_told) {
  auto const passed = [](std::string const& type) {
    return left(type + "metadata: {name: x}\nspec:\n  template: {spec: {containers: [{name: a, image: a}]}}\n");
  };
  EXPECT_EQ(passed("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n"),
            "inject does not know the kind Rollout of argoproj.io/v1alpha1");
  EXPECT_EQ(passed("apiVersion: extensions/v1beta1\nkind: Deployment\n"),
            "inject does not know the kind Deployment of extensions/v1beta1: write apiVersion: apps/v1");
  EXPECT_THAT(inject("apiVersion: v1\nkind: Service\nmetadata: {name: s}\n", "m.yaml", small_sidecar()).done, IsEmpty());
}

TEST(Commands, delete_the_config_maps_of_each_namespace_that_nothing_uses) {
  std::vector<Done> const done{
      {"Deployment/a", "shop", "", true, "a-ambassador"}, {"Job/a", "shop", "it has hostNetwork", true, "a-ambassador"},
      {"Deployment/b", "shop", "", true, "b-ambassador"}, {"Deployment/c", "", "", true, "c-ambassador"},
      {"Deployment/d", "", "why", true, "d-ambassador"},  {"Job/d", "", "", false, "d-ambassador"}};
  EXPECT_THAT(delete_commands(done), ElementsAre("kubectl delete configmap c-ambassador",
                                                 "kubectl delete configmap --namespace shop a-ambassador b-ambassador"));
}

TEST(Image, has_a_repository_and_a_name) {
  EXPECT_EQ(repository("r.example:5000/a/b:1@sha256:0"), "r.example:5000/a/b");
  EXPECT_EQ(repository("r.example:5000/b"), "r.example:5000/b");
  EXPECT_EQ(repository("b"), "b");
  EXPECT_EQ(image_name("r.example:5000/a/b:1"), "b");
}

}  // namespace
}  // namespace ambassador::kubernetes::exemption_test
