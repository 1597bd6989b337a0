"""Images and containers for the tests, by containers.sh beside this file."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from harness import needs
from harness.environment import clean
from harness.limits import COMMAND, READY

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE / "containers.sh"
IMAGE = os.environ.get("AMBASSADOR_IMAGE", "ambassador:0.1.0")
REDIRECT_IMAGE = os.environ.get("AMBASSADOR_REDIRECT_IMAGE", "ambassador-redirect:0.1.0")
PROXY = 1080
LONG = 60  # seconds, for what moves a whole image


def containers(*args, check=True, timeout=COMMAND):
    """What containers.sh says; it must end with 0 unless told otherwise."""
    done = subprocess.run([SCRIPT, *map(str, args)], capture_output=True, text=True, timeout=timeout, check=False)
    assert not check or done.returncode == 0, f"containers.sh {args} ended with {done.returncode}:\n{done.stderr}"
    return done


def podman(*args, **options):
    return containers("podman", *args, **options).stdout.strip()


def need_image(name):
    """Ends the test where the image was not built."""
    if os.geteuid() != 0:
        needs.missing("root", "containers need mounts and namespaces")
    for program in ("buildah", "podman", "runc"):
        needs.program(program)
    if containers("podman", "image", "exists", name, check=False).returncode:
        needs.missing(f"the image {name}", "not built: ./dev image")


def inspect(name):
    """What the image says of itself."""
    return json.loads(podman("image", "inspect", name))[0]


@contextlib.contextmanager
def unpacked(name):
    """A directory with all that is in the image."""
    container = podman("create", "--pull=never", name)
    directory = pathlib.Path(tempfile.mkdtemp())
    try:
        archive = directory / "image.tar"
        podman("export", "-o", archive, container, timeout=LONG)
        subprocess.run(["tar", "-xpf", archive, "--one-top-level=" + str(directory / "root")], check=True, timeout=LONG)
        yield directory / "root"
    finally:
        podman("rm", "-f", container)
        shutil.rmtree(directory)


class Container:
    """An ambassador in the restricted profile; its network is a loopback of its own."""

    def __init__(self, *args, image=IMAGE, mounts=(), options=()):
        volumes = [f"--volume={source}:{place}:ro" for source, place in mounts]
        run = containers("run", "--rm=false", "-d", *volumes, *options, image, *args)
        self.id = run.stdout.strip()

    @property
    def pid(self):
        return int(self.state("Pid"))

    def state(self, field):
        return podman("inspect", "--format", "{{.State.%s}}" % field, self.id)

    def beside(self, *command, timeout=COMMAND):
        """Runs a program of this machine in the container's network, as another container of its Pod would."""
        return subprocess.run(
            self._entered(command), env=clean(), capture_output=True, text=True, timeout=timeout, check=False)  # fmt: skip

    def serve_beside(self, *command):
        return subprocess.Popen(self._entered(command), env=clean(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def execute(self, *args):
        """`ambassador ARGS…` inside, as a probe of kind exec does it."""
        return containers("podman", "exec", self.id, "/ambassador", *args, check=False)

    def wait_until_ready(self):
        done = self.execute("wait", "--timeout", f"{int(READY)}s")
        assert done.returncode == 0, f"{done.stderr}\n{self.log()}"

    def call(self, url, *options):
        """The status and the body that an app beside it gets through the proxy."""
        curl = needs.program("curl")
        proxy = f"http://127.0.0.1:{PROXY}"
        done = self.beside(curl, "-sS", "-m", "10", "-x", proxy, "--noproxy", "", "-w", "\n%{http_code}", *options, url)
        body, _, status = done.stdout.rpartition("\n")
        assert status.isdigit() and status != "000", f"{done.stderr}\n{self.log()}"
        return int(status), body

    def log(self):
        done = containers("podman", "logs", self.id, check=False)
        return done.stdout + done.stderr

    def end(self, signal="TERM"):
        """The exit status after a signal."""
        podman("kill", "--signal", signal, self.id)
        return self.exit_status()

    def exit_status(self):
        return int(podman("wait", self.id))

    def remove(self):
        containers("podman", "rm", "-f", "-t", "0", self.id, check=False)

    def _entered(self, command):
        return ["nsenter", "--net", "--target", str(self.pid), *map(str, command)]


def until(condition, what, timeout=READY):
    """Asks again until the condition holds; gives what it gave."""
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.05)
