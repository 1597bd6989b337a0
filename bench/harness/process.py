"""Starts a server on one core, reads what its process tree used, and ends it by pid."""

import os
import pathlib
import socket
import subprocess
import time

from harness.errors import BenchError

START_LIMIT = 15.0
STOP_LIMIT = 6.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server that was started, and is ended when the with block is left."""

    def __init__(self, name, command, core, port, output, error_files=()):
        self.name, self.port = name, port
        self._output, self._error_files = output, (output, *error_files)
        # Appending, so that the file can be emptied between two runs.
        with open(output, "ab") as file:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(core), *command], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                cwd="/")

    def __enter__(self):
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + START_LIMIT
        while True:
            if self._process.poll() is not None:
                raise BenchError(f"{self.name} ended with status {self._process.returncode} instead of listening:\n"
                                 f"{self.last_words()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise BenchError(f"{self.name} does not listen on port {self.port} after {START_LIMIT:.0f} s:\n"
                                     f"{self.last_words()}") from None
                time.sleep(0.05)

    def last_words(self):
        """The end of what it wrote, to show with an error."""
        texts = [pathlib.Path(file).read_text(errors="replace")[-1500:] for file in self._error_files if os.path.exists(file)]
        return "\n".join(text for text in texts if text) or "(it wrote nothing)"

    def is_running(self):
        return self._process.poll() is None

    def pids(self):
        """The process and all that descend from it."""
        found, waiting = [], [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += [int(child) for child in read(task).split()]
        return found

    def cpu_seconds(self):
        """Time on a core of all its processes, their ended threads included, to the nanosecond."""
        return sum(cpu_clock(pid) for pid in self.pids())

    def resident_bytes(self):
        """Resident memory, added up over its processes."""
        page = os.sysconf("SC_PAGE_SIZE")
        return sum(int((read(pathlib.Path(f"/proc/{pid}/statm")) or "0 0").split()[1]) * page for pid in self.pids())

    def stop(self):
        tree = self.pids()
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            for pid in tree:
                end(pid)
            self._process.wait()


def cpu_clock(pid):
    """The kernel's CPU clock of a process: clock_getcpuclockid(3) gives this number, and Python has no call for it."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def read(path):
    """The text of a file under /proc, or nothing when its process has ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def end(pid):
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        pass
