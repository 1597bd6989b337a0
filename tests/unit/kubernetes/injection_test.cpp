// What is added, where, and what is said of it.
#include "unit/kubernetes/manifests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::kubernetes {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string injected(std::string const& text, Sidecar const& sidecar = small_sidecar()) {
  auto const edited = inject(text, "m.yaml", sidecar);
  EXPECT_TRUE(edited.text) << said(edited);
  return edited.text.value_or("");
}

std::string warnings(std::string const& text, Sidecar const& sidecar = small_sidecar()) {
  auto const edited = inject(text, "m.yaml", sidecar);
  EXPECT_TRUE(edited.text) << said(edited);
  return said(edited);
}

TEST(Injection, puts_the_sidecar_before_all_other_init_containers) {
  auto const text = injected(pod("  initContainers:\n  # clones\n  - name: clone\n    image: git\n" + one_container));
  EXPECT_THAT(text, HasSubstr("  initContainers:\n  - name: ambassador\n    image: ambassador:0.1.0\n"));
  EXPECT_THAT(text,
              HasSubstr("  # clones\n  - name: clone\n    env:\n    - name: http_proxy\n      value: http://localhost:1080\n"));
}

TEST(Injection, stands_in_as_the_document_does) {
  auto const text = injected(
      "apiVersion: v1\nkind: Pod\nmetadata:\n    name: p\nspec:\n    containers:\n        - name: a\n          image: a\n");
  EXPECT_THAT(text, HasSubstr("\n    initContainers:\n        - name: ambassador\n"));
  EXPECT_THAT(text, HasSubstr("\n          resources:\n              requests: {cpu: 10m, memory: 16Mi}\n"));
  EXPECT_THAT(text, HasSubstr("\n        - name: a\n          env:\n              - name: http_proxy\n"));
}

TEST(Injection, opens_what_was_empty_and_says_so) {
  auto const text = injected(pod("  volumes: []  # none\n" + one_container));
  EXPECT_THAT(text,
              HasSubstr("  volumes: # was: []  # none\n  - name: ambassador-config\n    configMap: {name: p-ambassador}\n"));
}

TEST(Injection, gives_the_variables_that_the_plan_asks_for) {
  auto sidecar = small_sidecar();
  auto const plain = injected(pod(one_container), sidecar);
  EXPECT_THAT(plain, Not(HasSubstr("https_proxy")));
  EXPECT_THAT(plain, HasSubstr("- name: no_proxy\n      value: \"\"\n    - name: NO_PROXY\n      value: \"\"\n"));
  sidecar.tunnels = true;
  sidecar.proxy_port = 3128;
  auto const tunnels = injected(pod(one_container), sidecar);
  EXPECT_THAT(tunnels, HasSubstr("- name: HTTPS_PROXY\n      value: http://localhost:3128\n"));
  EXPECT_THAT(tunnels, HasSubstr("- name: no_proxy\n      value: \"kubernetes.default.svc,$(KUBERNETES_SERVICE_HOST)\"\n"));
  sidecar.proxy_port.reset();
  EXPECT_THAT(injected(pod(one_container), sidecar), Not(HasSubstr("_proxy")));
}

TEST(Injection, leaves_a_variable_that_is_there) {
  auto const text = pod(one_container + "    env:\n    - {name: http_proxy, value: \"http://proxy.corp:3128\"}\n");
  EXPECT_THAT(injected(text), HasSubstr("    - {name: http_proxy, value: \"http://proxy.corp:3128\"}\n"));
  EXPECT_THAT(injected(text), HasSubstr("    ambassador/kept: app/http_proxy\n"));
  EXPECT_EQ(warnings(text),
            "m.yaml:10:7: warning: document 1, Pod/p: http_proxy of container app is not the ambassador: it was left as it is "
            "(remove it, or name http://localhost:1080; a parent proxy is the configuration's `via`)\n");
}

TEST(Injection, warns_of_variables_that_pass_the_sidecar_by) {
  auto const with = [](std::string const& variable) { return pod(one_container + "    env:\n    - " + variable + "\n"); };
  EXPECT_THAT(warnings(with("{name: NO_PROXY, value: \"a.example, LOCALHOST\"}")), HasSubstr("has localhost"));
  EXPECT_THAT(warnings(with("{name: no_proxy, value: \"*\"}")), HasSubstr("has localhost"));
  EXPECT_THAT(warnings(with("{name: http_proxy, valueFrom: {configMapKeyRef: {name: a, key: b}}}")), HasSubstr("elsewhere"));
  EXPECT_THAT(warnings(with("{name: NO_PROXY, value: .example.com}")), IsEmpty());
  EXPECT_THAT(warnings(with("{name: http_proxy, value: \"http://127.0.0.1:1080/\"}")), IsEmpty());
}

TEST(Injection, leaves_a_default_container_that_was_chosen) {
  auto const text = injected(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    kubectl.kubernetes.io/default-container: b\nspec:\n"
      "  containers: [{name: a, image: a}, {name: b, image: b}]\n");
  EXPECT_THAT(text, HasSubstr("    ambassador/kept: kubectl.kubernetes.io/default-container\n"));
  EXPECT_THAT(text, Not(HasSubstr("default-container: a\n")));
}

TEST(Injection, as_a_plain_container_leaves_init_containers_without_the_proxy_and_says_so) {
  auto const text = pod("  restartPolicy: Never\n  initContainers: [{name: i, image: i}]\n" + one_container);
  EXPECT_THAT(injected(text, plain_sidecar()), HasSubstr("initContainers: [{name: i, image: i}]\n  "));
  EXPECT_THAT(injected(text, plain_sidecar()), HasSubstr("  containers:\n  - name: ambassador\n"));
  EXPECT_THAT(injected(text, plain_sidecar()), Not(HasSubstr("restartPolicy: Always")));
  EXPECT_THAT(injected(text, plain_sidecar()), HasSubstr("default-container: app\n"));
  EXPECT_THAT(warnings(text, plain_sidecar()), HasSubstr("keeps the Pod from ending (let the app call `ambassador quit`"));
  EXPECT_THAT(warnings(text, plain_sidecar()), HasSubstr("they go without the proxy"));
  EXPECT_THAT(warnings(text), IsEmpty());
}

TEST(Injection, makes_one_config_map_for_workloads_of_the_same_name) {
  auto const text = injected(pod(one_container) + "---\n" + pod(one_container));
  auto const first = text.find("kind: ConfigMap");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("kind: ConfigMap", first + 1), std::string::npos);
}

TEST(Injection, names_the_config_map_after_a_generated_name) {
  EXPECT_THAT(injected("apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: task-\nspec:\n" + one_container),
              HasSubstr("  name: task-ambassador\n"));
}

TEST(Injection, of_one_json_object_is_one_json_object) {
  auto const text = injected(
      R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "a"}]}})");
  EXPECT_TRUE(text.starts_with("{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n"));
  EXPECT_TRUE(text.ends_with("]}"));
}

TEST(Injection, leaves_out_what_is_disabled) {
  auto const text =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {ambassador/inject: disabled}}\nspec:\n"
      "  hostNetwork: true\n" +
      one_container;
  auto const edited = inject(text, "m.yaml", small_sidecar());
  EXPECT_EQ(edited.text, text);
  ASSERT_EQ(edited.done.size(), 1U);
  EXPECT_TRUE(edited.done.front().disabled);
}

TEST(Injection, takes_out_a_sidecar_that_another_tool_wrote_anew) {
  std::string const text = R"(apiVersion: v1
kind: Pod
metadata:
  annotations:
    ambassador/injected: 0.1.0
    kubectl.kubernetes.io/default-container: app
    mine: "1"
  name: p
spec:
  containers:
  - image: app
    name: app
    env:
    - name: MINE
      value: "1"
    - name: http_proxy
      value: http://localhost:1080
  initContainers:
  - image: ambassador:0.1.0
    name: ambassador
  volumes:
  - configMap:
      name: p-ambassador
    name: ambassador-config
)";
  EXPECT_EQ(uninject(text, "m.yaml").text, R"(apiVersion: v1
kind: Pod
metadata:
  annotations:
    mine: "1"
  name: p
spec:
  containers:
  - image: app
    name: app
    env:
    - name: MINE
      value: "1"
)");
}

TEST(Injection, takes_only_its_own_of_two_variables_of_a_name) {
  auto text = injected(pod(one_container + "    env:\n    - {name: A, value: b}\n"));
  auto const at = text.find("    - {name: A");
  text.insert(at, "    - {name: http_proxy, value: later}\n");
  EXPECT_THAT(uninject(text, "m.yaml").text.value(), HasSubstr("    env:\n    - {name: http_proxy, value: later}\n"));
}

}  // namespace
}  // namespace ambassador::kubernetes
