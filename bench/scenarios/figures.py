"""What each kind of measurement says, which of it is compared, and how it is written."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Figure:
    """`scale` makes the unit that is shown out of the one that is kept: seconds, bytes, shares and calls a second."""
    key: str
    title: str
    digits: int = 0
    scale: float = 1
    percent: bool = False

    def text(self, value):
        return f"{value:.0%}" if self.percent else f"{self.shown(value):.{self.digits}f}"

    def shown(self, value):
        return value * (100 if self.percent else self.scale)


CPU = Figure("cpu", "CPU µs", 1, 1e6)
RATE = Figure("rate", "calls/s")
BUSY = Figure("busy", "busy", percent=True)
P50 = Figure("p50", "p50 µs", 0, 1e6)
P99 = Figure("p99", "p99 µs", 0, 1e6)
P999 = Figure("p999", "p99.9 µs", 0, 1e6)
HELD = Figure("held", "held", percent=True)
RSS = Figure("rss", "RSS MiB", 1, 2**-20)
PSS = Figure("pss", "PSS MiB", 1, 2**-20)
START = Figure("start", "start ms", 1, 1e3)
CONNECTIONS = Figure("connections", "connections")
IDLE_RSS = Figure("idle_rss", "RSS B/conn")
IDLE_PSS = Figure("idle_pss", "PSS B/conn")
BUSIEST = Figure("busiest", "busiest", percent=True)
IDLE_WORKERS = Figure("idle_workers", "idle workers", 2)


@dataclasses.dataclass(frozen=True)
class Kind:
    """`compared` are set against the peers' and plotted; the spread is that of the first of them. All are better smaller."""
    figures: tuple
    compared: tuple
    legend: str


KINDS = {
    "calls": Kind((CPU, RATE, BUSY, P50, P99, RSS), (CPU,),
                  "CPU µs: the proxy's processor time per call. busy: the share of its cores. RSS: after the run."),
    "latency": Kind((P50, P99, P999, RATE, HELD, CPU), (P50, P99, P999),
                    "At a fixed rate, the same for all: latency from when a call was due. held: calls answered in time, of "
                    "those that were due. direct: no proxy between, and the upstream's CPU: what a proxy adds is the "
                    "difference."),
    "idle": Kind((IDLE_RSS, IDLE_PSS, CONNECTIONS, RSS, PSS), (IDLE_RSS,),
                 "B/conn: by how much memory grew with the connections, per connection. RSS and PSS: with all open."),
    "start": Kind((START, RSS, PSS), (START, RSS),
                  "start: from exec to the first answered call. RSS and PSS: after that call."),
    "spread": Kind((BUSIEST, IDLE_WORKERS, RATE), (BUSIEST,),
                   "busiest: the share of the work that the busiest worker had. idle workers: how many had next to nothing."),
}
