"""The second image, for the init container of the transparent mode: the same binary with nft, and what that needs."""

import pytest
from containers import REDIRECT_IMAGE, inspect, need_image, podman

from harness import needs


@pytest.fixture(name="pod")
def _pod(start):
    """The network that an init container changes."""
    need_image(REDIRECT_IMAGE)
    container = start("map: []\n")
    container.wait_until_ready()
    return container


def redirect(pod, *args, capabilities=("--cap-add=NET_ADMIN",)):
    """Runs the image with these arguments in the Pod's network, as root without any capability but this."""
    return podman("run", "--rm", "--pull=never", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges",
                  *capabilities, f"--network=container:{pod.id}", REDIRECT_IMAGE, *args)  # fmt: skip


def rules(pod):
    return pod.beside(needs.program("nft"), "list", "ruleset").stdout


def test_makes_the_rules_and_takes_them_away_again(pod):
    assert rules(pod) == ""
    redirect(pod, "redirect", "--uid", "1080")
    assert "redirect to :15001" in rules(pod)
    redirect(pod, "redirect", "--remove")
    assert "redirect to :15001" not in rules(pod)


def test_does_so_as_root_by_default():
    need_image(REDIRECT_IMAGE)
    config = inspect(REDIRECT_IMAGE)["Config"]
    assert (config["User"], config["Entrypoint"], config["Cmd"]) == ("0:0", ["/ambassador"], ["redirect"])
