"""The program under test."""

import os
import re
import subprocess
import textwrap
import time
import urllib.parse

from harness import environment, http_get
from harness.limits import COMMAND, LINE, READY
from harness.needs import E2E
from harness.process import Process

BINARY = os.environ.get("AMBASSADOR", str(E2E.parent.parent / "build" / "release" / "ambassador"))
ANY_ADMIN_PORT = {"AMBASSADOR_ADMIN": "127.0.0.1:0"}
LISTENING = re.compile(r"listening on (?:\w+ )?\w+://(\[[^\]]+\]|[^:\s/]+):(\d+)")
ADMIN = re.compile(r"admin on http://(\[[^\]]+\]|[^:\s/]+):(\d+)")


def is_sanitized():
    """Whether the binary carries a sanitizer, whose memory is not the program's."""
    with open(BINARY, "rb") as binary:
        content = binary.read()
    return b"__asan_init" in content or b"__tsan_init" in content


def run(*args, cwd, env=None):
    """One command of the binary, to its end."""
    return subprocess.run(
        [BINARY, *map(str, args)], cwd=cwd, env=environment.clean(env), stdin=subprocess.DEVNULL, timeout=COMMAND,
        capture_output=True, encoding="utf-8", errors="backslashreplace", check=False)  # fmt: skip


def write_config(directory, *parts, name="ambassador.yaml"):
    """A file of these parts, each of which may be indented as it stands in the test."""
    path = directory / name
    path.write_text("".join(textwrap.dedent(part).lstrip("\n") for part in parts))
    return path


def mapping(source, target):
    """A map of one entry, open for more keys of that entry."""
    return f"map:\n  - source: {source}\n    target: {target}\n"


class Ambassador:
    """Running, until `finish`. `listeners` is how many `listening on` lines make it ready.

    With `admin` the configuration has an admin port. Without, it gets any free one rather than the default's, so that
    tests can run side by side. `enter` stands before the command.
    """

    def __init__(self, *args, cwd, env=None, listeners=1, admin=False, enter=()):
        variables = env or {} if admin else ANY_ADMIN_PORT | (env or {})
        self.process = Process([*enter, BINARY, *args], environment.clean(variables), cwd)
        self._status = None
        self._here = not enter  # else its loopback may be another than ours
        ready = self.process.err.wait_for(LISTENING.search, READY, listeners)
        admins = self.process.err.wait_for(ADMIN.search, READY) if admin else []
        if len(ready) < listeners or len(admins) < admin:
            self.process.end()
            raise AssertionError(f"the ambassador did not start:\n{self.process.err.text()}")
        self.addresses = [LISTENING.search(line).groups() for line in ready]
        self.admin_port = int(ADMIN.search(admins[0]).group(2)) if admin else None

    @property
    def port(self):
        """The first listener's port."""
        return int(self.addresses[0][1])

    def log(self, fits):
        """The log line that fits; the test fails when it does not come."""
        found = self.process.out.wait_for(fits)
        assert found, f"no such line in the log:\n{self.process.out.text()}\n--- stderr:\n{self.process.err.text()}"
        return found[0]

    def finish(self):
        """Ends it, which must be with 0; all lines of its log."""
        if self._status is None:
            self._status = self.process.end(asked=self._here and self.quit())
            assert self._status == 0, f"ended with {self._status}:\n{self.process.err.text()}"
        return self.process.out.all()

    def quit(self):
        """Whether it took a POST /quit. After SIGTERM it would wait until it has been quiet for a while."""
        admins = [ADMIN.search(line) for line in self.process.err.all()]
        ports = [int(found.group(2)) for found in admins if found and found.group(1) in ("127.0.0.1", "0.0.0.0")]
        try:
            return bool(ports) and self.process.running() and http_get.get(ports[0], "/quit", method="POST").status == 200
        except OSError:
            return False

    def abandon(self):
        """It was ended otherwise: no clean end is asked of it."""
        self._status = self.process.wait()

    def admin(self, path, headers=None):
        return http_get.get(self.admin_port, path, headers)

    def explain(self, url, method="GET"):
        return self.admin("/explain?" + urllib.parse.urlencode({"method": method, "url": url}))

    def metric(self, name, **labels):
        """The sum over the samples of `name` that have these labels."""
        text = self.admin("/metrics").text
        return sum(value for sample, found, value in samples(text) if sample == name and labels.items() <= found.items())

    def counts(self, value, name, **labels):
        """Whether the metric becomes this: a call is counted when it is over, which may be after its reply has come."""
        deadline = time.monotonic() + LINE
        while self.metric(name, **labels) != value:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def samples(text):
    """(name, labels, value) of every sample in a Prometheus text."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = re.fullmatch(r"([\w:]+)(?:\{(.*)\})? (\S+)", line).groups()
            yield name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")), float(value)
