"""One run of wrk against one contestant, and the checks without which its figures are worth nothing."""

import dataclasses
import http.client
import json
import pathlib
import resource
import socket
import subprocess
import time

from harness.errors import BenchError
from harness.machine import busy_seconds

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "scenarios/request.lua"
ANSWER_LIMIT = 10.0
HEAD_LIMIT = 1024


@dataclasses.dataclass(frozen=True)
class Sample:
    """What one run gave. Times in µs, memory in bytes, shares from 0 to 1."""
    cpu: float         # the proxy's, per request
    rate: float        # requests per second
    p50: float
    p99: float
    memory: int
    busy: float        # the share of its core that the proxy used
    foreign: float     # the share of the two cores that others used meanwhile


def check_answer(server, request, expected):
    """Sends the very request that wrk sends, and compares status and body."""
    try:
        with socket.create_connection(("127.0.0.1", server.port), ANSWER_LIMIT) as connection:
            connection.sendall(request)
            response = http.client.HTTPResponse(connection, method="GET")
            response.begin()
            body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchError(f"{server.name} gave no answer: {error!r}\n{server.last_words()}") from None
    if response.status != 200:
        raise BenchError(f"{server.name} answered {response.status} {response.reason} instead of 200: {body[:300]!r}")
    if body != expected:
        raise BenchError(f"{server.name} answered a wrong body: {len(body)} bytes, {body[:80]!r}…; "
                         f"expected {len(expected)} bytes, {expected[:80]!r}…")


def measure(server, upstream, contestant, scenario, request_file, expected, seconds, cores):
    """Checks, loads, checks again; a Sample."""
    request = request_file.read_bytes()
    check_answer(server, request, expected)
    connections, seconds = contestant.connections(scenario), contestant.seconds(scenario, seconds)
    before = usage(server, upstream, cores)
    begun = time.monotonic()
    result = wrk(server, connections, request_file, seconds, cores[1])
    elapsed = time.monotonic() - begun
    after = usage(server, upstream, cores)
    check_result(server, contestant, result, connections, len(expected))
    check_answer(server, request, expected)
    proxy, busy, ours = (later - earlier for later, earlier in zip(after, before))
    return Sample(
        cpu=proxy * 1e6 / result["requests"], rate=result["requests"] * 1e6 / result["microseconds"],
        p50=result["p50"], p99=result["p99"], memory=server.resident_bytes(), busy=proxy / elapsed,
        foreign=max(0.0, busy - ours) / elapsed / len(cores))


def usage(server, upstream, cores):
    """Seconds so far: the proxy's, the two cores', and what of these is the bench's own."""
    proxy = server.cpu_seconds()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    load = children.ru_utime + children.ru_stime
    return proxy, busy_seconds(cores), proxy + load + upstream.cpu_seconds()


def wrk(server, connections, request_file, seconds, core):
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
               "-s", str(SCRIPT), f"http://127.0.0.1:{server.port}/", "--", str(request_file)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds + 20)
    except subprocess.TimeoutExpired:
        raise BenchError(f"wrk did not end within {seconds + 20} s against {server.name}") from None
    lines = [line for line in run.stdout.splitlines() if line.startswith("RESULT ")]
    if run.returncode or not lines:
        raise BenchError(f"wrk failed against {server.name} with status {run.returncode}:\n{run.stdout}{run.stderr}")
    return json.loads(lines[0].removeprefix("RESULT "))


def check_result(server, contestant, result, connections, size):
    """wrk counts failures; that the bodies were whole is seen from the number of bytes."""
    bad = {name: count for name, count in result["errors"].items() if count}
    # A connection that ends after its answer, unannounced, is a read error to wrk. One that ends within: see below.
    if not contestant.keeps_connections and bad.get("read", 0) <= result["requests"] + connections:
        bad.pop("read", None)
    if bad:
        raise BenchError(f"{server.name} failed under load: {bad} of {result['requests']} requests "
                         f"(status: over 399)\n{server.last_words()}")
    if not result["requests"]:
        raise BenchError(f"{server.name} answered no request at all under load: it hangs, or this machine is too busy\n"
                         f"{server.last_words()}")
    # Answers under way at the end are in the bytes, and not in the requests.
    most = (result["requests"] + connections) * (size + HEAD_LIMIT)
    if not result["requests"] * size <= result["bytes"] <= most:
        raise BenchError(f"{server.name} answered wrong bodies under load: {result['bytes']} bytes in "
                         f"{result['requests']} answers of {size} bytes each")
