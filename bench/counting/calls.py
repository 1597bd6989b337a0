"""Instructions that the released ambassador spends on a call, counted over its whole process.

Start and stop cost some millions, so each figure is a difference: a run with many calls of a kind, less one without them.
What the ambassador does by the clock (its tick) is taken off by the time that the calls took: a run that only waits tells
what a second costs. Several rounds are made, and of each total the least is taken: whatever comes between only adds to it.
"""

import dataclasses
import socket
import subprocess
import time

from counting import callgrind
from counting.peers import Peers
from counting.script import CALLS, CONFIGURATION
from harness.errors import BenchError
from harness.process import free_port

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


def count(program, directory, calls=CALLS, say=lambda text: None):
    """Instructions of each of the calls, by its name."""
    plans = {"nothing": lambda peers: None, "waiting": lambda peers: peers.play(CALLS[0], lambda: time.sleep(WAIT_SECONDS))}
    plans |= {call.name: lambda peers, call=call: repeat(peers, call) for call in calls}
    runs = {name: [] for name in plans}
    for number in range(1, ROUNDS + 1):
        say(f"round {number} of {ROUNDS}: {len(plans)} runs of the ambassador under callgrind")
        for name, plan in plans.items():
            runs[name].append(run(program, directory / callgrind.file_name(name), plan))
    return figures(runs)


def figures(runs):
    least = {name: min(several, key=lambda run: run.instructions) for name, several in runs.items()}
    nothing, waiting = least.pop("nothing"), least.pop("waiting")
    a_second = max(0.0, (waiting.instructions - nothing.instructions) / waiting.seconds)
    return {name: (run.instructions - nothing.instructions - a_second * run.seconds) / TIMES for name, run in least.items()}


def repeat(peers, call):
    for _ in range(TIMES):
        peers.play(call)


def run(program, dump, plan):
    """One run of the ambassador, from its start to its end."""
    output = dump.with_suffix(".output")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = free_port()
        config = dump.with_suffix(".yaml")
        config.write_text(CONFIGURATION.format(port=port, admin=free_port(), upstream=listening.getsockname()[1]))
        with open(output, "wb") as file:
            process = subprocess.Popen(callgrind.command(dump, program, "run", "-c", config), env=callgrind.environment(),
                                       stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        try:
            seconds = converse(process, port, listening, plan)
            process.terminate()
            status = process.wait(STOP_LIMIT)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BenchError(f"the ambassador under callgrind: {error}; it wrote:\n{last_words(output)}") from error
        finally:
            process.kill()
            process.wait()
    if status:
        raise BenchError(f"the ambassador ended with status {status} under callgrind; it wrote:\n{last_words(output)}")
    return Run(callgrind.total(dump.read_text()), seconds)


def converse(process, port, listening, plan):
    """Warms up, does what is planned, and returns the seconds that this took."""
    wait_until_it_listens(process, port)
    peers = Peers(process.pid, port, listening)
    for call in CALLS:
        for _ in range(WARM_UP):
            peers.play(call)
    begun = time.monotonic()
    plan(peers)
    seconds = time.monotonic() - begun
    peers.close()
    return seconds


def wait_until_it_listens(process, port):
    deadline = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise OSError("it does not listen")


def last_words(output):
    return output.read_text(errors="replace")[-2000:]
