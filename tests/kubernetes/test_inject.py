"""`ambassador inject`: what it prints is what an API server takes, and holds exactly the one sidecar."""

import copy
import json
import pathlib

import pytest
import yaml

from cluster import programs, sidecar
from harness.ambassador import BINARY

CORPUS = programs.PROJECT / "tests" / "unit" / "kubernetes" / "corpus"
TEMPLATES = {"Pod": [], "CronJob": ["spec", "jobTemplate", "spec", "template"]}
CONFIG = """# The map of the shop.
map:
  - source: http://localhost/api
    target: http://numbers-api/rng   

"""
SECRETS = """
map:
  - source: http://payments
    target: https://pay.example.com
    tls: {ca: /tls/ca.crt}
    credential: {header: Authorization, prefix: "Bearer ", file: /secrets/payments/token}
"""
DEPLOYMENT = (CORPUS / "deployment.yaml").read_text()


@pytest.fixture(name="inject")
def _inject(tmp_path):
    """inject(manifests, options, config=…) runs it; it must end well unless told otherwise."""

    def run(manifests, *options, config=CONFIG, status=0):
        command = [BINARY, "inject", *options]
        if config is not None:
            (tmp_path / "ambassador.yaml").write_bytes(config.encode())
            command += ["-c", tmp_path / "ambassador.yaml"]
        done = programs.run(command, stdin=manifests, cwd=tmp_path)
        assert done.returncode == status, done.stderr
        return done

    return run


def objects(manifests):
    for document in yaml.safe_load_all(manifests):
        if isinstance(document, dict):
            yield from document["items"] if document.get("kind") == "List" else [document]


def template(workload):
    for step in TEMPLATES.get(workload["kind"], ["spec", "template"]):
        workload = workload[step]
    return workload


def workloads(manifests):
    groups = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}
    kinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"]
    return [one for one in objects(manifests)
            if one.get("kind") in kinds and one["apiVersion"] == groups.get(one["kind"], "apps/v1")]  # fmt: skip


def variables(container):
    return {one["name"]: one.get("value") for one in container.get("env") or []}


# ---- what comes out

# Nothing, not all, or no schema's.
NOT_EACH = ("other_kinds.yaml", "left_alone.yaml", "deployment_list.yaml")
CORPUS_FILES = sorted(path for path in CORPUS.iterdir() if path.name not in NOT_EACH)


@pytest.mark.parametrize("form", ["native", "container"])
@pytest.mark.parametrize("path", CORPUS_FILES, ids=lambda path: path.name)
def test_an_api_server_takes_it(inject, path, form):
    given = path.read_text()
    assert programs.validate(given) == [], "the corpus itself"
    done = inject(given, "--sidecar", form, config="listen: 127.0.0.1:80\nallow: [example.com:443]\n" + SECRETS)
    assert programs.validate(done.stdout) == []


@pytest.mark.parametrize("path", CORPUS_FILES, ids=lambda path: path.name)
def test_every_workload_gets_exactly_the_one_sidecar_first(inject, path):
    given = path.read_text()
    done = inject(given, config=SECRETS)
    before, after = workloads(given), workloads(done.stdout)
    assert [one["kind"] for one in before] == [one["kind"] for one in after]
    for old, new in zip(before, after, strict=True):
        assert template(new)["spec"]["initContainers"][0] == with_secrets({"tls": "/tls", "payments": "/secrets/payments"})
        assert names(template(new)["spec"]["initContainers"][1:]) == names(template(old)["spec"].get("initContainers") or [])
        assert names(template(new)["spec"]["containers"]) == names(template(old)["spec"]["containers"])


def with_secrets(directories):
    """The one sidecar, with each Secret at a directory of its own."""
    container = sidecar.native()
    container["volumeMounts"] += [{"name": f"ambassador-secret-{name}", "mountPath": directory, "readOnly": True}
                                  for name, directory in directories.items()]  # fmt: skip
    return container


def names(containers):
    return [container["name"] for container in containers]


@pytest.mark.parametrize("path", CORPUS_FILES, ids=lambda path: path.name)
def test_nothing_else_changes(inject, path):
    given = path.read_text()
    done = inject(given)
    for old, new in zip(workloads(given), workloads(done.stdout), strict=True):
        assert without_ours(new, old) == emptied(old)


def emptied(workload):
    """A workload in which nothing is as good as an empty list or map, where ours would be."""
    workload = copy.deepcopy(workload)
    pod = template(workload)
    metadata = pod.get("metadata") or {}
    if not metadata.get("annotations"):
        metadata.pop("annotations", None)
    pod["metadata"] = metadata
    for key in ("initContainers", "volumes"):
        pod["spec"][key] = pod["spec"].get(key) or []
    for container in pod["spec"]["initContainers"] + pod["spec"]["containers"]:
        container["env"] = container.get("env") or []
    return workload


def without_ours(new, old):
    new = emptied(new)
    pod, was = template(new), template(emptied(old))
    annotations = was["metadata"].get("annotations", {})
    for name in ("ambassador/injected", "ambassador/kept", "kubectl.kubernetes.io/default-container"):
        if name not in annotations:
            pod["metadata"]["annotations"].pop(name, None)
    if not pod["metadata"]["annotations"]:
        del pod["metadata"]["annotations"]
    del pod["spec"]["initContainers"][0]
    del pod["spec"]["volumes"][0]
    both = zip(pod["spec"]["initContainers"] + pod["spec"]["containers"],
               was["spec"]["initContainers"] + was["spec"]["containers"], strict=True)  # fmt: skip
    for container, before in both:
        added = len(container["env"]) - len(before["env"])
        assert all(one["name"].lower() in ("http_proxy", "no_proxy") for one in container["env"][:added])
        del container["env"][:added]
    return new


def test_the_config_map_has_the_file_to_the_byte_and_stands_before_its_workload(inject):
    for config in [CONFIG, CONFIG.strip(), CONFIG + "\n\n", CONFIG.replace("\n", "\r\n"), "# ünïcödé\u2028\n" + CONFIG]:
        made = list(objects(inject(DEPLOYMENT, config=config).stdout))
        assert [one["kind"] for one in made] == ["ConfigMap", "Deployment", "Service"]
        assert made[0]["metadata"]["name"] == "web-ambassador"
        assert made[0]["metadata"]["namespace"] == "shop"
        assert made[0]["data"] == {"ambassador.yaml": config}
        assert made[1]["spec"]["template"]["spec"]["volumes"][0] == {
            "name": "ambassador-config", "configMap": {"name": "web-ambassador"}}  # fmt: skip


def test_later_init_containers_have_the_proxy_too(inject):
    made = workloads(inject((CORPUS / "stateful_set.yaml").read_text(), config="allow: [github.com:443]\n").stdout)
    for container in made[0]["spec"]["template"]["spec"]["initContainers"][1:]:
        assert variables(container).items() >= {
            "http_proxy": "http://localhost:1080", "HTTP_PROXY": "http://localhost:1080",
            "https_proxy": "http://localhost:1080", "HTTPS_PROXY": "http://localhost:1080",
            "no_proxy": "kubernetes.default.svc,$(KUBERNETES_SERVICE_HOST)",
            "NO_PROXY": "kubernetes.default.svc,$(KUBERNETES_SERVICE_HOST)"}.items()  # fmt: skip


def test_secrets_are_mounted_into_the_sidecar_alone_and_told(inject):
    done = inject(DEPLOYMENT, config=SECRETS)
    spec = workloads(done.stdout)[0]["spec"]["template"]["spec"]
    assert {"name": "ambassador-secret-tls", "secret": {"secretName": "tls"}} in spec["volumes"]
    assert "volumeMounts" not in spec["containers"][0]
    assert "kubectl create secret generic payments --namespace shop --from-file=token" in done.stderr


def test_a_secret_of_another_name_is_said(inject):
    done = inject(DEPLOYMENT, "--secret", "api-keys=/secrets/payments/", config=SECRETS)
    spec = workloads(done.stdout)[0]["spec"]["template"]["spec"]
    assert spec["initContainers"][0] == with_secrets({"tls": "/tls", "api-keys": "/secrets/payments"})


def test_the_image_is_a_choice(inject):
    spec = workloads(inject(DEPLOYMENT, "--image", "registry.example:5000/ambassador@sha256:0").stdout)[0]["spec"]["template"]["spec"]
    assert spec["initContainers"][0]["image"] == "registry.example:5000/ambassador@sha256:0"


def test_a_json_object_stays_json(inject):
    made = json.loads(inject((CORPUS / "deployment.json").read_text()).stdout)
    assert [one["kind"] for one in made["items"]] == ["ConfigMap", "Deployment"]


# ---- again, and back


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_again_changes_nothing_and_uninject_gives_it_back(inject, path):
    given = path.read_text()
    once = inject(given).stdout
    assert inject(once).stdout == once
    assert inject(once, "--uninject", config=None).stdout == given


def test_kubectl_may_have_written_it_anew(inject):
    once = inject(DEPLOYMENT, config=SECRETS).stdout
    anew = yaml.safe_dump_all(list(objects(once)))
    assert list(objects(inject(anew, "--uninject", config=None).stdout)) == list(objects(DEPLOYMENT))
    again = inject(anew, config=SECRETS).stdout
    assert sorted(map(str, objects(again))) != []
    assert workloads(again)[0]["spec"]["template"]["spec"] == workloads(once)[0]["spec"]["template"]["spec"]


# ---- what is said


def test_a_bad_configuration_gives_its_errors_and_no_output(inject):
    done = inject(DEPLOYMENT, config="mapp: []\nlisten: nowhere\n", status=1)
    assert done.stdout == ""
    assert "ambassador.yaml:1:1: error: mapp:" in done.stderr and "ambassador.yaml:2:9: error: listen[0]:" in done.stderr


def test_an_expectation_that_does_not_hold_gives_no_output(inject):
    done = inject(DEPLOYMENT, config=CONFIG + "expect: [{request: GET http://localhost/api, blocked: true}]\n", status=1)
    assert done.stdout == "" and "should be blocked" in done.stderr


def test_a_configuration_that_no_config_map_can_hold_is_refused(inject, tmp_path):
    (tmp_path / "ambassador.yaml").write_bytes(CONFIG.encode() + b"# \xff\n")
    done = inject(DEPLOYMENT, config=None, status=1)
    assert done.stdout == "" and "not a text in UTF-8" in done.stderr


def test_variables_of_this_shell_are_not_the_pods(inject, tmp_path):
    done = inject(DEPLOYMENT, config="map: [{source: http://a, target: \"http://${INJECT_HOST}\"}]\n", status=1)
    assert "INJECT_HOST" in done.stderr
    (tmp_path / "ambassador.yaml").write_text(CONFIG)
    command = [BINARY, "inject", "-c", tmp_path / "ambassador.yaml"]
    done = programs.run(command, stdin=DEPLOYMENT, env={"AMBASSADOR_LISTEN": "127.0.0.1:3128"})
    assert "localhost:1080" in done.stdout and "3128" not in done.stdout


def test_without_a_configuration_it_says_how_to_name_one(inject):
    done = inject(DEPLOYMENT, config=None, status=1)
    assert done.stdout == "" and "name its file with -c FILE" in done.stderr


def test_the_usual_file_is_found(inject, tmp_path):
    (tmp_path / "ambassador.yaml").write_text(CONFIG)
    assert next(objects(inject(DEPLOYMENT, config=None).stdout))["data"] == {"ambassador.yaml": CONFIG}


@pytest.mark.parametrize("manifests, error", [
    ("a: [1\n", "stdin:2:1: error: document 1: not valid YAML"),
    (DEPLOYMENT.replace("spec:\n      # Only", "spec:\n      os: {name: windows}\n      # Only"),
     "stdin:19:7: error: document 1, Deployment/web: a Windows Pod"),
    ("", "stdin: error: no Kubernetes object in it"),
    ("- {apiVersion: v1, kind: Pod}\n", "put this list under `items:`"),
    ('{"apiVersion": "v1", "kind": "Namespace"}\n{"apiVersion": "v1", "kind": "Namespace"}\n', "stdin:2:1: error: document 1: another JSON"),
])  # fmt: skip
def test_what_cannot_be_injected_gives_its_reason_and_no_output(inject, manifests, error):
    done = inject(manifests, status=1)
    assert done.stdout == "" and error in done.stderr


def test_what_is_left_alone_is_told_and_unchanged(inject):
    given = (CORPUS / "left_alone.yaml").read_text()
    done = inject(given)
    before, after = list(objects(given)), list(objects(done.stdout))
    assert after[:5] == before[:5] and after[5]["kind"] == "ConfigMap"
    assert "stdin:10:7: warning: document 1, DaemonSet/exporter: hostNetwork: " in done.stderr
    for line in ["DaemonSet/exporter left as it is: it has hostNetwork",
                 "ReplicaSet/web-5d4b left as it is: it is made by Deployment/web, which would make it anew: inject that",
                 "Deployment/by-hand left as it is: it has the ambassador already",
                 "Rollout/canary left as it is: inject does not know the kind Rollout of argoproj.io/v1alpha1",
                 "ReplicationController/old left as it is: inject does not know the kind ReplicationController of v1",
                 "Pod/task injected"]:  # fmt: skip
        assert f"ambassador: {line}\n" in done.stderr


def test_what_is_disabled_later_loses_its_sidecar_and_is_told_so(inject):
    once = inject(DEPLOYMENT).stdout
    later = once.replace("kind: Deployment\nmetadata:\n", "kind: Deployment\nmetadata:\n  annotations: {ambassador/inject: disabled}\n")
    done = inject(later)
    assert [one["kind"] for one in objects(done.stdout)] == ["Deployment", "Service"]
    assert "Deployment/web uninjected, its sidecar was taken out: ambassador/inject is disabled" in done.stderr
    assert "kubectl delete configmap --namespace shop web-ambassador" in done.stderr


def test_uninject_says_what_stays_in_the_cluster(inject):
    done = inject(inject(DEPLOYMENT).stdout, "--uninject", config=None)
    assert "stays in the cluster" in done.stderr and "  kubectl delete configmap --namespace shop web-ambassador\n" in done.stderr


def test_where_https_goes_past_it_says_so(inject):
    assert "HTTPS of the app goes past the ambassador" in inject(DEPLOYMENT).stderr
    for more in ["allow: [api.example.com:443]\n", "unmapped: report\n", "unmapped: allow\n"]:
        done = inject(DEPLOYMENT, config=CONFIG + more)
        assert "HTTPS" not in done.stderr
        for container in workloads(done.stdout)[0]["spec"]["template"]["spec"]["containers"]:
            assert variables(container)["https_proxy"] == "http://localhost:1080"


def test_ports_and_calls_that_the_sidecar_is_in_the_way_of_are_told(inject):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
        {"name": "app", "image": "app", "ports": [{"containerPort": 1080}, {"containerPort": 5005}],
         "livenessProbe": {"exec": {"command": ["curl", "http://localhost:8080/healthz"]}}}]}}  # fmt: skip
    config = CONFIG + "  - {source: http://localhost:5005, target: http://users.shop.svc}\n"
    said = inject(yaml.safe_dump(pod), config=config).stderr
    assert "port 1080 is the ambassador's listener 127.0.0.1:1080" in said
    assert "port 5005 is that of the source http://localhost:5005" in said
    assert "the livenessProbe of container app names http://localhost:8080" in said
    allowed = inject(yaml.safe_dump(pod), config=config + "allow: [\"localhost:8080\"]\n").stderr
    assert "livenessProbe" not in allowed


def test_two_directories_of_one_secret_are_one_line(inject):
    config = SECRETS.replace("/tls/ca.crt", "/a/ca.crt").replace("/secrets/payments/", "/b/")
    said = inject(DEPLOYMENT, "--secret", "shop=/a", "--secret", "shop=/b", config=config).stderr
    assert said.count("kubectl create secret") == 1
    assert "kubectl create secret generic shop --namespace shop --from-file=ca.crt --from-file=token\n" in said
    done = inject(DEPLOYMENT, config=SECRETS.replace("/tls/", "/x/payments/"), status=1)
    assert done.stdout == "" and "--secret payments=/" not in done.stderr and "--secret NAME=/" in done.stderr


@pytest.mark.parametrize("said", [["s=/etc/ambassador"], ["s=/a:b"], ["s=/a/../b"], ["s=/etc"], ["s=/a", "t=/a"]])
def test_a_directory_where_no_secret_can_be_is_refused(inject, said):
    done = inject(DEPLOYMENT, *[part for one in said for part in ("--secret", one)], status=1)
    assert done.stdout == "" and 'flag --secret: error: ' in done.stderr and said[-1] in done.stderr


def test_the_image_that_an_earlier_run_named_is_not_lost_in_silence(inject):
    once = inject(DEPLOYMENT, "--image", "registry.example/ambassador:0.1.0").stdout
    assert "(--image registry.example/ambassador:0.1.0 keeps it)" in inject(once).stderr
    assert "keeps it" not in inject(once, "--image", "registry.example/ambassador:0.1.0").stderr


def test_the_file_of_the_dotnet_proxy_is_not_for_a_pod(inject, tmp_path):
    (tmp_path / "appsettings.json").write_text('{"Proxy": {"Port": 1080}}')
    done = inject(DEPLOYMENT, "-c", tmp_path / "appsettings.json", config=None, status=1)
    assert done.stdout == "" and "the Pod gets an ambassador.yaml" in done.stderr


def test_where_there_is_no_workload_all_passes_with_a_note(inject):
    given = (CORPUS / "other_kinds.yaml").read_text()
    done = inject(given)
    assert done.stdout == given and "passed on as it is" in done.stderr
    assert "nothing injected in it" in inject(given, "--uninject", config=None).stderr


def test_a_file_may_be_named(inject):
    path = pathlib.Path(CORPUS / "deployment.yaml")
    assert inject("", path).stdout == inject(path.read_text()).stdout
    assert "cannot be read" in inject("", "/nowhere.yaml", status=1).stderr


@pytest.mark.parametrize("options", [["--secret", "x"], ["--secret", "X_Y=/a"], ["--secret", "a=b"], ["--sidecar", "big"], ["--nope"],
                                     ["--image", "a b"], ["--image", "a\n"]])
def test_a_usage_error_ends_with_2(inject, options):
    assert inject(DEPLOYMENT, *options, status=2).stdout == ""


def test_its_help_fits_a_screen():
    done = programs.run([BINARY, "inject", "--help"])
    lines = done.stdout.splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= 130 and "Examples:" in lines
    assert "inject" in programs.run([BINARY, "--help"]).stdout
