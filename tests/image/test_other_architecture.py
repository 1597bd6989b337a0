"""The image for arm64, where it was built (./dev image --arch arm64): its binary under QEMU, on its own libraries alone."""

import os
import pathlib
import re
import subprocess

import pytest
from containers import inspect, need_image, unpacked

from harness import needs
from harness.environment import clean

IMAGE = os.environ.get("AMBASSADOR_IMAGE_OTHER", "")
EXAMPLE = pathlib.Path(__file__).parents[2] / "config/examples/sidecar-numbers.yaml"

pytestmark = pytest.mark.skipif(not IMAGE, reason="no image for arm64 was asked for: ./dev image --test --arch arm64")


@pytest.fixture(name="emulated", scope="module")
def _emulated():
    """emulated(*args) runs the ambassador of the image."""
    need_image(IMAGE)
    qemu = needs.program("qemu-aarch64-static")
    with unpacked(IMAGE) as root:
        yield lambda *args: subprocess.run(
            [qemu, "-L", root, root / "ambassador", *map(str, args)], env=clean(), capture_output=True, text=True, timeout=60,
            check=False)  # fmt: skip


def test_says_that_it_is_for_arm64():
    need_image(IMAGE)
    assert inspect(IMAGE)["Architecture"] == "arm64"


def test_tells_its_version(emulated):
    done = emulated("--version")
    assert done.returncode == 0 and re.fullmatch(r"ambassador \d+\.\d+\.\d+\n", done.stdout), done.stderr


def test_checks_a_configuration(emulated):
    done = emulated("check", "-c", EXAMPLE)
    assert done.returncode == 0, done.stderr


def test_shows_its_demo(emulated):
    done = emulated("demo", "--once")
    assert done.returncode == 0 and "[BLOCKED] 403" in done.stdout, done.stderr
