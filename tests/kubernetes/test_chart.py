"""charts/ambassador: what the real helm makes of it, over a matrix of values."""

import json
import re
import shlex
import shutil
import sys
import tarfile

import pytest
import yaml

from cluster import helm, programs, sidecar
from harness import http_get
from harness.ambassador import Ambassador, run, write_config
from harness.ports import free_port

CHART = programs.CHARTS / "ambassador"
TLS_LISTENER = {"address": ":8443", "tls": {"cert": "/tls/tls.crt", "key": "/tls/tls.key"}}
MAPPED = {"source": "http://a", "target": "https://b"}
EVERYTHING = {
    "replicas": 30,
    "imagePullSecrets": [{"name": "registry"}],
    "config": {
        "listen": [":1080", TLS_LISTENER],
        "map": [{"source": "http://payments", "target": "https://pay.example.com",
                 "credential": {"header": "Authorization", "file": "/secrets/payments/token"}}],
        "allow": ["api.example.com:443"],
    },
    "secrets": {"more": "/more"},
    "env": [{"name": "REGION", "value": "north"}],
    "service": {"type": "LoadBalancer", "ports": {"8443": 443}, "annotations": {"a": "b"}, "labels": {"team": "x"},
                "loadBalancerSourceRanges": ["192.0.2.0/24"], "loadBalancerClass": "example.com/inner",
                "externalTrafficPolicy": "Local"},
    "autoscaling": {"enabled": True, "maxReplicas": 50},
    "networkPolicy": {
        "enabled": True,
        "clients": [{"namespaceSelector": {"matchLabels": {"team": "shop"}}}],
        "monitoring": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "egress": [{"ports": [{"port": 443, "protocol": "TCP"}]}],
    },
    "podMonitor": {"enabled": True, "sidecars": True, "labels": {"prometheus": "main"}},
    "prometheusRule": {"enabled": True, "labels": {"prometheus": "main"}, "disabled": ["AmbassadorBlockedCalls"]},
    "dashboard": {"enabled": True, "annotations": {"grafana_folder": "Network"}},
    "serviceAccount": {"annotations": {"a": "b"}},
    "securityContext": {"runAsUser": None}, "podSecurityContext": {"fsGroup": 7},
    "extraVolumes": [{"name": "lists", "configMap": {"name": "lists"}}],
    "extraVolumeMounts": [{"name": "lists", "mountPath": "/lists"}],
    "commonLabels": {"cost": "y", "team": "all"}, "podLabels": {"team": "x"},
    "podAnnotations": {"a": "b"}, "nodeSelector": {"disk": "ssd"}, "priorityClassName": "high",
    "tolerations": [{"key": "edge", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}]}},
}  # fmt: skip
MINIMAL = {
    "replicas": 1,
    "podDisruptionBudget": {"enabled": False},
    "serviceAccount": {"create": False},
    "topologySpread": False,
    "resources": {},
}
MATRIX = {
    "defaults": {},
    "everything": EVERYTHING,
    "minimal": MINIMAL,
    "a TLS listener alone": {"config": {"listen": TLS_LISTENER}},
    "low ports": {"config": {"listen": [":80", "[::]:443"]}},
    "autoscaling": {"autoscaling": {"enabled": True}},
    "many replicas": {"replicas": 500, "podDisruptionBudget": {"maxUnavailable": "25%"}},
    "names of its own": {"fullnameOverride": "egress", "nameOverride": "gate"},
    "a network policy for anyone": {"networkPolicy": {"enabled": True}},
    "a port on two addresses": {"config": {"listen": ["0.0.0.0:1080", "[::]:1080"]}},
    "a load balancer before it": {"config": {"listen": [{"address": ":8080", "proxy_protocol": True}, ":8081"]}},
    "a low transparent port": {"config": {"listen": ":1080", "transparent": 1023}},
    "a NodePort": {"service": {"type": "NodePort"}},
    "names like numbers": {"nameOverride": "12", "fullnameOverride": "true", "priorityClassName": "1", "image": {"tag": "1"}},
    "nothing in its sections": dict.fromkeys(
        ["image", "service", "autoscaling", "podDisruptionBudget", "networkPolicy", "podMonitor", "prometheusRule", "dashboard",
         "serviceAccount", "resources", "secrets", "env", "securityContext", "podSecurityContext", "podLabels", "commonLabels",
         "imagePullSecrets", "extraVolumes", "extraVolumeMounts"]),
    "Secrets of any name": {"secrets": {"tls.example.com": "/tls/", "a" * 253: "/long"}},
    "an image by digest": {"image": {"repository": "registry.local/ambassador", "digest": "sha256:" + "0" * 64}},
}


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_every_object_is_valid(values):
    rendered = [helm.template(CHART, values, kube_version=version).text for version in helm.KUBE_VERSIONS]
    assert programs.validate("\n".join(rendered)) == []


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_lint_finds_nothing(values):
    done = helm.attempt(CHART, values, command=("lint", "--strict"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_configuration_is_right(values, tmp_path):
    file = tmp_path / "ambassador.yaml"
    file.write_text(helm.template(CHART, values).config())
    done = run("check", "--no-files", "-c", file, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_switched_off_is_not_there():
    kinds = ["ConfigMap", "Deployment", "Pod", "Service"]
    assert helm.template(CHART, MINIMAL).kinds() == kinds
    assert helm.template(CHART).kinds() == sorted([*kinds, "PodDisruptionBudget", "ServiceAccount"])
    more = ["ConfigMap", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "PodMonitor", "PrometheusRule",
            "Service", "ServiceAccount"]  # fmt: skip
    assert helm.template(CHART, EVERYTHING).kinds() == sorted([*kinds, *more])


@pytest.mark.parametrize("values, error", [
    ({"replicas": "three"}, "at '/replicas': got string, want integer"),
    ({"replica": 3}, "additional properties 'replica' not allowed"),
    ({"service": {"type": "Ingress"}}, "at '/service/type'"),
    ({"service": {"ports": {"http": 80}}}, "at '/service/ports': additional properties 'http' not allowed"),
    ({"config": {"maps": []}}, "at '/config': additional properties 'maps' not allowed"),
    ({"config": []}, "config"),
    ({"secrets": {"payments": "relative"}}, "at '/secrets/payments'"),
    ({"image": {"digest": "latest"}}, "at '/image/digest'"),
    ({"config": {"listen": "127.0.0.1:1080"}}, "127.0.0.1:1080 is reached from inside the Pod only"),
    ({"config": {"listen": None}}, "is reached from inside the Pod only"),
    ({"config": {"listen": ":${PORT}"}}, ":${PORT} has no port that others could know"),
    ({"config": {"listen": "everywhere"}}, "at '/config/listen': 'everywhere' does not match"),
    ({"config": {"map": [{**MAPPED, "balance": "random"}]}}, "at '/config/map/0/balance'"),
    ({"config": {"map": [{**MAPPED, "tls": {"ca": "/ca.crt"}}]}}, "/ca.crt is in no directory of its own"),
    ({"config": {"map": [{**MAPPED, "target": "file:///etc/ambassador/list"}]}}, "name file:///etc/ambassador/list in a"),
    ({"config": {"listen": ":1080", "admin": "off"}}, "config.admin: leave it out"),
    ({"config": {"listen": [":1080", ":9901"]}}, ":9901 is the admin port"),
    ({"config": {"listen": [":1080", ":80"]}, "service": {"ports": {"1080": 80}}}, "service.ports: 80 is there twice"),
    ({"service": {"ports": {"1080": 9901}}}, "service.ports: 9901 is there twice"),
    ({"service": {"ports": {"8080": 80}}}, "no listener has the port 8080; there are 1080"),
    ({"secrets": {"a": "/x", "b": "/x/"}}, "secrets.b: another Secret is mounted at /x already"),
    ({"secrets": {"a": "/etc/ambassador/more"}}, "only ambassador.yaml is in /etc/ambassador"),
    ({"secrets": {"A": "/x"}}, "at '/secrets'"),
    ({"secrets": {"a..b": "/x"}}, "at '/secrets'"),
    ({"env": [{"name": "AMBASSADOR_ADMIN", "value": "off"}]}, "env: AMBASSADOR_ADMIN is there twice, or the chart has it"),
    ({"extraVolumes": [{"name": "ambassador-config"}]}, "extraVolumes: ambassador-config is there twice"),
    ({"extraVolumeMounts": [{"name": "a", "mountPath": "/etc/ambassador"}]}, "extraVolumeMounts: /etc/ambassador is there"),
    ({"autoscaling": {"enabled": True, "minReplicas": 11}}, "minReplicas is 11, more than maxReplicas, 10"),
    ({"autoscaling": {"enabled": True}, "resources": {"requests": {"cpu": None}}}, "resources.requests.cpu, which is not set"),
    ({"fullnameOverride": "1a"}, "at '/fullnameOverride'"),
    ({"prometheusRule": {"enabled": True, "disabled": ["Nothing"]}}, "no alert is called Nothing; there are AmbassadorHigh"),
    ({"podMonitor": {"interval": "30"}}, "at '/podMonitor/interval'"),
])  # fmt: skip
def test_wrong_values_are_refused_with_the_place(values, error):
    done = helm.attempt(CHART, values)
    assert done.returncode != 0 and error in done.stderr, done.stderr


def test_the_container_is_that_of_the_sidecar():
    [container] = helm.template(CHART).one("Deployment")["spec"]["template"]["spec"]["containers"]
    container["ports"] = [port for port in container["ports"] if port["name"] == "ambassador"]
    assert container == sidecar.plain()


def test_the_tests_pod_is_as_restricted():
    pod = helm.template(CHART).one("Pod")["spec"]
    [container] = pod["containers"]
    assert container["securityContext"] == sidecar.NATIVE["securityContext"]
    assert container["image"] == sidecar.NATIVE["image"]
    assert pod["automountServiceAccountToken"] is False


def ports_of(service):
    return {port["port"]: port["targetPort"] for port in service["spec"]["ports"]}


def services_of(values):
    return {found["metadata"]["name"]: found for found in helm.template(CHART, values).objects if found["kind"] == "Service"}


def test_the_service_leads_to_every_listener():
    rendered = helm.template(CHART, {**EVERYTHING, "service": {"ports": {"8443": 443}}})
    ports = {port["name"]: port["containerPort"] for port in container_of(rendered)["ports"]}
    service = rendered.one("Service")
    assert {port: ports[name] for port, name in ports_of(service).items()} == {1080: 1080, 443: 8443, 9901: 9901}
    selector = service["spec"]["selector"]
    assert selector.items() <= rendered.one("Deployment")["spec"]["template"]["metadata"]["labels"].items()
    assert not selector.items() <= rendered.one("Pod")["metadata"]["labels"].items(), "the test's Pod serves nothing"


@pytest.mark.parametrize("kind", ["LoadBalancer", "NodePort"])
def test_the_admin_port_is_not_to_be_had_from_outside(kind):
    values = {"service": {"type": kind}}
    services = services_of(values)
    assert {name: ports_of(service) for name, service in services.items()} == {
        "release-ambassador": {1080: "http-1080"}, "release-ambassador-admin": {9901: "ambassador"}}
    outer, admin = (services[name]["spec"] for name in ("release-ambassador", "release-ambassador-admin"))
    assert (outer["type"], admin["type"]) == (kind, "ClusterIP") and outer["selector"] == admin["selector"]
    [container] = helm.template(CHART, values).one("Pod")["spec"]["containers"]
    assert "http://release-ambassador-admin:9901" in container["args"]


def test_a_port_of_two_listeners_is_one():
    values = MATRIX["a port on two addresses"]
    assert ports_of(helm.template(CHART, values).one("Service")) == {1080: "http-1080", 9901: "ambassador"}
    assert [port["containerPort"] for port in container_of(helm.template(CHART, values))["ports"]] == [9901, 1080]


def test_a_load_balancer_is_set_up_as_it_is_said():
    outer = services_of(EVERYTHING)["release-ambassador"]["spec"]
    assert outer["loadBalancerSourceRanges"] == ["192.0.2.0/24"]
    assert (outer["loadBalancerClass"], outer["externalTrafficPolicy"]) == ("example.com/inner", "Local")


@pytest.mark.parametrize("kind, where", [
    ("PodDisruptionBudget", ("spec", "selector", "matchLabels")),
    ("NetworkPolicy", ("spec", "podSelector", "matchLabels")),
])  # fmt: skip
def test_selectors_find_the_pods_that_serve(kind, where):
    rendered = helm.template(CHART, EVERYTHING)
    selector = rendered.one(kind)
    for name in where:
        selector = selector[name]
    assert selector == rendered.one("Deployment")["spec"]["selector"]["matchLabels"]


def test_objects_carry_the_labels_of_helm():
    for found in helm.template(CHART, EVERYTHING).objects:
        labels = found["metadata"]["labels"]
        wanted = {"helm.sh/chart", "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/version",
                  "app.kubernetes.io/managed-by"}  # fmt: skip
        assert wanted <= labels.keys(), found["kind"]
        assert found["metadata"]["namespace"] == "shop", found["kind"]


def test_labels_of_yours_are_there_once_and_the_charts_own_win():
    rendered = helm.template(CHART, {**EVERYTHING, "podLabels": {"team": "x", "app.kubernetes.io/name": "other"},
                                     "service": {"labels": {"helm.sh/chart": "mine", "tier": "edge"}}})  # fmt: skip
    for found in rendered.objects:
        assert found["metadata"]["labels"]["cost"] == "y", found["kind"]
        assert found["metadata"]["labels"]["app.kubernetes.io/name"] == "ambassador"
    pod = rendered.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert (pod["team"], pod["cost"], pod["app.kubernetes.io/name"]) == ("x", "y", "ambassador")
    service = rendered.one("Service")["metadata"]["labels"]
    assert service["tier"] == "edge" and service["helm.sh/chart"].startswith("ambassador-")
    assert rendered.text.count("helm.sh/chart: mine") == 0


def test_what_the_pod_may_do_is_yours_to_change():
    pod = helm.template(CHART, EVERYTHING).one("Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    wanted = {name: value for name, value in sidecar.NATIVE["securityContext"].items() if name != "runAsUser"}
    assert container["securityContext"] == wanted
    assert helm.template(CHART, EVERYTHING).one("Pod")["spec"]["containers"][0]["securityContext"] == wanted
    assert pod["securityContext"] == {"fsGroup": 7}


def test_more_volumes_are_mounted():
    pod = helm.template(CHART, EVERYTHING).one("Deployment")["spec"]["template"]["spec"]
    assert {"name": "lists", "configMap": {"name": "lists"}} in pod["volumes"]
    assert {"name": "lists", "mountPath": "/lists"} in pod["containers"][0]["volumeMounts"]


def test_an_alert_that_is_not_wanted_is_left_out():
    [group] = helm.template(CHART, EVERYTHING).one("PrometheusRule")["spec"]["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert "AmbassadorBlockedCalls" not in names and "AmbassadorDown" in names


def test_a_section_without_a_value_has_the_defaults_that_serve():
    bare = helm.template(CHART, MATRIX["nothing in its sections"])
    assert container_of(bare)["image"] == container_of(helm.template(CHART))["image"]
    assert bare.one("Service") == helm.template(CHART).one("Service")


@pytest.mark.parametrize("release", ["1st", "my.release"])
def test_a_release_whose_name_no_service_can_have_is_refused(release):
    done = helm.attempt(CHART, command=("template", release))
    assert done.returncode != 0 and "set fullnameOverride" in done.stderr, done.stderr


@pytest.mark.parametrize("interval", ["500ms", "30s", "1m30s", "1h"])
def test_every_interval_of_prometheus_is_taken(interval):
    monitor = helm.template(CHART, {"podMonitor": {"enabled": True, "interval": interval}}).one("PodMonitor")
    assert monitor["spec"]["podMetricsEndpoints"][0]["interval"] == interval


def test_names_follow_the_release_and_the_overrides():
    assert helm.template(CHART).one("Deployment")["metadata"]["name"] == "release-ambassador"
    assert helm.template(CHART, {"fullnameOverride": "egress"}).one("Service")["metadata"]["name"] == "egress"
    done = helm.attempt(CHART, command=("template", "ambassador"))
    assert helm.Rendered(done.stdout).one("Deployment")["metadata"]["name"] == "ambassador"


def test_secrets_are_mounted_where_the_configuration_looks():
    pod = helm.template(CHART, EVERYTHING).one("Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    mounts = {mount["mountPath"]: secrets.get(mount["name"]) for mount in container["volumeMounts"] if "readOnly" in mount}
    assert mounts == {"/etc/ambassador": None, "/more": "more", "/secrets/payments": "payments", "/tls": "tls"}


def test_low_ports_are_opened_for_a_user_that_is_not_root():
    sysctls = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    pod = helm.template(CHART, MATRIX["low ports"]).one("Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["sysctls"] == sysctls
    pod = helm.template(CHART, MATRIX["a low transparent port"]).one("Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["sysctls"] == sysctls
    pod = helm.template(CHART, {**MATRIX["low ports"], "podSecurityContext": {"fsGroup": 7}}).one("Deployment")
    assert pod["spec"]["template"]["spec"]["securityContext"] == {"fsGroup": 7, "sysctls": sysctls}
    assert "securityContext" not in helm.template(CHART).one("Deployment")["spec"]["template"]["spec"]


def test_the_autoscaler_decides_alone():
    assert "replicas" not in helm.template(CHART, MATRIX["autoscaling"]).one("Deployment")["spec"]
    assert helm.template(CHART, MATRIX["many replicas"]).one("Deployment")["spec"]["replicas"] == 500


def test_the_network_policy_lets_the_test_in():
    rendered = helm.template(CHART, EVERYTHING)
    [_, admin] = rendered.one("NetworkPolicy")["spec"]["ingress"]
    labels = rendered.one("Pod")["metadata"]["labels"]
    assert any(peer.get("podSelector", {}).get("matchLabels", {"": 0}).items() <= labels.items() for peer in admin["from"])


def test_one_monitor_finds_sidecars_too():
    monitor = helm.template(CHART, EVERYTHING).one("PodMonitor")["spec"]
    assert monitor["selector"] == {} and monitor["namespaceSelector"] == {"any": True}
    assert monitor["podMetricsEndpoints"][0]["port"] == sidecar.NATIVE["ports"][0]["name"]
    own = helm.template(CHART, {"podMonitor": {"enabled": True}})
    assert own.one("PodMonitor")["spec"]["selector"] == own.one("Deployment")["spec"]["selector"]


def test_a_change_of_the_configuration_restarts_nothing():
    before, after = (helm.template(CHART, {"config": {"unmapped": unmapped}}) for unmapped in ("block", "report"))
    assert before.config() != after.config()
    assert before.one("Deployment") == after.one("Deployment")


def test_what_it_installs_serves_and_its_test_says_so(tmp_path):
    """The container's configuration and environment, and then the arguments of `helm test`, on this machine."""
    rendered = helm.template(CHART, {"config": {"listen": f":{free_port()}"}})
    config = write_config(tmp_path, rendered.config())
    [variable] = container_of(rendered)["env"]
    hook = rendered.one("Pod")["spec"]["containers"][0]["args"]
    proxy = Ambassador("-c", config, cwd=tmp_path, env={variable["name"]: variable["value"].replace("9901", "0")}, admin=True)
    try:
        asked = [arg.replace("release-ambassador:9901", f"localhost:{proxy.admin_port}") for arg in hook]
        assert asked != hook and run(*asked, cwd=tmp_path).returncode == 0
        assert http_get.get(proxy.port, "http://timecheck:8080/").status == 403
    finally:
        proxy.finish()


def test_the_notes_tell_what_to_try():
    notes = notes_with({})
    for told in ("http://release-ambassador.shop.svc:1080", "port-forward deployment/release-ambassador 9901",
                 "helm -n shop test release", "nothing is mapped and nothing allowed"):  # fmt: skip
        assert told in notes
    assert "nothing is mapped" not in notes_with({"config": {"allow": ["api.example.com:443"]}})
    assert "https://release-ambassador.shop.svc:8443" in notes_with(MATRIX["a TLS listener alone"])


def test_the_notes_give_an_app_what_the_sidecar_gives_it():
    plain, allowed = (set(re.findall(r"^     (\w+)=(.*)$", notes_with(values), re.MULTILINE))
                      for values in ({}, {"config": {"allow": ["api.example.com:443"]}}))  # fmt: skip
    proxy = "http://release-ambassador.shop.svc:1080"
    assert {("http_proxy", proxy), ("HTTP_PROXY", proxy), ("no_proxy", "")} <= plain
    assert {("https_proxy", proxy), ("HTTPS_PROXY", proxy)} <= allowed
    assert dict(allowed)["NO_PROXY"] == "kubernetes.default.svc,$(KUBERNETES_SERVICE_HOST)"


def test_the_notes_offer_only_what_works():
    assert "See a block" in notes_with({})
    assert "See a block" not in notes_with({"config": {"unmapped": "report"}})
    notes = notes_with(MATRIX["a load balancer before it"])
    assert "svc:8081" in notes and "svc:8080" not in notes


def test_the_pod_of_the_notes_may_run_under_the_restricted_profile():
    [command] = re.findall(r"^     (kubectl -n shop run try .*?wget.*?)$", notes_with({}), re.MULTILINE | re.DOTALL)
    args = shlex.split(command.replace("\\\n", " "))[1:]
    [overrides] = [arg.partition("=")[2] for arg in args if arg.startswith("--overrides=")]
    assert "--override-type=strategic" in args, "else the list of containers is in place of that of `run`"
    spec = json.loads(overrides)["spec"]
    [container] = spec["containers"]
    assert container["name"] == args[args.index("run") + 1]
    context = spec["securityContext"] | container["securityContext"]
    assert context == {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"},
                       "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}  # fmt: skip
    container["image"] = "busybox"
    assert programs.validate(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "try"}, "spec": spec})) == []


def notes_with(values):
    done = helm.attempt(CHART, values, command=("install", "--dry-run=client", "release"))
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("NOTES:")[2]


def container_of(rendered):
    [container] = rendered.one("Deployment")["spec"]["template"]["spec"]["containers"]
    return container


def test_it_is_packaged_with_all_that_it_needs(tmp_path):
    done = helm.helm("package", CHART, "--destination", tmp_path)
    assert done.returncode == 0, done.stderr
    [package] = tmp_path.glob("ambassador-*.tgz")
    assert helm.template(package, EVERYTHING).text.replace("\n", "") == helm.template(CHART, EVERYTHING).text.replace("\n", "")


def test_a_package_of_before_is_not_packaged(tmp_path):
    chart = tmp_path / "ambassador"
    shutil.copytree(CHART, chart)
    (chart / "ambassador-0.0.9.tgz").write_bytes(b"old")
    assert helm.helm("package", chart, "--destination", tmp_path).returncode == 0
    [package] = tmp_path.glob("ambassador-*.tgz")
    with tarfile.open(package) as packed:
        assert not [name for name in packed.getnames() if name.endswith(".tgz")]


def test_the_chart_has_the_version_of_the_program(tmp_path):
    version = run("--version", cwd=tmp_path).stdout.split()[-1]
    for chart in ("ambassador", "ambassador-lib"):
        about = yaml.safe_load((programs.CHARTS / chart / "Chart.yaml").read_text())
        assert (about["version"], about["appVersion"]) == (version, version)
    assert sidecar.NATIVE["image"] == f"ambassador:{version}"


def generate(charts):
    return programs.run([sys.executable, charts / "generate.py", "--check"])


def test_the_schemas_have_that_of_the_configuration():
    done = generate(programs.CHARTS)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("chart", ["ambassador", "ambassador-lib"])
def test_a_stale_schema_is_found(tmp_path, chart):
    (tmp_path / "config").mkdir()
    shutil.copy(programs.PROJECT / "config" / "schema.json", tmp_path / "config")
    shutil.copytree(programs.CHARTS, tmp_path / "charts", symlinks=True)
    assert generate(tmp_path / "charts").returncode == 0
    schema = tmp_path / "charts" / chart / "values.schema.json"
    schema.write_text(schema.read_text().replace('"round_robin", ', ""))
    done = generate(tmp_path / "charts")
    assert done.returncode == 1
    assert f"charts/{chart}/values.schema.json differs" in done.stderr and "./dev docs" in done.stderr


@pytest.mark.parametrize("chart", ["ambassador", "ambassador-lib"])
def test_every_value_is_described(chart):
    """In the schema, in values.yaml by a comment above it, and in the table of README.md."""
    lines = (programs.CHARTS / chart / "values.yaml").read_text()
    table = (programs.CHARTS / chart / "README.md").read_text()
    schema = json.loads((programs.CHARTS / chart / "values.schema.json").read_text())
    for path, default, described in leaves(schema, yaml.safe_load(lines)):
        assert described.get("description"), f"values.schema.json: {path}"
        name = path.split(".")[-1]
        assert re.search(rf"^ *#.*\n *{name}:", lines, re.MULTILINE), f"values.yaml: {path}"
        row = re.search(rf"^\| `{re.escape(path)}` \| (.*?) \| .", table, re.MULTILINE)
        assert row, f"README.md: {path}"
        shown = row.group(1).strip("`")
        assert shown in ("see values.yaml", json.dumps(default, ensure_ascii=False)), f"README.md: {path} is {default}"


def leaves(schema, values, path=""):
    """(path, default, schema) of each value that is no group of others."""
    assert schema["additionalProperties"] is False
    for name, described in schema["properties"].items():
        here = f"{path}.{name}" if path else name
        if "properties" in described and name != "config":
            yield from leaves(described, values[name], here)
        elif name not in ("global", "ambassador-lib"):
            yield here, values[name], described


README = (CHART / "README.md").read_text()
SHOWN = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("values", SHOWN)
def test_the_values_of_the_readme_work(values, tmp_path):
    rendered = helm.template(CHART, values)
    assert programs.validate(rendered.text) == []
    (tmp_path / "ambassador.yaml").write_text(rendered.config())
    assert run("check", "--no-files", cwd=tmp_path).returncode == 0


def test_the_command_of_the_readme_works(tmp_path):
    [command] = re.findall(r"^    (helm install .*)$", README, re.MULTILINE)
    values = tmp_path / "my-values.yaml"
    values.write_text(SHOWN[0])
    args = command.replace("charts/ambassador", str(CHART)).replace("my-values.yaml", str(values)).split()[1:]
    done = helm.helm(*args, "--dry-run=client")
    assert done.returncode == 0, done.stderr
    assert "image: registry.example.com/ambassador:" in done.stdout


def test_yamllint_is_content_with_the_values():
    rules = "{extends: default, rules: {document-start: disable, line-length: {max: 128}}}"
    files = [*programs.CHARTS.glob("*/values.yaml"), *programs.CHARTS.glob("*/Chart.yaml"),
             *programs.CHARTS.glob("*/alerts/*.yaml")]  # fmt: skip
    done = programs.run([programs.program("yamllint"), "--strict", "-d", rules, *files])
    assert done.returncode == 0, done.stdout
