"""A machine without IPv6, as many clusters are: a network namespace whose only address is 127.0.0.1."""

import pytest

from harness import needs
from harness.ambassador import Ambassador, write_config
from harness.environment import clean
from harness.one_family import OneFamily
from harness.process import Process

UPSTREAM_PORT = 9000
MAP = f"""
map:
  - source: http://localhost/api
    target: http://127.0.0.1:{UPSTREAM_PORT}
"""
# What inject and the charts set, for probes from outside the Pod.
ADMIN = {"AMBASSADOR_ADMIN": "[::]:9901"}


@pytest.fixture(name="machine", scope="module")
def _machine():
    machine = OneFamily(missing="::1/128")
    yield machine
    machine.close()


@pytest.fixture(name="upstream", scope="module", autouse=True)
def _upstream(machine, tmp_path_factory):
    directory = tmp_path_factory.mktemp("served")
    (directory / "x").write_text("inside")
    argv = [needs.PYTHON, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(UPSTREAM_PORT)]
    server = Process([*machine.enter, *argv], clean(), directory)
    assert server.out.wait_for("Serving HTTP"), server.err.text()
    yield server
    server.end()


@pytest.fixture(name="start")
def _start(machine, tmp_path):
    """Starts an ambassador with this configuration; how many listeners make it ready?"""
    started = []

    def start(config, listeners):
        path = write_config(tmp_path, config)
        started.append(Ambassador("-c", path, cwd=tmp_path, env=ADMIN, listeners=listeners, admin=True, enter=machine.enter))
        return started[-1]

    yield start
    for proxy in started:
        proxy.finish()


def skips(proxy, address):
    return proxy.process.err.wait_for(f"not listening on {address}")


def test_the_machine_has_no_ipv6(machine):
    assert "inet6 ::1" not in machine.run("ip", "address").stdout


def test_the_default_listener_of_ipv6_is_skipped_with_a_warning(machine, start):
    proxy = start(MAP, listeners=1)
    assert skips(proxy, "[::1]:1080")
    assert machine.curl("--proxy", "http://localhost:1080", "http://localhost/api/x") == "inside"


def test_a_listener_of_its_own_for_a_loopback_source_is_the_same(machine, start):
    source = f"  - source: http://localhost:8080\n    target: http://127.0.0.1:{UPSTREAM_PORT}\n"
    proxy = start("listen: 127.0.0.1:1080\n" + MAP + source, listeners=2)
    assert skips(proxy, "[::1]:8080")
    assert machine.curl("http://localhost:8080/x") == "inside"


def test_a_tcp_source_is_the_same(machine, start):
    source = f"  - source: tcp://localhost:7000\n    target: tcp://127.0.0.1:{UPSTREAM_PORT}\n"
    proxy = start("listen: 127.0.0.1:1080\n" + MAP + source, listeners=2)
    assert skips(proxy, "[::1]:7000")
    assert machine.curl("http://localhost:7000/x") == "inside"


def test_a_reload_skips_it_too(machine, start, tmp_path):
    proxy = start("listen: 127.0.0.1:1080\n" + MAP, listeners=1)
    source = f"  - source: http://localhost:8080\n    target: http://127.0.0.1:{UPSTREAM_PORT}\n"
    write_config(tmp_path, "listen: 127.0.0.1:1080\n" + MAP + source)
    assert skips(proxy, "[::1]:8080")
    assert proxy.process.err.wait_for("listening on http://127.0.0.1:8080")
    assert machine.curl("http://localhost:8080/x") == "inside"


def test_the_admin_port_of_both_families_is_there(machine, start):
    start(MAP, listeners=1)
    assert machine.curl("-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:9901/readyz") == "200"


def test_an_address_that_was_asked_for_by_name_is_an_error(machine, tmp_path):
    path = write_config(tmp_path, 'listen: "[::1]:1080"\n' + MAP)
    with pytest.raises(AssertionError, match=r"cannot listen on \[::1\]:1080"):
        Ambassador("-c", path, cwd=tmp_path, env=ADMIN, admin=True, enter=machine.enter)
