"""Bodies: whole, streamed, framed anew, and never made to look complete when they are not."""

import hashlib
import random
import threading

import pytest

from harness.limits import REPLY
from harness.scripted_upstream import answering, ok

LARGE = random.Random(1).randbytes(3_000_000)


def chunked(data, size=50_000):
    """The chunked form of some bytes."""
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def digest(data):
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("framing", ["sized", "chunked"])
def test_passes_an_upload_on_whole(route, framing):
    there = route(answering(ok()))
    fields = ("Transfer-Encoding: chunked",) if framing == "chunked" else (f"Content-Length: {len(LARGE)}",)
    body = chunked(LARGE) if framing == "chunked" else LARGE
    assert there.client.get("http://h/", *fields, method="POST", body=body).status == 200
    assert digest(there.upstream.requests[0].body) == digest(LARGE)
    assert f" in={len(LARGE)} " in there.proxy.log("POST http://h/")


@pytest.mark.parametrize("framing", ["sized", "chunked", "closed"])
def test_passes_a_download_on_whole(route, framing):
    field = {"sized": f"Content-Length: {len(LARGE)}\r\n", "chunked": "Transfer-Encoding: chunked\r\n", "closed": ""}[framing]
    body = chunked(LARGE) if framing == "chunked" else LARGE
    head = f"HTTP/1.1 200 OK\r\n{field}\r\n".encode()
    there = route(lambda connection: (connection.request(), connection.send(head + body)))
    assert digest(there.client.get("http://h/").body) == digest(LARGE)
    assert f" out={len(LARGE)} " in there.proxy.log("GET http://h/")


def test_keeps_the_length_that_the_client_declared(route):
    there = route(answering(ok()))
    there.client.get("http://h/", "Content-Length: 5", method="PUT", body=b"hello")
    assert there.upstream.requests[0].field("Content-Length") == "5"
    assert there.upstream.requests[0].field("Transfer-Encoding") is None


def test_keeps_an_empty_body_that_the_client_declared(route):
    there = route(answering(ok()))
    assert there.client.get("http://h/", "Content-Length: 0", method="POST").status == 200
    assert there.upstream.requests[0].field("Content-Length") == "0"


def test_passes_on_a_get_with_a_body(route):
    there = route(answering(ok()))
    assert there.client.get("http://h/", "Content-Length: 5", body=b"query").status == 200
    assert there.upstream.requests[0].body == b"query"


def test_streams_an_upload_rather_than_collecting_it(route):
    begun = threading.Event()

    def script(connection):
        connection.head()
        assert connection.reader.exactly(5) == b"first"
        begun.set()
        assert connection.reader.exactly(6) == b"second"
        connection.send(ok())

    there = route(script)
    there.client.request("POST", "http://h/", "Content-Length: 11", body=b"first")
    assert begun.wait(REPLY), "the first bytes did not go on before the rest was there"
    there.client.send("second")
    assert there.client.reply().status == 200


def test_passes_on_an_answer_that_comes_before_the_upload_ends(route):
    def script(connection):
        connection.head()
        connection.reader.exactly(len("some"))
        connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        connection.reader.to_end()

    there = route(script)
    there.client.request("POST", "http://h/", "Content-Length: 1000000", body=b"some")
    reply = there.client.reply()
    assert (reply.status, reply.text) == (413, "big")


def test_head_has_the_length_and_no_body(route):
    there = route(answering("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", ok("next")))
    reply = there.client.get("http://h/", method="HEAD")
    assert reply.field("Content-Length") == "1234"
    assert there.client.get("http://h/next").text == "next"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_reply_without_a_body_leaves_the_connection_usable(route, status):
    there = route(answering(f'HTTP/1.1 {status}\r\nETag: "x"\r\n\r\n', ok("next")))
    reply = there.client.get("http://h/")
    assert reply.status == int(status[:3])
    assert reply.field("ETag") == '"x"'
    assert reply.field("Transfer-Encoding") is None
    assert there.client.get("http://h/next").text == "next"
    assert there.upstream.connections == 1


def test_an_http_1_0_client_gets_a_chunked_body_without_chunks(route):
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello world", 4)
    there = route(answering(body))
    reply = there.client.get("http://h/", version="HTTP/1.0")
    assert reply.field("Transfer-Encoding") is None
    assert reply.text == "hello world"
    assert there.client.ended()


def test_an_http_1_0_client_needs_no_host(route):
    there = route(answering(ok("old")))
    there.client.send("GET http://h/x HTTP/1.0\r\n\r\n")
    assert there.client.reply().text == "old"
    assert there.upstream.requests[0].start == "GET /x HTTP/1.1"


TRAILED = (
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    "5;note=dropped\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"
)


def test_keeps_the_trailers_of_a_reply(route):
    there = route(answering(TRAILED))
    reply = there.client.get("http://h/", "TE: trailers", "Connection: TE")
    assert (reply.text, reply.trailers) == ("hello", [("X-Sum", "42")])


def test_keeps_the_trailers_of_a_request(route):
    there = route(answering(ok()))
    body = b"5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"
    there.client.get("http://h/", "Transfer-Encoding: chunked", "Trailer: X-Sum", method="POST", body=body)
    seen = there.upstream.requests[0]
    assert (seen.body, seen.trailers) == (b"hello", [("X-Sum", "42")])


def test_drops_chunk_extensions(route, connect):
    there = route(answering(TRAILED))
    client = connect(there.proxy.port)
    client.request("GET", "http://h/", "TE: trailers", "Connection: TE")
    assert client.reader.head().status == 200
    assert b"note" not in client.reader.exactly(len(b"5\r\nhello\r\n"))


def never_ends(head, body):
    """A script whose reply breaks off."""
    return lambda connection: (connection.request(), connection.send(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"))


CUT = [
    ("Content-Length: 10", "hello"),
    ("Transfer-Encoding: chunked", "5\r\nhello\r\n"),
    ("Transfer-Encoding: chunked", "a\r\nhello"),
]


@pytest.mark.parametrize(("head", "body"), CUT, ids=["sized", "between_chunks", "inside_a_chunk"])
def test_a_reply_that_breaks_off_looks_broken(route, head, body):
    there = route(never_ends(head, body))
    there.client.request("GET", "http://h/")
    message = there.client.reader.head()
    assert message.status == 200
    with pytest.raises((EOFError, ConnectionResetError)):
        there.client.reader.body(message)


def test_a_chunked_reply_that_breaks_off_looks_broken_to_an_http_1_0_client_too(route):
    there = route(never_ends("Transfer-Encoding: chunked", "5\r\nhello\r\n"))
    there.client.request("GET", "http://h/", version="HTTP/1.0")
    with pytest.raises(ConnectionResetError):
        there.client.reader.head()
        there.client.reader.to_end()


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 50"], ids=["chunked", "sized"])
@pytest.mark.parametrize("when", ["with_the_head", "later"])
def test_an_upload_that_breaks_off_is_not_completed(route, framing, when):
    begun, ended = threading.Event(), threading.Event()
    got = []

    def script(connection):
        message = connection.head()
        begun.set()
        try:
            got.append(connection.reader.body(message))
        finally:
            ended.set()

    there = route(script)
    there.client.request("POST", "http://h/", framing, body=b"5\r\nhello\r\n")
    if when == "later":
        assert begun.wait(REPLY)
    there.client.close()
    assert len(there.proxy.process.out.wait_for("POST http://h/")) == 1
    assert got == []
    assert there.upstream.connections == 0 or ended.wait(REPLY)
