"""A real name server with the records that a test gives it."""

import contextlib
import os
import signal
import socket
import tempfile
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

    `services` are its SRV records: the name, the target, its port, priority and weight. `enter` stands before the command,
    for another network; there the port must be given.
    """

    def __init__(self, records, port=None, enter=(), ttl=60, host="127.0.0.1", services=()):
        port = port or free_port(host)
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._read = 0
        handle, self._records = tempfile.mkstemp(prefix="dnsmasq-records-")
        os.close(handle)
        self._write(records)
        argv = [*enter, program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                "--log-facility=-", "--pid-file=", "--user=", "--group=", "--bind-interfaces", f"--listen-address={host}",
                f"--port={port}", f"--local-ttl={ttl}", "--local=/#/", "--host-record=ready.test,127.0.0.1",
                f"--addn-hosts={self._records}"]  # fmt: skip
        argv += [f"--srv-host={','.join(map(str, service))}" for service in services]
        self._process = Process(argv, clean(), "/")
        if enter:
            assert self._process.err.wait_for("started"), self._process.err.text()
        else:
            self._wait(host, port)
        self._has_read()

    def environment(self):
        return {"AMBASSADOR_DNS": self.address}

    def change(self, records):
        """These in place of those before, from the next question on."""
        self._write(records)
        self._process.signal(signal.SIGHUP)
        self._has_read()

    def close(self):
        self._process.end()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._records)

    def _write(self, records):
        with open(self._records, "w", encoding="ascii") as file:
            file.writelines(f"{address} {name}\n" for name, address in records)
        os.chmod(self._records, 0o644)

    def _has_read(self):
        self._read += 1
        lines = self._process.err.wait_for(f"read {self._records} - ", READY, self._read)
        assert len(lines) == self._read, self._process.err.text()

    def _wait(self, host, port):
        deadline = time.monotonic() + READY
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            while self._process.running() and time.monotonic() < deadline:
                try:
                    sock.connect((host, port))
                    sock.send(QUERY)
                    sock.recv(512)
                    return
                except OSError:
                    time.sleep(0.02)
        raise AssertionError(f"dnsmasq did not start:\n{self._process.err.text()}")
