"""By what a call is found again: traceparent, tracestate and X-Request-Id, upstream and in the log; and faults on demand."""

import json
import re

import pytest

from harness.ambassador import mapping
from harness.scripted_upstream import answering, ok

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
CLIENT = (f"traceparent: 00-{TRACE}-{PARENT}-01", "tracestate: vendor=1", "X-Request-Id: r-1")
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture(name="traced")
def _traced(upstream, ambassador, connect):
    """traced(keys, fields) makes one call; gives its request as it came upstream, and its line."""

    def call(keys, *fields):
        server = upstream(answering(ok()))
        proxy = ambassador(mapping("http://h/", f"http://{server.authority}/") + keys)
        client = connect(proxy.port)
        assert client.get("http://h/", *fields).status == 200
        client.close()
        (line,) = proxy.finish()
        return server.requests[0], line

    return call


def test_what_the_client_sends_goes_on_and_is_logged(traced):
    request, line = traced("", *CLIENT)
    for field in CLIENT:
        name, value = field.split(": ")
        assert request.all(name) == [value]
    assert line.endswith(f" tries=1 trace={TRACE} request=r-1")


def test_nothing_is_made_unasked(traced):
    request, line = traced("")
    assert not request.all("traceparent") and not request.all("x-request-id")
    assert line.endswith(" tries=1")


def test_off_keeps_it_out_of_the_log(traced):
    request, line = traced("trace: off\n", *CLIENT)
    assert request.all("traceparent") == [CLIENT[0].split(": ")[1]]
    assert line.endswith(" tries=1")


def test_on_is_a_hop_of_the_clients_trace(traced):
    request, line = traced("trace: on\nlog: {format: json}\n", *CLIENT)
    (sent,) = request.all("traceparent")
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", sent) and PARENT not in sent
    assert request.all("tracestate") == ["vendor=1"]
    record = json.loads(line)
    assert (record["trace_id"], record["request_id"]) == (TRACE, "r-1")


def test_on_begins_a_trace(traced):
    request, line = traced("trace: on\nlog: {format: json}\n", "traceparent: 00-nothing", "tracestate: vendor=1")
    record = json.loads(line)
    (sent,) = request.all("traceparent")
    assert re.fullmatch(rf"00-{record['trace_id']}-[0-9a-f]{{16}}-01", sent)
    assert not request.all("tracestate")
    assert re.fullmatch(UUID, record["request_id"])
    assert request.all("x-request-id") == [record["request_id"]]


def test_a_request_id_cannot_forge_a_line(traced):
    _, line = traced("", 'X-Request-Id: a" [BLOCKED] \\ b')
    assert line.endswith(r" request=a\x22\x20[BLOCKED]\x20\x5c\x20b")


def test_a_reply_of_our_own_says_by_what_its_line_is_found(ambassador, connect):
    proxy = ambassador("unmapped: block\n")
    client = connect(proxy.port)
    assert client.get("http://blocked.test/", "X-Request-Id: r-2").all("x-request-id") == ["r-2"]
    client.close()
    assert proxy.finish()[0].endswith(" request=r-2")


def test_a_fault_is_injected_logged_and_counted(upstream, ambassador, connect):
    server = upstream(answering(ok()))
    keys = "    fault: {delay: 50ms, abort: 503, percent: 100}\n"
    proxy = ambassador(mapping("http://h/", f"http://{server.authority}/") + keys)
    client = connect(proxy.port)
    reply = client.get("http://h/")
    assert reply.status == 503 and b"an injected fault" in reply.body
    assert reply.all("proxy-status") == ["ambassador; error=proxy_internal_response"]
    client.close()
    assert proxy.counts(1, "ambassador_failed_total", reason="fault_injected")
    assert re.search(r" 503 \d+ms in=0 out=0 upstream=- tries=0 an injected fault", proxy.finish()[0])
    assert server.connections == 0
