"""The memory of a running process."""

import re
from pathlib import Path

MIB = 1024 * 1024


def peak(pid):
    """The most that was resident so far, in bytes."""
    return _status(pid, "VmHWM")


def resident(pid):
    """What is resident now, in bytes."""
    return _status(pid, "VmRSS")


def _status(pid, field):
    found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found.group(1)) * 1024
