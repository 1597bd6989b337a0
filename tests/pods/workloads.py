"""Manifests for the tests: a workload with the one sidecar, as small as can be."""

import copy
import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIDECAR = yaml.safe_load((ROOT / "tests" / "kubernetes" / "sidecar.yaml").read_text(encoding="utf-8"))
RESTRICTED = {"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, "readOnlyRootFilesystem": True,
              "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}  # fmt: skip
MAP = "map: [{source: http://localhost/api, target: http://numbers-api/rng}]\n"
CALL = "wget -q -O - http://localhost/api"


def container(name, script, **more):
    """Runs a shell script, as the container's first process, through the proxy."""
    return {"name": name, "image": "ambassador-examples:0.1.0", "command": ["sh", "-c", script], "securityContext": RESTRICTED,
            "env": [{"name": "http_proxy", "value": "http://localhost:1080"}], **more}  # fmt: skip


def sidecar(*secrets, native=True):
    made = copy.deepcopy(SIDECAR)
    if not native:
        del made["restartPolicy"]
    made["volumeMounts"] += [{"name": f"ambassador-secret-{name}", "mountPath": f"/secrets/{name}", "readOnly": True}
                             for name in secrets]  # fmt: skip
    return made


def spec(containers, init=(), secrets=(), native=True, volumes=(), **more):
    """A Pod's spec: the sidecar first, whether it is native or one of the containers."""
    proxy = sidecar(*secrets, native=native)
    needed = [{"name": "ambassador-config", "configMap": {"name": "w-ambassador"}}]
    needed += [{"name": f"ambassador-secret-{name}", "secret": {"secretName": name}} for name in secrets]
    return {"initContainers": [proxy, *init] if native else [*init],
            "containers": [*containers] if native else [proxy, *containers],
            "volumes": [*needed, *volumes], **more}  # fmt: skip


def config(text=MAP):
    return {"kind": "ConfigMap", "metadata": {"name": "w-ambassador"}, "data": {"ambassador.yaml": text}}


def pod(pod_spec):
    return {"kind": "Pod", "metadata": {"name": "w", "labels": {"app": "w"}}, "spec": pod_spec}


def job(pod_spec, **more):
    return {"kind": "Job", "metadata": {"name": "w"}, "spec": {"template": {"spec": pod_spec}, **more}}


def example(path):
    """The manifests of an example."""
    return list(yaml.safe_load_all((ROOT / "charts" / "examples" / path).read_text(encoding="utf-8")))
