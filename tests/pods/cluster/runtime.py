"""Containers, by podman and runc. A `Run` is one life of a container; a restart is another Run."""

import contextlib
import os
import pathlib
import signal
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


def podman(*args, check=False):
    return subprocess.run(command(*args), env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="backslashreplace", timeout=COMMAND, check=check)  # fmt: skip


class Run:
    """From its start to its end; what it said, on both streams, is in `log`."""

    def __init__(self, name, options, image, argv, folder):
        self.name = name
        self._pid_file = folder / f"{name}.pid"
        self._process = subprocess.Popen(
            command("run", "--rm", f"--name={name}", f"--pidfile={self._pid_file}", "--pull=never", "--no-healthcheck",
                    "--http-proxy=false", "--sig-proxy=false", "--log-driver=none", *options, image, *argv),
            env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            errors="backslashreplace")  # fmt: skip
        self.log = Lines(self._process.stdout)

    @property
    def pid(self):
        """Of the container's first process; None while it is being made, and when it has ended."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            pid = int(self._pid_file.read_text(encoding="ascii"))
            # Until the container is let go, runc holds its place.
            made = not pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith("runc:")
            return pid if made and not self.ended() else None
        return None

    def running(self):
        return self.pid is not None

    def ended(self):
        return self._process.poll() is not None

    def wait(self, timeout=None):
        """The exit status; None when it still runs after that time."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self.log.finish()
        return status

    def signal(self, number):
        """To the container's first process, as soon as it is there."""
        deadline = time.monotonic() + COMMAND
        while not self.running() and not self.ended() and time.monotonic() < deadline:
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            if pid := self.pid:
                os.kill(pid, number)

    def execute(self, argv):
        """A command inside, as the container's own user and with its environment."""
        return podman("exec", self.name, *argv)

    def end(self, grace):
        """SIGTERM, and SIGKILL after `grace` seconds."""
        self.signal(signal.SIGTERM)
        if self.wait(grace) is None:
            self.signal(signal.SIGKILL)
            self.wait(COMMAND)

    def remove(self):
        """Whatever state it is in."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            podman("rm", "-f", "-t", "0", self.name)
        if self.wait(COMMAND) is None:
            self._process.kill()
            self._process.wait()
