"""A container of a Pod over its lives: what it is doing, and what its probes say of it."""

import itertools
import threading
import time

from cluster import container_options
from cluster.probes import Probe
from cluster.runtime import Run

# Kubernetes waits 10 s, 20 s and so on, up to 5 min; a test has less time.
BACK_OFFS = [0, 1, 2, 4]
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


class Container:
    def __init__(self, spec, pod):
        self.spec, self.name, self.pod = spec, spec["name"], pod
        self.run = None
        self.exit_code = None  # of the last Run that ended
        self.last_words = ""  # its log
        self.restarts = -1
        self.waiting = None  # why it is not running now
        self._probes = {}
        self._lives = itertools.count()
        container_options.check(spec)

    @property
    def is_sidecar(self):
        return self.spec.get("restartPolicy") == "Always"

    def running(self):
        return self.run is not None and self.run.running()

    def living(self):
        """Running, or being made."""
        return self.run is not None and not self.run.ended()

    def started(self):
        return self.running() and self._good("startupProbe")

    def ready(self):
        return self.started() and self._good("readinessProbe")

    def start(self):
        self._probes = {kind: Probe(self.spec[kind], self.spec, self.pod.network) for kind in PROBES if kind in self.spec}
        name = f"{self.pod.network.namespace}-{self.name}-{next(self._lives)}"
        self.run = Run(name, container_options.options(self.spec, self.pod), self.spec["image"],
                       container_options.arguments(self.spec), self.pod.folder)  # fmt: skip
        self.waiting = None
        self.restarts += 1

    def wait(self):
        """Until this life ends."""
        self.exit_code = self.run.wait()
        self.last_words = self.run.log.text()
        return self.exit_code

    def back_off(self):
        """How long to wait before the next life."""
        delay = BACK_OFFS[min(self.restarts, len(BACK_OFFS) - 1)]
        self.waiting = "CrashLoopBackOff" if delay else None
        return delay

    def look(self):
        """Makes the probes that are due. What does not start, or lives no more, is ended, and so begins anew."""
        if not self.running():
            return
        for kind in PROBES if self._good("startupProbe") else PROBES[:1]:
            if kind in self._probes:
                self._probes[kind].look()
        if any(kind in self._probes and self._probes[kind].good is False for kind in PROBES[:2]):
            self._probes = {}
            threading.Thread(target=self.run.end, args=(self.pod.grace,), daemon=True).start()

    def _good(self, kind):
        return kind not in self.spec or (kind in self._probes and self._probes[kind].good is True)


def wait_until(condition, timeout, every=0.05):
    """Whether it came true in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
