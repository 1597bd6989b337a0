"""The access log: one line a call, in two forms, with nothing in it that should not be there."""

import json
import re

import pytest

from harness.ambassador import mapping
from harness.scripted_upstream import answering, ok

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
KEYS = (
    "time listener client protocol method source target decision rule status duration_ms bytes_in bytes_out upstream tries "
    "reason request_id trace_id"
).split()


@pytest.fixture(name="calls")
def _calls(upstream, ambassador, connect):
    """calls(log) makes a mapped and a blocked call; gives the lines and the proxy."""

    def start(log="{}", *extra):
        server = upstream(answering(ok("four")))
        proxy = ambassador(mapping("http://h/api", f"http://{server.authority}/rng") + f"log: {log}\n")
        client = connect(proxy.port)
        client.get("http://h/api?token=s3cret", "Content-Length: 3", method="POST", body=b"abc")
        client.get("http://timecheck:8080/")
        for call in extra:
            client.send(call)
            client.reply()
        client.close()
        return proxy.finish(), proxy, server

    return start


def test_a_line_has_the_promised_form(calls):
    (mapped, blocked), _, server = calls()
    source, target = re.escape("http://h/api?token=s3cret"), re.escape(f"http://{server.authority}/rng?token=s3cret")
    facts = rf"200 \d+ms in=3 out=4 upstream={re.escape(server.authority)} tries=1"
    assert re.fullmatch(rf"{TIME} POST {source} -> {target} {facts}", mapped)
    assert re.fullmatch(rf"{TIME} GET http://timecheck:8080/ \[BLOCKED\] 403 \S.*", blocked)


def test_json_has_the_same_facts_under_stable_keys(calls):
    lines, proxy, server = calls("{format: json}")
    mapped, blocked = map(json.loads, lines)
    assert set(mapped) <= set(KEYS) and set(blocked) <= set(KEYS)
    expected = {
        "method": "POST", "source": "http://h/api?token=s3cret", "target": f"http://{server.authority}/rng?token=s3cret",
        "decision": "mapped", "rule": "http://h/api", "status": 200, "bytes_in": 3, "bytes_out": 4, "tries": 1,
        "upstream": server.authority, "protocol": "HTTP/1.1", "listener": f"127.0.0.1:{proxy.port}",
    }  # fmt: skip
    assert {key: mapped.get(key) for key in expected} == expected
    assert re.fullmatch(TIME, mapped["time"]) and mapped["duration_ms"] >= 0
    assert re.fullmatch(r"127\.0\.0\.1:\d+", mapped["client"])
    assert (blocked["decision"], blocked["status"], blocked["source"]) == ("blocked", 403, "http://timecheck:8080/")
    assert blocked["reason"]


def test_the_query_can_be_kept_out(calls):
    for log in ("{query: redact}", "{format: json, query: redact}"):
        lines, proxy, _ = calls(log)
        assert len(lines) == 2
        assert "s3cret" not in "".join(lines) + proxy.process.err.text()
        assert "http://h/api" in lines[0]


def test_only_failures_can_be_logged(calls):
    lines, _, _ = calls("{calls: errors}")
    assert [" GET http://timecheck:8080/ [BLOCKED] " in line for line in lines] == [True]


def test_a_refused_request_is_one_escaped_and_bounded_line(calls):
    evil = "GET /\x1b[31m\x00\x07" + "x" * 1000 + " HTTP/1.1\r\nHost: h\r\n\r\n"
    lines, _, _ = calls("{}", evil)
    assert len(lines) == 3
    assert re.search(r" GET \S+ \[REFUSED\] 400 \S", lines[2])
    assert lines[2].isprintable()
    assert len(lines[2]) < 500


def test_bytes_of_a_url_cannot_break_a_line(calls):
    odd = 'GET http://timecheck/"|\xe9\xff{}?q=" HTTP/1.1\r\nHost: h\r\n\r\n'
    for log in ("{}", "{format: json}"):
        lines, _, _ = calls(log, odd)
        assert len(lines) == 3 and lines[2].isprintable()
    assert json.loads(lines[2])["decision"] == "blocked"


def test_every_call_of_many_is_logged_once(upstream, ambassador, connect):
    server = upstream(answering(ok()))
    proxy = ambassador(mapping("http://h", f"http://{server.authority}"))
    client = connect(proxy.port)
    for number in range(500):
        client.get(f"http://h/{number}")
    client.close()
    logged = [re.search(r" GET http://h/(\d+) -> ", line).group(1) for line in proxy.finish()]
    assert logged == [str(number) for number in range(500)]


def test_secrets_of_a_call_are_never_logged(upstream, ambassador, connect):
    server = upstream(answering(ok()))
    proxy = ambassador(mapping("http://h", f"http://{server.authority}") + "log: {format: json}\n")
    secrets = ("Authorization: Bearer s3cret", "Cookie: sid=s3cret", "Proxy-Authorization: Basic s3cret")
    connect(proxy.port).get("http://h/", *secrets)
    assert "s3cret" not in "".join(proxy.finish()) + proxy.process.err.text()
