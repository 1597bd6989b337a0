"""Server-sent events and trailers, with real clients."""

import json
import threading

from harness import environment, needs
from harness.clients import PROGRAMS, execute
from harness.limits import REPLY
from harness.process import Process
from harness.scripted_upstream import answering


def test_an_event_reaches_curl_before_the_next_is_sent(route):
    seen = [threading.Event(), threading.Event()]

    def script(connection):
        connection.request()
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number, event in enumerate(seen):
            connection.send(f"9\r\ndata: {number}\n\n\r\n")
            assert event.wait(REPLY), f"event {number} was held back"
        connection.send("0\r\n\r\n")

    there = route(script)
    curl = Process([needs.program("curl"), "-sSN", "http://h/events"], environment.through_proxy(there.proxy.port), "/")
    for number, event in enumerate(seen):
        assert curl.out.wait_for(f"data: {number}")
        event.set()
    assert curl.wait() == 0


def test_a_stream_without_a_length_is_passed_on_as_it_comes(route):
    seen = threading.Event()

    def script(connection):
        connection.request()
        connection.send("HTTP/1.1 200 OK\r\n\r\nfirst\n")
        assert seen.wait(REPLY), "the first line was held back"
        connection.send("second\n")

    there = route(script)
    curl = Process([needs.program("curl"), "-sSN", "http://h/lines"], environment.through_proxy(there.proxy.port), "/")
    assert curl.out.wait_for("first")
    seen.set()
    assert curl.wait() == 0
    assert curl.out.all() == ["first", "second"]


def test_node_sees_the_trailers(route):
    head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    there = route(answering(head + "2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n"))
    argv = [needs.program("node"), PROGRAMS / "node_trailers.js", there.proxy.port, "/"]
    assert json.loads(execute(argv, environment.clean()).stdout) == {"x-sum": "42"}
