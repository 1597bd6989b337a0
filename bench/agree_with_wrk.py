"""Our load and wrk through the same ambassador, in turn: two programs that share nothing must find the same.

    /usr/bin/python3 bench/agree_with_wrk.py
"""

import os
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile

from harness import machine
from harness.certificates import make_certificates
from harness.contestants import ambassador
from harness.process import on_cores
from harness.programs import start_upstream
from harness.stage import Stage, Trial
from scenarios.scenarios import scenarios

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCENARIO = "reverse-100b-c64"
ROUNDS, SECONDS = 5, 2


def by_our_load(trial):
    found = trial.load(SECONDS)
    return found["calls"], found["latency"]["p50"], found["latency"]["p99"]


def by_wrk(trial):
    """With the fields of our request, as its own options."""
    request = trial.request().decode()
    target = request.split(" ", 2)[1]
    fields = [word for line in request.strip().split("\r\n")[1:] for word in ("-H", line)]
    done = subprocess.run(["wrk", "-t1", f"-c{trial.scenario.connections}", f"-d{SECONDS}s", "--latency", *fields,
                           f"http://127.0.0.1:{trial.server.port}{target}"], capture_output=True, text=True, check=True,
                          preexec_fn=on_cores({trial.stage.load_core}))
    return (int(re.search(r"(\d+) requests in", done.stdout)[1]), *(microseconds(done.stdout, share) for share in (50, 99)))


def microseconds(text, share):
    number, unit = re.search(rf"{share}% +([\d.]+)(us|ms|s)\n", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def round_of(trial, load):
    """What a call cost the proxy and the load, in µs; calls a second; p50 and p99 in µs."""
    proxy, own = trial.server.cpu_seconds(), children_seconds()
    calls, p50, p99 = load(trial)
    return ((trial.server.cpu_seconds() - proxy) * 1e6 / calls, (children_seconds() - own) * 1e6 / calls,
            calls / SECONDS, p50, p99)


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    cores = machine.usable_cores()
    os.sched_setaffinity(0, {machine.load_core(cores)})
    with tempfile.TemporaryDirectory(prefix="ambassador-bench-") as directory:
        run = pathlib.Path(directory)
        with start_upstream(run, machine.load_core(cores)) as upstream:
            stage = Stage(run, upstream, upstream, make_certificates(run), cores, SECONDS, machine.raise_descriptor_limit())
            scenario = scenarios([SCENARIO])[0]
            contestant = ambassador(ROOT / "build/release/ambassador")
            server, _ = stage.start(contestant, stage.setting_of(scenario))
            with server:
                trial = Trial(stage, scenario, contestant, server)
                pairs = [(round_of(trial, by_our_load), round_of(trial, by_wrk)) for _ in range(ROUNDS)]
    print(f"{SCENARIO}: medians of {ROUNDS} rounds")
    print(f"{'':6}" + "".join(f"{title:>10}" for title in ("proxy µs", "load µs", "calls/s", "p50 µs", "p99 µs")))
    for name, rounds in zip(("ours", "wrk"), zip(*pairs)):
        print(f"{name:6}" + "".join(f"{statistics.median(column):>10.1f}" for column in zip(*rounds)))


if __name__ == "__main__":
    main()
