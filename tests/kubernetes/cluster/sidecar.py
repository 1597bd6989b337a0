"""The one sidecar, which everything that makes one is compared with."""

import copy

import yaml

from cluster.programs import HERE

NATIVE = yaml.safe_load((HERE / "sidecar.yaml").read_text())


def native(*secrets):
    """For the first place among the init containers."""
    container = copy.deepcopy(NATIVE)
    for name in secrets:
        container["volumeMounts"].append(
            {"name": f"ambassador-secret-{name}", "mountPath": f"/secrets/{name}", "readOnly": True})
    return container


def plain(*secrets):
    """For the first place among the containers, below Kubernetes 1.29."""
    container = native(*secrets)
    del container["restartPolicy"]
    return container
