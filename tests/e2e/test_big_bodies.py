"""A body of any size needs the same little memory, and a side that stalls holds the other side back."""

import threading
import time

import pytest

from harness import environment, needs
from harness.ambassador import is_sanitized, mapping
from harness.clients import execute
from harness.limits import COMMAND
from harness.memory import MIB, peak
from harness.scripted_upstream import ok

GIB = 1024 * MIB
BOUND = 32 * MIB
IN_SOCKETS = 64 * MIB  # what the kernel may hold on the way


def assert_small(proxy):
    if not is_sanitized():
        assert peak(proxy.process.pid) < BOUND


def sparse(path, size):
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def curl(proxy, *options):
    quiet = ["-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}"]
    return execute([needs.program("curl"), *quiet, *options], environment.through_proxy(proxy.port)).stdout


def test_a_download_of_1_gib(nginx_with, ambassador):
    nginx = nginx_with()
    sparse(nginx.www / "big", GIB)
    proxy = ambassador(mapping("http://h", f"http://{nginx.authority}"))
    assert curl(proxy, "http://h/big") == f"200 {GIB}"
    assert_small(proxy)
    assert f" out={GIB} " in proxy.log("GET http://h/big -> ")


@pytest.mark.parametrize("framing", ["sized", "chunked"])
def test_an_upload_of_1_gib(route, tmp_path, framing):
    there = route(sink)
    fields = ["-H", "Transfer-Encoding: chunked"] if framing == "chunked" else []
    assert curl(there.proxy, *fields, "-T", sparse(tmp_path / "big", GIB), "http://h/up").startswith("200 ")
    assert_small(there.proxy)
    assert f" in={GIB} " in there.proxy.log("PUT http://h/up -> ")


def sink(connection):
    """Reads a body of either framing to its end, without keeping it."""
    head = connection.head()
    if head.field("Expect"):
        connection.send("HTTP/1.1 100 Continue\r\n\r\n")
    if head.field("Content-Length"):
        left = int(head.field("Content-Length"))
        while left:
            left -= len(connection.reader.some())
    else:
        while connection.reader.chunk():
            pass
    connection.send(ok())


class Pump:
    """Sends or reads as fast as the other side lets it, and counts."""

    def __init__(self):
        self.count = 0

    def send_all(self, sock, total):
        block = bytes(MIB)
        while self.count < total:
            self.count += sock.send(block[: total - self.count])

    def settled(self):
        """The count, once it has stopped growing."""
        before, deadline = -1, time.monotonic() + COMMAND
        while before != self.count:
            assert time.monotonic() < deadline, "it never stopped"
            before = self.count
            time.sleep(0.5)
        return before


def test_a_reader_that_stalls_holds_the_upstream_back(route):
    pump, total = Pump(), 256 * MIB

    def script(connection):
        connection.sock.settimeout(COMMAND)
        connection.request()
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n")
        pump.send_all(connection.sock, total)

    there = route(script)
    there.client.request("GET", "http://h/")
    assert there.client.reader.head().status == 200
    assert 0 < pump.settled() < IN_SOCKETS
    assert_small(there.proxy)
    left = total
    while left:
        left -= len(there.client.reader.some())
    assert_small(there.proxy)


def test_an_upstream_that_stalls_holds_the_client_back(route):
    pump, total, go_on = Pump(), 256 * MIB, threading.Event()

    def script(connection):
        head = connection.head()
        assert go_on.wait(COMMAND)
        left = int(head.field("Content-Length"))
        while left:
            left -= len(connection.reader.some())
        connection.send(ok())

    there = route(script)
    there.client.sock.settimeout(COMMAND)
    there.client.request("POST", "http://h/", f"Content-Length: {total}")
    sending = threading.Thread(target=pump.send_all, args=(there.client.sock, total), daemon=True)
    sending.start()
    assert 0 < pump.settled() < IN_SOCKETS
    assert_small(there.proxy)
    go_on.set()
    sending.join(COMMAND)
    assert there.client.reply().status == 200
    assert_small(there.proxy)
