"""A memory cgroup of our own below this process's, version 2 or 1: what a container's limit is."""

import contextlib
import pathlib
import time

import pytest

from harness.limits import STOP

ROOT = pathlib.Path("/sys/fs/cgroup")


def _own_folder(v2):
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if (controllers == "") if v2 else ("memory" in controllers.split(",")):
            return (ROOT if v2 else ROOT / "memory") / path.lstrip("/")
    return None


class MemoryCgroup:
    """Limited to `limit` bytes until `close`. The test is skipped where the machine lets nobody make one."""

    def __init__(self, limit):
        self.folder = None
        for v2, name in ((True, "memory.max"), (False, "memory.limit_in_bytes")):
            parent = _own_folder(v2)
            if parent is None:
                continue
            folder = parent / f"ambassador-test-{time.monotonic_ns()}"
            try:
                folder.mkdir()
            except OSError:
                continue
            try:
                # Not a cgroup file system where the kernel has not put its files into the new folder.
                with open(folder / name, "r+", encoding="ascii") as file:
                    file.write(str(limit))
            except OSError:
                folder.rmdir()
                continue
            self.folder = folder
            return
        pytest.skip("no memory cgroup can be made here: it needs root, and a cgroup file system that is not read-only")

    def enter(self):
        """What to put before a command so that it runs inside."""
        return ["sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self.folder / "cgroup.procs")]

    def used(self):
        for name in ("memory.current", "memory.usage_in_bytes"):
            if (self.folder / name).exists():
                return int((self.folder / name).read_text())
        raise AssertionError("a memory cgroup without its use")

    def kills(self):
        """How many processes the kernel has killed for the limit."""
        for name in ("memory.events", "memory.oom_control"):
            for line in (self.folder / name).read_text().splitlines() if (self.folder / name).exists() else ():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0

    def close(self):
        deadline = time.monotonic() + STOP
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
                return
            time.sleep(0.05)
