"""These tests use the harness of the end-to-end tests, and `cluster` beside it."""

import functools
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from harness import needs  # noqa: E402
from harness.ambassador import BINARY  # noqa: E402
from harness.environment import SYSTEM_PATH  # noqa: E402

from cluster.api_server import ApiServer  # noqa: E402
from cluster.cluster import Cluster  # noqa: E402
from cluster.runtime import CONTAINERS, environment  # noqa: E402
from walkthrough import Shell  # noqa: E402

IMAGE_TIMEOUT = 120
IMAGE = os.environ.get("AMBASSADOR_IMAGE")


def pytest_sessionstart(session):
    """Without an image to test, one is made around the binary."""
    if not IMAGE and not os.access(BINARY, os.X_OK):
        pytest.exit(f"no ambassador at {BINARY}: build it, or set AMBASSADOR to its path", returncode=1)


@functools.cache
def make_images():
    """That of the ambassador, the one under test or one around the binary, and the examples' own, as their README makes it."""
    run = functools.partial(subprocess.run, env=environment(), check=True, capture_output=True, text=True, timeout=IMAGE_TIMEOUT)
    run([CONTAINERS, "base"])
    run([CONTAINERS, "podman", "tag", IMAGE, "ambassador:0.1.0"] if IMAGE else [CONTAINERS, "quick", BINARY, "ambassador:0.1.0"])
    run([CONTAINERS, "buildah", "build", "--isolation", "chroot", "--pull-never", "--layers", "-t", "ambassador-examples:0.1.0",
         ROOT / "charts" / "examples" / "images"])  # fmt: skip


@pytest.fixture(name="images", scope="session")
def _images():
    if os.geteuid() != 0:
        needs.missing("root", "containers and network namespaces cannot be made here")
    for program in ("buildah", "podman", "runc", "mmdebstrap", "catatonit", "ip", "nft", "dnsmasq", "unshare"):
        needs.program(program)
    needs.python_module("yaml")
    try:
        make_images()
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
        pytest.fail(f"{failed}\n{failed.stderr}", pytrace=False)


@pytest.fixture(name="cluster")
def _cluster(images):  # pylint: disable=unused-argument
    cluster = Cluster()
    try:
        yield cluster
    finally:
        cluster.close()
    assert not cluster.complaints, "\n".join(cluster.complaints)


@pytest.fixture(name="shell")
def _shell(cluster, tmp_path):
    """A user's shell: at the root of the repository, on the node, with kubectl."""
    server = ApiServer(tmp_path / "cluster", cluster)
    shell = Shell(cluster.network.enter(), environment() | {
        "AMBASSADOR_CLUSTER": str(tmp_path / "cluster"), "AMBASSADOR_CONTAINERS_SH": str(CONTAINERS),
        "PATH": f"{HERE / 'bin'}:{SYSTEM_PATH}"}, ROOT)  # fmt: skip
    yield shell
    shell.close()
    server.close()
