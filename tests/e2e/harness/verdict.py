"""What became of the calls of an open loop under chaos."""

SLOW = 3.0  # seconds that no idempotent call may take
STALL = 0.25  # seconds; a slow call during which the load itself stood still for so long tells of the machine


class Verdict:
    def __init__(self, result, names):
        """`names` are those of the endpoints: the only right answers."""
        self.result = result
        self._names = {f"{name}\n" for name in names}
        self.calls = result["calls"]
        self.gets = [call for call in self.calls if call["method"] == "GET"]
        self.failed_gets = [call for call in self.gets if not self.is_right(call)]
        self.failed_posts = [call for call in self.calls if call["method"] == "POST" and not self.is_right(call)]
        slow = [call for call in self.gets if took(call) > SLOW]
        self.excluded = [call for call in slow if self._stalled(call) >= STALL]
        self.slow = [call for call in slow if self._stalled(call) < STALL]

    def is_right(self, call):
        return not call["fault"] and call["status"] == 200 and call["body"] in self._names

    @property
    def lateness(self):
        """Seconds by which the load was late at most."""
        return max((end - begin for begin, end in self.result["stalls"]), default=0.0)

    def slowest(self):
        return max(map(took, self.gets))

    def percentile(self, share, of=None):
        """Seconds, of GETs that were answered."""
        times = sorted(map(of or took, (call for call in self.gets if call["status"])))
        return times[min(len(times) - 1, int(len(times) * share))]

    def describe(self, call):
        """For a failed test: when it was, in seconds of the run, and how it ended."""
        at = call["sent"] - self.result["start"]
        how = call["fault"] or f"{call['status']} {call['proxy_status']}"
        remarks = (", made again" if call["again"] else "") + (", on a connection of its own" if call["fresh"] else "")
        path = f"http://{call['host']}/calls/{call['number']}"
        return f"{at:.2f} s: {call['method']} {path}: {how} after {took(call):.3f} s{remarks}"

    def summary(self):
        result = self.result
        return (
            f"{len(self.calls)} calls; {len(self.failed_gets)} of {len(self.gets)} GETs failed, {len(self.failed_posts)} "
            f"POSTs; slowest GET {self.slowest():.3f} s, p99 {self.percentile(0.99):.3f} s, from when it was due "
            f"{self.percentile(0.99, waited):.3f} s; {len(self.excluded)} left out; {result['resets']} resets, "
            f"{result['made_again']} made again, {result['closed_while_idle']} closed while idle, {result['connections']} "
            f"connections; the load was {self.lateness:.3f} s late at most, and used {result['cpu_seconds']:.1f} s of a core"
        )

    def _stalled(self, call):
        return sum(max(0.0, min(end, call["ended"]) - max(begin, call["sent"])) for begin, end in self.result["stalls"])


def took(call):
    """Seconds from when it was sent."""
    return call["ended"] - call["sent"]


def waited(call):
    """Seconds from when it was due."""
    return call["ended"] - call["due"]
