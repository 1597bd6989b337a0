"""The machine that is measured on: its cores, its limits, and what else it does."""

import contextlib
import os
import pathlib
import platform
import resource

from harness.errors import BenchError

TICK = os.sysconf("SC_CLK_TCK")
DESCRIPTORS = 20000


def usable_cores():
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise BenchError("the bench needs two cores, one for the proxy and one for the load, and this machine gives one")
    return cores


def proxy_cores(cores, workers):
    """A core for each worker. The load has the last one of the machine: its own, where there are enough."""
    return cores[:workers]


def load_core(cores):
    return cores[-1]


def raise_descriptor_limit():
    """For what is started from now on; what the limit is then."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    # No more than that where there is more: some make tables for as many as they may have.
    for limit in (max(hard, DESCRIPTORS), hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, DESCRIPTORS), limit))
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def busy_seconds(cores):
    """Seconds in which the cores did not idle, the time stolen by other machines included."""
    total = 0
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name in {f"cpu{core}" for core in cores}:
            user, nice, system, _idle, _iowait, irq, softirq, steal = (int(field) for field in fields[:8])
            total += user + nice + system + irq + softirq + steal
    return total / TICK


def description():
    """The kind of machine, as a reader of the figures needs it."""
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, {distribution()}"


def distribution():
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return "an unknown distribution"
