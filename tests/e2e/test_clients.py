"""Every real client gets through to what is mapped, and learns why the rest is blocked."""

import dataclasses
import re
from collections.abc import Callable

import pytest

from harness import clients
from harness.pasting import explanation, to_paste
from harness.ports import free_port, has_ipv6

RNG = "/sixeyed/kiamol/master/ch03/numbers/rng"
LOCATIONS = f"""
    location = {RNG} {{ return 200 "42"; }}
    location = /orders-service {{ return 200 "three orders"; }}
"""


@dataclasses.dataclass
class Shape:
    """What an app asks for, and what should come of it. PORT stands for the listener's."""

    mapped: str
    path: str
    body: str
    blocked: str


PROXIED = Shape("http://localhost/api", RNG, "42", "http://timecheck:8080/")
DIRECT = Shape("http://localhost:PORT/api", RNG, "42", "http://localhost:PORT/timecheck")
NEVER_LOCALHOST = Shape("http://orders/", "/orders-service", "three orders", "http://timecheck:8080/")


@dataclasses.dataclass
class Case:
    name: str
    get: Callable
    shape: Shape


CASES = [
    Case("curl", clients.curl, PROXIED),
    Case("curl_offering_h2c", clients.curl_offering_h2c, PROXIED),
    Case("curl_direct", clients.curl_direct, DIRECT),
    Case("curl_direct_offering_h2c", clients.curl_direct_offering_h2c, DIRECT),
    Case("wget", clients.wget, PROXIED),
    Case("busybox_wget", clients.busybox_wget, PROXIED),
    Case("python_urllib", clients.python("standard_library.py"), PROXIED),
    Case("python_requests", clients.python("requests_library.py", "requests"), PROXIED),
    Case("python_httpx", clients.python("httpx_library.py", "httpx"), PROXIED),
    Case("python_aiohttp", clients.python("aiohttp_library.py", "aiohttp"), PROXIED),
    Case("node_http", clients.node("node_http.js"), DIRECT),
    Case("node_fetch", clients.node("node_fetch.js"), DIRECT),
    Case("node_axios", clients.node("node_axios.js", "axios"), PROXIED),
    Case("go", clients.go, NEVER_LOCALHOST),
    Case("go_direct", clients.go, DIRECT),
    Case("ruby", clients.ruby, NEVER_LOCALHOST),
    Case("ruby_direct", clients.ruby, DIRECT),
    Case("java_by_proxy", clients.java_by_proxy, PROXIED),
    Case("java_direct_offering_h2c", clients.java, DIRECT),
    Case("php_curl", clients.php, PROXIED),
    Case("perl_lwp", clients.perl, PROXIED),
]
UNDICI = Case("node_undici", clients.node("node_undici.js", "undici"), PROXIED)


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture(name="nginx")
def _nginx(nginx_with):
    return nginx_with(LOCATIONS)


@pytest.fixture(name="proxy")
def _proxy(nginx, ambassador):
    """On both addresses of `localhost`, like the default listeners: Node 18 connects to the first one only, which may be ::1."""
    base = f"listen: localhost:{free_port()}\nadmin: 127.0.0.1:0\nworkers: 1\n"
    return ambassador(listeners=2 if has_ipv6() else 1, base=base, rest=f"""
        map:
          - source: http://localhost/api
            target: http://{nginx.authority}{RNG}
          - source: http://orders
            target: http://{nginx.authority}/orders-service
    """)


def logged(url):
    """A pattern for the URL in the log: a direct call may show the listener's port."""
    return re.escape(url).replace(":PORT", r"(:\d+)?")


@each([*CASES, UNDICI])
def test_reaches_a_mapped_service_with_one_request(case, proxy, nginx):
    reply = case.get(proxy.port, case.shape.mapped.replace("PORT", str(proxy.port)))
    assert (reply.status, reply.body) == (200, case.shape.body)
    requests = nginx.requests()
    assert [(seen["method"], seen["uri"], seen["host"]) for seen in requests] == [("GET", case.shape.path, nginx.authority)]
    target = re.escape(f"http://{nginx.authority}{case.shape.path}")
    expected = re.compile(rf" GET {logged(case.shape.mapped)} -> {target} 200 ")
    assert [bool(expected.search(line)) for line in proxy.finish()] == [True], proxy.finish()


@each(CASES)
def test_is_told_why_a_call_is_blocked(case, proxy, nginx):
    reply = case.get(proxy.port, case.shape.blocked.replace("PORT", str(proxy.port)))
    assert reply.status == 403
    if reply.body is not None:
        assert "not in the map" in explanation(reply.body)
        assert to_paste(reply.body)
    assert nginx.requests() == []
    expected = re.compile(rf" GET {logged(case.shape.blocked)} \[BLOCKED\] 403 \S")
    assert [bool(expected.search(line)) for line in proxy.finish()] == [True], proxy.finish()


def test_undici_is_refused_a_tunnel_to_what_is_not_mapped(proxy, nginx):
    script = clients.PROGRAMS / "node_undici.js"
    clients.needs.node_module("undici")
    argv = [clients.needs.program("node"), script, "http://timecheck:8080/"]
    done = clients.execute(argv, clients.environment.through_proxy(proxy.port), check=False)
    assert done.returncode != 0
    assert "403" in done.stderr
    assert nginx.requests() == []
    lines = proxy.finish()
    assert [" CONNECT timecheck:8080 [BLOCKED] 403 " in line for line in lines] == [True], lines


def test_undici_is_told_inside_the_tunnel_why_a_path_is_blocked(proxy, nginx):
    reply = UNDICI.get(proxy.port, "http://localhost/timecheck")
    assert reply.status == 403
    assert "not in the map" in reply.body
    assert to_paste(reply.body)
    assert nginx.requests() == []
    lines = proxy.finish()
    assert [" GET http://localhost/timecheck [BLOCKED] 403 " in line for line in lines] == [True], lines


def test_busybox_wget_asking_for_https_by_absolute_form_is_told_that_it_is_blocked(proxy, nginx):
    assert clients.busybox_wget(proxy.port, "https://timecheck/").status == 403
    assert nginx.requests() == []
    lines = proxy.finish()
    assert [" GET https://timecheck/ [BLOCKED] 403 " in line for line in lines] == [True], lines
