"""A child process whose output is kept line by line, and which is ended by its own pid."""

import contextlib
import signal
import subprocess
import threading
import time

from harness.limits import LINE, STOP


class Lines:
    """What a stream said so far."""

    def __init__(self, stream):
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def all(self):
        with self._changed:
            return list(self._lines)

    def text(self):
        return "\n".join(self.all())

    def wait_for(self, fits, timeout=LINE, count=1):
        """The first `count` lines that fit (a text in the line, or a predicate); fewer once the time is up."""
        predicate = fits if callable(fits) else lambda line: fits in line
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [line for line in self._lines if predicate(line)]
                left = deadline - time.monotonic()
                if len(found) >= count or self._ended or left <= 0:
                    return found[:count]
                self._changed.wait(left)

    def finish(self):
        """Waits for the end of the stream."""
        self._thread.join(LINE)

    def _read(self, stream):
        with contextlib.suppress(ValueError, OSError):
            for line in stream:
                self._add(line.rstrip("\n"))
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _add(self, line):
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()


class Process:
    def __init__(self, argv, env, cwd):
        self._popen = subprocess.Popen(
            [str(part) for part in argv], env=env, cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="backslashreplace")  # fmt: skip
        self.out = Lines(self._popen.stdout)
        self.err = Lines(self._popen.stderr)

    @property
    def pid(self):
        return self._popen.pid

    def running(self):
        return self._popen.poll() is None

    def signal(self, number):
        self._popen.send_signal(number)

    def wait(self, timeout=STOP):
        """The exit status; None when it does not end in time."""
        try:
            status = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self.out.finish()
        self.err.finish()
        return status

    def end(self, timeout=STOP, asked=False):
        """SIGTERM, unless it was `asked` otherwise, then SIGKILL when that is not enough; the exit status."""
        if self.running() and not asked:
            self.signal(signal.SIGTERM)
        status = self.wait(timeout)
        if status is None:
            self._popen.kill()
            self.wait()
        return status
