"""Upstreams are killed, stopped, restarted and resized under load, while the proxy before them is reloaded and rolled.

What happens and when is drawn beforehand from a seed. A proxy under chaos, any `subject`, has

    port                 where it listens, all the time
    reload(endpoints)    configures it for these, of the fleet, and has it read that
    roll()               starts another one on the same port; once that serves, tells the old one to end
"""

import bisect
import concurrent.futures
import dataclasses
import heapq
import itertools
import json
import pathlib
import random
import subprocess
import sys
import time

from harness.environment import clean
from harness.open_loop import ANSWER, Options

ENDPOINTS = 5
MOST_DOWN = 3  # at a time
LEAST_UP = 2  # of those that the configuration names
RELOADS = 10
OUTAGES = 0.8  # a second
KILLED = (0.3, 3.0)  # seconds until it is started again
STOPPED = (0.3, 5.0)
STARTING = 0.5  # seconds in which one that was started may not answer yet
FIRST, LAST = 0.05, 0.9  # of the run: before, all is warm; after, all comes back
ROLL = 0.5  # of the run
LOOK = 0.02  # seconds between looks at what is due
LOAD_END = ANSWER + 30.0  # seconds that the load may take beyond its time


@dataclasses.dataclass(frozen=True)
class Step:
    at: float  # seconds from the begin
    what: str  # kill, stop, restart; reload, roll
    endpoints: tuple = ()  # by number: the one that is meant, or those that are configured
    seconds: float = 0  # until it is started again, or goes on

    def __str__(self):
        length = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:.2f} s: {self.what} {', '.join(map(str, self.endpoints))}{length}"


def plan(seed, seconds, outages=OUTAGES):
    """The steps in their order. Each second reload has one endpoint less than all."""
    dice = random.Random(seed)
    everyone = tuple(range(ENDPOINTS))
    steps = [Step(seconds * ROLL, "roll")]
    for number in range(RELOADS):
        at = seconds * (FIRST + (LAST - FIRST) * (number + dice.uniform(0.1, 0.9)) / RELOADS)
        gone = dice.choice(everyone) if number % 2 == 0 else None
        steps.append(Step(at, "reload", tuple(one for one in everyone if one != gone)))
    configured = [(step.at, step.endpoints) for step in steps if step.what == "reload"]
    steps += _outages(dice, seconds, outages, configured)
    return sorted(steps, key=lambda step: step.at)


def _outages(dice, seconds, rate, configured):
    count = round(seconds * rate)
    kinds = itertools.chain.from_iterable(dice.sample(("stop", "kill", "restart"), 3) for _ in range(count))
    times = sorted(dice.uniform(seconds * FIRST, seconds * LAST) for _ in range(count))
    lengths = {"kill": lambda: dice.uniform(*KILLED), "restart": lambda: 0.0,
               "stop": itertools.chain([STOPPED[1]], (dice.uniform(*STOPPED) for _ in itertools.count())).__next__}  # fmt: skip
    down = {}  # endpoint -> until when
    for at, kind in zip(times, kinds):
        length = lengths[kind]()
        down = {one: end for one, end in down.items() if end > at}
        end = at + length + STARTING
        choice = [one for one in range(ENDPOINTS) if one not in down and _leaves_enough(configured, at, end, {*down, one})]
        if len(down) >= MOST_DOWN or not choice:
            continue
        one = dice.choice(choice)
        down[one] = end
        yield Step(at, kind, (one,), length)


def _leaves_enough(configured, begin, end, down):
    """Whether every configuration in force between the two names enough endpoints that are not down."""
    first = bisect.bisect_right([at for at, _ in configured], begin) - 1
    in_force = [names for at, names in configured[max(first, 0) :] if at <= end]
    return all(len(set(names) - down) >= LEAST_UP for names in in_force + [range(ENDPOINTS)])


class Chaos:
    """Carries a plan out."""

    def __init__(self, steps, fleet, subject):
        self._fleet, self._subject = fleet, subject
        self._order = itertools.count()
        self._due = [(step.at, next(self._order), step) for step in steps]
        heapq.heapify(self._due)
        self._down = set()
        self._coming = set()  # told to start or to go on
        self._proxy = concurrent.futures.ThreadPoolExecutor(1)  # what is done to it takes its time, one after the other
        self._jobs = []
        self.begun = None
        self.done = []  # what was done in truth: text

    def run(self):
        """To the end of the plan, with all endpoints up."""
        self.begun = time.monotonic()
        while self._due or self._coming:
            for job in filter(concurrent.futures.Future.done, self._jobs):
                job.result()
            now = time.monotonic() - self.begun
            while self._due and self._due[0][0] <= now:
                self._do(heapq.heappop(self._due)[2])
            for one in [one for one in self._coming if self._fleet.endpoints[one].answers()]:
                self._coming.remove(one)
                self._down.remove(one)
            time.sleep(LOOK)
        for job in self._jobs:
            job.result()

    def close(self):
        """What was not begun is left undone."""
        self._proxy.shutdown(cancel_futures=True)

    def _do(self, step):
        if step.what == "reload":
            endpoints = [self._fleet.endpoints[one] for one in step.endpoints]
            self._jobs.append(self._proxy.submit(self._subject.reload, endpoints))
        elif step.what == "roll":
            self._jobs.append(self._proxy.submit(self._subject.roll))
        elif step.what in ("start", "go on"):
            self._bring_back(step)
        elif len(self._down) >= MOST_DOWN or step.endpoints[0] in self._down:
            self._note(step, "left out: on this machine the others are not up yet")
            return
        else:
            self._take_down(step)
        self._note(step)

    def _take_down(self, step):
        one = step.endpoints[0]
        endpoint = self._fleet.endpoints[one]
        self._down.add(one)
        {"kill": endpoint.kill, "stop": endpoint.stop, "restart": endpoint.end}[step.what]()
        back = Step(step.at + step.seconds, "go on" if step.what == "stop" else "start", (one,))
        heapq.heappush(self._due, (back.at, next(self._order), back))

    def _bring_back(self, step):
        one = step.endpoints[0]
        endpoint = self._fleet.endpoints[one]
        (endpoint.start if step.what == "start" else endpoint.go_on)()
        self._coming.add(one)

    def _note(self, step, remark=""):
        self.done.append(f"{dataclasses.replace(step, at=time.monotonic() - self.begun)} {remark}".rstrip())


def run(subject, fleet, steps, directory, **options):
    """The load of open_loop.Options, and the plan meanwhile; what the load saw, and the Chaos."""
    wanted = dataclasses.asdict(Options(port=subject.port, **options))
    out = pathlib.Path(directory) / "load.json"
    program = pathlib.Path(__file__).with_name("open_loop.py")
    chaos = Chaos(steps, fleet, subject)
    command = [sys.executable, str(program), json.dumps(wanted)]
    with open(out, "wb") as file:
        load = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, env=clean())
    try:
        chaos.run()
        status = load.wait(wanted["seconds"] + LOAD_END)
    finally:
        chaos.close()
        load.kill()
        load.wait()
    assert status == 0, f"the load ended with {status}"
    return json.loads(out.read_text()), chaos
