"""Upstreams die, stall, come back and are resized, the configuration is reloaded, the ambassador is rolled: no app notices.

CHAOS_SECONDS (15; the whole proof is 60), CHAOS_SEED and CHAOS_RATE change the run; what happens when is harness/chaos.py's.
"""

import collections
import json
import os
import random
import signal

from harness import chaos
from harness.fleet import Fleet, quiet_port
from harness.needs import program
from harness.verdict import Verdict

SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
RATE = float(os.environ.get("CHAOS_RATE", "500"))

CONFIG = """\
listen: 127.0.0.1:{port}
admin: 127.0.0.1:0
workers: 2
log: {{format: json}}
map:
  - source: http://plain
    target: [{targets}]
    balance: least_requests
    retry: {{attempts: 3, per_try: 1s}}
    timeout: {{connect: 500ms, response: 2s}}
  - source: http://checked
    target: [{targets}]
    balance: least_requests
    retry: {{attempts: 3, per_try: 1s}}
    timeout: {{connect: 500ms, response: 2s}}
    health: {{path: /healthz, interval: 1s, timeout: 500ms, fall: 2, rise: 1}}
"""
HOSTS = ("plain", "checked")
# Faults before which nothing of a request can have been sent (RFC 9209 section 2.3): for those another endpoint is taken.
UNSENT = ("dns_", "destination_", "connection_refused", "connection_timeout", "connection_limit_reached", "tls_",
          "http_request_")  # fmt: skip
# Of the calls may be made again by the client, since the old process closed a connection in the same moment.
MADE_AGAIN = 0.001
# Of the calls may be left out, since the machine stood still.
EXCLUDED = 0.01
SHOWN = 10  # of what broke a promise
STOOD_STILL = 0.5  # seconds that the load was late: half of what a try has
RUNS = 3


class Rolled:
    """The ambassador under chaos: one process, and at the roll a second beside it."""

    def __init__(self, launch, directory, fleet):
        self._launch = launch
        self._config = directory / "ambassador.yaml"
        self.port = quiet_port()
        self._write(fleet.endpoints)
        self.processes = [self._start()]
        self._serving = self.processes[0]

    def reload(self, endpoints):
        self._write(endpoints)
        self._serving.process.signal(signal.SIGHUP)

    def roll(self):
        old, self._serving = self._serving, self._start()
        self.processes.append(self._serving)
        old.process.signal(signal.SIGTERM)

    def log(self):
        """Every line of both, which end with 0 before."""
        assert self.processes[0].process.wait() == 0, f"the old one did not end well:\n{self.messages()}"
        return [json.loads(line) for process in self.processes for line in process.finish()]

    def messages(self):
        return "\n--- the next one:\n".join(process.process.err.text() for process in self.processes)

    def _start(self):
        return self._launch("-c", self._config, "--share-port", admin=True)

    def _write(self, endpoints):
        targets = ", ".join(f"http://{endpoint.authority}" for endpoint in endpoints)
        new = self._config.with_suffix(".new")
        new.write_text(CONFIG.format(port=self.port, targets=targets))
        new.rename(self._config)


class Promises:
    """What of the promises is broken: {promise: [what breaks it]}."""

    def __init__(self, verdict, lines, fleet):
        self._verdict, self._lines = verdict, lines
        calls, made_again = verdict.calls, [call for call in verdict.calls if call["again"]]
        unknown = set(lines) - {call["number"] for call in calls}
        self.broken = {
            "GETs failed": self._told(verdict.failed_gets),
            "GETs took too long": self._told(verdict.slow),
            "POSTs failed that were not sent, or say not why": self._told(
                call for call in verdict.failed_posts if not self._may_have_failed(call)),
            "POSTs were acted upon twice": acted_upon_twice(fleet),
            "connections were reset": [str(verdict.result["resets"])] if verdict.result["resets"] else [],
            "calls have no line, or several": self._told(call for call in calls if not self._is_logged_once(call)),
            "lines are of no call": [str(line) for number in unknown for line in lines[number]],
            "calls were made again": self._told(made_again) if len(made_again) > MADE_AGAIN * len(calls) else [],
            "calls are left out, for this machine stood still":
                self._told(verdict.excluded) if len(verdict.excluded) > EXCLUDED * len(calls) else [],
        }  # fmt: skip

    def __str__(self):
        parts = [[f"{promise}: {len(found)}", *found[:SHOWN]] for promise, found in self.broken.items() if found]
        return "\n".join("\n  ".join(part) for part in parts)

    def _told(self, calls):
        """Each with its lines in the log."""
        return ["\n    ".join([self._verdict.describe(call), *map(json.dumps, self._lines[call["number"]])]) for call in calls]

    def _may_have_failed(self, call):
        """A byte of a call that acts may have been sent, and its line says why it failed."""
        explained = [line for line in self._lines[call["number"]] if line["tries"] >= 1 and line["reason"]]
        error = call["proxy_status"].partition("error=")[2]
        return not call["fault"] and call["status"] in (502, 504) and error and not error.startswith(UNSENT) and explained

    def _is_logged_once(self, call):
        """What was made again may have reached the process both times."""
        return 1 <= len(self._lines[call["number"]]) <= 1 + call["again"]


def acted_upon_twice(fleet):
    taken = collections.Counter(line for endpoint in fleet.endpoints for line in endpoint.calls())
    return [f"{count} times {line}" for line, count in taken.items() if line.startswith("POST") and count > 1]


def by_number(log):
    """The lines of each call: its number is the end of its path."""
    lines = collections.defaultdict(list)
    for line in log:
        lines[int(line["source"].rpartition("/")[2])].append(line)
    return lines


def run_once(launch, directory):
    """The verdict, and what is wrong, in words: empty where all was kept."""
    directory.mkdir()
    fleet = Fleet(directory, chaos.ENDPOINTS)
    try:
        subject = Rolled(launch, directory, fleet)
        steps = chaos.plan(SEED, SECONDS)
        result, done = chaos.run(subject, fleet, steps, directory, seconds=SECONDS, seed=SEED, rate=RATE, hosts=HOSTS)
        lines = by_number(subject.log())
    finally:
        fleet.close()
    verdict = Verdict(result, [endpoint.name for endpoint in fleet.endpoints])
    print(f"CHAOS_SEED={SEED} CHAOS_SECONDS={SECONDS:g} CHAOS_RATE={RATE:g}: {verdict.summary()}")
    assert len(verdict.calls) == round(SECONDS * RATE)
    said = subject.messages()
    wrong = str(Promises(verdict, lines, fleet))
    # Two that come close after each other may be read as one.
    if said.count("reloaded: ") < chaos.RELOADS / 2 or "stays in force" in said:
        wrong += "\nthe reloads went wrong"
    story = "\n".join(["What was done:", *done.done, "What the processes said:", said])
    return verdict, wrong and f"{wrong}\n{story}"


def test_an_app_notices_nothing(launch, tmp_path):
    """Where a promise was broken while this machine stood still, that says nothing: it is run again."""
    program("nginx")
    for number in range(RUNS):
        verdict, wrong = run_once(launch, tmp_path / str(number))
        if not wrong or verdict.lateness < STOOD_STILL:
            break
    assert not wrong, f"CHAOS_SEED={SEED} CHAOS_SECONDS={SECONDS:g} CHAOS_RATE={RATE:g}\n{wrong}"
