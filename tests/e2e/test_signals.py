"""The end: it says that it is not ready and serves on until nobody calls any more; what runs is finished, and a second signal
is obeyed at once."""

import signal
import socket
import threading
import time

import pytest

from harness.ambassador import mapping
from harness.limits import LINE, REPLY
from harness.raw_client import RawClient
from harness.scripted_upstream import answering, ok

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
QUIET = 2.0  # without a call for so long, the listeners close
DRAIN = 25.0


@pytest.fixture(name="held")
def _held(route):
    """A call in flight; `held.release()` lets its upstream answer. Other calls are answered at once."""
    asked, released = threading.Event(), threading.Event()

    def script(connection):
        while request := connection.request():
            if "slow" in request.start:
                asked.set()
                assert released.wait(60)
            connection.send(ok("finished"))

    there = route(script, more="    timeout: {response: 60s}\n")
    there.client.request("GET", "http://h/slow")
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


def drains(proxy):
    """Whether it says in time that it is not ready."""
    deadline = time.monotonic() + LINE
    while time.monotonic() < deadline:
        answer = proxy.admin("/readyz")
        if answer.status == 503:
            return "draining" in answer.text
        time.sleep(0.02)
    return False


@BOTH
def test_is_not_ready_and_serves_on_while_the_app_ends_its_work(held, connect, number):
    held.proxy.process.signal(number)
    assert drains(held.proxy)
    assert held.proxy.admin("/healthz").status == 200
    deadline = time.monotonic() + 2 * QUIET
    calls = 0
    while time.monotonic() < deadline:  # a call runs, and new ones come
        assert connect(held.proxy.port).get("http://h/").text == "finished"
        calls += 1
        time.sleep(0.1)
    held.release()
    assert held.client.reply().text == "finished"
    assert held.proxy.admin("/readyz").status == 503, "the admin port has to be there to the end"
    assert held.proxy.process.wait() == 0
    assert len(held.proxy.finish()) == calls + 1


def test_ends_when_it_has_been_quiet(route):
    there = route(answering(ok()))
    begin = time.monotonic()
    there.proxy.process.signal(signal.SIGTERM)
    assert there.client.get("http://h/").status == 200
    assert there.proxy.process.wait(15) == 0
    assert time.monotonic() - begin >= QUIET
    assert any("draining" in line for line in there.proxy.process.err.all())


def test_says_in_each_reply_that_the_connection_ends(held, connect):
    idle = connect(held.proxy.port)
    assert idle.get("http://h/").field("Connection") is None
    held.proxy.process.signal(signal.SIGTERM)
    assert drains(held.proxy)
    held.release()
    assert held.client.reply().field("Connection").lower() == "close"
    assert idle.get("http://h/").field("Connection").lower() == "close", "an idle connection serves one more call"
    assert held.client.ended() and idle.ended()


def test_cuts_at_the_end_of_the_drain_time(held):
    begin = time.monotonic()
    held.proxy.process.signal(signal.SIGTERM)
    assert held.proxy.process.wait() == 0
    assert DRAIN <= time.monotonic() - begin < DRAIN + 10
    assert "shutting down" in held.proxy.finish()[0]


@BOTH
def test_a_second_signal_ends_at_once(held, number):
    held.proxy.process.signal(number)
    assert drains(held.proxy)
    assert held.proxy.process.running()
    held.proxy.process.signal(number)
    assert held.proxy.process.wait(15) == 0, "it waited for the call in spite of the second signal"
    assert "shutting down" in held.proxy.finish()[0]


def test_idle_connections_do_not_hold_back_the_end(route, connect):
    there = route(answering(ok()))
    assert there.client.get("http://h/").status == 200
    never_used = connect(there.proxy.port)
    there.proxy.process.signal(signal.SIGTERM)
    assert there.client.ended()
    assert never_used.ended()
    assert there.proxy.process.wait(15) == 0


def tunnel(proxy, upstream, connect):
    client = connect(proxy.port)
    client.request("CONNECT", upstream.authority, host=upstream.authority)
    assert client.reader.head().status == 200
    return client


def test_a_tunnel_that_nobody_uses_does_not_hold_back_the_end(ambassador, upstream, connect):
    server = upstream(lambda connection: connection.reader.to_end())
    proxy = ambassador(mapping("http://h", "http://h.test") + f"allow: ['{server.authority}']\n")
    client = tunnel(proxy, server, connect)
    begin = time.monotonic()
    proxy.process.signal(signal.SIGTERM)
    assert proxy.process.wait() == 0
    assert time.monotonic() - begin < DRAIN - 5
    assert client.ended()
    assert len(proxy.finish()) == 1


def test_a_tunnel_with_traffic_holds_back_the_end(ambassador, upstream, connect):
    server = upstream(lambda connection: connection.reader.to_end())
    proxy = ambassador(mapping("http://h", "http://h.test") + f"allow: ['{server.authority}']\n")
    client = tunnel(proxy, server, connect)
    proxy.process.signal(signal.SIGTERM)
    deadline = time.monotonic() + 2.5 * QUIET
    while time.monotonic() < deadline:
        client.send("x")
        time.sleep(0.2)
    assert proxy.process.running()
    client.close()
    assert proxy.process.wait(15) == 0


def test_a_shared_port_is_left_to_the_other_at_once(route, launch, connect, tmp_path):
    """The roll of a standalone proxy: one more is started, and the old one is told to end."""
    server_of_one = route(answering(ok("served")))  # only for its upstream
    config = tmp_path / "shared.yaml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config.write_text(f"listen: 127.0.0.1:{port}\nadmin: 127.0.0.1:0\n"
                      + mapping("http://h", f"http://{server_of_one.upstream.authority}"))  # fmt: skip
    old = launch("-c", config, "--share-port", admin=True)
    kept = connect(port)
    assert kept.get("http://h/").text == "served"
    failures, served, stop = [], [], threading.Event()

    def call():
        while not stop.is_set():
            try:
                client = RawClient(port)
                served.append(client.get("http://h/", "Connection: close").text)
                client.close()
            except (OSError, AssertionError) as failed:
                failures.append(repr(failed))

    new = launch("-c", config, "--share-port", admin=True)
    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    time.sleep(0.5)
    old.process.signal(signal.SIGTERM)
    assert old.process.err.wait_for("draining")
    time.sleep(0.5)
    before = old.metric("ambassador_requests_total")
    time.sleep(0.5)
    assert old.metric("ambassador_requests_total") == before, "the old one still takes calls"
    reply = kept.get("http://h/")
    assert reply.text == "served" and reply.field("Connection").lower() == "close"
    stop.set()
    for caller in callers:
        caller.join()
    assert not failures, failures[:3]
    assert before > 0 and len(served) > before
    assert old.process.wait() == 0
    assert new.metric("ambassador_requests_total") > 0
