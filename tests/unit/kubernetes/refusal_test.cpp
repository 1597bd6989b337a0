// What is refused: nothing is handed out then, and the reason has its place.
#include "unit/kubernetes/manifests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::kubernetes::refusal_test {
namespace {

using testing::HasSubstr;

struct Row {
  std::string text;
  std::string error;
};

TEST(Refusal, says_what_and_where) {
  std::vector<Row> const rows{
      {pod("  os: {name: windows}\n" + one_container), "m.yaml:6:3: error: document 1, Pod/p: a Windows Pod"},
      {pod("  nodeSelector: {kubernetes.io/os: windows}\n" + one_container), "a Windows Pod"},
      {"---\na: b\n---\n" + pod("  containers: [{name: ambassador, image: a}]\n"),
       "m.yaml:9:16: error: document 2, Pod/p: a container named ambassador is there already"},
      {pod("  initContainers: [{name: ambassador}]\n" + one_container), "a container named ambassador is there already"},
      {pod("  volumes: [{name: ambassador-config}]\n" + one_container), "a volume named ambassador-config"},
      {pod("  volumes: [{name: ambassador-secret-a}]\n" + one_container), "a volume named ambassador-secret-a"},
      {pod("  containers: []\n"), "containers must be a list"},
      {pod("  containers: text\n"), "containers must be a list"},
      {pod("  containers: [{image: a}]\n"), "a container has no name"},
      {pod("  dnsPolicy: Default\n"), "it has no spec.containers"},
      {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {}\n", "it has no spec.template.spec.containers"},
      {"apiVersion: v1\nkind: Pod\nspec:\n" + one_container, "it has no metadata.name"},
      {pod(one_container + "  volumes: text\n"), "m.yaml:9:12: error: document 1, Pod/p: volumes must be a list"},
      {pod(one_container + "    env: {A: b}\n"), "env must be a list"},
      {pod(one_container + "  containers: []\n"), "m.yaml:9:3: error: document 1: the key containers is there twice"},
      {pod("  containers: &c\n  - name: a\n    image: a\n  ephemeral: *c\n"), "share this part"},
      {pod("  containers:\n  - &a {name: a, image: a}\n  - *a\n"), "an anchor and its aliases share this part"},
      {pod("  x: &d {env: []}\n  containers:\n  - <<: *d\n    name: a\n    image: a\n"), "env comes from a merge key"},
      {pod("  ? containers\n  : - name: a\n      image: a\n"), "written in a way"},
      {pod(one_container) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: p-ambassador}\n",
       "a ConfigMap named p-ambassador"},
      {pod(one_container) + "garbage\n", "m.yaml:9:1: error: document 1: this does not belong to what is above it"},
      {pod(one_container) + "- garbage\n", "m.yaml:9:1: error: document 1: not valid YAML"},
      {"{\"apiVersion\": \"v1\", \"kind\": \"Namespace\"}\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n",
       "m.yaml:2:1: error: document 1: another JSON value begins here: put a line `---` between"},
      {"{\"apiVersion\": \"v1\", \"kind\": \"Namespace\"} x\n", "m.yaml:1:43: error: document 1: this does not belong"},
      {"apiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(243, 'p') + "}\nspec:\n" + one_container,
       "its ConfigMap would have a name of 254 bytes, and 253 is the most"},
      {"", "m.yaml: error: no Kubernetes object in it"},
      {"# nothing\n---\n", "no Kubernetes object in it"},
      {"just text\n", "no Kubernetes object in it"},
      {"kind: Pod\n", "no Kubernetes object in it"},
      {"- " + std::string{"{apiVersion: v1, kind: Pod}\n"}, "put this list under `items:`"},
      {"a: [1\n", "m.yaml:2:1: error: document 1: not valid YAML"},
      {"a: b\n---\nname: {{ .Values.name }}\n b\n", "`helm template` renders it"},
      {"a: \x01\n", "m.yaml:1:4: error: document 1: a control byte"},
  };
  for (auto const& row : rows) {
    SCOPED_TRACE(row.text);
    auto const edited = inject(row.text, "m.yaml", large_sidecar());
    EXPECT_FALSE(edited.text);
    EXPECT_THAT(said(edited), HasSubstr("error: "));
    EXPECT_THAT(said(edited), HasSubstr(row.error));
  }
}

TEST(Refusal, names_every_fault_at_once) {
  auto const edited =
      inject(pod("  os: {name: windows}\n" + one_container) + "---\n" + pod("  containers: []\n"), "m.yaml", small_sidecar());
  EXPECT_THAT(said(edited), HasSubstr("document 1, Pod/p: a Windows Pod"));
  EXPECT_THAT(said(edited), HasSubstr("document 2, Pod/p: containers must be"));
}

TEST(Refusal, of_an_injected_text_names_no_line_since_it_is_another_without_the_sidecar) {
  auto text = inject(pod(one_container), "m.yaml", small_sidecar()).text.value();
  text += "  os: {name: windows}\n";
  EXPECT_THAT(said(inject(text, "m.yaml", small_sidecar())),
              testing::StartsWith("m.yaml: error: document 1, Pod/p: a Windows Pod"));
}

TEST(Refusal, of_what_is_no_manifest_is_uninjects_too) {
  auto const injected = inject(pod(one_container), "m.yaml", small_sidecar()).text.value();
  auto const config_map = injected.substr(0, injected.find("---"));
  EXPECT_EQ(uninject(config_map, "m.yaml").text, "");
  EXPECT_THAT(said(inject(config_map, "m.yaml", small_sidecar())), HasSubstr("object in it beside what inject added"));
  EXPECT_THAT(said(uninject("", "m.yaml")), HasSubstr("no Kubernetes object in it"));
  EXPECT_THAT(said(uninject(pod(one_container) + "garbage\n", "m.yaml")), HasSubstr("m.yaml:9:1: error"));
}

// Were each of its ways followed, that would be 8^16 maps.
TEST(Refusal, of_a_merge_that_leads_back_to_itself_has_an_end) {
  auto const edited = inject(
      "apiVersion: v1\nkind: Pod\nmetadata: &m\n  <<: [*m, *m, *m, *m, *m, *m, *m, *m]\n  name: p\nspec:\n" + one_container,
      "m.yaml", small_sidecar());
  EXPECT_FALSE(edited.text);
  EXPECT_THAT(said(edited),
              testing::HasSubstr("m.yaml:3:11: error: document 1, Pod/p: an anchor and its aliases share this part"));
}

}  // namespace
}  // namespace ambassador::kubernetes::refusal_test
