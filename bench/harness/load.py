"""Runs ambassador-load against one contestant, and refuses what would make its figures worth nothing."""

import contextlib
import dataclasses
import http.client
import json
import socket
import ssl
import subprocess

from harness.errors import BenchError
from harness.process import on_cores
from harness.programs import program

ANSWER_LIMIT = 10.0
# What the load takes beyond its time: calls that are under way may end, connections may open.
OVERTIME = 30


@dataclasses.dataclass(frozen=True)
class Entrance:
    """How a contestant is spoken to."""
    tunnel: str = ""           # HOST:PORT that a CONNECT names, where all goes through a tunnel
    ca: str = ""               # the file of the CA, where all is in TLS

    @property
    def words(self):
        """For ambassador-load."""
        return [*(["--tunnel", self.tunnel] if self.tunnel else []), *(["--tls", self.ca] if self.ca else [])]

    @contextlib.contextmanager
    def connect(self, port):
        with socket.create_connection(("127.0.0.1", port), ANSWER_LIMIT) as connection:
            if self.tunnel:
                enter_tunnel(connection, self.tunnel)
            if not self.ca:
                yield connection
                return
            with ssl.create_default_context(cafile=self.ca).wrap_socket(connection, server_hostname="localhost") as wrapped:
                yield wrapped


def enter_tunnel(connection, authority):
    connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    response = http.client.HTTPResponse(connection, method="CONNECT")
    response.begin()
    if response.status != 200:
        raise http.client.HTTPException(f"CONNECT was answered {response.status} {response.reason}")


def check_answer(server, request, call, entrance=Entrance()):
    """Sends the very request that the load sends, and compares status and body; the length of the body."""
    try:
        with entrance.connect(server.port) as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection, method="GET")
            response.begin()
            body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchError(f"{server.name} gave no answer: {error!r}\n{server.last_words()}") from None
    if response.status != call.status:
        raise BenchError(f"{server.name} answered {response.status} {response.reason} instead of {call.status}: {body[:300]!r}")
    if call.answer is not None and body != call.answer:
        raise BenchError(f"{server.name} answered a wrong body: {len(body)} bytes, {body[:80]!r}…; "
                         f"expected {len(call.answer)} bytes, {call.answer[:80]!r}…")
    return len(body)


def command(server, request_file, connections, status, length, *more):
    return [program("ambassador-load"), "--port", str(server.port), "--request", str(request_file),
            "--connections", str(connections), "--status", str(status), "--length", str(length), *more]


def run(server, words, seconds, core):
    """What the load says after `seconds`."""
    words = [*words, "--seconds", f"{seconds:g}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds + OVERTIME,
                              preexec_fn=on_cores({core}))
    except subprocess.TimeoutExpired:
        raise BenchError(f"the load did not end within {seconds + OVERTIME:.0f} s against {server.name}") from None
    return result(server, done.stdout, done.stderr, done.returncode)


@contextlib.contextmanager
def holding(server, words, core):
    """While the with block runs, the connections are open, and idle."""
    process = subprocess.Popen([*words, "--hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, preexec_fn=on_cores({core}))
    try:
        process.stdout.readline()
        yield
        out, errors = process.communicate(timeout=OVERTIME)
    finally:
        process.kill()
        process.wait()
    result(server, out, errors, process.returncode)


def result(server, out, errors, status):
    """The load's own JSON, when there is nothing wrong with it."""
    if status or not out:
        raise BenchError(f"the load failed against {server.name} with status {status}:\n{out}{errors}")
    found = json.loads(out)
    failures = {kind: count for kind, count in found["failures"].items() if count}
    if failures:
        raise BenchError(f"{server.name} failed under load: {failures} beside {found['calls']} answers\n{server.last_words()}")
    if not found["calls"]:
        raise BenchError(f"{server.name} answered nothing at all under load: it hangs, or this machine is too busy\n"
                         f"{server.last_words()}")
    return found
