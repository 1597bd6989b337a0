"""What is wrong: with a request, with a reply, with the way to the upstream. Each has its own status, and one log line."""

import threading

import pytest

from harness.ambassador import mapping, run, write_config
from harness.limits import REPLY
from harness.ports import free_port
from harness.scripted_upstream import answering, ok

HOST = "Host: h\r\n"
UNCLEAR = {
    "length_and_chunked": f"POST http://h/ HTTP/1.1\r\n{HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two_lengths": f"POST http://h/ HTTP/1.1\r\n{HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "signed_length": f"POST http://h/ HTTP/1.1\r\n{HOST}Content-Length: +5\r\n\r\nhello",
    "length_beyond_64_bits": f"POST http://h/ HTTP/1.1\r\n{HOST}Content-Length: 18446744073709551621\r\n\r\nhello",
    "unknown_coding": f"POST http://h/ HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked_not_last": f"POST http://h/ HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked_in_http_1_0": f"POST http://h/ HTTP/1.0\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded_field": f"GET http://h/ HTTP/1.1\r\n{HOST}X-Long: one\r\n two\r\n\r\n",
    "space_before_colon": f"GET http://h/ HTTP/1.1\r\n{HOST}X-Odd : one\r\n\r\n",
    "nul_in_a_value": f"GET http://h/ HTTP/1.1\r\n{HOST}X-Odd: a\0b\r\n\r\n",
    "no_host": "GET / HTTP/1.1\r\n\r\n",
    "two_hosts": f"GET http://h/ HTTP/1.1\r\n{HOST}{HOST}\r\n",
    "invalid_host": "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n",
    "userinfo": f"GET http://user@h/ HTTP/1.1\r\n{HOST}\r\n",
    "port_beyond_65535": f"GET http://h:65616/ HTTP/1.1\r\n{HOST}\r\n",
    "not_http": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no_version": f"GET http://h/\r\n{HOST}\r\n",
}


@pytest.mark.parametrize("request_bytes", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_refuses_a_request_that_is_unclear_and_closes(route, request_bytes):
    there = route(answering(ok()))
    there.client.send(request_bytes)
    assert there.client.reply().status == 400
    assert there.client.ended()
    assert there.upstream.connections == 0
    there.client.close()
    lines = there.proxy.finish()
    assert [" [REFUSED] 400 " in line for line in lines] == [True], lines


def test_a_broken_chunk_ends_both_sides(route):
    ended = threading.Event()

    def script(connection):
        try:
            connection.request()
        finally:
            ended.set()

    there = route(script)
    there.client.request("POST", "http://h/", "Transfer-Encoding: chunked", body=b"5\r\nhelloXX0\r\n\r\n")
    assert there.client.reply().status == 400
    assert there.client.ended()
    assert there.upstream.connections == 0 or ended.wait(REPLY)


LIMITED = {
    "target": ("GET http://h/" + "x" * 17_000 + f" HTTP/1.1\r\n{HOST}\r\n", 414),
    "head": (f"GET http://h/ HTTP/1.1\r\n{HOST}" + "X-Big: " + "x" * 70_000 + "\r\n\r\n", 431),
    "fields": (f"GET http://h/ HTTP/1.1\r\n{HOST}" + "X: 1\r\n" * 101 + "\r\n", 431),
}


@pytest.mark.parametrize(("request_bytes", "status"), LIMITED.values(), ids=LIMITED.keys())
def test_bounds_the_request_head(route, request_bytes, status):
    there = route(answering(ok()))
    there.client.send(request_bytes)
    assert there.client.reply().status == status
    assert there.upstream.connections == 0
    there.client.close()
    assert all(len(line) < 1000 for line in there.proxy.finish())


FAULTY = {
    "no_http": "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "bad_status": "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "bad_length": "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
    "two_lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "nul": "HTTP/1.1 200 OK\r\nX-Odd: a\0b\r\nContent-Length: 0\r\n\r\n",
    "endless_fields": "HTTP/1.1 200 OK\r\n" + "X: 1\r\n" * 20_000 + "\r\n",
    "nothing": "",
}


@pytest.mark.parametrize("reply_bytes", FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_reply_is_a_502(route, reply_bytes):
    there = route(lambda connection: (connection.request(), connection.send(reply_bytes)))
    reply = there.client.get("http://h/")
    assert reply.status == 502
    assert "error=" in reply.field("Proxy-Status")
    lines = there.proxy.finish()
    assert [f"GET http://h/ -> http://{there.upstream.authority}/ 502 " in line for line in lines] == [True], lines


def test_an_upstream_that_is_not_there_is_a_502_that_says_so(ambassador, connect):
    port = free_port()
    proxy = ambassador(mapping("http://h", f"http://127.0.0.1:{port}"))
    reply = connect(proxy.port).get("http://h/")
    assert reply.status == 502
    assert f"127.0.0.1:{port}" in reply.text and "refused" in reply.text
    assert "error=connection_refused" in reply.field("Proxy-Status")
    assert "refused" in proxy.log("GET http://h/ -> ")


def test_a_name_that_does_not_exist_is_a_502_that_says_so(ambassador, connect, name_server):
    proxy = ambassador(mapping("http://h", "http://missing.test"), env=name_server.environment())
    reply = connect(proxy.port).get("http://h/")
    assert reply.status == 502
    assert "missing.test" in reply.text
    assert "error=dns_error" in reply.field("Proxy-Status")
    assert "missing.test" in name_server.queries


def test_a_target_that_is_the_ambassador_itself_is_an_error(tmp_path):
    port = free_port()
    path = write_config(tmp_path, f"listen: 127.0.0.1:{port}\n", mapping("http://h", f"http://127.0.0.1:{port}"))
    done = run("-c", path, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{path}:4:13:" in done.stderr and "itself" in done.stderr


def test_never_calls_itself_by_another_name(launch, connect, name_server, tmp_path):
    port = free_port()
    path = write_config(tmp_path, f"listen: 127.0.0.1:{port}\n", mapping("http://*/", f"http://me.test:{port}"))
    proxy = launch("-c", path, env=name_server.environment())
    reply = connect(port).get("http://h/")
    assert reply.status >= 500
    assert "error=" in reply.field("Proxy-Status")
    assert len(proxy.finish()) == 1


def test_finds_a_loop_over_another_ambassador(launch, connect, tmp_path):
    ports = [free_port(), free_port()]
    running = []
    for name, port, other in (("a", *ports), ("b", *reversed(ports))):
        entry = mapping("http://*/", f"http://127.0.0.1:{other}")
        path = write_config(tmp_path, f"listen: 127.0.0.1:{port}\n", entry, name=f"{name}.yaml")
        running.append(launch("-c", path))
    assert connect(ports[0]).get("http://h/").status >= 500
    assert len(running[0].finish()) <= 2
