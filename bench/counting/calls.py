"""Instructions that the released ambassador spends on a call, counted over its whole process.

Start and stop cost some millions, so each figure is a difference: a run with many calls of a kind, less one with a single
call. What the ambassador does by the clock (its tick) is taken off by the time that the calls took: a run whose single
call waits tells what a second costs. Several rounds are made, and of each total the least is taken: whatever comes
between only adds to it.
"""

import dataclasses
import functools
import re
import socket
import subprocess
import time

from counting import callgrind
from counting.peers import Peers
from counting.script import CALLS, CONFIGURATION
from harness.errors import BenchError

ROUNDS = 3
WARM_UP = 10          # calls of each kind, in every run
TIMES = 200
WAIT_SECONDS = 2.0
START_LIMIT = 60.0
STOP_LIMIT = 40.0


@dataclasses.dataclass(frozen=True)
class Run:
    instructions: int
    seconds: float     # that what was counted took, without start, warm-up and stop


def count(program, directory, say):
    """Instructions of each call of the script, by its name."""
    plans = {"once": once, "waiting": wait} | {call.name: functools.partial(repeat, call) for call in CALLS}
    runs = {name: [] for name in plans}
    for number in range(1, ROUNDS + 1):
        say(f"round {number} of {ROUNDS}: {len(plans)} runs of the ambassador under callgrind")
        for name, plan in plans.items():
            runs[name].append(run(program, directory / callgrind.file_name(name), plan))
    return figures(runs)


def figures(runs):
    least = {name: min(several, key=lambda run: run.instructions) for name, several in runs.items()}
    start, waiting = least.pop("once"), least.pop("waiting")
    a_second = max(0.0, (waiting.instructions - start.instructions) / (waiting.seconds - start.seconds))
    return {name: (run.instructions - start.instructions - a_second * (run.seconds - start.seconds)) / TIMES
            for name, run in least.items()}


def once(peers):
    peers.play(CALLS[0])


def wait(peers):
    peers.play(CALLS[0], lambda: time.sleep(WAIT_SECONDS))


def repeat(call, peers):
    """Once more than is counted: what all runs have in common is one call."""
    once(peers)
    for _ in range(TIMES):
        peers.play(call)


def run(program, dump, plan):
    """One run of the ambassador, from its start to its end."""
    output = dump.with_suffix(".output")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = dump.with_suffix(".yaml")
        config.write_text(CONFIGURATION.format(upstream=listening.getsockname()[1]))
        with open(output, "wb") as file:
            process = subprocess.Popen(callgrind.command(dump, program, "run", "-c", config), env=callgrind.environment(),
                                       stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        try:
            seconds = converse(process, output, listening, plan)
            process.terminate()
            status = process.wait(STOP_LIMIT)
        except (OSError, subprocess.TimeoutExpired, BenchError) as error:
            raise BenchError(f"the ambassador under callgrind: {error}; it wrote:\n{last_words(output)}") from error
        finally:
            process.kill()
            process.wait()
    if status:
        raise BenchError(f"the ambassador ended with status {status} under callgrind; it wrote:\n{last_words(output)}")
    return Run(callgrind.total(dump.read_text()), seconds)


def converse(process, output, listening, plan):
    """Warms up, does what is planned, and returns the seconds that this took."""
    peers = Peers(process.pid, port_of(process, output), listening)
    for call in CALLS:
        for _ in range(WARM_UP):
            peers.play(call)
    begun = time.monotonic()
    plan(peers)
    seconds = time.monotonic() - begun
    peers.close()
    return seconds


def port_of(process, output):
    """Where it listens, by what it says itself, when it has said all that it says at its start."""
    deadline = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        said = output.read_text(errors="replace")
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)$", said, re.MULTILINE)
        if found and " admin on http" in said:
            return int(found.group(1))
        time.sleep(0.05)
    raise OSError("it does not listen")


def last_words(output):
    return output.read_text(errors="replace")[-2000:]
