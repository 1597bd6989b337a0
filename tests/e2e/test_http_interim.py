"""Expect: 100-continue and interim replies, end to end."""

import threading

from harness import environment, needs
from harness.clients import execute
from harness.limits import REPLY
from harness.scripted_upstream import answering, ok

HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"


def test_curl_sends_its_body_only_when_the_upstream_says_continue(route, tmp_path):
    before = []

    def script(connection):
        message = connection.head()
        connection.sock.settimeout(0.3)
        try:
            before.append(connection.sock.recv(1))
        except TimeoutError:
            connection.sock.settimeout(REPLY)
        connection.send("HTTP/1.1 100 Continue\r\n\r\n")
        connection.send(ok(connection.reader.body(message).text))

    there = route(script)
    (tmp_path / "body").write_text("only when asked")
    patient = ["-H", "Expect: 100-continue", "--expect100-timeout", "20"]
    argv = [needs.program("curl"), "-sS", *patient, "--data", f"@{tmp_path}/body", "http://h/"]
    done = execute(argv, environment.through_proxy(there.proxy.port))
    assert done.stdout == "only when asked"
    assert before == []
    assert there.upstream.requests[0].field("Expect") == "100-continue"


def test_passes_on_that_the_upstream_does_not_want_the_body(route):
    there = route(lambda connection: (connection.head(), connection.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")))
    there.client.request("POST", "http://h/", "Content-Length: 5", "Expect: 100-continue")
    assert there.client.reply().status == 417


def test_an_expectation_that_nobody_knows_is_refused_by_name(route):
    there = route(answering(ok()))
    there.client.request("GET", "http://h/", "Expect: 200-ok")
    reply = there.client.reply()
    assert (reply.status, reply.field("Proxy-Status")) == (417, "ambassador; error=http_request_error")
    assert there.upstream.requests == []


def test_the_body_of_a_refused_expectation_is_not_read_as_a_request(route):
    there = route(lambda connection: (connection.head(), connection.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")))
    smuggled = b"GET http://h/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    there.client.request("POST", "http://h/", f"Content-Length: {len(smuggled)}", "Expect: 100-continue")
    assert there.client.reply().status == 417
    there.client.send(smuggled)
    assert there.client.ended()
    assert [seen.target for seen in there.upstream.requests] == ["/"]


def test_a_client_that_does_not_wait_for_continue_is_served(route):
    there = route(answering("HTTP/1.1 100 Continue\r\n\r\n" + ok()))
    there.client.request("POST", "http://h/", "Content-Length: 5", "Expect: 100-continue", body=b"hello")
    message = there.client.reader.head()
    if message.status == 100:
        message = there.client.reader.head()
    assert message.status == 200
    assert there.upstream.requests[0].body == b"hello"


def test_relays_early_hints_before_the_answer(route):
    seen = threading.Event()

    def script(connection):
        connection.request()
        connection.send(HINTS)
        assert seen.wait(REPLY)
        connection.send(ok())

    there = route(script)
    there.client.request("GET", "http://h/")
    hints = there.client.reader.head()
    assert (hints.status, hints.field("Link")) == (103, "</style.css>")
    seen.set()
    assert there.client.reply().text == "ok"
    assert " 200 " in there.proxy.log("GET http://h/ -> ")


def test_does_not_relay_interim_replies_to_an_http_1_0_client(route):
    there = route(answering(HINTS + ok()))
    assert there.client.get("http://h/", version="HTTP/1.0").text == "ok"


def test_an_endless_row_of_interim_replies_is_a_fault(route):
    def script(connection):
        connection.request()
        while True:
            connection.send("HTTP/1.1 102 Processing\r\n\r\n" * 100)

    there = route(script)
    there.client.request("GET", "http://h/")
    statuses = set()
    while 502 not in statuses:
        statuses.add(there.client.reader.head().status)
    assert statuses <= {102, 502}


def test_an_interim_switch_that_nobody_asked_for_is_a_fault(route):
    there = route(answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"))
    assert there.client.get("http://h/").status == 502
