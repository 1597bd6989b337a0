"""Which source decides: the more exact host, then the longer path, where its conditions fit."""

import pytest

from harness import http_get
from harness.ambassador import mapping
from harness.scripted_upstream import answering, ok


@pytest.fixture(name="ask")
def _ask(upstream, ambassador, connect):
    """ask(name=source, …) maps each source to an upstream that answers with the name.

    It gives get(url, …), which tells the name, or the status of what is not a 200.
    """

    def start(**entries):
        lines = []
        for name, entry in entries.items():
            server = upstream(answering(ok(name)))
            source, *more = entry.split("; ")
            lines += [f"  - source: {source}", f"    target: http://{server.authority}", *(f"    {line}" for line in more)]
        proxy = ambassador("map:\n" + "\n".join(lines) + "\n")

        def get(url, *fields, **options):
            reply = connect(proxy.port).get(url, *fields, **options)
            return reply.text if reply.status == 200 else reply.status

        return get

    return start


def test_blocks_a_path_that_only_starts_like_the_source(ask):
    get = ask(api="http://h/api")
    assert [get(f"http://h/{path}") for path in ("api", "api/", "api/x", "api?x")] == ["api"] * 4
    assert [get(f"http://h/{path}") for path in ("apix", "api%2Fx", "ap", "", "API")] == [403] * 5


def test_the_longest_source_wins_wherever_it_stands(ask):
    get = ask(short="http://h/a", longest="http://h/a/b/c", middle="http://h/a/b")
    expected = {"/a/x": "short", "/a/b/x": "middle", "/a/b/c/x": "longest", "/a/bc": "short"}
    assert {path: get(f"http://h{path}") for path in expected} == expected


def test_the_more_exact_host_wins(ask):
    get = ask(any="http://*/long/path", suffix='"http://*.shop/"', exact="http://pay.shop/")
    assert get("http://pay.shop/long/path", host="pay.shop") == "exact"
    assert get("http://cart.shop/long/path", host="cart.shop") == "suffix"
    assert get("http://a.b.shop/", host="a.b.shop") == "suffix"
    assert get("http://elsewhere/long/path", host="elsewhere") == "any"
    assert get("http://shop/", host="shop") == 403


def test_exact_takes_the_whole_uri(ask):
    get = ask(exact="http://h/api?v=1; match: exact")
    assert get("http://h/api?v=1") == "exact"
    assert [get(f"http://h/api{rest}") for rest in ("", "?v=2", "?v=1&w", "/x?v=1")] == [403] * 4


def test_host_case_trailing_dot_and_default_port_do_not_matter(ask):
    get = ask(orders="http://Orders")
    urls = ("http://orders/", "http://ORDERS/", "http://orders./", "http://orders:80/", "HTTP://orders/")
    assert [get(url) for url in urls] == ["orders"] * 5
    assert get("http://orders:81/") == 403


def test_the_next_longest_source_is_tried_where_a_condition_does_not_fit(ask):
    get = ask(
        all="http://h/a",
        reading="http://h/a/b; when: {methods: [GET, HEAD]}",
        canary="http://h/a/b/c; when: {headers: {X-Env: canary}}",
    )
    assert get("http://h/a/b/c", "X-Env: canary") == "canary"
    assert get("http://h/a/b/c", "x-env: canary", "Content-Length: 0", method="POST") == "canary"
    assert get("http://h/a/b/c") == "reading"
    assert get("http://h/a/b/c", "X-Env: Canary") == "reading"
    assert get("http://h/a/b/c", "Content-Length: 0", method="POST") == "all"


def test_the_absolute_form_decides_whatever_host_says(ask):
    get = ask(one="http://one", two="http://two")
    assert get("http://one/", host="two") == "one"
    assert get("/", host="two") == "two"


def test_another_scheme_is_not_taken_for_http(ask):
    get = ask(one="http://one", any="http://*/")
    assert {get("ftp://one/"), get("ws://two/")} <= {400, 403}


def test_any_loopback_name_of_the_listener_means_localhost(upstream, ambassador):
    server = upstream(answering(ok("mapped")))
    proxy = ambassador(mapping("http://localhost/api", f"http://{server.authority}"))
    for host in ("localhost", "127.0.0.1", "LocalHost", "[::1]"):
        reply = http_get.get(proxy.port, "/api", {"Host": f"{host}:{proxy.port}"})
        assert (host, reply.status) == (host, 200)
    assert http_get.get(proxy.port, "/api", {"Host": f"localhost:{proxy.port + 1 if proxy.port < 65535 else 1}"}).status == 403


def test_a_mapped_service_that_is_allowed_needs_no_mapping(upstream, ambassador, connect):
    server = upstream(answering(ok("as it is")))
    proxy = ambassador(f"allow: ['{server.authority}']\nmap: []\n")
    client = connect(proxy.port)
    assert client.get(f"http://{server.authority}/free?x=1").text == "as it is"
    assert client.get("http://127.0.0.1:1/free").status == 403
    assert server.requests[0].start == "GET /free?x=1 HTTP/1.1"
    assert f"GET http://{server.authority}/free?x=1 200 " in proxy.log("/free?x=1")


@pytest.mark.parametrize("mode", ["report", "allow"])
def test_what_is_not_mapped_passes_when_the_configuration_says_so(upstream, ambassador, connect, mode):
    server = upstream(answering(ok("passed")))
    proxy = ambassador(f"unmapped: {mode}\nmap: []\n")
    assert connect(proxy.port).get(f"http://{server.authority}/x").text == "passed"
    line = proxy.log(f"GET http://{server.authority}/x")
    assert " -> " not in line and "[BLOCKED]" not in line and " 200 " in line


def test_report_mode_counts_what_would_have_been_blocked(upstream, ambassador, connect):
    server = upstream(answering(ok()))
    proxy = ambassador("unmapped: report\nmap: []\n")
    connect(proxy.port).get(f"http://{server.authority}/x")
    proxy.log("/x")
    assert proxy.metric("ambassador_reported_total") == 1
