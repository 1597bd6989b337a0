"""Paths: one reading of each, and what is matched is what is sent."""

import pytest

from harness.scripted_upstream import answering, ok

JOINED = [
    ("/api", "/rng", "/api", "/rng"),
    ("/api", "/rng", "/api/", "/rng/"),
    ("/api", "/rng", "/api/x", "/rng/x"),
    ("/api", "/rng/", "/api/x", "/rng/x"),
    ("/api/", "/rng", "/api/x", "/rng/x"),
    ("/api/", "/rng/", "/api/x", "/rng/x"),
    ("/api/", "/rng", "/api", "/rng"),
    ("/api", "/rng", "/api?q=1", "/rng?q=1"),
    ("/api", "/rng", "/api/x?q=1", "/rng/x?q=1"),
    ("/api", "", "/api", "/"),
    ("/api", "", "/api/x", "/x"),
    ("/api", "/", "/api/x", "/x"),
    ("", "/plain", "", "/plain"),
    ("", "/plain", "/", "/plain"),
    ("/", "/plain", "/", "/plain"),
    ("", "/plain", "/x", "/plain/x"),
    ("", "", "", "/"),
    ("", "", "?q=1", "/?q=1"),
]


@pytest.mark.parametrize(("source", "target", "asked", "sent"), JOINED)
def test_joins_with_one_slash_at_the_seam(upstream, ambassador, connect, source, target, asked, sent):
    server = upstream(answering(ok()))
    proxy = ambassador(f"""
        map:
          - source: http://h{source}
            target: http://{server.authority}{target}
    """)
    assert connect(proxy.port).get(f"http://h{asked}").status == 200
    assert [seen.target for seen in server.requests] == [sent]


SENT_AS = {
    "/a/./b": "/a/b",
    "/a/x/../b": "/a/b",
    "/a/b/.": "/a/b/",
    "/a/b/..": "/a/",
    "/%61%7Euser": "/a~user",
    "/a%2Fb": "/a%2Fb",
    "/a%2fb": "/a%2fb",
    "/a%20b%25": "/a%20b%25",
    "/%2561": "/%2561",
    "/a//b/": "/a//b/",
    "/...": "/...",
    "/a;v=1/b,c": "/a;v=1/b,c",
    "/a|b{c}": "/a|b{c}",
    "/caf\xc3\xa9": "/caf\xc3\xa9",
    "/a?b=%2e%2e/../%41&c=[1]{2}|\\^`\"'&d=?/": "/a?b=%2e%2e/../%41&c=[1]{2}|\\^`\"'&d=?/",
    "/a?": "/a?",
}


@pytest.mark.parametrize(("asked", "sent"), SENT_AS.items(), ids=[ascii(asked) for asked in SENT_AS])
def test_removes_plain_dot_segments_and_keeps_the_rest(route, asked, sent):
    there = route(answering(ok()))
    assert there.client.get(f"http://h{asked}").status == 200
    assert there.client.get(asked).status == 200
    assert [seen.target for seen in there.upstream.requests] == [sent, sent]


REFUSED = [
    "/%2e%2e/x",
    "/a/%2E%2e/b",
    "/a/.%2e/b",
    "/a/%2e/b",
    "/a/..;/b",
    "/a/..;v=1/b",
    "/a/..%2fb",
    "/a/..%2Fb",
    "/a/..%5cb",
    "/a/..\\b",
    "/a\\b",
    "/../x",
    "/a/../../x",
    "/a%",
    "/a%2",
    "/a%g0",
    "/a#b",
    "/a\x01b",
    "/a\x7fb",
]


@pytest.mark.parametrize("asked", REFUSED, ids=ascii)
def test_refuses_what_could_be_read_in_two_ways(route, asked):
    there = route(answering(ok()))
    assert there.client.get(f"http://h{asked}").status == 400
    assert there.upstream.connections == 0
    there.client.close()
    lines = there.proxy.finish()
    assert [" [REFUSED] 400 " in line for line in lines] == [True], lines


@pytest.mark.parametrize("asked", ["/api/../secret", "/api/x/../../secret"])
def test_dots_do_not_lead_out_of_what_is_mapped(route, asked):
    there = route(answering(ok()), path="/api")
    assert there.client.get(f"http://h{asked}").status == 403
    assert there.upstream.connections == 0
    assert " GET http://h/secret [BLOCKED] 403 " in there.proxy.log("BLOCKED")
