"""A network of our own: an inside, where the app and the ambassador run, and an outside behind a veth pair."""

import contextlib
import itertools
import os
import subprocess

import pytest

from harness import needs
from harness.clients import execute
from harness.environment import clean
from harness.limits import COMMAND

AMBASSADOR_USER, APP_USER = 1080, 2000
# Documentation addresses: no machine has them, and they count as public.
INSIDE4, INSIDE6 = "192.0.2.2", "2001:db8:1::2"
GATEWAY4, GATEWAY6 = "192.0.2.1", "2001:db8:1::1"
OUTSIDE4, OUTSIDE6 = "203.0.113.7", "2001:db8:2::7"
COUNTER = itertools.count()

SET_UP = f"""
link add {{inside}} type veth peer name {{outside}} netns {{outside}}
link set {{inside}} netns {{inside}}
-n {{inside}} link set lo up
-n {{inside}} address add {INSIDE4}/24 dev {{inside}}
-n {{inside}} link set {{inside}} up
-n {{inside}} -6 address add {INSIDE6}/64 dev {{inside}} nodad
-n {{inside}} route add default via {GATEWAY4}
-n {{outside}} link set lo up
-n {{outside}} address add {GATEWAY4}/24 dev {{outside}}
-n {{outside}} address add {OUTSIDE4}/32 dev lo
-n {{outside}} link set {{outside}} up
-n {{outside}} -6 address add {GATEWAY6}/64 dev {{outside}} nodad
-n {{outside}} -6 address add {OUTSIDE6}/128 dev lo nodad
-n {{inside}} -6 route add default via {GATEWAY6}
"""


class Network:
    """Until `close`. The test is skipped where the machine lets nobody make one."""

    def __init__(self):
        self._ip = needs.program("ip")
        needs.program("setpriv")
        number = next(COUNTER)
        self.inside, self.outside = f"amb-{os.getpid()}-{number}i", f"amb-{os.getpid()}-{number}o"
        try:
            for name in (self.inside, self.outside):
                self._run("netns", "add", name)
            for line in SET_UP.format(inside=self.inside, outside=self.outside).split("\n"):
                if line:
                    self._run(*line.split())
        except subprocess.CalledProcessError as refused:
            self.close()
            pytest.skip(f"no network namespace can be made here, it needs root: {refused.stderr.strip()}")

    def enter(self, user=APP_USER, outside=False):
        """What to put before a command so that it runs there, as that user."""
        argv = [self._ip, "netns", "exec", self.outside if outside else self.inside]
        return argv + (["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else [])

    def run(self, *argv, user=APP_USER, check=True, env=None):
        """A command inside, to its end."""
        return execute([*self.enter(user), *argv], clean({"HOME": "/"} | (env or {})), check=check)

    def python(self, program, *args, user=APP_USER):
        """What a small Python program prints inside."""
        return self.run(needs.PYTHON, "-c", program, *args, user=user).stdout.strip()

    def add_outside(self, address):
        """One more address out there."""
        self._run("-n", self.outside, "address", "add", address, "dev", "lo")

    def close(self):
        for name in (self.inside, self.outside):
            with contextlib.suppress(subprocess.CalledProcessError):
                self._run("netns", "del", name)

    def _run(self, *args):
        subprocess.run([self._ip, *args], env=clean(), check=True, capture_output=True, text=True, timeout=COMMAND)
