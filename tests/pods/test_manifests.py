"""The examples' manifests: what a strict API server takes, the one sidecar, and configurations that hold."""

import pathlib
import re

import pytest
import yaml

from harness import needs
from harness.clients import execute
from harness.environment import clean

from harness.ambassador import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "charts" / "examples"
KUBERNETES = ROOT / "tests" / "kubernetes"
FILES = sorted(path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*.yaml"))
PROXY = {"http_proxy": "http://localhost:1080", "HTTP_PROXY": "http://localhost:1080", "no_proxy": "", "NO_PROXY": ""}


def objects(kind):
    """Those of that kind, with the file that each is in."""
    for path in FILES:
        for manifest in yaml.safe_load_all((EXAMPLES / path).read_text(encoding="utf-8")):
            if manifest["kind"] == kind:
                yield pytest.param(manifest, id=f"{path}:{manifest['metadata']['name']}")


def pod_of(deployment):
    return deployment["spec"]["template"]["spec"]


def with_ambassador():
    return [each for each in objects("Deployment") if "initContainers" in pod_of(each.values[0])]


def containers(deployment):
    return pod_of(deployment).get("initContainers", []) + pod_of(deployment)["containers"]


def test_every_manifest_is_valid_to_the_letter():
    if not (KUBERNETES / "node_modules").is_dir():
        needs.missing("npm kubernetes-models", f"not installed: npm ci --prefix {KUBERNETES}")
    argv = [needs.program("node"), KUBERNETES / "validate.mjs", *(EXAMPLES / path for path in FILES)]
    done = execute(argv, clean(), check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("deployment", with_ambassador())
def test_the_first_init_container_is_the_one_sidecar(deployment):
    sidecar = yaml.safe_load((KUBERNETES / "sidecar.yaml").read_text(encoding="utf-8"))
    assert pod_of(deployment)["initContainers"][0] == sidecar


@pytest.mark.parametrize("deployment", with_ambassador())
def test_every_other_container_calls_through_it(deployment):
    name = deployment["metadata"]["name"]
    for container in containers(deployment)[1:]:
        environment = {entry["name"]: entry["value"] for entry in container["env"]}
        assert environment.items() >= PROXY.items(), container["name"]
    assert {"name": "ambassador-config", "configMap": {"name": f"{name}-ambassador"}} in pod_of(deployment)["volumes"]
    annotations = deployment["spec"]["template"]["metadata"]["annotations"]
    assert annotations["kubectl.kubernetes.io/default-container"] == pod_of(deployment)["containers"][0]["name"]


@pytest.mark.parametrize("deployment", objects("Deployment"))
def test_every_container_runs_restricted(deployment):
    for container in containers(deployment):
        context = {**pod_of(deployment)["securityContext"], **container["securityContext"]}
        assert context["runAsNonRoot"] and context["runAsUser"] >= 1000 and context["readOnlyRootFilesystem"]
        assert context["allowPrivilegeEscalation"] is False and context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("config", objects("ConfigMap"))
def test_every_configuration_holds_what_it_expects(config, tmp_path):
    assert list(config["data"]) == ["ambassador.yaml"]
    path = tmp_path / "ambassador.yaml"
    path.write_text(config["data"]["ambassador.yaml"], encoding="utf-8")
    done = run("check", "-c", path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"[1-9]\d* expectations hold", done.stdout)


def test_every_folder_that_is_applied_has_a_readme_that_applies_it():
    read = "".join(path.read_text(encoding="utf-8") for path in EXAMPLES.rglob("README.md"))
    for folder in {path.parent for path in FILES}:
        assert re.search(rf"charts/examples/{re.escape(str(folder))}(\s|$)", read), folder
