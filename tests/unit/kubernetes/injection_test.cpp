// What is added, where, and what is said of it.
#include "unit/kubernetes/manifests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::kubernetes::injection_test {
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
  EXPECT_THAT(warnings(with("{name: no_proxy, value: 127.0.0.1}")), IsEmpty());
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
  EXPECT_THAT(warnings(text, plain_sidecar()), HasSubstr("keeps the Pod from ending (let the app end it past the proxy: curl"));
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
  EXPECT_EQ(edited.done.front().left, "ambassador/inject is disabled");
  EXPECT_FALSE(edited.done.front().taken_out);
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

// ---- the user's variables

std::string with_env(std::string const& lines) { return pod(one_container + "    env:\n" + lines); }

std::size_t count(std::string const& text, std::string_view word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(Injection, does_not_add_the_other_spelling_of_a_no_proxy) {
  for (std::string const own : {"no_proxy", "NO_PROXY"}) {
    auto const text = injected(with_env("    - {name: " + own + ", value: .shop.svc}\n"));
    EXPECT_EQ(count(text, "- name: no_proxy") + count(text, "- name: NO_PROXY"), 0U) << text;
    EXPECT_EQ(count(text, "- name: http_proxy"), 1U);
  }
}

TEST(Injection, adds_nothing_beside_a_proxy_of_the_users_and_says_so_once) {
  auto const both = with_env(
      "    - {name: http_proxy, value: \"http://corp:3128\"}\n    - {name: HTTP_PROXY, value: \"http://corp:3128\"}\n");
  EXPECT_EQ(count(injected(both, large_sidecar()), "_PROXY"), count(both, "_PROXY") + 1) << "the one in ambassador/kept";
  EXPECT_EQ(
      warnings(both),
      "m.yaml:10:7: warning: document 1, Pod/p: container app has a proxy of its own in http_proxy and HTTP_PROXY: it was "
      "left as it is, and goes past the ambassador (remove both; a parent proxy is the configuration's `via`)\n");
  auto const ours = with_env(
      "    - {name: http_proxy, value: \"http://localhost:1080\"}\n    - {name: HTTP_PROXY, value: \"http://[::1]:1080\"}\n");
  EXPECT_THAT(injected(ours), HasSubstr("- name: no_proxy"));
  EXPECT_THAT(warnings(ours), IsEmpty());
}

TEST(Injection, takes_away_only_variables_with_a_value_of_ours) {
  auto text = injected(pod(one_container), large_sidecar());
  auto const change = [&](std::string_view from, std::string_view to) { text.replace(text.find(from), from.size(), to); };
  change("    - name: HTTP_PROXY\n      value: http://localhost:1080\n",
         "    # the company's\n\n    # and said why\n    - name: HTTP_PROXY # theirs\n      value: http://corp:3128\n");
  change("    - name: NO_PROXY\n      value: \"kubernetes.default.svc,$(KUBERNETES_SERVICE_HOST)\"\n",
         "    - name: NO_PROXY\n      value: .corp\n    - name: MINE\n      value: \"1\"\n");
  auto const theirs =
      pod("  containers:\n  - name: app\n    env:\n    # the company's\n\n    # and said why\n    - name: HTTP_PROXY # theirs\n"
          "      value: http://corp:3128\n    - name: NO_PROXY\n      value: .corp\n    - name: MINE\n      value: \"1\"\n    "
          "image: app\n");
  EXPECT_EQ(uninject(text, "m.yaml").text, theirs);
  EXPECT_EQ(inject(text, "m.yaml", large_sidecar()).text, injected(theirs, large_sidecar()));
  EXPECT_THAT(warnings(text, large_sidecar()), HasSubstr("HTTP_PROXY of container app is not the ambassador"));
}

TEST(Injection, takes_away_a_variable_whatever_the_port_was) {
  auto sidecar = large_sidecar();
  sidecar.proxy_port = 3128;
  EXPECT_EQ(uninject(injected(pod(one_container), sidecar), "m.yaml").text, pod(one_container));
}

// ---- what the Pod's own parts call and take

TEST(Injection, warns_of_every_port_that_the_sidecar_takes) {
  auto sidecar = small_sidecar();
  sidecar.ports = {{9901, "the admin port"}, {1080, "the listener"}};
  auto const port = [&](std::string const& fields) {
    return warnings(pod(one_container + "    ports: [{" + fields + "}]\n"), sidecar);
  };
  EXPECT_THAT(port("containerPort: 1080"), HasSubstr("port 1080 is the listener: one of the two will not start"));
  EXPECT_THAT(port("containerPort: 9901, protocol: TCP"), HasSubstr("port 9901 is the admin port"));
  EXPECT_THAT(port("containerPort: 1080, protocol: UDP"), IsEmpty());
  EXPECT_THAT(port("containerPort: 80, hostPort: 1080"), IsEmpty());
}

TEST(Injection, warns_of_calls_to_the_pod_itself_that_the_sidecar_will_not_pass) {
  auto sidecar = small_sidecar();
  sidecar.reachable = {{"localhost", 80}, {"*", 1080}, {"127.0.0.1", 7000}};
  auto const said_of = [&](std::string const& lines) { return warnings(pod(one_container + lines), sidecar); };
  auto const exec = [](std::string const& word) { return "{exec: {command: [sh, -c, \"" + word + "\"]}}"; };
  EXPECT_THAT(
      said_of("    livenessProbe: " + exec("curl http://localhost:8080/healthz") + "\n"),
      HasSubstr("m.yaml:9:37: warning: document 1, Pod/p: the livenessProbe of container app names http://localhost:8080: "
                "with http_proxy such a call goes to the ambassador, which does not let it pass (let it go past, as by curl "
                "--noproxy '*', or add `localhost:8080` to `allow`)"));
  EXPECT_THAT(said_of("    lifecycle: {preStop: " + exec("curl -X POST http://localhost:9901/quit") + "}\n"),
              HasSubstr("the preStop of container app names http://localhost:9901"));
  EXPECT_THAT(said_of("    command: [curl, \"http://127.0.0.1\"]\n"), HasSubstr("names http://127.0.0.1:80:"));
  EXPECT_THAT(said_of("    args: [\"--health=http://localhost:81\"]\n"), HasSubstr("the args of container app"));
  for (std::string const fine : {"http://localhost/api", "http://localhost:1080/api", "http://127.0.0.1:7000",
                                 "http://localhost.example:8080", "http://localhost:$PORT/", "http://localhost:99999",
                                 "curl --noproxy '*' http://localhost:8080", "https://localhost:8443"}) {
    EXPECT_THAT(said_of("    readinessProbe: " + exec(fine) + "\n"), IsEmpty()) << fine;
  }
  EXPECT_THAT(said_of("    args: [\"http://127.0.0.1:81\"]\n    env: [{name: no_proxy, value: \"127.0.0.1\"}]\n"), IsEmpty());
  sidecar.reachable = {{"*", 0}};
  EXPECT_THAT(said_of("    args: [\"http://localhost:8080\"]\n"), IsEmpty());
  EXPECT_THAT(said_of("    args: [\"http://localhost:9901\"]\n"), HasSubstr("let it go past: curl --noproxy '*'"));
}

// ---- lists

TEST(Injection, knows_the_items_of_a_list_of_one_kind) {
  auto const text =
      injected("apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: p}\n  spec: {containers: [{name: a}]}\n");
  EXPECT_THAT(text, HasSubstr("items:\n- apiVersion: v1\n  kind: ConfigMap\n"));
  EXPECT_THAT(text, HasSubstr("http_proxy"));
}

// ---- images

TEST(Injection, says_where_the_image_comes_from_another_place_than_before) {
  auto sidecar = small_sidecar();
  sidecar.image = "registry.example:5000/ambassador:0.0.9";
  auto const text = injected(pod(one_container), sidecar);
  EXPECT_EQ(
      warnings(text),
      "m.yaml:16:1: warning: document 2, Pod/p: the sidecar's image was registry.example:5000/ambassador:0.0.9 and is now "
      "ambassador:0.1.0 (--image registry.example:5000/ambassador:0.0.9 keeps it)\n");
  auto newer = small_sidecar();
  newer.image = "registry.example:5000/ambassador@sha256:0";
  EXPECT_THAT(warnings(text, newer), IsEmpty());
  EXPECT_THAT(warnings(injected(pod(one_container)), newer), IsEmpty()) << "from the default it is a choice";
}

}  // namespace
}  // namespace ambassador::kubernetes::injection_test
