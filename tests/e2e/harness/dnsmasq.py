"""A real name server with the records that a test gives it."""

import socket
import time

from harness.environment import clean
from harness.limits import READY
from harness.needs import program
from harness.ports import free_port
from harness.process import Process

# A query for the A records of `ready.test.`, recursion desired.
QUERY = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05ready\x04test\x00\x00\x01\x00\x01"


class Dnsmasq:
    """`records` are pairs of a name and an address, of IPv4 or IPv6; a name may be there more than once.

    `enter` stands before the command, for another network; there the port must be given.
    """

    def __init__(self, records, port=None, enter=(), ttl=60):
        port = port or free_port()
        self.address = f"127.0.0.1:{port}"
        argv = [*enter, program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                "--log-facility=-", "--pid-file=", "--user=", "--group=", "--bind-interfaces", "--listen-address=127.0.0.1",
                f"--port={port}", f"--local-ttl={ttl}", "--local=/#/", "--host-record=ready.test,127.0.0.1"]  # fmt: skip
        argv += [f"--host-record={name},{address}" for name, address in records]
        self._process = Process(argv, clean(), "/")
        if enter:
            assert self._process.err.wait_for("started"), self._process.err.text()
        else:
            self._wait(port)

    def environment(self):
        return {"AMBASSADOR_DNS": self.address}

    def close(self):
        self._process.end()

    def _wait(self, port):
        deadline = time.monotonic() + READY
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            while self._process.running() and time.monotonic() < deadline:
                try:
                    sock.connect(("127.0.0.1", port))
                    sock.send(QUERY)
                    sock.recv(512)
                    return
                except OSError:
                    time.sleep(0.02)
        raise AssertionError(f"dnsmasq did not start:\n{self._process.err.text()}")
