"""Near the memory limit of its cgroup the ambassador refuses new calls, goes on with those under way, and lives."""

import contextlib
import subprocess
import sys
import threading
import time

import pytest

from harness.cgroup import MemoryCgroup
from harness.limits import COMMAND
from harness.memory import MIB
from harness.scripted_upstream import ok

SETTLED = 10  # seconds for the ambassador to notice


@pytest.fixture(name="limited")
def _limited():
    """limited(bytes) makes a memory cgroup."""
    made = []

    def make(limit):
        made.append(MemoryCgroup(limit))
        return made[-1]

    yield make
    for group in made:
        group.close()


class Ballast:
    """Another process in the cgroup, that holds a MiB more whenever it is told to."""

    HOLD = "import sys; held = [print('held', flush=True) or b'x' * (1 << 20) for line in sys.stdin]"

    def __init__(self, group):
        self._process = subprocess.Popen(
            [*group.enter(), sys.executable, "-c", self.HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip

    def grow(self):
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline()

    def release(self):
        self._process.stdin.close()
        self._process.wait(SETTLED)
        self._process.stdout.close()


def eventually(happens):
    deadline = time.monotonic() + SETTLED
    while not happens():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def test_near_the_limit_new_calls_are_refused_and_those_under_way_end(limited, upstream, ambassador, connect):
    group, go_on = limited(64 * MIB), threading.Event()

    def script(connection):
        while head := connection.head():
            if head.target == "/slow":
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
                assert go_on.wait(COMMAND)
                connection.send("cd")
            else:
                connection.send(ok())

    server = upstream(script)
    proxy = ambassador(f"map:\n  - source: http://h\n    target: http://{server.authority}\n", enter=group.enter())
    under_way, other = connect(proxy.port), connect(proxy.port)
    assert other.get("http://h/").status == 200
    under_way.request("GET", "http://h/slow")
    assert under_way.reader.head().status == 200

    ballast = Ballast(group)
    while not proxy.process.err.wait_for("near the memory limit", 0.1):
        assert group.used() < 64 * MIB, "the limit came first"
        ballast.grow()
    refused = connect(proxy.port).get("http://h/")
    assert refused.status == 503
    assert refused.field("Retry-After") == "1"
    assert proxy.log(" 503 ")
    assert proxy.metric("ambassador_refused_total", reason="memory_ceiling") == 1
    go_on.set()
    assert under_way.reader.exactly(4) == b"abcd"

    ballast.release()
    eventually(lambda: connect(proxy.port).get("http://h/").status == 200)
    assert proxy.process.err.wait_for("memory is free again", SETTLED)
    assert group.kills() == 0


BULK = 64
CONNECTIONS = 1024


def test_a_thousand_connections_and_bulk_on_64_mib(limited, upstream, ambassador, connect):
    """1,024 connections and 64 bulk downloads whose clients stall: nobody is killed, what does not fit gets 503."""
    group = limited(64 * MIB)

    def script(connection):
        while head := connection.head():
            if not head.target.startswith("/bulk"):
                connection.send(ok())
                continue
            connection.sock.settimeout(COMMAND)
            connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {64 * MIB}\r\n\r\n")
            with contextlib.suppress(OSError):
                for _ in range(64):
                    connection.sock.sendall(bytes(MIB))

    server = upstream(script)
    proxy = ambassador(f"map:\n  - source: http://h\n    target: http://{server.authority}\n", enter=group.enter())
    bulk = [connect(proxy.port) for _ in range(BULK)]
    for client in bulk:
        client.request("GET", "http://h/bulk")
    others = [connect(proxy.port) for _ in range(CONNECTIONS)]
    for client in others:
        client.request("GET", "http://h/")
    statuses = {client.reply().status for client in others}
    assert statuses <= {200, 503}, statuses
    assert proxy.process.running() and group.kills() == 0
    for client in bulk:
        client.close()
    eventually(lambda: connect(proxy.port).get("http://h/").status == 200)
    for client in others:
        client.close()
    assert group.kills() == 0
