"""Connections: kept, shared, retried unseen, and given up when one side goes."""

import threading
import time

from harness.ambassador import mapping
from harness.limits import LINE, REPLY
from harness.scripted_upstream import answering, ok


def test_many_calls_on_one_connection_use_one_upstream_connection(route):
    there = route(answering(ok()))
    for number in range(20):
        assert there.client.get(f"http://h/{number}").text == "ok"
    assert [request.target for request in there.upstream.requests] == [f"/{number}" for number in range(20)]
    assert there.upstream.connections == 1


def test_clients_one_after_the_other_share_an_upstream_connection(route, connect):
    there = route(answering(ok()))
    for _ in range(5):
        client = connect(there.proxy.port)
        assert client.get("http://h/").status == 200
        client.close()
    assert there.upstream.connections == 1


def test_clients_at_the_same_time_do_not_share_an_upstream_connection(route, connect):
    both = threading.Barrier(2, timeout=REPLY)

    def script(connection):
        connection.request()
        both.wait()
        connection.send(ok(f"on {connection.number}"))

    there = route(script)
    other = connect(there.proxy.port)
    there.client.request("GET", "http://h/a")
    other.request("GET", "http://h/b")
    assert {there.client.reply().text, other.reply().text} == {"on 1", "on 2"}


def test_keeps_the_client_when_the_upstream_closes_after_its_answer(route):
    there = route(lambda connection: (connection.request(), connection.send(ok("ok", "Connection: close"))))
    assert there.client.get("http://h/a").status == 200
    assert there.client.get("http://h/b").status == 200
    assert there.upstream.connections == 2


def test_closes_when_the_client_asks_for_it(route):
    there = route(answering(ok()))
    reply = there.client.get("http://h/", "Connection: close")
    assert reply.status == 200
    assert reply.field("Connection").lower() == "close"
    assert there.client.ended()


def test_answers_pipelined_calls_in_order(route):
    first_may_go = threading.Event()

    def script(connection):
        while True:
            target = connection.request().target
            if target == "/slow":
                first_may_go.wait(REPLY)
            connection.send(ok(target))

    there = route(script)
    calls = [f"GET http://h{path} HTTP/1.1\r\nHost: h\r\n\r\n" for path in ("/slow", "/b", "/c")]
    there.client.send("".join(calls))
    first_may_go.set()
    assert [there.client.reply().text for _ in calls] == ["/slow", "/b", "/c"]


def test_answers_a_pipelined_call_behind_a_body(route):
    there = route(answering(ok()))
    post = "POST http://h/a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    there.client.send(post + "GET http://h/b HTTP/1.1\r\nHost: h\r\n\r\n")
    assert [there.client.reply().status for _ in range(2)] == [200, 200]
    assert [(seen.method, seen.body) for seen in there.upstream.requests] == [("POST", b"hello"), ("GET", b"")]


def closes_instead_of_a_second_answer(connection):
    """The race of every keep-alive: the server gives the connection up just as the next request comes."""
    connection.request()
    connection.send(ok(f"on {connection.number}"))
    if connection.number == 1:
        connection.request()


def test_retries_a_get_unseen_when_a_reused_connection_is_closed(route):
    there = route(closes_instead_of_a_second_answer)
    assert there.client.get("http://h/a").text == "on 1"
    assert there.client.get("http://h/b").text == "on 2"
    assert [seen.target for seen in there.upstream.requests] == ["/a", "/b", "/b"]
    assert "tries=2" in there.proxy.log("GET http://h/b -> ")


def test_never_sends_a_post_twice(route):
    there = route(closes_instead_of_a_second_answer)
    there.client.get("http://h/a")
    reply = there.client.get("http://h/b", "Content-Length: 5", method="POST", body=b"money")
    assert reply.status == 502
    assert [seen.method for seen in there.upstream.requests] == ["GET", "POST"]


def test_does_not_retry_on_a_fresh_connection(route):
    there = route(lambda connection: connection.request())
    assert there.client.get("http://h/").status == 502
    assert len(there.upstream.requests) == 1


def test_does_not_reuse_a_connection_that_the_upstream_has_closed(route):
    closed = threading.Event()

    def script(connection):
        connection.request()
        connection.send(ok())
        connection.close()
        closed.set()

    there = route(script)
    assert there.client.get("http://h/a").status == 200
    assert closed.wait(REPLY)
    assert there.client.get("http://h/b", "Content-Length: 5", method="POST", body=b"hello").status == 200
    assert there.upstream.connections == 2


def test_bytes_that_nobody_asked_for_end_an_idle_connection(route):
    told = threading.Event()

    def script(connection):
        connection.request()
        connection.send(ok(f"on {connection.number}"))
        if connection.number == 1:
            connection.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
            told.set()
            connection.reader.to_end()

    there = route(script)
    assert there.client.get("http://h/a").text == "on 1"
    assert told.wait(REPLY)
    assert there.client.get("http://h/b").text == "on 2"


def test_a_half_closed_client_still_gets_its_answer(route):
    asked = threading.Event()
    closed = threading.Event()

    def script(connection):
        connection.request()
        asked.set()
        closed.wait(REPLY)
        connection.send(ok("late"))

    there = route(script)
    there.client.request("GET", "http://h/")
    assert asked.wait(REPLY)
    there.client.half_close()
    closed.set()
    assert there.client.reply().text == "late"


def test_lets_the_upstream_go_when_the_client_goes(route):
    asked = threading.Event()
    released = threading.Event()

    def script(connection):
        connection.request()
        asked.set()
        try:
            connection.reader.to_end()
        finally:
            released.set()

    there = route(script)
    there.client.request("GET", "http://h/")
    assert asked.wait(REPLY)
    there.client.reset()
    assert released.wait(LINE)
    assert "GET http://h/ -> " in there.proxy.log("http://h/")


def test_calls_beyond_the_limit_of_connections_wait_their_turn(route, connect):
    at_once, most, lock = [], [], threading.Lock()

    def script(connection):
        while True:
            connection.request()
            with lock:
                at_once.append(connection)
                most.append(len(at_once))
            time.sleep(0.02)
            with lock:
                at_once.remove(connection)
            connection.send(ok())

    there = route(script, more="limits: {connections: 2}\n")
    clients = [connect(there.proxy.port) for _ in range(8)]
    for client in clients:
        client.request("GET", "http://h/")
    assert [client.reply().status for client in clients] == [200] * 8
    assert max(most) <= 2


def test_calls_at_the_same_time_never_get_each_others_answers(upstream, ambassador, connect):
    def script(connection):
        while True:
            connection.send(ok(connection.request().target * 50))

    server = upstream(script)
    proxy = ambassador(mapping("http://h", f"http://{server.authority}"), base=SEVERAL_WORKERS)
    wrong = []

    def caller(name):
        client = connect(proxy.port)
        for number in range(100):
            path = f"/{name}/{number}"
            if client.get(f"http://h{path}").text != path * 50:
                wrong.append(path)

    callers = [threading.Thread(target=caller, args=(name,)) for name in range(16)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(60)
    assert wrong == []
    assert len(server.requests) == 1600
    assert len(proxy.finish()) == 1600


SEVERAL_WORKERS = "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nworkers: 4\n"
