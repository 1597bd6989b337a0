"""How much of the cores a run took: the proxy, the bench itself, and whoever else there is."""

import dataclasses
import resource
import time

from harness.machine import busy_seconds


@dataclasses.dataclass(frozen=True)
class Usage:
    """Seconds so far."""
    time: float
    proxy: float
    busy: float      # the cores, whoever used them
    ours: float      # of these, the bench's own and the proxy's


def usage(trial):
    proxy = trial.server.cpu_seconds()
    own = sum(used.ru_utime + used.ru_stime
              for used in (resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)))
    return Usage(time.monotonic(), proxy, busy_seconds(cores(trial)), proxy + own + trial.upstream.cpu_seconds())


def cores(trial):
    return {*trial.stage.cores_of(trial.setting), trial.stage.load_core}


def foreign(trial, before, after):
    """The share of the cores that others used between the two."""
    took = (after.busy - before.busy) - (after.ours - before.ours)
    return max(0.0, took) / (after.time - before.time) / len(cores(trial))
