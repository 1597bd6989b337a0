"""What is blocked: nothing is contacted or looked up, and the reply says what is nearest and what to add."""

import dataclasses
import re

import pytest

from harness.ambassador import mapping, run, write_config
from harness.pasting import pasted
from harness.scripted_upstream import answering, ok

BASE = "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nworkers: 1\n"


@dataclasses.dataclass
class Miss:
    """A map's entry, a call that just misses it, and what the reply must say. PORT is the upstream's."""

    source: str
    call: tuple
    says: list
    when: str = ""


GET_ONLY = "    when: {methods: [GET]}\n"
OTHER = "X-Env: live"
CANARY = "    when: {headers: {X-Env: canary}}\n"
MISSES = {
    "host": Miss("http://orders.test:PORT/", ("GET", "http://order.test:PORT/"), [r"\bhost\b", r"order\.test"]),
    "port": Miss("http://orders.test:80/", ("GET", "http://orders.test:PORT/"), [r"\bport PORT\b"]),
    "path": Miss("http://orders.test:PORT/api", ("GET", "http://orders.test:PORT/apix"), [r"\bpath\b", "/apix"]),
    "method": Miss("http://orders.test:PORT/", ("POST", "http://orders.test:PORT/"), [r"\bmethod\b", r"\bPOST\b"], GET_ONLY),
    "header": Miss("http://orders.test:PORT/", ("GET", "http://orders.test:PORT/", OTHER), [r"\bheader\b", "X-Env"], CANARY),
}
each_miss = pytest.mark.parametrize("miss", MISSES.values(), ids=MISSES.keys())


@pytest.fixture(name="server")
def _server(upstream):
    return upstream(answering(ok("reached")))


@pytest.fixture(name="start")
def _start(launch, server, name_server, tmp_path):
    """start(miss, reply) runs with the entry of the miss, and with what a reply gave to paste."""

    def start(miss, reply=None):
        entry = mapping(with_port(miss.source, server), f"http://{server.authority}") + miss.when
        path = write_config(tmp_path, BASE, entry)
        if reply:
            path.write_text(with_loopback(pasted(path.read_text(), reply.text)))
        checked = run("check", "-c", path, cwd=tmp_path)
        assert checked.returncode == 0, checked.stderr + checked.stdout
        return launch("-c", path, admin=True, env=name_server.environment())

    return start


def with_loopback(text):
    """What the reader of a reply knows of his names, and we do not: that these lead to this machine."""
    return re.sub(r'- ("\S+\.test:\d+")', r"- {to: \1, addresses: [loopback]}", text)


@pytest.fixture(name="call")
def _call(connect, server):
    def call(proxy, miss):
        method, url, *fields = miss.call
        length = ["Content-Length: 0"] if method == "POST" else []
        return connect(proxy.port).get(with_port(url, server), *fields, *length, method=method)

    return call


def with_port(text, server):
    return text.replace("PORT", str(server.port))


@each_miss
def test_names_the_nearest_miss(start, call, server, miss):
    proxy = start(miss)
    reply = call(proxy, miss)
    assert reply.status == 403
    for pattern in miss.says:
        assert re.search(with_port(pattern, server), reply.text, re.IGNORECASE), reply.text
    assert " [BLOCKED] 403 " in proxy.log(with_port(miss.call[1], server))


@each_miss
def test_contacts_nobody_and_looks_nothing_up(start, call, server, name_server, miss):
    proxy = start(miss)
    assert call(proxy, miss).status == 403
    proxy.finish()
    assert server.connections == 0
    assert name_server.queries == []


@each_miss
def test_what_it_gives_to_paste_makes_the_call_work(start, call, server, miss):
    blocked = call(start(miss), miss)
    reply = call(start(miss, blocked), miss)
    assert (reply.status, reply.text) == (200, "reached"), blocked.text
    assert [seen.method for seen in server.requests] == [miss.call[0]]


@each_miss
def test_the_same_reason_is_explained(start, server, miss, tmp_path):
    start(miss)
    method, url, *_ = miss.call  # explain knows of no header: every one is missing
    done = run("explain", "-c", tmp_path / "ambassador.yaml", method, with_port(url, server), cwd=tmp_path)
    assert done.returncode == 3
    for pattern in miss.says:
        assert re.search(with_port(pattern, server), done.stdout, re.IGNORECASE), done.stdout


def test_names_the_scheme_when_only_that_differs(start, call, name_server):
    miss = Miss("http://orders.test/", ("GET", "https://orders.test/"), [])
    reply = call(start(miss), miss)
    assert reply.status == 403
    assert re.search(r"\b(scheme|https)\b", reply.text) and "http://orders.test" in reply.text
    assert name_server.queries == []


def test_the_causes_are_told_apart(start, call):
    said = {name: call(start(miss), miss).text for name, miss in MISSES.items()}
    reasons = {name: re.sub(r"\d+", "N", text) for name, text in said.items()}
    assert len(set(reasons.values())) == len(MISSES)


ANY = MISSES["host"]


def test_says_so_in_proxy_status(start, call):
    assert re.search(r"^[\w.-]+\s*;.*\berror=http_request_denied\b", call(start(ANY), ANY).field("Proxy-Status"))


def test_the_reply_is_a_short_plain_text(start, call):
    reply = call(start(ANY), ANY)
    assert reply.field("Content-Type").startswith("text/plain")
    assert len(reply.body) < 2000


def test_the_reason_is_in_the_log_too(start, call):
    proxy = start(MISSES["port"])
    call(proxy, MISSES["port"])
    assert re.search(r"\[BLOCKED\] 403 .*\S", proxy.log("[BLOCKED]"))


def test_the_connection_stays_usable(start, connect, server):
    client = connect(start(ANY).port)
    assert client.get("http://elsewhere/").status == 403
    assert client.get(with_port("http://orders.test:PORT/", server)).text == "reached"


def test_the_body_of_a_blocked_call_is_not_read_as_a_request(start, connect, server):
    proxy = start(ANY)
    client = connect(proxy.port)
    smuggled = with_port("GET http://orders.test:PORT/ HTTP/1.1\r\nHost: h\r\n\r\n", server).encode()
    assert client.get("http://elsewhere/", f"Content-Length: {len(smuggled)}", method="POST", body=smuggled).status == 403
    client.half_close()
    assert client.ended()
    assert server.connections == 0
    assert len(proxy.finish()) == 1


def test_a_blocked_head_has_no_body(start, connect, server):
    client = connect(start(ANY).port)
    assert client.get("http://elsewhere/", method="HEAD").status == 403
    assert client.get(with_port("http://orders.test:PORT/", server)).text == "reached"


def test_a_blocked_upload_is_told_before_it_is_sent(start, connect):
    client = connect(start(ANY).port)
    client.request("POST", "http://elsewhere/", "Content-Length: 1000000", "Expect: 100-continue")
    assert client.reply().status == 403


def test_the_mapped_name_is_looked_up_only_for_the_call(launch, connect, server, name_server, tmp_path):
    entry = mapping("http://h", f"http://numbers.test:{server.port}")
    proxy = launch("-c", write_config(tmp_path, BASE, entry), admin=True, env=name_server.environment())
    client = connect(proxy.port)
    assert client.get("http://elsewhere/").status == 403
    assert client.get("http://h/").text == "reached"
    assert set(name_server.queries) == {"numbers.test"}
    assert server.requests[0].field("Host") == f"numbers.test:{server.port}"
