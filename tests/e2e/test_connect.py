"""CONNECT to what is allowed: real clients through the tunnel, and what is looked at on its way."""

import hashlib
import socket
import ssl
import threading
import time

import pytest

from harness import clients, needs
from harness.clients import PROGRAMS, execute
from harness.environment import through_proxy
from harness.limits import REPLY
from harness.ports import free_port
from harness.process import Process
from harness.scripted_upstream import answering, ok
from harness.tls_servers import nginx_tls

BLOCKED = "ambassador_blocked_total"


@pytest.fixture(name="tls_server")
def _tls_server(upstream, certificates):
    return upstream(answering(ok("inside TLS")), tls=certificates.good.server_context())


@pytest.fixture(name="allowing")
def _allowing(ambassador, name_server):
    """allowing(rule, …) starts a proxy that allows this, names being looked up on loopback."""

    def start(*rules, more="", **options):
        allow = "".join(f"  - {rule}\n" for rule in rules)
        return ambassador(f"allow:\n{allow}{more}", env=name_server.environment(), **options)

    return start


def loopback(destination, more=""):
    """An allow entry whose name may be on loopback."""
    return f'{{to: "{destination}", addresses: [127.0.0.0/8]{more}}}'


@pytest.fixture(name="proxy")
def _proxy(allowing, tls_server):
    return allowing(loopback(f"name.test:{tls_server.port}"))


def environment(proxy, ca):
    """Both proxies, and our CA in every spelling that clients read."""
    address = f"http://127.0.0.1:{proxy.port}"
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO")
    return through_proxy(proxy.port) | {"https_proxy": address, "HTTPS_PROXY": address} | {name: str(ca) for name in names}


CLIENTS = {
    "curl": lambda: [needs.program("curl"), "-sS"],
    "wget": lambda: [needs.program("wget"), "-q", "-t", "1", "-O", "-"],
    "requests": lambda: library("requests_library.py", "requests"),
    "httpx": lambda: library("httpx_library.py", "httpx"),
    "aiohttp": lambda: library("aiohttp_library.py", "aiohttp"),
    "standard library": lambda: library("standard_library.py"),
    "undici": lambda: node("node_undici.js", "undici"),
    "go": lambda: [clients.go_program()],
}


def library(script, module=None):
    if module:
        needs.python_module(module)
    return [needs.PYTHON, PROGRAMS / script]


def node(script, module):
    needs.node_module(module)
    return [needs.program("node"), PROGRAMS / script]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_calls_through_a_tunnel(proxy, tls_server, certificates, client):
    argv = [*CLIENTS[client](), f"https://name.test:{tls_server.port}/path"]
    if client == "wget":
        argv.insert(1, f"--ca-certificate={certificates.ca}")
    done = execute(argv, environment(proxy, certificates.ca))
    assert done.stdout.endswith("inside TLS")
    assert [seen.target for seen in tls_server.requests] == ["/path"]
    assert tls_server.server_names == ["name.test"]
    line = proxy.log(f"CONNECT name.test:{tls_server.port} 200 ")
    assert f"upstream=127.0.0.1:{tls_server.port}" in line and " sni=name.test " in line
    assert len(proxy.finish()) == 1, "the tunnel is one line"


def test_openssl_speaks_through_a_tunnel(proxy, tls_server, certificates):
    argv = [needs.program("openssl"), "s_client", "-proxy", f"127.0.0.1:{proxy.port}", "-connect", f"name.test:{tls_server.port}",
            "-servername", "name.test", "-CAfile", certificates.ca, "-verify_return_error", "-quiet"]  # fmt: skip
    done = execute(argv, environment(proxy, certificates.ca), stdin="GET / HTTP/1.1\r\nHost: name.test\r\n\r\n", check=False)
    assert "verify return:1" in done.stderr, done.stderr


def test_git_clones_through_a_tunnel(allowing, nginx_with, certificates, tmp_path):
    git, port = needs.program("git"), free_port()
    nginx = nginx_with(nginx_tls(port, certificates.good))
    proxy = allowing(loopback(f"code.test:{port}"))
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
           "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}  # fmt: skip
    env = environment(proxy, certificates.ca) | who
    execute([git, "init", "-q", tmp_path / "work"], env)
    (tmp_path / "work" / "file").write_text("cloned\n" * 100_000)
    for args in (["add", "file"], ["commit", "-q", "-m", "first"]):
        execute([git, "-C", tmp_path / "work", *args], env)
    execute([git, "clone", "-q", "--bare", tmp_path / "work", nginx.www / "code.git"], env)
    execute([git, "-C", nginx.www / "code.git", "update-server-info"], env)
    execute([git, "clone", "-q", f"https://code.test:{port}/code.git", tmp_path / "clone"], env)
    assert (tmp_path / "clone" / "file").read_text() == "cloned\n" * 100_000
    assert proxy.log(f"CONNECT code.test:{port} 200 ")


def test_a_websocket_over_tls_goes_through_a_tunnel(allowing, certificates):
    needs.python_module("websockets")
    pair = certificates.good
    server = Process([needs.PYTHON, PROGRAMS / "websocket_server.py", pair.cert, pair.key], through_proxy(1), "/")
    try:
        ports = server.out.wait_for("port ")
        assert ports, server.err.text()
        port = ports[0].split()[1]
        proxy = allowing(loopback(f"chat.test:{port}"))
        argv = [needs.PYTHON, PROGRAMS / "websocket_client.py", f"wss://chat.test:{port}/socket?room=1", proxy.port]
        done = execute(argv, environment(proxy, certificates.ca))
        assert done.stdout.splitlines() == ["FIRST", "X" * 100_000, "/socket?room=1"]
    finally:
        server.end()


# The rules


def open_tunnel(client, destination, version="HTTP/1.1", early=b""):
    host = f"Host: {destination}\r\n" if version == "HTTP/1.1" else ""
    client.send(f"CONNECT {destination} {version}\r\n{host}\r\n".encode() + early)
    return client.reader.head()


ALLOWED = [
    ("name.test:PORT", "name.test:PORT"),
    ("name.test:PORT", "NAME.Test.:PORT"),
    ("name.test:1,PORT", "name.test:PORT"),
    ("name.test:*", "name.test:PORT"),
    ("*.test:PORT", "a.b.test:PORT"),
    ("*:PORT", "anything.example:PORT"),
]


def at(text, port):
    return text.replace("PORT", str(port))


@pytest.fixture(name="echo")
def _echo(upstream):
    """Plain TCP: answers, at the end of what came, with the same in capitals."""
    return upstream(lambda connection: connection.send(connection.reader.to_end().upper()))


@pytest.mark.parametrize("rule, destination", ALLOWED)
def test_a_rule_allows(allowing, echo, connect, rule, destination):
    proxy = allowing(loopback(at(rule, echo.port)))
    client = connect(proxy.port)
    assert open_tunnel(client, at(destination, echo.port)).status == 200
    client.send(b"through")
    client.half_close()
    assert client.reader.to_end() == b"THROUGH"


@pytest.mark.parametrize("rule", ["127.0.0.1:PORT", '"127.0.0.0/8:PORT"', '"127.0.0.1/32:PORT"'])
def test_a_rule_allows_an_address_that_it_names(allowing, echo, connect, rule):
    client = connect(allowing(at(rule, echo.port)).port)
    assert open_tunnel(client, f"127.0.0.1:{echo.port}").status == 200
    client.half_close()
    assert client.reader.to_end() == b""


NOT_ALLOWED = [
    ("name.test:PORT", "name.test:1"),
    ("name.test:PORT", "other.test:PORT"),
    ("name.test:PORT", "a.name.test:PORT"),
    ("name.test:PORT", "name.test.evil.example:PORT"),
    ("*.name.test:PORT", "name.test:PORT"),
    ("*.name.test:PORT", "badname.test:PORT"),
    ("name.test:PORT", "127.0.0.1:PORT"),
    ("192.0.2.0/24:PORT", "name.test:PORT"),
    ("192.0.2.0/24:PORT", "127.0.0.1:PORT"),
]


@pytest.mark.parametrize("rule, destination", NOT_ALLOWED)
def test_a_rule_allows_nothing_else(allowing, echo, connect, rule, destination):
    proxy = allowing(loopback(at(rule, echo.port)) if not rule[0].isdigit() else f'"{at(rule, echo.port)}"')
    client = connect(proxy.port)
    client.send(f"CONNECT {at(destination, echo.port)} HTTP/1.1\r\nHost: x\r\n\r\n")
    reply = client.reply()
    assert reply.status == 403
    assert "allow:" in reply.text, "a line to paste"
    assert f"CONNECT {at(destination, echo.port)} [BLOCKED] 403 " in proxy.log("CONNECT")
    assert proxy.counts(1, BLOCKED, reason="not_in_map")
    assert echo.connections == 0


def test_curl_is_told_why(proxy, certificates):
    done = execute([needs.program("curl"), "-sS", "https://other.test/"], environment(proxy, certificates.ca), check=False)
    assert done.returncode == 56
    assert "403" in done.stderr


# What is looked at


def handshake(client, name, ca):
    """TLS inside the tunnel, asking for `name`."""
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False
    return context.wrap_socket(client.sock, server_hostname=name)


@pytest.mark.parametrize("name", ["other.test", None, "sub.name.test"])
def test_another_name_inside_is_refused_and_logged(proxy, tls_server, certificates, connect, name):
    client = connect(proxy.port)
    destination = f"name.test:{tls_server.port}"
    assert open_tunnel(client, destination).status == 200
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(client, name, certificates.ca)
    line = proxy.log(f"CONNECT {destination} ")
    assert "[BLOCKED]" in line
    assert (name or "no name") in line and "not for name.test" in line
    assert proxy.counts(1, BLOCKED, reason="sni_mismatch")
    assert tls_server.requests == [] and tls_server.server_names == []


def test_the_name_inside_is_compared_without_case(proxy, tls_server, certificates, connect):
    client = connect(proxy.port)
    assert open_tunnel(client, f"NAME.test.:{tls_server.port}").status == 200
    handshake(client, "name.TEST", certificates.ca).close()


def test_another_name_inside_may_be_allowed(allowing, tls_server, certificates, connect):
    proxy = allowing(loopback(f"name.test:{tls_server.port}", more=", sni: any"))
    for name in ("other.test", None):
        client = connect(proxy.port)
        assert open_tunnel(client, f"name.test:{tls_server.port}").status == 200
        handshake(client, name, certificates.ca).close()


def client_hello(name):
    """The first flight of a client, as bytes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


def test_a_hello_in_small_pieces_is_understood(proxy, tls_server, connect):
    for name, answered in (("name.test", True), ("other.test", False)):
        client = connect(proxy.port)
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert open_tunnel(client, f"name.test:{tls_server.port}").status == 200
        try:
            for byte in client_hello(name):
                client.send(bytes([byte]))
            answer = client.sock.recv(1)
        except OSError:
            answer = b""
        assert (answer == b"\x16") == answered, name


def test_a_hello_that_came_with_the_connect_is_not_lost(proxy, tls_server, connect):
    client = connect(proxy.port)
    assert open_tunnel(client, f"name.test:{tls_server.port}", early=client_hello("name.test")).status == 200
    assert client.reader.exactly(1) == b"\x16"


def test_bytes_that_came_with_the_connect_are_not_lost(allowing, echo, connect):
    client = connect(allowing(loopback(f"name.test:{echo.port}")).port)
    assert open_tunnel(client, f"name.test:{echo.port}", early=b"early ").status == 200
    client.send(b"and late")
    client.half_close()
    assert client.reader.to_end() == b"EARLY AND LATE"


def test_http_1_0_opens_a_tunnel_without_host(allowing, echo, connect):
    client = connect(allowing(loopback(f"name.test:{echo.port}")).port)
    assert open_tunnel(client, f"name.test:{echo.port}", version="HTTP/1.0").status == 200
    client.send(b"x")
    client.half_close()
    assert client.reader.to_end() == b"X"


def test_a_server_may_speak_first(allowing, upstream, connect):
    server = upstream(lambda connection: (connection.send("220 ready\r\n"), connection.send(connection.reader.to_end())))
    proxy = allowing(loopback(f"mail.test:{server.port}"))
    client = connect(proxy.port)
    assert open_tunnel(client, f"mail.test:{server.port}").status == 200
    assert client.reader.exactly(11) == b"220 ready\r\n"
    client.send(b"QUIT")
    client.half_close()
    assert client.reader.to_end() == b"QUIT"
    line = proxy.log(f"CONNECT mail.test:{server.port} 200 ")
    assert " in=4 " in line and " out=15 " in line


def test_a_server_that_ends_first_leaves_the_other_way_open(allowing, upstream, connect):
    received = []

    def script(connection):
        connection.send("bye")
        connection.sock.shutdown(socket.SHUT_WR)
        received.append(connection.reader.to_end())

    server = upstream(script)
    client = connect(allowing(loopback(f"name.test:{server.port}")).port)
    assert open_tunnel(client, f"name.test:{server.port}").status == 200
    assert client.reader.to_end() == b"bye"
    time.sleep(0.2)
    client.send(b"still here")
    client.half_close()
    deadline = time.monotonic() + REPLY
    while not received and time.monotonic() < deadline:
        time.sleep(0.01)
    assert received == [b"still here"]


def test_much_goes_through_unchanged_both_ways_at_once(allowing, upstream, connect):
    data = hashlib.shake_128(b"seed").digest(16 * 1024 * 1024)

    def script(connection):
        sender = threading.Thread(target=connection.sock.sendall, args=(data,))
        sender.start()
        got = connection.reader.exactly(len(data))
        sender.join()
        connection.send(hashlib.sha256(got).digest())

    server = upstream(script)
    client = connect(allowing(loopback(f"name.test:{server.port}")).port)
    assert open_tunnel(client, f"name.test:{server.port}").status == 200
    sender = threading.Thread(target=client.sock.sendall, args=(data,))
    sender.start()
    assert client.reader.exactly(len(data)) == data
    sender.join()
    assert client.reader.exactly(32) == hashlib.sha256(data).digest()


def test_a_silent_tunnel_ends(allowing, upstream, connect):
    server = upstream(lambda connection: connection.reader.to_end())
    proxy = allowing(loopback(f"name.test:{server.port}"), more="timeout: {idle: 300ms}\n")
    client = connect(proxy.port)
    assert open_tunnel(client, f"name.test:{server.port}").status == 200
    begin = time.monotonic()
    assert client.ended()
    assert 0.2 < time.monotonic() - begin < 5
    assert proxy.log(f"CONNECT name.test:{server.port} 200 ").endswith("idle for too long")


def test_nobody_there_is_502_and_no_name_is_502(allowing, connect):
    port = free_port()
    proxy = allowing(loopback(f"*.test:{port}"))
    for host in ("name.test", "missing.test"):
        client = connect(proxy.port)
        client.send(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n")
        assert client.reply().status == 502, host
        assert f"CONNECT {host}:{port} 502 " in proxy.log(f"CONNECT {host}")


def test_no_tls_to_port_443_is_refused(allowing, connect):
    """At 443 nothing but TLS is let through: the name inside could not be seen."""
    address = "127.1.44.3"
    try:
        listener = socket.create_server((address, 443))
    except PermissionError:
        needs.missing("port 443", "only root may listen on it")
    with listener:
        proxy = allowing(f'"{address}:443"')
        client = connect(proxy.port)
        assert open_tunnel(client, f"{address}:443").status == 200
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.ended()
        assert "[BLOCKED]" in proxy.log(f"CONNECT {address}:443 ")
        assert proxy.counts(1, BLOCKED, reason="not_tls")


def test_absolute_form_to_what_is_allowed_goes_as_it_is(allowing, upstream, connect):
    server = upstream(answering(ok("as it is")))
    proxy = allowing(loopback(f"name.test:{server.port}"))
    client = connect(proxy.port)
    url = f"http://name.test:{server.port}/path?q=1"
    assert client.get(url).text == "as it is"
    assert server.requests[0].target == "/path?q=1"
    assert proxy.log(f"GET {url} 200 ")
    assert client.get("http://other.test/").status == 403


def test_report_mode_lets_a_tunnel_pass_and_says_so(ambassador, echo, connect):
    proxy = ambassador("unmapped: report\n")
    client = connect(proxy.port)
    assert open_tunnel(client, f"127.0.0.1:{echo.port}").status == 200
    client.send(b"x")
    client.half_close()
    assert client.reader.to_end() == b"X"
    assert proxy.log(f"CONNECT 127.0.0.1:{echo.port}")
    assert proxy.counts(1, "ambassador_reported_total")
