"""Waits until a process has nothing more to do: each of its threads sleeps, and none has run meanwhile.

Both peers of the ambassador move only then. So what it finds when it wakes, and how often it wakes, is the same in every
run, however fast the machine is and whatever else it does.
"""

import os
import pathlib
import re
import time

from harness.errors import BenchError

LIMIT = 60.0
PAUSE = 0.0002

STATE = re.compile(r"^State:\t(\w)", re.MULTILINE)
SWITCHES = re.compile(r"^(?:non)?voluntary_ctxt_switches:\t(\d+)", re.MULTILINE)


def thread(status):
    """The state of a thread, and how often it gave the processor away, from /proc/PID/task/TID/status."""
    return STATE.search(status).group(1), *map(int, SWITCHES.findall(status))


def is_quiet(before, now):
    return before == now and all(state == "S" for state, *_ in now.values())


def threads(pid):
    """All threads of the process; one that ends meanwhile is as if it had never been."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            found[task] = thread(pathlib.Path(f"/proc/{pid}/task/{task}/status").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def wait(pid):
    deadline = time.monotonic() + LIMIT
    before = None
    while True:
        now = threads(pid)
        if is_quiet(before, now):
            return
        if time.monotonic() > deadline:
            raise BenchError(f"the ambassador under callgrind still works after {LIMIT:.0f} s, and nobody asks it for anything")
        before = now
        time.sleep(PAUSE)
