"""The validator itself: what it lets pass, an API server takes; each kind of mistake is found, at its place."""

import pytest
import yaml

from cluster import programs

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, creationTimestamp: null, labels: {any: label}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: proxy, image: a, restartPolicy: Always, lifecycle: {preStop: {sleep: {seconds: 3}}}}]
      containers: [{name: web, image: b, resources: {limits: {memory: 64Mi, cpu: 1}}, ports: [{containerPort: 80}]}]
      volumes: [{name: v, projected: {sources: [{secret: {name: s}}]}}]
"""
MONITOR = """
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web}
spec: {selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: http, interval: 30s}]}
"""


@pytest.mark.parametrize("manifest", [DEPLOYMENT, MONITOR, DEPLOYMENT + "---" + MONITOR, "---\n---" + MONITOR])
def test_takes_what_an_api_server_takes(manifest):
    assert programs.validate(manifest) == []


@pytest.mark.parametrize("right, wrong, error", [
    ("replicas: 2", 'replicas: "2"', "spec.replicas: must be integer"),
    ("replicas: 2", "replica: 2", "spec.replica: unknown field"),
    ("selector: {matchLabels: {app: web}}", "paused: false", "the object: must have required property selector"),
    ("containerPort: 80", "port: 80", "spec.template.spec.containers[0].ports[0].port: unknown field"),
    ("cpu: 1", "cpu: much", "resources.limits.cpu: must match format"),
    ("any: label", "any: 1", "metadata.labels.any: must be string"),
    ("[{secret: {name: s}}]", "[{secret: {nam: s}}]", "volumes[0].projected.sources[0].secret.nam: unknown field"),
])  # fmt: skip
def test_finds_a_mistake_at_its_place(right, wrong, error):
    assert right in DEPLOYMENT
    errors = programs.validate(DEPLOYMENT.replace(right, wrong))
    assert any(error.removeprefix("the object: ") in line and "Deployment/web" in line for line in errors), errors


SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: TCP}, {name: dns-udp, port: 53, protocol: UDP}]}
"""
TWICE = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers: [{name: proxy, image: a, ports: [{name: admin, containerPort: 9901}]}]
  containers:
    - name: web
      image: b
      env: [{name: ONE, value: a}, {name: TWO, value: b}]
      ports: [{name: http, containerPort: 80}, {containerPort: 53}, {containerPort: 53, protocol: UDP}]
      volumeMounts: [{name: v, mountPath: /v}, {name: v, mountPath: /w}]
  volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]
"""


def in_job(pod):
    """The same Pod in a CronJob."""
    spec = yaml.safe_load(pod)["spec"] | {"restartPolicy": "Never"}
    return yaml.safe_dump({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "web"}, "spec": {
        "schedule": "0 * * * *", "jobTemplate": {"spec": {"template": {"spec": spec}}}}})  # fmt: skip


@pytest.mark.parametrize("manifest, right, wrong, error", [
    (SERVICE, "name: dns-udp", "name: http", "spec.ports: the name http is there twice"),
    (SERVICE, "protocol: UDP", "protocol: TCP", "spec.ports: the port 53/TCP is there twice"),
    (TWICE, "name: proxy", "name: web", "containers: the name web is there twice"),
    (TWICE, "name: w, empty", "name: v, empty", "volumes: the name v is there twice"),
    (TWICE, "name: http", "name: admin", "containers.ports: the name admin is there twice"),
    (TWICE, "name: TWO", "name: ONE", "containers.web.env: the name ONE is there twice"),
    (TWICE, "mountPath: /w", "mountPath: /v", "containers.web.volumeMounts: the mountPath /v is there twice"),
    (TWICE, "53, protocol: UDP", "53", "containers.web.ports: the containerPort 53/TCP is there twice"),
])  # fmt: skip
def test_finds_what_may_be_there_once_only(manifest, right, wrong, error):
    for form in [lambda text: text] if manifest is SERVICE else [lambda text: text, in_job]:
        assert programs.validate(form(manifest)) == []
        assert right in manifest
        [found] = programs.validate(form(manifest.replace(right, wrong)))
        assert found.endswith(error), found


def test_knows_the_kinds_of_the_prometheus_operator():
    [error] = programs.validate(MONITOR.replace("interval", "intervall"))
    assert error == "-: PodMonitor/web: spec.podMetricsEndpoints[0].intervall: unknown field"


def test_looks_into_lists():
    [error] = programs.validate("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {nam: x}}\n")
    assert error == "-: Service/?: metadata.nam: unknown field"


def test_refuses_a_kind_that_it_cannot_judge_unless_told():
    other = "{apiVersion: example.com/v1, kind: Other, metadata: {name: x}}"
    [error] = programs.validate(other)
    assert "no schema for example.com/v1/Other" in error
    assert programs.validate(other, "--without-schema", "example.com/v1/Other") == []


@pytest.mark.parametrize("text, error", [
    ("", "no object in it"),
    ("a: {", "unexpected end"),
    ("metadata: {}", "apiVersion and kind are missing"),
    ("{apiVersion: v1, kind: Service, kind: Pod}", "duplicated mapping key"),
])  # fmt: skip
def test_refuses_what_is_no_manifest(text, error):
    assert error in "\n".join(programs.validate(text))
