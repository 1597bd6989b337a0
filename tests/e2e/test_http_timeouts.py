"""Deadlines: each has its own end, and a trickle does not put it off."""

import contextlib
import socket
import threading
import time

import pytest

from harness.ambassador import mapping
from harness.limits import REPLY
from harness.scripted_upstream import answering, ok


def test_a_request_head_that_does_not_end_gets_408(route):
    there = route(answering(ok()), more="timeout: {head: 300ms}\n")
    there.client.send("GET http://h/ HTTP/1.1\r\nHost:")
    assert there.client.reply().status == 408
    assert there.client.ended()


def is_cut_short(client):
    """Sends one byte after the other; whether the peer ends that."""
    try:
        for _ in range(200):
            client.send("x")
            time.sleep(0.05)
    except ConnectionError:
        return True
    return False


def test_a_trickle_does_not_put_the_end_of_the_head_off(route):
    there = route(answering(ok()), more="timeout: {head: 300ms}\n")
    there.client.send("GET http://h/ HTTP/1.1\r\nHost: h\r\nX-Slow: ")
    assert is_cut_short(there.client)
    assert there.upstream.connections == 0
    assert " 408 " in there.proxy.log("408")


def test_a_body_that_only_trickles_is_given_up(route):
    released = threading.Event()

    def script(connection):
        try:
            connection.request()
        finally:
            released.set()

    there = route(script, more="timeout: {body: 300ms}\n")
    there.client.request("POST", "http://h/", "Content-Length: 10000", body=b"some")
    assert is_cut_short(there.client)
    assert released.wait(REPLY)
    assert "POST http://h/ -> " in there.proxy.log(" 408 ")


def test_a_body_that_moves_on_may_take_its_time(route):
    there = route(answering(ok()), more="timeout: {body: 300ms}\n")
    there.client.request("POST", "http://h/", "Content-Length: 24000")
    for _ in range(6):
        time.sleep(0.15)
        there.client.send(b"x" * 4000)
    assert there.client.reply().status == 200


def test_a_client_that_is_idle_is_let_go(route):
    there = route(answering(ok()), more="timeout: {keepalive: 300ms}\n")
    assert there.client.get("http://h/").status == 200
    assert there.client.ended()
    assert len(there.proxy.finish()) == 1


def test_a_stream_that_falls_silent_is_cut_and_looks_cut(route):
    released = threading.Event()

    def script(connection):
        connection.request()
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        connection.reader.to_end()
        released.set()

    there = route(script, more="timeout: {idle: 300ms}\n")
    there.client.request("GET", "http://h/")
    message = there.client.reader.head()
    with pytest.raises((EOFError, ConnectionResetError)):
        there.client.reader.body(message)
    assert released.wait(REPLY)


def test_a_stream_may_last_longer_than_the_wait_for_its_head(route):
    def script(connection):
        connection.request()
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        for _ in range(6):
            time.sleep(0.1)
            connection.send("x")

    there = route(script, more="    timeout: {response: 200ms}\n")
    assert there.client.get("http://h/").text == "xxxxxx"


def test_an_upstream_that_does_not_answer_in_time_is_a_504(route):
    released = threading.Event()

    def script(connection):
        connection.request()
        connection.reader.to_end()
        released.set()

    there = route(script, more="    timeout: 300ms\n")
    reply = there.client.get("http://h/")
    assert reply.status == 504
    assert "error=http_response_timeout" in reply.field("Proxy-Status")
    assert " 504 " in there.proxy.log("GET http://h/ -> ")
    assert released.wait(REPLY)


def test_an_upstream_that_does_not_accept_in_time_is_a_504(ambassador, connect):
    with full_listener() as port:
        proxy = ambassador(mapping("http://h", f"http://127.0.0.1:{port}") + "    timeout: {connect: 300ms}\n")
        assert connect(proxy.port).get("http://h/").status == 504


@contextlib.contextmanager
def full_listener():
    """The port of a listener whose queue is full, so that the kernel drops what comes."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = listener.getsockname()[1]
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield port
