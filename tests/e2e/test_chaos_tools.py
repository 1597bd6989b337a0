"""What the chaos test measures with: a load that counts what it should, and plans that leave enough to live on."""

import json
import socket
import struct
import subprocess
import sys

import pytest

from harness import chaos, open_loop
from harness.environment import clean
from harness.scripted_upstream import ok
from harness.verdict import Verdict, took

SECONDS, RATE = 0.5, 40


def load(port, **options):
    """What a short load saw at this port; `fresh` and `posts` are shares."""
    wanted = {"port": port, "seconds": SECONDS, "seed": 1, "rate": RATE, "fresh": 0, "posts": 0} | options
    command = [sys.executable, open_loop.__file__, json.dumps(wanted)]
    done = subprocess.run(command, env=clean(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60, check=True)
    return Verdict(json.loads(done.stdout), ["right"])


def serve(connection, count):
    for _ in range(count):
        connection.request()
        connection.send(ok("right\n"))


def test_the_load_makes_all_its_calls_on_kept_connections(upstream):
    verdict = load(upstream(lambda connection: serve(connection, RATE)).port)
    assert len(verdict.calls) == SECONDS * RATE
    assert not verdict.failed_gets and verdict.result["resets"] == 0
    assert verdict.result["connections"] < len(verdict.calls) / 2
    assert all(call["sent"] >= call["due"] and took(call) > 0 for call in verdict.calls)


def test_a_call_on_a_connection_of_its_own_ends_it(upstream):
    verdict = load(upstream(lambda connection: serve(connection, 1)).port, fresh=1)
    assert not verdict.failed_gets
    assert verdict.result["connections"] == len(verdict.calls) and verdict.result["closed_while_idle"] == 0


def test_a_call_under_which_a_used_connection_ends_is_made_again_and_counted(upstream):
    def script(connection):
        serve(connection, 1)
        connection.request()

    verdict = load(upstream(script).port)
    assert not verdict.failed_gets
    assert verdict.result["made_again"] == sum(call["again"] for call in verdict.calls) >= len(verdict.calls) / 4


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_new_connection_that_ends_without_an_answer_is_a_failure(upstream, end):
    def script(connection):
        connection.request()
        if end == "reset":
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sock.close()

    verdict = load(upstream(script).port)
    assert len(verdict.failed_gets) == len(verdict.calls) and verdict.result["made_again"] == 0
    assert verdict.result["resets"] == (len(verdict.calls) if end == "reset" else 0)


@pytest.mark.parametrize("reply", [ok("wrong\n"), ok("right\n").replace("200", "502"), "nonsense\r\n\r\n"])
def test_another_answer_is_a_failure(upstream, reply):
    def script(connection):
        connection.request()
        connection.send(reply)

    verdict = load(upstream(script).port, fresh=1)
    assert len(verdict.failed_gets) == len(verdict.calls)


def test_nobody_there_is_a_failure(upstream):
    server = upstream(lambda connection: None)
    server.close()
    verdict = load(server.port)
    assert {call["fault"] for call in verdict.failed_gets} == {"ECONNREFUSED, before the answer"}


def test_a_slow_call_counts_unless_the_load_stood_still():
    call = {"method": "GET", "due": 1.0, "sent": 1.0, "ended": 4.5, "status": 200, "body": "right\n", "fault": ""}
    assert Verdict({"calls": [call], "stalls": [[0.0, 1.1]]}, ["right"]).slow == [call]
    assert Verdict({"calls": [call], "stalls": [[2.0, 2.5]]}, ["right"]).excluded == [call]


@pytest.mark.parametrize("seconds", [15, 60])
def test_plans_leave_enough_endpoints(seconds):
    for seed in range(100):
        down, configured, reloads = {}, set(range(chaos.ENDPOINTS)), 0
        steps = chaos.plan(seed, seconds)
        assert steps == chaos.plan(seed, seconds)
        assert sum(step.what == "roll" for step in steps) == 1
        for step in steps:
            down = {one: end for one, end in down.items() if end > step.at}
            if step.what == "reload":
                configured, reloads = set(step.endpoints), reloads + 1
            elif step.what != "roll":
                assert step.seconds <= 5 and step.endpoints[0] not in down
                down[step.endpoints[0]] = step.at + step.seconds
            assert len(down) <= 3 and len(configured - set(down)) >= 2, f"seed {seed}: {step}"
        assert reloads == 10 and len(steps) > seconds / 2
