"""Containers, by podman and runc. A `Run` is one life of a container; a restart is another Run."""

import contextlib
import os
import pathlib
import subprocess
import time

from harness.environment import clean
from harness.limits import COMMAND
from harness.process import Lines

CONTAINERS = pathlib.Path(__file__).resolve().parents[2] / "image" / "containers.sh"


def environment():
    """That of the harness, and where the images are kept if the caller says so."""
    return clean({name: os.environ[name] for name in ("AMBASSADOR_CONTAINERS",) if name in os.environ})


def command(*args):
    return [str(CONTAINERS), "podman", *map(str, args)]


def podman(*args, stdin=None, check=False):
    return subprocess.run(command(*args), env=environment(), input=stdin, capture_output=True, text=True, errors="backslashreplace",
                          timeout=COMMAND, check=check)  # fmt: skip


class Run:
    """From its start to its end; what it said, on both streams, is in `log`."""

    def __init__(self, name, options, image, argv):
        self.name = name
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            command("run", "--rm", f"--name={name}", "--pull=never", "--no-healthcheck", "--http-proxy=false", "--sig-proxy=false",
                    "--log-driver=none", *options, image, *argv),
            env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            errors="backslashreplace")  # fmt: skip
        self.log = Lines(self._process.stdout)

    def running(self):
        return self._process.poll() is None

    def wait(self, timeout=None):
        """The exit status; None when it still runs after that time."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self.log.finish()
        return status

    def signal(self, name):
        """To the container's first process. One that is only being made is not there yet: it is tried until it is."""
        deadline = time.monotonic() + COMMAND
        while self.running() and time.monotonic() < deadline:
            if podman("kill", f"--signal={name}", self.name).returncode == 0:
                return
            time.sleep(0.05)

    def execute(self, argv, stdin=None):
        """A command inside, as the container's own user and with its environment."""
        return podman("exec", *(["-i"] if stdin is not None else []), self.name, *argv, stdin=stdin)

    def end(self, grace):
        """SIGTERM, and SIGKILL after `grace` seconds."""
        if self.running():
            self.signal("TERM")
        if self.wait(grace) is None:
            self.signal("KILL")
            self.wait(COMMAND)

    def remove(self):
        """Whatever state it is in."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            podman("rm", "-f", "-t", "0", self.name)
        if self.wait(COMMAND) is None:
            self._process.kill()
            self._process.wait()
