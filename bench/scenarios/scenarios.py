"""What is measured. To add a load, add it here."""

import dataclasses

from scenarios.messages import Call, get, get_chunked, post, refused

CONNECTIONS = (1, 16, 64, 256)
SIZE_NAMES = {"100b": "100 B", "64k": "64 KiB", "1m": "1 MiB"}
# The load and each proxy need as many descriptors, and the proxy some for the upstream.
IDLE_CONNECTIONS = 9500
MODERATE_RATE = 2000
SHARE_OF_CAPACITY = 0.7
SHAPES = {
    "reverse": "origin-form requests, as to a reverse proxy",
    "forward": "absolute-form requests, as to a forward proxy",
    "refuse": "origin-form requests that must be refused",
    "refuse-forward": "absolute-form requests that must be refused",
    "tls-up": "plain requests in, TLS to the upstream, whose certificate is verified",
    "tls-in": "requests in TLS, plain to the upstream",
    "tcp": "connections passed on as they are, with HTTP in them",
    "tunnel": "CONNECT, and HTTP through the tunnel",
}


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    shape: str
    call: Call
    connections: int = 64
    kind: str = "calls"
    workers: int = 1
    fresh: bool = False       # a connection for each call
    rate: float = 0           # calls a second; up to 1: the share of HAProxy's capacity
    quick: bool = False       # --quick has it

    @property
    def family(self):
        """Scenarios that differ in their connections only, and share a plot."""
        return self.name.removesuffix(f"-c{self.connections}")


def plural(count):
    return f"{count} connection{'s' if count > 1 else ''}"


def sized(shape, size, connections):
    absolute = shape == "forward"
    quick = (size, connections) in {("100b", 1), ("100b", 64), ("64k", 64), ("1m", 16)} if shape == "reverse" else (
        (size, connections) == ("100b", 64))
    return Scenario(f"{shape}-{size}-c{connections}", f"{shape}, {SIZE_NAMES[size]} answers, {plural(connections)}",
                    shape, get(size, absolute), connections, quick=quick)


def passed_on(shape, what, bulk_up=False, fresh=True):
    """What HTTP costs where the proxy does not look into it, or where TLS is on one side."""
    found = [
        Scenario(f"{shape}-100b-c64", f"{what}, 100 B answers, 64 connections", shape, get("100b"), 64, quick=True),
        Scenario(f"{shape}-1m-c16", f"{what}, 1 MiB answers, 16 connections", shape, get("1m"), 16, quick=shape == "tcp")]
    if bulk_up:
        found.append(Scenario(f"{shape}-post-1m-c16", f"{what}, POST of 1 MiB, 16 connections", shape, post("1m"), 16))
    if fresh:
        found.append(Scenario(f"{shape}-fresh-c16", f"{what}, a connection for each call, 16 at a time", shape, get("100b"), 16,
                              fresh=True))
    return found


def every_scenario():
    small = get("100b")
    return [
        *(sized(shape, size, connections) for shape in ("reverse", "forward") for size in SIZE_NAMES
          for connections in CONNECTIONS),
        Scenario("post-16k-c16", "POST of 16 KiB, 16 connections", "reverse", post("16k"), 16, quick=True),
        Scenario("post-16k-c64", "POST of 16 KiB, 64 connections", "reverse", post("16k"), 64),
        Scenario("post-1m-c16", "POST of 1 MiB, 16 connections", "reverse", post("1m"), 16),
        Scenario("chunked-c16", "64 KiB answers in 16 chunks, 16 connections", "reverse", get_chunked(), 16),
        Scenario("chunked-c64", "64 KiB answers in 16 chunks, 64 connections", "reverse", get_chunked(), 64, quick=True),
        Scenario("post-chunked-16k-c16", "POST of 16 KiB in 4 chunks, 16 connections", "reverse", post("16k", chunked=True), 16),
        Scenario("connections-per-second", "a connection for each call, 16 at a time", "reverse", small, 16, fresh=True,
                 quick=True),
        Scenario("blocked-c64", "refused calls, 64 connections", "refuse", refused(), 64, quick=True),
        Scenario("blocked-forward-c64", "refused calls in absolute-form, 64 connections", "refuse-forward",
                 refused(absolute=True), 64),
        Scenario("workers-2-100b-c64", "two workers, 100 B answers, 64 connections", "reverse", small, 64, workers=2,
                 quick=True),
        Scenario("spread-four-connections", "four kept connections over two workers", "reverse", small, 4, "spread",
                 workers=2, quick=True),
        Scenario("latency-rate-2000", f"{MODERATE_RATE} calls a second, 64 connections", "reverse", small, 64, "latency",
                 rate=MODERATE_RATE),
        Scenario("latency-70-percent", "70 % of HAProxy's capacity, 64 connections", "reverse", small, 64, "latency",
                 rate=SHARE_OF_CAPACITY, quick=True),
        Scenario("idle-memory", f"{IDLE_CONNECTIONS} idle connections", "reverse", small, IDLE_CONNECTIONS, "idle", quick=True),
        *passed_on("tls-up", "TLS to the upstream", fresh=False),
        *passed_on("tls-in", "TLS from the client"),
        *passed_on("tcp", "TCP", bulk_up=True),
        *passed_on("tunnel", "CONNECT"),
        Scenario("start", "from the start to the first answer", "reverse", small, 1, "start", quick=True),
    ]


def scenarios(only=(), quick=False):
    """All, or those whose name has one of the words in it; without such words, --quick takes a choice."""
    return [scenario for scenario in every_scenario()
            if (any(word in scenario.name for word in only) if only else scenario.quick or not quick)]
