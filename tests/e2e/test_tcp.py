"""Sources of tcp://: any bytes, to tcp:// and tls:// targets."""

import concurrent.futures
import contextlib
import hashlib
import socket
import threading
import time

import pytest

from harness import needs
from harness.clients import execute
from harness.environment import clean
from harness.limits import REPLY
from harness.ports import free_port, has_ipv6
from harness.process import Process
from harness.raw_client import RawClient
from harness.tls_servers import nginx_stream, wait_for_port

FAILED = "ambassador_failed_total"


class Wire:
    """A proxy with one tcp:// source, and its port."""

    def __init__(self, proxy, port, target):
        self.proxy, self.port = proxy, port
        self.line = f"tcp://localhost:{port} -> {target}"

    def connect(self):
        return RawClient(self.port)

    def talk(self, data):
        """Sends all, ends, and reads to the end."""
        client = self.connect()
        client.send(data)
        client.half_close()
        answer = client.reader.to_end()
        client.close()
        return answer

    def log(self):
        return self.proxy.log(self.line)


@pytest.fixture(name="wire")
def _wire(ambassador):
    """wire(target, keys) starts a proxy whose source goes there."""

    def start(target, more="", **options):
        port = free_port()
        rest = f"map:\n  - source: tcp://localhost:{port}\n    target: {target}\n{more}"
        proxy = ambassador(rest, listeners=2 + has_ipv6(), **options)
        return Wire(proxy, port, target)

    return start


@pytest.fixture(name="program")
def _program():
    """program(port, argv) starts a server, until the test's end."""
    started = []

    def start(port, *argv):
        process = Process(argv, clean(), "/")
        started.append(process)
        wait_for_port(process, port)

    yield start
    for process in started:
        process.end()


def capitals(connection):
    connection.send(connection.reader.to_end().upper())


def in_lines(connection):
    """As redis answers: each line when it has come."""
    while True:
        line = b""
        while not line.endswith(b"\r\n"):
            line += connection.reader.exactly(1)
        connection.send(b"+PONG\r\n" if line == b"PING\r\n" else b"-ERR " + line)


def test_answers_come_as_they_are_asked_for(wire, upstream):
    there = wire(f"tcp://{upstream(in_lines).authority}")
    client = there.connect()
    for _ in range(3):
        client.send("PING\r\n")
        assert client.reader.exactly(7) == b"+PONG\r\n"
    client.send("PING\r\nWHAT\r\n")
    assert client.reader.exactly(18) == b"+PONG\r\n-ERR WHAT\r\n"


def test_both_loopback_addresses_are_listened_on(wire, upstream):
    there = wire(f"tcp://{upstream(in_lines).authority}")
    client = RawClient(there.port, host="::1")
    client.send("PING\r\n")
    assert client.reader.exactly(7) == b"+PONG\r\n"
    client.close()


def test_a_half_close_is_passed_on_and_the_answer_comes(wire, upstream):
    there = wire(f"tcp://{upstream(capitals).authority}")
    assert there.talk(b"all of it") == b"ALL OF IT"
    line = there.log()
    assert " in=9 " in line and " out=9 " in line


def test_a_server_may_speak_and_end_first(wire, upstream):
    received = []

    def script(connection):
        connection.send("hello\n")
        connection.sock.shutdown(socket.SHUT_WR)
        received.append(connection.reader.to_end())

    there = wire(f"tcp://{upstream(script).authority}")
    client = there.connect()
    assert client.reader.to_end() == b"hello\n"
    client.send(b"late")
    client.half_close()
    line = there.log()
    assert " in=4 " in line and " out=6 " in line
    assert received == [b"late"]


def test_one_line_a_connection(wire, upstream):
    server = upstream(capitals)
    there = wire(f"tcp://{server.authority}")
    for _ in range(3):
        there.talk(b"x")
    lines = there.proxy.finish()
    assert len([line for line in lines if there.line in line and f"upstream={server.authority}" in line]) == 3
    assert server.connections == 3, "no connection is used twice"


def test_a_reset_of_the_server_reaches_the_client_and_is_logged(wire, upstream):
    there = wire(f"tcp://{upstream(lambda connection: (connection.reader.some(), reset(connection.sock))).authority}")
    client = there.connect()
    client.send(b"x")
    assert client.ended(), "by an end or a reset"
    assert there.log()


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def test_much_goes_through_unchanged_both_ways_at_once(wire, program):
    port = free_port()
    program(port, needs.program("socat"), f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", "EXEC:cat")
    there = wire(f"tcp://127.0.0.1:{port}")
    data = hashlib.shake_128(b"seed").digest(32 * 1024 * 1024)
    client = there.connect()
    sender = threading.Thread(target=lambda: (client.send(data), client.half_close()))
    sender.start()
    assert hashlib.sha256(client.reader.to_end()).digest() == hashlib.sha256(data).digest()
    sender.join()
    assert f" in={len(data)} out={len(data)} " in there.log()


def test_a_slow_reader_stops_a_fast_writer(wire, upstream):
    """What is not read stays with the sender: no buffer of ours grows."""
    sent = [0]

    def script(connection):
        connection.reader.exactly(1)
        connection.sock.settimeout(1)
        try:
            while sent[0] < 256 * 1024 * 1024:
                sent[0] += connection.sock.send(bytes(65536))
        except TimeoutError:
            pass

    there = wire(f"tcp://{upstream(script).authority}")
    client = there.connect()
    client.send(b"x")
    time.sleep(3)
    assert 0 < sent[0] < 64 * 1024 * 1024
    client.close()


def test_many_at_once(wire, upstream):
    there = wire(f"tcp://{upstream(capitals).authority}")
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        data = [f"number {number} ".encode() * 1000 for number in range(200)]
        assert list(pool.map(there.talk, data)) == [one.upper() for one in data]


def test_nginx_stream_is_reached(wire, nginx_with):
    port = free_port()
    nginx_with(top=nginx_stream(f"listen 127.0.0.1:{port}; return 'from $remote_addr\n';"))
    there = wire(f"tcp://127.0.0.1:{port}")
    assert there.connect().reader.to_end() == b"from 127.0.0.1\n"


def test_the_next_address_is_tried_where_one_refuses(wire, dnsmasq):
    port = free_port("127.0.0.3")
    with socket.create_server(("127.0.0.3", port)) as listener:
        names = dnsmasq([("many.test", "127.0.0.2"), ("many.test", "127.0.0.3")])
        there = wire(f"tcp://many.test:{port}", env=names.environment())
        for _ in range(4):
            client = there.connect()
            listener.settimeout(REPLY)
            listener.accept()[0].close()
            assert client.ended()


def test_where_nobody_listens_the_connection_ends_and_the_reason_is_logged(wire):
    there = wire(f"tcp://127.0.0.1:{free_port()}")
    with contextlib.suppress(ConnectionResetError):  # where the client is slow, its end is there before it is connected
        assert there.connect().ended()
    assert "refused" in there.log()
    assert there.proxy.counts(1, FAILED, reason="connect_refused")


def test_a_silent_connection_ends(wire, upstream):
    there = wire(f"tcp://{upstream(capitals).authority}", more="    timeout: {idle: 300ms}\n")
    client = there.connect()
    begin = time.monotonic()
    assert client.ended()
    assert 0.2 < time.monotonic() - begin < 5
    assert "idle" in there.log() or "silent" in there.log()


def test_a_busy_one_way_connection_is_not_silent(wire, upstream):
    def script(connection):
        for _ in range(10):
            connection.send("tick\n")
            time.sleep(0.1)

    there = wire(f"tcp://{upstream(script).authority}", more="    timeout: {idle: 400ms}\n")
    assert there.connect().reader.to_end() == b"tick\n" * 10


def test_the_end_waits_for_what_runs(wire, upstream):
    there = wire(f"tcp://{upstream(in_lines).authority}")
    client = there.connect()
    client.send("PING\r\n")
    assert client.reader.exactly(7) == b"+PONG\r\n"
    there.proxy.process.signal(15)
    time.sleep(0.3)
    client.send("PING\r\n")
    assert client.reader.exactly(7) == b"+PONG\r\n"
    client.close()
    assert there.proxy.process.wait() == 0
    assert len([line for line in there.proxy.finish() if there.line in line]) == 1


# Targets of tls://


def tls_keys(certificates, more=""):
    return f"    tls: {{ca: {certificates.ca}{more}}}\n"


def test_a_plain_client_reaches_a_tls_server(wire, upstream, certificates, name_server):
    server = upstream(in_lines, tls=certificates.good.server_context())
    there = wire(f"tls://name.test:{server.port}", tls_keys(certificates), env=name_server.environment())
    client = there.connect()
    client.send("PING\r\n")
    assert client.reader.exactly(7) == b"+PONG\r\n"
    client.close()
    assert server.server_names == ["name.test"]
    assert " in=6 " in there.log() and " out=7 " in there.log()


def test_stunnel_is_reached(wire, upstream, certificates, name_server, tmp_path, program):
    server, port = upstream(in_lines), free_port()
    config = tmp_path / "stunnel.conf"
    config.write_text(f"foreground = yes\npid =\n[echo]\naccept = 127.0.0.1:{port}\nconnect = {server.authority}\n"
                      f"cert = {certificates.good.cert}\nkey = {certificates.good.key}\n")  # fmt: skip
    program(port, needs.program("stunnel4"), config)
    there = wire(f"tls://name.test:{port}", tls_keys(certificates), env=name_server.environment())
    client = there.connect()
    client.send("PING\r\n")
    assert client.reader.exactly(7) == b"+PONG\r\n"
    client.close()


def test_socat_is_reached_with_our_certificate_and_much_data(wire, certificates, name_server, program):
    port, pair, own = free_port(), certificates.good, certificates.client
    program(port, needs.program("socat"), f"OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,cert={pair.cert},key={pair.key},"
            f"cafile={certificates.ca},verify=1", "EXEC:cat")  # fmt: skip
    there = wire(f"tls://name.test:{port}", tls_keys(certificates, f", cert: {own.cert}, key: {own.key}"),
                 env=name_server.environment())  # fmt: skip
    data = hashlib.shake_128(b"tls").digest(4 * 1024 * 1024)
    client = there.connect()
    sender = threading.Thread(target=client.send, args=(data,))
    sender.start()
    assert client.reader.exactly(len(data)) == data
    sender.join()
    client.close()


@pytest.mark.parametrize("bad, reason", [("expired", "tls_expired"), ("wrong_name", "tls_wrong_name"),
                                         ("of_unknown_ca", "tls_unknown_ca")])  # fmt: skip
def test_a_bad_certificate_ends_the_connection_with_the_reason(wire, upstream, certificates, name_server, bad, reason):
    server = upstream(in_lines, tls=getattr(certificates, bad).server_context())
    there = wire(f"tls://name.test:{server.port}", tls_keys(certificates), env=name_server.environment())
    client = there.connect()
    client.send("PING\r\n")
    assert client.ended()
    assert there.log()
    assert there.proxy.counts(1, FAILED, reason=reason)


def test_a_half_close_is_a_close_notify_and_the_answer_still_comes(wire, upstream, certificates, name_server):
    def script(connection):
        capitals(connection)
        connection.sock.unwrap()

    server = upstream(script, tls=certificates.good.server_context())
    there = wire(f"tls://name.test:{server.port}", tls_keys(certificates), env=name_server.environment())
    assert there.talk(b"over tls") == b"OVER TLS"


# The PROXY protocol, towards the target


def test_the_target_is_told_the_client_where_it_wants_that(wire, upstream):
    seen = []

    def script(connection):
        head = connection.reader.exactly(16)
        body = connection.reader.exactly(int.from_bytes(head[14:16], "big"))
        seen.append((head[:14], body))
        capitals(connection)

    there = wire(f"tcp://{upstream(script).authority}", more="    proxy_protocol: v2\n")
    client = there.connect()
    own_port = client.sock.getsockname()[1]
    client.send(b"x")
    client.half_close()
    assert client.reader.to_end() == b"X"
    head, body = seen[0]
    assert head == b"\r\n\r\n\0\r\nQUIT\n\x21\x11"
    assert body[:12] == socket.inet_aton("127.0.0.1") * 2 + own_port.to_bytes(2, "big") + there.port.to_bytes(2, "big")


def test_nginx_reads_our_proxy_header(wire, nginx_with):
    port = free_port()
    nginx_with(top=nginx_stream(f"listen 127.0.0.1:{port} proxy_protocol; return '$proxy_protocol_addr:$proxy_protocol_port\n';"))
    there = wire(f"tcp://127.0.0.1:{port}", more="    proxy_protocol: v2\n")
    client = there.connect()
    assert client.reader.to_end().decode() == f"127.0.0.1:{client.sock.getsockname()[1]}\n"


def test_curl_speaks_http_through_it(wire, nginx_with):
    nginx = nginx_with("location = /x { return 200 plain; }")
    there = wire(f"tcp://{nginx.authority}")
    assert execute([needs.program("curl"), "-sS", f"http://localhost:{there.port}/x"], clean()).stdout == "plain"
    assert there.log()
