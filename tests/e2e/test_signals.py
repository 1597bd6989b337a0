"""The end: what runs is finished, what comes is refused, and a second signal is obeyed at once."""

import signal
import threading
import time

import pytest

from harness.limits import LINE, REPLY
from harness.raw_client import RawClient
from harness.scripted_upstream import answering, ok

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])


@pytest.fixture(name="held")
def _held(route):
    """A call in flight; `held.release()` lets its upstream answer."""
    asked, released = threading.Event(), threading.Event()

    def script(connection):
        connection.request()
        asked.set()
        assert released.wait(60)
        connection.send(ok("finished"))

    there = route(script)
    there.client.request("GET", "http://h/")
    assert asked.wait(REPLY)
    there.release = released.set
    yield there
    released.set()


def refuses(port):
    """Whether the port stops taking connections in time."""
    deadline = time.monotonic() + LINE
    while time.monotonic() < deadline:
        try:
            RawClient(port).close()
        except OSError:
            return True
        time.sleep(0.02)
    return False


@BOTH
def test_finishes_what_runs_and_takes_nothing_new(held, number):
    held.proxy.process.signal(number)
    assert refuses(held.proxy.port)
    assert held.proxy.process.running()
    held.release()
    assert held.client.reply().text == "finished"
    assert held.proxy.process.wait() == 0
    assert len(held.proxy.finish()) == 1


@BOTH
def test_a_second_signal_ends_at_once(route, number):
    asked = threading.Event()

    def script(connection):
        connection.request()
        asked.set()
        connection.reader.to_end()

    there = route(script)
    there.client.request("GET", "http://h/")
    assert asked.wait(REPLY)
    there.proxy.process.signal(number)
    assert refuses(there.proxy.port)
    assert there.proxy.process.running()
    there.proxy.process.signal(number)
    assert there.proxy.process.wait(15) is not None, "it waited for the call in spite of the second signal"
    there.proxy.abandon()


def test_idle_connections_do_not_hold_back_the_end(route, connect):
    there = route(answering(ok()))
    assert there.client.get("http://h/").status == 200
    never_used = connect(there.proxy.port)
    there.proxy.process.signal(signal.SIGTERM)
    assert there.client.ended()
    assert never_used.ended()
    assert there.proxy.process.wait(15) == 0


def test_says_in_its_last_reply_that_the_connection_ends(held):
    held.proxy.process.signal(signal.SIGTERM)
    assert refuses(held.proxy.port)
    held.release()
    assert held.client.reply().field("Connection").lower() == "close"
    assert held.client.ended()
