"""charts/ambassador-lib: a chart of somebody else's gets the sidecar by one include."""

import copy
import json
import re
import textwrap

import pytest
import yaml

from cluster import helm, programs, sidecar
from harness.ambassador import run

MAP = [{"source": "http://localhost/api", "target": "http://numbers-api/rng"}]
POD = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "initContainers": [{"name": "clone", "image": "git"}],
        "containers": [{"name": "web", "image": "web"}, {"name": "log", "image": "log"}],
        "volumes": [{"name": "data", "emptyDir": {}}],
    },
}
META = {"name": "web", "namespace": "shop", "labels": {"app": "web"}}
TEMPLATED = {"selector": {"matchLabels": {"app": "web"}}, "template": POD}
JOB = {"template": {"metadata": POD["metadata"], "spec": {**POD["spec"], "restartPolicy": "Never"}}}
EXAMPLES = sorted((programs.PROJECT / "config" / "examples").glob("*.yaml"))
KINDS = {
    "Deployment": ("apps/v1", TEMPLATED),
    "StatefulSet": ("apps/v1", {**TEMPLATED, "serviceName": "web"}),
    "DaemonSet": ("apps/v1", TEMPLATED),
    "ReplicaSet": ("apps/v1", TEMPLATED),
    "Job": ("batch/v1", JOB),
    "CronJob": ("batch/v1", {"schedule": "0 * * * *", "jobTemplate": {"spec": JOB}}),
    "Pod": ("v1", POD["spec"]),
}


def manifest(kind="Deployment", **pod):
    """A workload of that kind, whose Pod's spec has these fields too."""
    version, spec = KINDS[kind]
    found = copy.deepcopy({"apiVersion": version, "kind": kind, "metadata": META, "spec": spec})
    template_of(found)["spec"].update(pod)
    return found


def template_of(workload):
    if workload["kind"] == "Pod":
        return workload
    spec = workload["spec"]
    return spec["jobTemplate"]["spec"]["template"] if workload["kind"] == "CronJob" else spec["template"]


def own(values):
    """An include with values of its own."""
    return {"include": f'(list . "web.workload" {values})'}


def using(port):
    return manifest(containers=[{"name": "web", "image": "web", "ports": [{"containerPort": port}]}])


def depending_chart(chart, more=""):
    """A chart that depends on the library, built by `helm dependency build`."""
    (chart / "templates").mkdir()
    (chart / "Chart.yaml").write_text(textwrap.dedent(f"""
        apiVersion: v2
        name: web
        version: 1.0.0
        dependencies:
          - {{name: ambassador-lib, version: 0.1.0, repository: "file://{programs.CHARTS}/ambassador-lib"{more}}}
    """))
    done = helm.helm("dependency", "build", chart)
    assert done.returncode == 0, done.stderr
    return chart


@pytest.fixture(name="consumer", scope="module")
def _consumer(tmp_path_factory):
    return depending_chart(tmp_path_factory.mktemp("consumer"))


@pytest.fixture(name="render")
def _render(consumer):
    """render(workload, config=…) is what helm makes of the workload with one include."""

    def render(workload, kube_version="1.33", include='(list . "web.workload")', attempt=False, values=None, **own):
        own.setdefault("config", {"map": MAP})
        text = workload if isinstance(workload, str) else yaml.safe_dump(workload)
        template = '{{- define "web.workload" }}\n%s\n{{- end }}\n{{ include "ambassador.sidecar" %s }}\n' % (text, include)
        (consumer / "templates" / "web.yaml").write_text(template)
        call = helm.attempt if attempt else helm.template
        return call(consumer, values or {"ambassador-lib": own}, kube_version=kube_version)

    return render


def test_lint_finds_nothing():
    done = helm.helm("lint", "--strict", programs.CHARTS / "ambassador-lib")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_is_valid(render, kind):
    rendered = [render(manifest(kind), version) for version in helm.KUBE_VERSIONS]
    assert programs.validate("\n".join(one.text for one in rendered)) == []
    assert all(one.kinds() == sorted(["ConfigMap", kind]) for one in rendered)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sidecar_is_the_first_init_container(render, kind):
    pod = template_of(render(manifest(kind)).one(kind))["spec"]
    assert pod["initContainers"][0] == sidecar.NATIVE
    assert [container["name"] for container in pod["initContainers"]] == ["ambassador", "clone"]
    assert [container["name"] for container in pod["containers"]] == ["web", "log"]


def test_below_1_29_it_is_a_plain_container_in_the_first_place(render):
    pod = template_of(render(manifest(), "1.28").one("Deployment"))["spec"]
    assert pod["containers"][0] == sidecar.plain()
    assert [container["name"] for container in pod["containers"]] == ["ambassador", "web", "log"]
    assert pod["initContainers"] == POD["spec"]["initContainers"], "nothing serves them yet, so they are left alone"


def test_all_that_the_workload_has_stays(render):
    before = manifest("Deployment", terminationGracePeriodSeconds=3, securityContext={"fsGroup": 7})
    after = render(before).one("Deployment")
    pod = template_of(after)
    del pod["metadata"]["annotations"]
    assert pod["spec"]["initContainers"].pop(0) == sidecar.NATIVE
    assert pod["spec"]["volumes"].pop(0) == {"name": "ambassador-config", "configMap": {"name": "web-ambassador"}}
    for container in [*pod["spec"]["containers"], *pod["spec"]["initContainers"]]:
        del container["env"]
    assert after == before


def test_the_configuration_is_right_and_belongs_to_the_workload(render, tmp_path):
    rendered = render(manifest())
    assert rendered.one("ConfigMap")["metadata"] == {**META, "name": "web-ambassador"}
    file = tmp_path / "ambassador.yaml"
    file.write_text(rendered.config())
    assert yaml.safe_load(rendered.config()) == {"map": MAP}
    assert run("check", "-c", file, cwd=tmp_path).returncode == 0


def test_yaml_of_old_does_not_harm_the_configuration(render, tmp_path):
    """Helm reads a bare `on` and `off` as true and false, even as keys."""
    rendered = render(manifest(), values="""
        ambassador-lib:
          config:
            map: [{source: http://a, target: http://b, retry: {attempts: 1, on: [connect, 503]}}]
            trace: on
            limits: {connections: 65000}
    """)
    file = tmp_path / "ambassador.yaml"
    file.write_text(rendered.config())
    done = run("check", "-c", file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load(rendered.config())
    assert found["map"][0]["retry"] == {"attempts": 1, "on": ["connect", 503]}
    assert (found["trace"], found["limits"]) == ("on", {"connections": 65000})


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_every_example_of_a_configuration_is_taken(render, tmp_path, example):
    """But for the address of the admin port, which is the chart's."""
    text = re.sub(r"^admin: .*\n", "", example.read_text(), flags=re.MULTILINE)
    rendered = render(manifest(), values="ambassador-lib:\n  config:\n" + textwrap.indent(text, " " * 4))
    (tmp_path / "ambassador.yaml").write_text(rendered.config())
    done = run("check", "--no-files", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(rendered.config()).keys() == yaml.safe_load(text).keys()


def test_variables_are_taken_in_every_kind_of_value(render, tmp_path):
    config = {"workers": "${N}", "unmapped": "${U}", "timeout": {"connect": "${T}"}, "limits": {"connections": "${N}"},
              "map": [{"source": "http://a", "target": "${A}", "retry": {"on": ["${ON}"]}}]}  # fmt: skip
    (tmp_path / "ambassador.yaml").write_text(render(manifest(), config=config).config())
    done = run("check", cwd=tmp_path, env={"N": "2", "U": "report", "T": "1s", "A": "http://b", "ON": "connect"})
    assert done.returncode == 0, done.stderr


def proxied(port, direct="", names=("http_proxy", "HTTP_PROXY")):
    return {name: f"http://localhost:{port}" for name in names} | {"no_proxy": direct, "NO_PROXY": direct}


def env_of(container):
    return {variable["name"]: variable["value"] for variable in container["env"]}


@pytest.mark.parametrize("listen, port", [
    (None, 1080),
    ("127.0.0.1:3128", 3128),
    ([{"address": "127.0.0.1:8443", "tls": {"cert": "/tls/a", "key": "/tls/b"}}, "[::1]:81"], 81),
])  # fmt: skip
def test_every_other_container_goes_through_it(render, listen, port):
    config = {"map": MAP} | ({"listen": listen} if listen else {})
    pod = template_of(render(manifest(), config=config).one("Deployment"))["spec"]
    for container in [*pod["containers"], *pod["initContainers"][1:]]:
        assert env_of(container) == proxied(port), container["name"]


def test_what_is_allowed_is_https_too(render):
    pod = template_of(render(manifest(), config={"allow": ["api.example.com:443"]}).one("Deployment"))["spec"]
    names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")
    assert env_of(pod["containers"][0]) == proxied(1080, "kubernetes.default.svc,$(KUBERNETES_SERVICE_HOST)", names)


@pytest.mark.parametrize("unmapped, tunnels", [("report", True), ("allow", True), ("block", False)])
def test_where_not_only_what_is_listed_passes_it_is_https_too(render, unmapped, tunnels):
    pod = template_of(render(manifest(), config={"map": MAP, "unmapped": unmapped}).one("Deployment"))["spec"]
    assert ("https_proxy" in env_of(pod["containers"][0])) == tunnels


OWN_VARIABLES = {
    "a proxy": {"http_proxy": "http://other:3128", "HTTP_PROXY": "http://other:3128"},
    "half a proxy": {"HTTP_PROXY": "http://other:3128"},
    "the ambassador": {"http_proxy": "http://127.0.0.1:1080/", "HTTP_PROXY": "http://localhost:1080"},
    "no_proxy": {"no_proxy": ".shop.svc"},
    "NO_PROXY": {"NO_PROXY": ""},
}


@pytest.mark.parametrize("variables", OWN_VARIABLES.values(), ids=OWN_VARIABLES)
def test_what_a_container_sets_is_respected_as_inject_does(render, inject, variables):
    env = [{"name": name, "value": value} for name, value in variables.items()]
    workload = manifest(containers=[{"name": "web", "image": "web", "env": env}])
    rendered = render(workload, config={"unmapped": "report"})
    found = template_of(rendered.one("Deployment"))["spec"]["containers"][0]
    injected = inject(workload, rendered.config())
    same = template_of(injected.one("Deployment"))["spec"]["containers"][0]
    assert env_of(found) == env_of(same)
    assert (env_of(found) == variables) == (variables == OWN_VARIABLES["a proxy"])
    assert "no_proxy" not in variables or "NO_PROXY" not in env_of(found)


def test_a_variable_that_a_container_sets_itself_stays(render):
    own = {"name": "web", "image": "web", "env": [{"name": "http_proxy", "value": "http://other"}]}
    pod = template_of(render(manifest(containers=[own])).one("Deployment"))["spec"]
    assert env_of(pod["containers"][0]) == proxied(1080) | {"http_proxy": "http://other"}


def test_kubectl_goes_on_to_mean_the_app(render):
    annotation = "kubectl.kubernetes.io/default-container"
    assert template_of(render(manifest()).one("Deployment"))["metadata"]["annotations"] == {annotation: "web"}
    chosen = manifest()
    chosen["spec"]["template"]["metadata"]["annotations"] = {annotation: "log"}
    assert template_of(render(chosen).one("Deployment"))["metadata"]["annotations"] == {annotation: "log"}


def test_secrets_are_mounted_into_the_sidecar_alone(render):
    rendered = render(manifest(), config={"map": [HTTPS]}, secrets={"shop-client": "/mtls"})
    pod = template_of(rendered.one("Deployment"))["spec"]
    wanted = sidecar.native("payments")
    wanted["volumeMounts"].append({"name": "ambassador-secret-shop-client", "mountPath": "/mtls", "readOnly": True})
    assert pod["initContainers"][0] == wanted
    assert {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume} == {
        "ambassador-secret-payments": "payments", "ambassador-secret-shop-client": "shop-client"}
    assert not any("volumeMounts" in container for container in [*pod["containers"], *pod["initContainers"][1:]])


@pytest.mark.parametrize("config", [
    {"listen": "127.0.0.1:80"},
    {"map": [{"source": "http://localhost:81/api", "target": "http://a"}]},
])  # fmt: skip
def test_low_ports_are_opened(render, config):
    low = {"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}
    pod = template_of(render(manifest(), config=config).one("Deployment"))["spec"]
    assert pod["securityContext"] == {"sysctls": [low]}
    other = {"name": "net.ipv4.tcp_syncookies", "value": "1"}
    kept = manifest(securityContext={"fsGroup": 7, "sysctls": [other]})
    assert template_of(render(kept, config=config).one("Deployment"))["spec"]["securityContext"] == {
        "fsGroup": 7, "sysctls": [other, low]}
    said = manifest(securityContext={"sysctls": [{**low, "value": "80"}]})
    assert template_of(render(said, config=config).one("Deployment"))["spec"] == template_of(said)["spec"] | {
        "containers": pod["containers"], "initContainers": pod["initContainers"], "volumes": pod["volumes"]}


def test_an_include_may_have_values_of_its_own(render):
    own = '(list . "web.workload" (dict "config" (dict "unmapped" "report") "image" (dict "tag" "9")))'
    rendered = render(manifest(), include=own, image={"repository": "registry.local/ambassador", "tag": "8"})
    assert yaml.safe_load(rendered.config()) == {"map": MAP, "unmapped": "report"}
    assert template_of(rendered.one("Deployment"))["spec"]["initContainers"][0]["image"] == "registry.local/ambassador:9"


def test_nothing_of_its_own_is_nothing(render):
    assert render(manifest(), include='(list . "web.workload" .Values.notThere)').text == render(manifest()).text


def test_a_value_that_is_null_has_its_default(render):
    nothing = dict.fromkeys(["enabled", "image", "secrets", "resources", "securityContext", "exclude", "configMap"])
    after = template_of(render(manifest(), **nothing).one("Deployment"))["spec"]
    before = template_of(render(manifest()).one("Deployment"))["spec"]
    for spec in (before, after):
        del spec["initContainers"][0]["resources"], spec["initContainers"][0]["securityContext"]
    assert after == before


def test_one_of_two_workloads_of_a_name_gets_another_configmap(render):
    rendered = render(manifest(), include='(list . "web.workload" (dict "configMap" "web-clean-ambassador"))')
    assert rendered.one("ConfigMap")["metadata"]["name"] == "web-clean-ambassador"
    [volume] = [found for found in template_of(rendered.one("Deployment"))["spec"]["volumes"] if "configMap" in found]
    assert volume["configMap"] == {"name": "web-clean-ambassador"}


@pytest.mark.parametrize("weight, before", [(None, "-1"), ("5", "4"), ("-5", "-6")])
def test_the_configuration_of_a_hook_is_there_before_it(render, weight, before):
    hook = {"helm.sh/hook": "pre-install,pre-upgrade"}
    workload = manifest("Job")
    workload["metadata"] = {**META, "annotations": hook | ({"helm.sh/hook-weight": weight} if weight else {})}
    rendered = render(workload)
    assert rendered.one("ConfigMap")["metadata"]["annotations"] == {
        **hook, "helm.sh/hook-weight": before, "helm.sh/hook-delete-policy": "before-hook-creation"}
    assert rendered.one("Job")["metadata"]["annotations"] == workload["metadata"]["annotations"]
    assert programs.validate(rendered.text) == []


def test_excluded_containers_get_no_proxy_variables(render):
    pod = template_of(render(manifest(), exclude=["log", "clone"]).one("Deployment"))["spec"]
    others = [*pod["containers"], *pod["initContainers"][1:]]
    assert [container["name"] for container in others if "env" in container] == ["web"]


def test_what_the_sidecar_may_do_is_yours_to_change(render):
    """Where OpenShift chooses the user."""
    context = dict(sidecar.NATIVE["securityContext"])
    del context["runAsUser"], context["runAsGroup"]
    own = '(list . "web.workload" (dict "securityContext" (dict "runAsUser" nil "runAsGroup" nil)))'
    for rendered in (render(manifest(), securityContext={"runAsUser": None, "runAsGroup": None}), render(manifest(), include=own)):
        container = template_of(rendered.one("Deployment"))["spec"]["initContainers"][0]
        assert {name: value for name, value in container["securityContext"].items() if value is not None} == context
        assert programs.validate(rendered.text) == []


def test_a_secret_may_have_any_name(render):
    """The volume's name is made of it; it stays as it is where it can."""
    secrets = {"shop-tls": "/a", "a" * 45: "/b", "tls.example.com": "/c/", "tls.example-com": "/d", "a" * 46: "/e",
               "b." * 126 + "b": "/f"}  # fmt: skip
    rendered = render(manifest(), secrets=secrets)
    assert programs.validate(rendered.text) == []
    pod = template_of(rendered.one("Deployment"))["spec"]
    volumes = {volume["secret"]["secretName"]: volume["name"] for volume in pod["volumes"] if "secret" in volume}
    mounts = {mount["name"]: mount["mountPath"] for mount in pod["initContainers"][0]["volumeMounts"]}
    assert {name: mounts[volume] for name, volume in volumes.items()} == secrets | {"tls.example.com": "/c"}
    assert (volumes["shop-tls"], volumes["a" * 45]) == ("ambassador-secret-shop-tls", "ambassador-secret-" + "a" * 45)
    assert all(re.fullmatch("[a-z0-9-]{1,62}[a-z0-9]", name) for name in volumes.values()), volumes
    assert len(set(volumes.values())) == len(secrets)
    assert volumes["tls.example.com"] == "ambassador-secret-tls-example-com-794232283"


def test_another_protocol_may_have_the_port(render):
    udp = [{"name": "web", "image": "web", "ports": [{"containerPort": 1080, "protocol": "UDP"}]}]
    assert render(manifest(containers=udp)).kinds() == ["ConfigMap", "Deployment"]


def test_switched_off_it_leaves_the_workload_as_it_is(render):
    assert render(manifest(), enabled=False).objects == [manifest()]


HTTPS = {"source": "http://a", "target": "https://b", "credential": {"header": "X", "file": "/secrets/payments/token"},
         "tls": {"ca": "/etc/ssl/certs/ca-certificates.crt", "cert": "/mtls/tls.crt", "key": "/mtls/tls.key"}}  # fmt: skip
CONFIGURATIONS = {
    "a map": {"map": MAP},
    "allow": {"allow": ["api.example.com:443"]},
    "report": {"map": MAP, "unmapped": "report"},
    "allow all": {"unmapped": "allow"},
    "block": {"map": MAP, "unmapped": "block"},
    "secrets": {"map": [HTTPS]},
    "a CA of one's own": {"map": [{"source": "http://a", "target": "https://b", "tls": {"ca": "/etc/ssl/shop/ca.crt"}}]},
    "low ports": {"listen": ["127.0.0.1:80"], "map": [{"source": "http://localhost:81", "target": "http://a"}]},
    "TLS first": {"listen": [{"address": "127.0.0.1:8443", "tls": {"cert": "/tls/a", "key": "/tls/b"}}, "127.0.0.1:3128"]},
    "a load balancer first": {"listen": [{"address": ":8080", "proxy_protocol": True}, "0.0.0.0:8081"]},
    "nothing for the app": {"listen": ["192.0.2.7:80", {"address": ":8443", "tls": {"cert": "/tls/a", "key": "/tls/b"}}]},
    "a parent": {"via": {"url": "http://parent:3128", "credentials_file": "/parent/password"}, "allow": ["*:443"]},
}


@pytest.fixture(name="inject")
def _inject(tmp_path):
    """inject(workload, config, …) is what `ambassador inject` makes of it."""

    def inject(workload, config, *options):
        (tmp_path / "ambassador.yaml").write_text(config)
        (tmp_path / "web.yaml").write_text(yaml.safe_dump(workload))
        done = run("inject", "-c", "ambassador.yaml", *options, "web.yaml", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return helm.Rendered(done.stdout)

    return inject


@pytest.mark.parametrize("kube_version, form", [("1.28", "container"), ("1.29", "native")])
@pytest.mark.parametrize("config", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_inject_makes_the_same_of_it(render, inject, config, kube_version, form):
    rendered = render(manifest(), kube_version, config=config)
    injected = inject(manifest(), rendered.config(), "--sidecar", form)
    assert without_marks(injected.one("Deployment")) == rendered.one("Deployment")
    assert injected.config() == rendered.config()


@pytest.mark.parametrize("kind", KINDS)
def test_inject_makes_the_same_of_every_kind(render, inject, kind):
    rendered = render(manifest(kind))
    assert without_marks(inject(manifest(kind), rendered.config()).one(kind)) == rendered.one(kind)


def without_marks(workload):
    """inject remembers in annotations what it may take out again."""
    for metadata in (workload["metadata"], template_of(workload)["metadata"]):
        kept = {name: text for name, text in metadata.get("annotations", {}).items() if not name.startswith("ambassador/")}
        metadata.pop("annotations", None)
        if kept:
            metadata["annotations"] = kept
    return workload


@pytest.mark.parametrize("workload, values, error", [
    ({"apiVersion": "v1", "kind": "Service", "metadata": META}, {}, "web.workload has the kind Service, which has no Pods"),
    ("kind: [", {}, "the template web.workload is not YAML"),
    ("kind: Pod\n---\nkind: Pod", {}, "web.workload has more than one object"),
    (manifest(containers=[{"name": "ambassador"}]), {}, "the Pod has a container `ambassador` already"),
    (manifest(), {"imag": {}}, "additional properties 'imag' not allowed"),
    (manifest(), {"config": {"mapp": []}}, "additional properties 'mapp' not allowed"),
    (manifest(), own('(dict "confg" 1)'), "no such value: confg; there are config, configMap"),
    (manifest(), own('(dict "image" (dict "tga" "1"))'), "no such value: image.tga; there are"),
    (manifest(), own('(dict "config" (dict "mpa" 1))'), "no such value: config.mpa; there are"),
    (manifest(), own('(dict "config" nil)'), "config has no value"),
    (manifest(), own('"web"'), "the third entry of the list is web: it must be values"),
    (manifest(), own('(dict "secrets" (dict "A" "/a"))'), "secrets: A is no name of a Secret"),
    (manifest(), own('(dict "secrets" (dict "a" "b"))'), "secrets.a: b is no directory"),
    (manifest(), {"secrets": {"a" * 254: "/a"}}, "is no name of a Secret"),
    (manifest(), {"secrets": {"a": "/x", "b": "/x/"}}, "secrets.b: another Secret is mounted at /x already"),
    (manifest(), {"config": {"admin": "off"}}, "config.admin: leave it out"),
    (manifest(), {"config": {"map": [{**MAP[0], "target": ["file:///etc/ambassador/a"]}]}}, "name file:///etc/ambassador/a in"),
    (manifest(), {"exclude": ["wbe"]}, "exclude: the Pod has no container wbe; there are web, log, clone"),
    (manifest(volumes=[{"name": "ambassador-config"}]), {}, "the Pod has a volume ambassador-config already"),
    (using(9901), {}, "the container web has the port 9901, which is the ambassador's own"),
    (using(1080), {}, "the container web has the port 1080, which is the ambassador's own"),
    (using(81), {"config": {"map": [{**MAP[0], "source": "http://localhost:81"}]}}, "the container web has the port 81"),
    (using(15001), {"config": {"transparent": 15001}}, "the container web has the port 15001"),
    (manifest(), {"config": {"map": [{**MAP[0], "tls": {"ca": "ca.crt"}}]}}, "ca.crt is in no directory of its own"),
    (manifest(), {"config": {"map": [{**MAP[0], "tls": {"ca": "/etc/ambassador/ca"}}]}}, "only ambassador.yaml is in /etc/ambassador"),
    (manifest(), {"config": {"map": [{**MAP[0], "tls": {"ca": "/A/ca"}}]}}, "no Secret can be called like the directory of /A/ca"),
    (manifest(), {"config": {"listen": ":0"}}, ":0 has no port that others could know"),
    (manifest(), {"config": {"map": [{**MAP[0], "tls": {"ca": "/a/ca"}}]}, "secrets": {"a": "/b"}}, "from the Secret a, which is mounted at /b"),
])  # fmt: skip
def test_mistakes_are_refused_with_what_to_do(render, workload, values, error):
    done = render(workload, attempt=True, **values)
    assert done.returncode != 0 and error in done.stderr, done.stderr


def test_an_include_may_give_every_key_of_the_configuration(render):
    done = render(manifest(), attempt=True, **own('(dict "config" (dict "mpa" 1))'))
    known = re.search(r"no such value: config\.mpa; there are (.*)", done.stderr).group(1).split()
    schema = json.loads((programs.PROJECT / "config" / "schema.json").read_text())
    assert set(known) == set(schema["properties"]) - {"admin"}


def test_an_alias_is_refused_with_what_to_do(tmp_path):
    chart = depending_chart(tmp_path, ", alias: proxy")
    (chart / "templates" / "web.yaml").write_text('{{ include "ambassador.sidecar" (list . "web.workload") }}')
    done = helm.attempt(chart)
    assert done.returncode != 0 and "ambassador-lib is not among this chart's dependencies, or has an alias" in done.stderr


def test_the_readme_shows_a_chart_that_works(consumer, tmp_path):
    """The blocks of its README, put where it says."""
    chart = tmp_path / "web"
    (chart / "templates").mkdir(parents=True)
    readme = (programs.CHARTS / "ambassador-lib" / "README.md").read_text()
    for part in readme.split("```yaml\n# ")[1:]:
        name, _, block = part.partition("\n")
        path = chart / name
        path.write_text(block.partition("```")[0].replace("file://../ambassador-lib", f"file://{programs.CHARTS}/ambassador-lib"))
    assert {path.name for path in chart.rglob("*.yaml")} == {"Chart.yaml", "values.yaml", "deployment.yaml"}
    assert helm.helm("dependency", "build", chart).returncode == 0
    rendered = helm.template(chart)
    assert programs.validate(rendered.text) == []
    assert template_of(rendered.one("Deployment"))["spec"]["initContainers"][0]["name"] == "ambassador"
