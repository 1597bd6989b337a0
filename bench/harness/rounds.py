"""Runs the scenarios: all contestants in turn, round after round, so that a change in the machine meets them all."""

import contextlib
import itertools
import os

from harness.contestants import DIRECT
from harness.errors import BenchError
from harness.kinds import calls, idle, latency, spread, start
from harness.stage import Trial

WARM_UP_SECONDS = 0.5
# Each begins with a server of its own.
FROM_THE_START = {"idle": idle.measure, "start": start.measure}
# Memory hardly varies, and opening so many connections takes its time.
IDLE_ROUNDS = 2


def rounds_of(scenario, rounds):
    return min(rounds, IDLE_ROUNDS) if scenario.kind == "idle" else rounds


def run_all(stage, contestants, scenarios, rounds, say):
    """{scenario: {contestant's name: [sample]}}, in the order of the scenarios."""
    results = {}
    for setting, group in itertools.groupby(sorted(scenarios, key=lambda one: group_key(stage, one)), stage.setting_of):
        group = list(group)
        kept = [scenario for scenario in group if scenario.kind not in FROM_THE_START]
        if kept:
            results |= run_kept(stage, setting, contestants, kept, rounds, say)
        for scenario in group:
            if scenario.kind in FROM_THE_START:
                results[scenario] = run_from_the_start(stage, contestants, scenario, rounds_of(scenario, rounds), say)
    return {scenario: results[scenario] for scenario in scenarios if results.get(scenario)}


def group_key(stage, scenario):
    setting = stage.setting_of(scenario)
    return setting.shape, setting.workers, setting.connections


def run_from_the_start(stage, contestants, scenario, rounds, say):
    racing = [contestant for contestant in contestants if contestant.takes(scenario)]
    results = {contestant.name: [] for contestant in racing}
    for number in range(1, rounds + 1):
        say(f"{scenario.name} round {number}/{rounds}")
        for contestant in racing:
            server, _ = stage.start(contestant, stage.setting_of(scenario))
            with server:
                results[contestant.name].append(FROM_THE_START[scenario.kind](Trial(stage, scenario, contestant, server)))
    return results


def run_kept(stage, setting, contestants, scenarios, rounds, say):
    """Scenarios of one setting, on servers that are started once."""
    racing = [contestant for contestant in contestants if any(contestant.takes(scenario) for scenario in scenarios)]
    results = {}
    with contextlib.ExitStack() as stack:
        logs = AccessLogs()
        servers = {contestant: start_kept(stage, setting, contestant, stack, logs) for contestant in racing}
        for scenario in scenarios:
            trials = [Trial(stage, scenario, contestant, server) for contestant, server in servers.items()
                      if contestant.takes(scenario)]
            if trials:
                results[scenario] = run_scenario(scenario, trials, rounds, logs, say)
        logs.check()
    return results


def start_kept(stage, setting, contestant, stack, logs):
    if contestant is DIRECT:
        return stage.upstream
    server, log = stage.start(contestant, setting)
    logs.add(contestant.name, log)
    return stack.enter_context(server)


def run_scenario(scenario, trials, rounds, logs, say):
    results = {trial.contestant.name: [] for trial in trials}
    say(f"{scenario.name} warm-up")
    for trial in trials:
        # Opens the connections that a server keeps, and fills its buffers.
        trial.load(WARM_UP_SECONDS)
    measure = measure_of(scenario, trials)
    for number in range(1, rounds + 1):
        say(f"{scenario.name} round {number}/{rounds}")
        for trial in trials:
            results[trial.contestant.name].append(measure(trial))
            logs.empty(trial.contestant.name)
    return results


def measure_of(scenario, trials):
    if scenario.kind == "latency":
        rate = latency.rate_for(scenario, trials)
        return lambda trial: latency.measure(trial, rate)
    return {"calls": calls.measure, "spread": spread.measure}[scenario.kind]


class AccessLogs:
    """Emptied after each run, for they grow quickly; one that never grew was not written. Who has none is not added."""

    def __init__(self):
        self._files, self._grown = {}, set()

    def add(self, name, file):
        self._files[name] = file

    def empty(self, name):
        file = self._files.get(name)
        if file and file.exists() and file.stat().st_size > 1000:
            self._grown.add(name)
            os.truncate(file, 0)

    def check(self):
        silent = sorted(set(self._files) - self._grown)
        if silent:
            raise BenchError(f"no access log was written by: {', '.join(silent)}; all must log, or the work is not the same")
