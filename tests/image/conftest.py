"""The fixtures: containers that end with their test, and what is inside the image."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from containers import IMAGE, Container, need_image, unpacked  # noqa: E402
from harness.certificates import Certificates  # noqa: E402


@pytest.fixture(name="start")
def _start(tmp_path):
    """start(config, *args) runs an ambassador with this configuration, mounted as a ConfigMap is."""
    need_image(IMAGE)
    started = []

    def start(config=None, *args, mounts=(), **options):
        if config is not None:
            mount = tmp_path / "config"
            write_config_map(mount, config)
            mounts = [(mount, "/etc/ambassador"), *mounts]
        started.append(Container(*args, mounts=mounts, **options))
        return started[-1]

    yield start
    for container in reversed(started):
        container.remove()


def write_config_map(mount, config):
    """A ConfigMap's files as the kubelet lays them: replaced by renaming a link to their directory."""
    mount.mkdir(exist_ok=True, mode=0o755)
    version = mount / f"..{len(list(mount.iterdir()))}"
    version.mkdir(mode=0o755)
    (version / "ambassador.yaml").write_text(config)
    new = mount / "..data.new"
    new.symlink_to(version.name)
    new.rename(mount / "..data")
    link = mount / "ambassador.yaml"
    if not link.is_symlink():
        link.symlink_to("..data/ambassador.yaml")


@pytest.fixture(name="serve")
def _serve():
    """serve(container, command…) starts a server of this machine in the container's network."""
    started = []

    def serve(container, *command):
        started.append(container.serve_beside(*command))
        return started[-1]

    yield serve
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(name="root", scope="session")
def _root():
    """A directory with what is in the image."""
    need_image(IMAGE)
    with unpacked(IMAGE) as directory:
        yield directory


@pytest.fixture(name="certificates", scope="session")
def _certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))
