"""A network namespace whose loopback has one family alone."""

import contextlib
import itertools
import os
import subprocess

import pytest

from harness import needs
from harness.clients import execute
from harness.environment import clean
from harness.limits import COMMAND

COUNTER = itertools.count()


class OneFamily:
    """Until `close`. `missing` is the loopback address that is taken away.

    The test is skipped where the machine lets nobody make one.
    """

    def __init__(self, missing):
        self._ip = needs.program("ip")
        self.name = f"amb-{os.getpid()}-one{next(COUNTER)}"
        try:
            self._run("netns", "add", self.name)
            self._run("-n", self.name, "link", "set", "lo", "up")
            self._run("-n", self.name, "address", "del", missing, "dev", "lo")
        except subprocess.CalledProcessError as refused:
            self.close()
            pytest.skip(f"no network namespace can be made here, it needs root: {refused.stderr.strip()}")

    @property
    def enter(self):
        """What to put before a command so that it runs there."""
        return [self._ip, "netns", "exec", self.name]

    def run(self, *argv):
        return execute([*self.enter, *argv], clean({"HOME": "/"}), check=False)

    def curl(self, *args):
        """The body, or what curl complains of."""
        done = self.run(needs.program("curl"), "-sS", "--max-time", "15", *args)
        return done.stdout or done.stderr

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("netns", "del", self.name)

    def _run(self, *args):
        subprocess.run([self._ip, *args], env=clean(), check=True, capture_output=True, text=True, timeout=COMMAND)
