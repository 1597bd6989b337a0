"""What becomes a tunnel: WebSocket and other upgrades, and CONNECT to a mapped origin."""

import http.client
import ssl

import pytest

from harness import environment, needs
from harness.ambassador import mapping
from harness.clients import PROGRAMS, execute
from harness.limits import REPLY
from harness.process import Process
from harness.scripted_upstream import answering, ok

UPGRADE = ("Connection: Upgrade", "Upgrade: echo")


@pytest.fixture(name="echo_server")
def _echo_server():
    """A real WebSocket server that answers each message with the same in capitals; its port."""
    needs.python_module("websockets")
    process = Process([needs.PYTHON, PROGRAMS / "websocket_server.py"], environment.clean(), "/")
    ports = process.out.wait_for("port ")
    assert ports, process.err.text()
    yield int(ports[0].split()[1])
    process.end()


@pytest.fixture(name="socket_proxy")
def _socket_proxy(echo_server, ambassador):
    return ambassador(f"""
        map:
          - source: http://localhost/chat
            target: http://127.0.0.1:{echo_server}/socket
    """)


def test_python_speaks_through_a_websocket(socket_proxy, echo_server):
    argv = [needs.PYTHON, PROGRAMS / "websocket_client.py", f"ws://localhost:{socket_proxy.port}/chat?room=1"]
    assert execute(argv, environment.clean()).stdout.splitlines() == ["FIRST", "X" * 100_000, "/socket?room=1"]
    line = socket_proxy.log("/chat?room=1 -> ")
    assert f" -> http://127.0.0.1:{echo_server}/socket?room=1 101 " in line


def test_node_speaks_through_a_websocket(socket_proxy):
    needs.node_module("ws")
    argv = [needs.program("node"), PROGRAMS / "node_websocket.js", f"ws://127.0.0.1:{socket_proxy.port}/chat", "localhost"]
    assert execute(argv, environment.clean()).stdout == "HELLO FROM NODE"


def echo_upgraded(connection):
    connection.request()
    connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nwelcome ")
    connection.send(connection.reader.to_end().upper())


def test_an_upgrade_carries_early_bytes_and_half_close(route):
    there = route(echo_upgraded)
    there.client.request("GET", "http://h/", *UPGRADE, body=b"early ")
    reply = there.client.reply()
    assert (reply.status, reply.field("Upgrade"), reply.field("Connection").lower()) == (101, "echo", "upgrade")
    there.client.send("bytes")
    there.client.half_close()
    assert there.client.reader.to_end() == b"welcome EARLY BYTES"
    assert there.upstream.requests[0].field("Upgrade") == "echo"
    assert " 101 " in there.proxy.log("GET http://h/ -> ")


def test_a_refused_upgrade_is_an_ordinary_reply_and_what_came_early_is_no_request(route):
    there = route(answering(ok("no")))
    early = b"GET http://h/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    there.client.request("GET", "http://h/", *UPGRADE, body=early)
    assert there.client.reply().text == "no"
    assert there.client.ended()
    assert [seen.target for seen in there.upstream.requests] == ["/"]


def test_an_offer_of_h2c_changes_nothing(route):
    there = route(answering(ok()))
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    assert [there.client.get("http://h/", *offer).text for _ in range(2)] == ["ok", "ok"]
    assert [seen.field("Upgrade") for seen in there.upstream.requests] == [None, None]


def test_a_tunnel_to_a_mapped_origin_serves_the_map(route):
    there = route(answering(ok()), path="/api")
    there.client.send("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n")
    opened = there.client.reader.head()
    assert opened.status == 200
    assert not opened.all("Content-Length") and not opened.all("Transfer-Encoding")
    assert there.client.get("/api/one").text == "ok"
    assert there.client.get("/other").status == 403
    assert there.client.get("/api/two").text == "ok"
    there.client.close()
    assert [seen.target for seen in there.upstream.requests] == ["/api/one", "/api/two"]
    lines = [line.split(" ")[1:3] for line in there.proxy.finish()]
    assert lines == [["GET", f"http://h/{path}"] for path in ("api/one", "other", "api/two")]


def test_bytes_sent_with_the_connect_are_served(route):
    there = route(answering(ok()))
    there.client.send("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\nGET /early HTTP/1.1\r\nHost: h\r\n\r\n")
    assert there.client.reader.head().status == 200
    assert there.client.reply().text == "ok"
    assert there.upstream.requests[0].target == "/early"


def test_python_opens_a_tunnel_by_http_1_0_without_host(route):
    there = route(answering(ok()))
    connection = http.client.HTTPConnection("127.0.0.1", there.proxy.port, timeout=REPLY)
    connection.set_tunnel("h", 80)
    connection.request("GET", "/inside")
    assert connection.getresponse().read() == b"ok"
    connection.close()
    there.client.send("CONNECT h:80 HTTP/1.0\r\n\r\nGET /again HTTP/1.1\r\nHost: h\r\n\r\n")
    assert there.client.reader.head().status == 200
    assert there.client.reply().text == "ok"


def test_a_call_inside_a_tunnel_cannot_name_another_origin(route):
    there = route(answering(ok()))
    there.client.send("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n")
    assert there.client.reader.head().status == 200
    assert there.client.get("/", host="elsewhere").status in (400, 403, 421)
    assert there.upstream.connections == 0


def test_tls_inside_a_tunnel_to_a_plain_origin_ends_it_with_the_reason(route):
    there = route(answering(ok()))
    there.client.send("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n")
    assert there.client.reader.head().status == 200
    with pytest.raises((ssl.SSLError, OSError)):
        ssl.create_default_context().wrap_socket(there.client.sock, server_hostname="h")
    assert "TLS" in there.proxy.log("h:80")
    assert there.upstream.connections == 0


BLOCKED = ["timecheck:443", "h:443", "h:8080", "other.h:80", "127.0.0.1:22", "[::1]:80"]


@pytest.mark.parametrize("destination", BLOCKED)
def test_blocks_a_tunnel_to_what_is_neither_mapped_nor_allowed(route, destination):
    there = route(answering(ok()))
    there.client.send(f"CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\n\r\n")
    reply = there.client.reply()
    assert reply.status == 403
    assert destination.rpartition(":")[0] in reply.text
    assert f" CONNECT {destination} [BLOCKED] 403 " in there.proxy.log("CONNECT")


def test_a_wildcard_source_opens_no_tunnel(ambassador, upstream, connect):
    server = upstream(answering(ok()))
    proxy = ambassador(mapping("http://*/", f"http://{server.authority}"))
    client = connect(proxy.port)
    client.send("CONNECT anything:80 HTTP/1.1\r\nHost: anything:80\r\n\r\n")
    assert client.reply().status == 403


@pytest.mark.parametrize("destination", ["h", "h:", "h:x", "h:0", "h:65616", "http://h:80/", "u@h:80", "/"])
def test_refuses_a_tunnel_to_what_is_no_host_and_port(route, destination):
    there = route(answering(ok()))
    there.client.send(f"CONNECT {destination} HTTP/1.1\r\nHost: h:80\r\n\r\n")
    assert there.client.reply().status == 400
    assert there.upstream.connections == 0


def test_says_of_an_https_call_why_it_is_blocked(route):
    there = route(answering(ok()))
    reply = there.client.get("https://h/")
    assert reply.status == 403
    assert "https" in reply.text
    assert "GET https://h/ [BLOCKED] 403 " in there.proxy.log("https://h/")
    assert there.upstream.connections == 0
