"""Starts a server on its cores, reads what its process tree used, and ends it by pid."""

import os
import pathlib
import socket
import subprocess
import time

from harness.errors import BenchError

OUTPUT = "output"
START_LIMIT = 15.0
STOP_LIMIT = 6.0
# Often enough to see a start of some milliseconds.
START_POLL = 0.0005


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def on_cores(cores):
    """For subprocess: puts the child there before it becomes the program."""
    return lambda: os.sched_setaffinity(0, cores)


class Server:
    """A server that was started, and is ended when the with block is left."""

    def __init__(self, name, command, cores, port, directory):
        """What it writes goes to OUTPUT in the directory; its own error logs there end in .err."""
        self.name, self.port = name, port
        self._directory = pathlib.Path(directory)
        # Appending, so that the file can be emptied between two runs.
        with open(self._directory / OUTPUT, "ab") as file:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, cwd="/", preexec_fn=on_cores(cores))
        self.started = time.monotonic()

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
        while True:
            if self._process.poll() is not None:
                raise BenchError(f"{self.name} ended with status {self._process.returncode} instead of listening:\n"
                                 f"{self.last_words()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > self.started + START_LIMIT:
                    raise BenchError(f"{self.name} does not listen on port {self.port} after {START_LIMIT:.0f} s:\n"
                                     f"{self.last_words()}") from None
                time.sleep(START_POLL)

    def last_words(self):
        """The end of what it wrote, to show with an error."""
        files = [self._directory / OUTPUT, *sorted(self._directory.glob("*.err"))]
        texts = [file.read_text(errors="replace")[-1500:] for file in files]
        return "\n".join(text for text in texts if text) or "(it wrote nothing)"

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

    def thread_seconds(self):
        """The same for each thread, by its number."""
        threads = [task for pid in self.pids() for task in pathlib.Path(f"/proc/{pid}/task").glob("*")]
        return {int(task.name): int((read(task / "schedstat") or "0").split()[0]) / 1e9 for task in threads}

    def resident_bytes(self):
        """Resident memory, added up over its processes."""
        page = os.sysconf("SC_PAGE_SIZE")
        return sum(int((read(pathlib.Path(f"/proc/{pid}/statm")) or "0 0").split()[1]) * page for pid in self.pids())

    def proportional_bytes(self):
        """The same, with a page that several processes share counted once in all."""
        rollups = [read(pathlib.Path(f"/proc/{pid}/smaps_rollup")) for pid in self.pids()]
        return sum(int(line.split()[1]) * 1024 for rollup in rollups for line in rollup.splitlines() if line.startswith("Pss:"))

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
