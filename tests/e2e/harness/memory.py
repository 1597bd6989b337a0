"""The memory of a running process."""

import re
from pathlib import Path

MIB = 1024 * 1024


def peak(pid):
    """The most that was resident so far, in bytes."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found.group(1)) * 1024
