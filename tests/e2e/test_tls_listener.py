"""TLS and the PROXY protocol on our side: a listener as a reverse proxy has it."""

import concurrent.futures
import http.client
import socket
import ssl
import struct
import threading
import time

import pytest

from harness import needs
from harness.certificates import replace
from harness.clients import execute
from harness.environment import clean
from harness.limits import LINE, REPLY
from harness.messages import Reader
from harness.raw_client import RawClient
from harness.scripted_upstream import answering, ok

HEAD = "GET / HTTP/1.1\r\nHost: name.test\r\n\r\n"


@pytest.fixture(name="server")
def _server(upstream):
    return upstream(answering(ok("served")))


@pytest.fixture(name="serve")
def _serve(ambassador, server):
    """serve(keys of the listener) puts the upstream behind one listener, for any host."""

    def start(keys, **options):
        return ambassador(f"map:\n  - source: http://*/\n    target: http://{server.authority}\n",
                          base=f"listen:\n  - {{address: 127.0.0.1:0, {keys}}}\nadmin: 127.0.0.1:0\nworkers: 2\n",
                          **options)  # fmt: skip

    return start


def pair_keys(pair):
    return f"cert: {pair.cert}, key: {pair.key}"


def curl(port, ca, *options, host="name.test", scheme="https"):
    argv = [needs.program("curl"), "-sS", "--resolve", f"{host}:{port}:127.0.0.1", "--cacert", ca, *options]
    return execute([*argv, f"{scheme}://{host}:{port}/"], clean(), check=False)


def peer_certificate(port, ca, name):
    """The names in the certificate that is shown to who asks for `name`."""
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", port), timeout=REPLY) as sock:
        with context.wrap_socket(sock, server_hostname=name) as secure:
            return [value for _, value in secure.getpeercert()["subjectAltName"]]


def test_curl_is_served_over_tls(serve, server, certificates):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}}}")
    done = curl(proxy.port, certificates.ca)
    assert (done.returncode, done.stdout) == (0, "served"), done.stderr
    assert server.requests[0].field("X-Forwarded-Proto") in (None, "https")
    assert " 200 " in proxy.log("name.test")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_both_versions_are_served_and_no_older(serve, certificates, version):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}}}")
    done = curl(proxy.port, certificates.ca, f"--tlsv{version}", "--tls-max", version)
    assert done.stdout == "served", done.stderr
    old = curl(proxy.port, certificates.ca, "--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")
    assert old.returncode == 35, old.stderr


def test_the_client_is_offered_http_1_1(serve, certificates):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}}}")
    context = ssl.create_default_context(cafile=certificates.ca)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=REPLY) as sock:
        with context.wrap_socket(sock, server_hostname="name.test") as secure:
            assert secure.selected_alpn_protocol() == "http/1.1"


def test_one_connection_serves_many_calls(serve, certificates):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}}}")
    context = ssl.create_default_context(cafile=certificates.ca)
    connection = http.client.HTTPSConnection("localhost", proxy.port, timeout=REPLY, context=context)
    for _ in range(5):
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"served"
    connection.close()


def test_a_large_body_comes_whole_both_ways(ambassador, upstream, certificates):
    def script(connection):
        while True:
            body = connection.request().body
            connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    echo = upstream(script)
    proxy = ambassador(f"map:\n  - source: http://*/\n    target: http://{echo.authority}\n",
                       base=f"listen:\n  - {{address: 127.0.0.1:0, tls: {{{pair_keys(certificates.good)}}}}}\n")  # fmt: skip
    body = bytes(range(256)) * 40_000
    context = ssl.create_default_context(cafile=certificates.ca)
    connection = http.client.HTTPSConnection("localhost", proxy.port, timeout=REPLY, context=context)
    connection.request("POST", "/", body=body)
    assert connection.getresponse().read() == body
    connection.close()


def test_the_name_asked_for_chooses_the_certificate(serve, certificates):
    other = certificates.named("shop.example", "*.shop.example")
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}, certificates: [{{{pair_keys(other)}}}]}}")
    for name in ("shop.example", "a.shop.example", "SHOP.example"):
        assert "shop.example" in peer_certificate(proxy.port, certificates.ca, name), name
    for name in ("name.test", "unknown.example", "a.b.shop.example", None):
        assert "name.test" in peer_certificate(proxy.port, certificates.ca, name), name
    assert curl(proxy.port, certificates.ca, host="shop.example").stdout == "served"


def test_a_client_certificate_is_required(serve, server, certificates):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}, client_ca: {certificates.ca}}}")
    own, other = certificates.client, certificates.other_client
    assert curl(proxy.port, certificates.ca, "--cert", own.cert, "--key", own.key).stdout == "served"
    for options in ((), ("--cert", other.cert, "--key", other.key)):
        assert curl(proxy.port, certificates.ca, *options).returncode in (35, 55, 56), options
    assert len(server.requests) == 1


def test_a_client_certificate_may_be_optional_but_not_wrong(serve, server, certificates):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}, client_ca: {certificates.ca}, client: optional}}")
    own, other = certificates.client, certificates.other_client
    assert curl(proxy.port, certificates.ca, "--cert", own.cert, "--key", own.key).stdout == "served"
    assert curl(proxy.port, certificates.ca).stdout == "served"
    assert curl(proxy.port, certificates.ca, "--cert", other.cert, "--key", other.key).returncode in (35, 55, 56)
    assert len(server.requests) == 2


def test_plain_http_to_a_tls_port_ends_and_the_reason_is_logged(serve, server, certificates, connect):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}}}")
    client = connect(proxy.port)
    client.send(HEAD)
    assert client.ended()
    assert "TLS" in proxy.log("[REFUSED]")
    assert server.connections == 0
    assert curl(proxy.port, certificates.ca).stdout == "served", "others are served on"


def test_tls_to_a_plain_port_is_refused(ambassador, server, certificates):
    proxy = ambassador(f"map:\n  - source: http://*/\n    target: http://{server.authority}\n")
    assert curl(proxy.port, certificates.ca).returncode == 35
    assert proxy.log(" [REFUSED] 400 ")
    assert server.connections == 0


def test_a_client_that_says_nothing_holds_nobody_up(serve, certificates):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}}}")
    silent = [RawClient(proxy.port) for _ in range(20)]
    half = RawClient(proxy.port)
    half.send(b"\x16\x03\x01\x02\x00\x01")
    assert curl(proxy.port, certificates.ca).stdout == "served"
    for client in [*silent, half]:
        client.close()


# The PROXY protocol


def proxied_as(proxy, address):
    """The log names the client that the header names."""
    return proxy.log(lambda line: f'"client":"{address}' in line)


@pytest.fixture(name="behind")
def _behind(ambassador, server):
    """behind(keys) is a listener that wants PROXY headers, with a JSON log."""

    def start(keys=""):
        return ambassador(
            f"map:\n  - source: http://*/\n    target: http://{server.authority}\nlog: {{format: json}}\n",
            base=f"listen:\n  - {{address: 127.0.0.1:0, proxy_protocol: true{keys}}}\nadmin: 127.0.0.1:0\nworkers: 1\n")  # fmt: skip

    return start


def version_2(command=1, family=0x11, body=None):
    body = struct.pack("!4s4sHH", bytes([192, 0, 2, 9]), bytes([192, 0, 2, 1]), 4711, 443) if body is None else body
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x20 | command, family]) + struct.pack("!H", len(body)) + body


VERSION_2_IPV6 = version_2(
    family=0x21, body=socket.inet_pton(socket.AF_INET6, "2001:db8::9") + bytes(16) + struct.pack("!HH", 4711, 443))  # fmt: skip
HEADERS = {
    "v1 IPv4": (b"PROXY TCP4 192.0.2.9 192.0.2.1 4711 443\r\n", "192.0.2.9"),
    "v1 IPv6": (b"PROXY TCP6 2001:db8::9 2001:db8::1 4711 443\r\n", "2001:db8::9"),
    "v1 unknown": (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    "v1 unknown with more": (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "127.0.0.1"),
    "v2 IPv4": (version_2(), "192.0.2.9"),
    "v2 IPv6": (VERSION_2_IPV6, "2001:db8::9"),
    "v2 with TLVs": (version_2(body=version_2()[16:] + b"\x04\x00\x03abc"), "192.0.2.9"),
    "v2 local": (version_2(command=0, family=0, body=b""), "127.0.0.1"),
}


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("piece", [10_000, 1], ids=["whole", "bytewise"])
def test_the_client_is_who_the_proxy_header_names(behind, connect, kind, piece):
    header, address = HEADERS[kind]
    proxy = behind()
    client = connect(proxy.port)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = header + HEAD.encode()
    for at in range(0, len(data), piece):
        client.send(data[at : at + piece])
    assert client.reply().text == "served"
    assert client.get("/again").text == "served", "the header comes once"
    line = proxied_as(proxy, address) if ":" not in address else proxy.log(lambda line: address in line)
    assert '"status":200' in line


BAD_HEADERS = {
    "none": b"",
    "v1 without end": b"PROXY TCP4 192.0.2.9 192.0.2.1 4711 443" + b" " * 200,
    "v1 bad address": b"PROXY TCP4 192.0.2.999 192.0.2.1 4711 443\r\n",
    "v1 bad port": b"PROXY TCP4 192.0.2.9 192.0.2.1 66000 443\r\n",
    "v1 mixed families": b"PROXY TCP4 2001:db8::9 192.0.2.1 4711 443\r\n",
    "v2 bad version": b"\r\n\r\n\0\r\nQUIT\n\x31\x11\x00\x0c" + bytes(12),
    "v2 too short": version_2(body=b"\x00" * 4),
}


@pytest.mark.parametrize("kind", BAD_HEADERS)
def test_a_bad_proxy_header_ends_the_connection(behind, server, connect, kind):
    proxy = behind()
    client = connect(proxy.port)
    client.send(BAD_HEADERS[kind] + HEAD.encode())
    try:
        answer = client.reader.to_end()
    except ConnectionResetError:
        answer = b""
    assert b" 200 " not in answer
    assert server.connections == 0
    assert proxy.log(lambda line: "PROXY" in line or "proxy header" in line.lower())


def test_curl_speaks_the_proxy_protocol(behind):
    proxy = behind()
    done = curl(proxy.port, "/dev/null", "--haproxy-protocol", scheme="http")
    assert done.stdout == "served", done.stderr
    assert proxied_as(proxy, "127.0.0.1")


def test_tls_comes_behind_the_proxy_header(behind, certificates):
    proxy = behind(f", tls: {{{pair_keys(certificates.good)}}}")
    done = curl(proxy.port, certificates.ca, "--haproxy-protocol")
    assert done.stdout == "served", done.stderr
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=REPLY) as sock:
        sock.sendall(HEADERS["v1 IPv4"][0])
        context = ssl.create_default_context(cafile=certificates.ca)
        with context.wrap_socket(sock, server_hostname="name.test") as secure:
            secure.sendall(HEAD.encode())
            assert Reader(secure).head().status == 200
    assert proxied_as(proxy, "192.0.2.9")


# New files


def serial(port, ca):
    context = ssl.create_default_context(cafile=ca)
    with socket.create_connection(("127.0.0.1", port), timeout=REPLY) as sock:
        with context.wrap_socket(sock, server_hostname="name.test") as secure:
            return secure.getpeercert()["serialNumber"]


def eventually(holds):
    deadline = time.monotonic() + LINE
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_a_renewed_certificate_is_shown_under_load_without_a_failed_call(serve, certificates, tmp_path):
    pair = certificates.good.copy(tmp_path, "shown")
    proxy = serve(f"tls: {{{pair_keys(pair)}}}")
    first = serial(proxy.port, certificates.ca)
    ended = threading.Event()
    calls = [0] * 8

    def load(number):
        context = ssl.create_default_context(cafile=certificates.ca)
        while not ended.is_set():
            connection = http.client.HTTPSConnection("localhost", proxy.port, timeout=REPLY, context=context)
            for _ in range(3):
                connection.request("GET", "/")
                assert connection.getresponse().read() == b"served"
                calls[number] += 1
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(load, number) for number in range(len(calls))]
        try:
            seen = first
            for new in (certificates.renewed, certificates.good, certificates.renewed):
                before = seen
                pair.put(new)
                assert eventually(lambda before=before: serial(proxy.port, certificates.ca) != before)
                seen = serial(proxy.port, certificates.ca)
        finally:
            ended.set()
        for one in running:
            one.result()
    assert min(calls) > 0
    assert seen != first
    lines = [line for line in proxy.finish() if " 200 " in line]
    assert len(lines) == sum(calls)


@pytest.mark.parametrize("content", [b"", b"nothing of use\n"])
def test_a_bad_certificate_file_keeps_the_old_one_and_says_so(serve, certificates, tmp_path, content):
    pair = certificates.good.copy(tmp_path, "shown")
    proxy = serve(f"tls: {{{pair_keys(pair)}}}")
    first = serial(proxy.port, certificates.ca)
    replace(pair.cert, content)
    assert proxy.process.err.wait_for("shown.crt"), "nothing said of the bad file"
    assert serial(proxy.port, certificates.ca) == first
    pair.put(certificates.renewed)
    assert eventually(lambda: serial(proxy.port, certificates.ca) != first), "and a good one is taken later"


def test_when_the_listeners_certificate_ends_is_a_metric(serve, certificates):
    proxy = serve(f"tls: {{{pair_keys(certificates.good)}}}")
    found = proxy.metric("ambassador_certificate_expiry_timestamp_seconds", file=str(certificates.good.cert))
    assert found == certificates.good.ends()


def test_a_missing_certificate_is_an_error_at_the_start(serve, certificates, tmp_path):
    with pytest.raises(AssertionError, match="missing.crt"):
        serve(f"tls: {{cert: {tmp_path}/missing.crt, key: {certificates.good.key}}}")
