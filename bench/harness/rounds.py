"""Runs a scenario: all contestants in turn, round after round, so that a change in the machine meets them all."""

import contextlib
import os

from harness.contestants import UPSTREAM, start
from harness.errors import BenchError
from harness.load import check_answer, measure, wrk
from scenarios.scenarios import SHAPES, SIZES, body

WARM_UP_SECONDS = 1


def run_all(contestants, scenarios, rounds, seconds, run, cores, say):
    """{scenario: {contestant's name: [Sample]}}"""
    results = {}
    www = run / "www"
    www.mkdir()
    for answer, size in SIZES.items():
        (www / answer).write_bytes(body(size))
    server, _ = start(UPSTREAM, "", run, cores[1], www=www)
    with server as upstream:
        for shape in SHAPES:
            of_shape = [scenario for scenario in scenarios if scenario.shape == shape]
            racing = [contestant for contestant in contestants if shape in contestant.shapes]
            if of_shape and racing:
                results |= run_shape(shape, racing, of_shape, rounds, seconds, run, cores, upstream, www, say)
    return results


def run_shape(shape, contestants, scenarios, rounds, seconds, run, cores, upstream, www, say):
    results = {scenario: {contestant.name: [] for contestant in contestants} for scenario in scenarios}
    with contextlib.ExitStack() as stack:
        racing, logs = [], AccessLogs()
        for contestant in contestants:
            server, log = start(contestant, shape, run, cores[0], upstream.port, www)
            racing.append((contestant, stack.enter_context(server)))
            logs.add(contestant.name, log)
        for scenario in scenarios:
            request_file = run / f"{scenario.name}.request"
            request_file.write_bytes(scenario.request(upstream.port))
            expected = body(scenario.size)
            warm_up(racing, scenario, request_file, expected, cores)
            for number in range(1, rounds + 1):
                say(f"{scenario.name} round {number}/{rounds}")
                for contestant, server in racing:
                    results[scenario][contestant.name].append(
                        measure(server, upstream, contestant, scenario, request_file, expected, seconds, cores))
                    logs.empty(contestant.name)
        logs.check()
    return results


def warm_up(racing, scenario, request_file, expected, cores):
    """Opens the connections that a server keeps, and fills its buffers."""
    for contestant, server in racing:
        check_answer(server, request_file.read_bytes(), expected)
        wrk(server, contestant.connections(scenario), request_file, WARM_UP_SECONDS, cores[1])


class AccessLogs:
    """Emptied after each run, for they grow quickly; one that never grew was not written."""

    def __init__(self):
        self._files, self._grown = {}, set()

    def add(self, name, file):
        self._files[name] = file

    def empty(self, name):
        file = self._files[name]
        if file.exists() and file.stat().st_size > 1000:
            self._grown.add(name)
            os.truncate(file, 0)

    def check(self):
        silent = sorted(set(self._files) - self._grown)
        if silent:
            raise BenchError(f"no access log was written by: {', '.join(silent)}; all must log, or the work is not the same")
