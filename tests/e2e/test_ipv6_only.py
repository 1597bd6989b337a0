"""A machine without IPv4: a network namespace whose only address is ::1."""

import contextlib

import pytest

from harness import needs
from harness.ambassador import Ambassador, write_config
from harness.dnsmasq import Dnsmasq
from harness.environment import clean
from harness.one_family import OneFamily
from harness.process import Process

UPSTREAM_PORT, GREETING_PORT, TCP_SOURCE = 9000, 2525, 7000
CONFIG = f"""
admin: "[::1]:9901"
map:
  - source: http://named
    target: http://six.test:{UPSTREAM_PORT}
  - source: http://literal
    target: http://[::1]:{UPSTREAM_PORT}
  - source: http://localhost/api
    target: http://six.test:{UPSTREAM_PORT}
  - source: http://four
    target: http://four.test:{UPSTREAM_PORT}
  - source: tcp://[::1]:{TCP_SOURCE}
    target: tcp://six.test:{GREETING_PORT}
"""
# Answers `inside` by HTTP, and greets on another port.
UPSTREAM = f"""
import socket, threading
def serve(port, answer):
    listener = socket.create_server(("::1", port), family=socket.AF_INET6)
    while True:
        with listener.accept()[0] as connection:
            if port == {UPSTREAM_PORT}:
                connection.recv(4096)
            connection.sendall(answer)
for port, answer in (({UPSTREAM_PORT}, b"HTTP/1.0 200 OK\\r\\n\\r\\ninside"), ({GREETING_PORT}, b"220 ready\\r\\n")):
    threading.Thread(target=serve, args=(port, answer)).start()
print("ready", flush=True)
"""
GREETING = f"""
import socket
with socket.create_connection(("::1", {TCP_SOURCE}), timeout=15) as sock:
    print(sock.recv(100).decode())
"""


@pytest.fixture(name="machine", scope="module")
def _machine():
    machine = OneFamily(missing="127.0.0.1/8")
    yield machine
    machine.close()


@pytest.fixture(name="upstream", scope="module")
def _upstream(machine):
    server = Process([*machine.enter, needs.PYTHON, "-c", UPSTREAM], clean(), "/")
    assert server.out.wait_for("ready"), server.err.text()
    yield server
    server.end()


@pytest.fixture(name="names", scope="module")
def _names(machine):
    server = Dnsmasq([("six.test", "::1"), ("four.test", "127.0.0.1")], port=5353, enter=machine.enter, host="::1")
    yield server
    server.close()


@pytest.fixture(name="proxy", scope="module")
def _proxy(machine, upstream, names, tmp_path_factory):  # pylint: disable=unused-argument
    directory = tmp_path_factory.mktemp("ipv6_only")
    config = write_config(directory, CONFIG)
    process = Ambassador(
        "-c", config, cwd=directory, env=names.environment(), listeners=2, admin=True, enter=machine.enter)  # fmt: skip
    yield process
    process.finish()


def proxied(machine, url, *args):
    return machine.curl("--proxy", "http://[::1]:1080", url, *args)


def test_the_machine_has_no_ipv4(machine):
    assert "inet " not in machine.run("ip", "address").stdout
    connect = "import socket; socket.create_connection(('127.0.0.1', 1), timeout=5)"
    assert "unreachable" in machine.run(needs.PYTHON, "-c", connect).stderr


def test_the_default_listener_of_ipv4_is_skipped_with_a_warning(proxy):
    assert {host for host, _ in proxy.addresses} == {"[::1]"}
    assert proxy.process.err.wait_for("not listening on 127.0.0.1:1080")


def test_a_mapped_call_by_a_name_with_ipv6_alone(machine, proxy):
    assert proxied(machine, "http://named/") == "inside"
    assert " upstream=[::1]:9000 " in proxy.log("http://named/")


def test_a_mapped_call_by_a_literal(machine, proxy):
    assert proxied(machine, "http://literal/x") == "inside"
    assert " upstream=[::1]:9000 " in proxy.log("http://literal/x")


@pytest.mark.parametrize("host", ["[::1]", "localhost"])
def test_a_call_straight_at_the_listener(machine, proxy, host):  # pylint: disable=unused-argument
    assert machine.curl(f"http://{host}:1080/api/x") == "inside"


def test_a_name_with_ipv4_alone_fails_with_its_reason(machine, proxy):
    answer = proxied(machine, "http://four/")
    assert "connecting for http://four.test:9000" in answer
    assert "connect" in proxy.log("http://four/")
    assert proxied(machine, "http://named/") == "inside"


def test_a_tcp_source(machine, proxy):  # pylint: disable=unused-argument
    assert machine.run(needs.PYTHON, "-c", GREETING).stdout.strip() == "220 ready"


def test_the_admin_port(machine, proxy):  # pylint: disable=unused-argument
    assert machine.curl("-o", "/dev/null", "-w", "%{http_code}", "http://[::1]:9901/readyz") == "200"
    assert 'ambassador_dns_resolutions_total{result="ok"}' in machine.curl("http://[::1]:9901/metrics")


def test_names_are_looked_up_by_the_machine_s_resolv_conf(machine, upstream, tmp_path):  # pylint: disable=unused-argument
    server = Dnsmasq([("six.shop.test", "::1")], port=53, enter=machine.enter, host="::1")
    conf = tmp_path / "resolv.conf"
    conf.write_text("nameserver ::1\nsearch shop.test\n")
    inside = [*machine.enter, "sh", "-c", f'mount --bind {conf} /etc/resolv.conf && exec "$@"', "sh"]
    rest = f'listen: "[::1]:1081"\nmap:\n  - source: http://named\n    target: http://six:{UPSTREAM_PORT}\n'
    with contextlib.closing(server):
        process = Ambassador(
            "-c", write_config(tmp_path, rest), cwd=tmp_path, env={"AMBASSADOR_ADMIN": "[::1]:0"}, enter=inside)  # fmt: skip
        answer = machine.curl("--proxy", "http://[::1]:1081", "http://named/")
        process.finish()
    assert answer == "inside"
