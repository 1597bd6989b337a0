"""Fields: what goes on, what stays behind, and what is rewritten."""

import pytest

from harness import clients
from harness.scripted_upstream import answering, ok

ENDING = "Content-Length: 2\r\n\r\nok"


def replying(*fields, status="200 OK"):
    return answering("\r\n".join([f"HTTP/1.1 {status}", *fields, ENDING]))


def values(message, name):
    """All values of a field that is a list, over all its lines."""
    return [part.strip() for line in message.all(name) for part in line.split(",")]


def test_passes_on_what_is_meant_for_the_other_end(route):
    there = route(answering(ok()))
    sent = [
        "Accept: text/plain", "Authorization: Basic Zm9v", "Cookie: a=1; b=2", "X-Twice: one", "X-Twice: two",
        "X-Empty:", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "User-Agent: test",
    ]  # fmt: skip
    there.client.get("http://h/", *sent)
    seen = [f"{name.lower()}: {value}".strip() for name, value in there.upstream.requests[0].fields]
    for line in sent:
        name, _, value = line.partition(":")
        assert f"{name.lower()}: {value.strip()}".strip() in seen
    assert there.upstream.requests[0].all("X-Twice") == ["one", "two"]


HOP_BY_HOP = {
    "Keep-Alive": "timeout=5",
    "Proxy-Connection": "keep-alive",
    "Proxy-Authorization": "Basic Zm9v",
    "TE": "gzip",
    "Upgrade": "h2c",
    "HTTP2-Settings": "AAMAAABkAAQAAP__",
    "X-Named": "1",
    "X-Other": "2",
}


def test_drops_the_hop_by_hop_fields_of_a_request(route):
    there = route(answering(ok()))
    lines = [f"{name}: {value}" for name, value in HOP_BY_HOP.items()]
    there.client.get("http://h/", "Connection: x-NAMED, Upgrade,HTTP2-Settings", "connection: TE,X-other", *lines)
    seen = there.upstream.requests[0]
    left = {name.lower(): value for name, value in seen.fields}
    dropped = {name.lower() for name in HOP_BY_HOP} - {"te"}
    assert not dropped & set(left)
    assert "gzip" not in left.get("te", "")
    assert not {"x-named", "x-other", "upgrade"} & {value.lower() for value in values(seen, "Connection")}


def test_drops_the_hop_by_hop_fields_of_a_reply(route):
    fields = ["Connection: X-Named, Upgrade", "connection: x-other"]
    fields += [f"{name}: {value}" for name, value in HOP_BY_HOP.items() if name != "Proxy-Authorization"]
    there = route(replying(*fields, "X-Kept: yes"))
    reply = there.client.get("http://h/")
    assert reply.field("X-Kept") == "yes"
    left = {name.lower() for name, _ in reply.fields}
    assert not left & {"x-named", "x-other", "upgrade", "te", "http2-settings", "proxy-connection"}
    assert reply.all("Keep-Alive") in ([], ["timeout=75"])  # the ambassador's own, if it says one


def test_naming_what_the_message_needs_in_connection_changes_nothing(route):
    there = route(answering(ok()))
    named = "Connection: Host, Content-Length, Via, X-Forwarded-For"
    fields = (named, "Content-Length: 5", "X-Forwarded-For: 192.0.2.1", "Via: 1.1 before")
    assert there.client.get("http://h/", *fields, method="POST", body=b"hello").status == 200
    seen = there.upstream.requests[0]
    assert seen.body == b"hello"
    assert seen.field("Host") == there.upstream.authority
    assert values(seen, "Via")[0] == "1.1 before"
    assert "192.0.2.1" in seen.field("X-Forwarded-For")


def test_adds_itself_to_via_both_ways(route):
    there = route(replying("Via: 1.0 far"))
    reply = there.client.get("http://h/", "Via: 1.1 near")
    sent, got = values(there.upstream.requests[0], "Via"), values(reply, "Via")
    assert sent[0] == "1.1 near" and len(sent) == 2 and sent[1].startswith("1.1 ")
    assert got[0] == "1.0 far" and len(got) == 2 and got[1].startswith("1.1 ")


def test_names_the_target_in_host(route):
    there = route(answering(ok()))
    there.client.get("http://h/", host="something-else")
    assert there.upstream.requests[0].field("Host") == there.upstream.authority


def test_adds_a_date_only_where_there_is_none(route):
    there = route(answering(ok(), ok("ok", "Date: Sun, 22 Nov 2026 06:34:54 GMT")))
    assert there.client.get("http://h/").field("Date").endswith(" GMT")
    assert there.client.get("http://h/").field("Date") == "Sun, 22 Nov 2026 06:34:54 GMT"


def test_keeps_every_set_cookie(route):
    there = route(replying("Set-Cookie: a=1; Path=/", "X-Between: yes", "Set-Cookie: b=2, c", "Set-Cookie: a=1; Path=/"))
    assert there.client.get("http://h/").all("Set-Cookie") == ["a=1; Path=/", "b=2, c", "a=1; Path=/"]


def test_keeps_the_reason_and_an_unknown_status(route):
    there = route(replying(status="299 Something Of Its Own"))
    assert there.client.get("http://h/").status == 299


@pytest.fixture(name="redirecting")
def _redirecting(upstream, ambassador, connect):
    """redirecting(location) gives what a client of http://localhost/api -> http://UPSTREAM/base sees of it."""

    def start(location, field="Location"):
        def script(connection):
            connection.request()
            place = location.replace("UPSTREAM", server.authority)
            connection.send(f"HTTP/1.1 302 Found\r\n{field}: {place}\r\n{ENDING}")

        server = upstream(script)
        proxy = ambassador(f"""
            map:
              - source: http://localhost/api
                target: http://{server.authority}/base
        """)
        seen = connect(proxy.port).get("http://localhost/api/old", host="localhost").field(field)
        return seen.replace(server.authority, "UPSTREAM")

    return start


@pytest.mark.parametrize("field", ["Location", "Content-Location"])
def test_maps_a_location_in_the_target_back_to_the_source(redirecting, field):
    assert redirecting("http://UPSTREAM/base/next?x=1#part", field) == "http://localhost/api/next?x=1#part"


def test_maps_the_target_itself_back(redirecting):
    assert redirecting("http://UPSTREAM/base") == "http://localhost/api"


def test_maps_a_location_without_a_host_back(redirecting):
    assert redirecting("/base/next") in ("/api/next", "http://localhost/api/next")


ELSEWHERE = ["http://elsewhere/base/next", "https://UPSTREAM/base/x", "http://UPSTREAM/basement", "next"]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_leaves_a_location_elsewhere_as_it_is(redirecting, elsewhere):
    assert redirecting(elsewhere) == elsewhere


def test_a_direct_client_can_follow_a_redirect(upstream, ambassador):
    def script(connection):
        if connection.request().target == "/base/old":
            connection.send(f"HTTP/1.1 302 Found\r\nLocation: http://{server.authority}/base/new\r\n{ENDING}")
            connection.request()
        connection.send(ok("arrived"))

    server = upstream(script)
    proxy = ambassador(f"""
        map:
          - source: http://localhost/api
            target: http://{server.authority}/base
    """)
    reply = clients.curl_direct(proxy.port, f"http://localhost:{proxy.port}/api/old", "-L")
    assert (reply.status, reply.body) == (200, "arrived")
    assert [seen.target for seen in server.requests] == ["/base/old", "/base/new"]


def test_options_without_a_path_asks_the_upstream_about_the_whole_server(route):
    there = route(answering(ok()))
    assert there.client.get("http://h", method="OPTIONS").status == 200
    assert there.client.get("http://h/", method="OPTIONS").status == 200
    assert [seen.start for seen in there.upstream.requests] == ["OPTIONS * HTTP/1.1", "OPTIONS / HTTP/1.1"]


def test_options_for_the_whole_proxy_is_answered(route):
    there = route(answering(ok()))
    assert there.client.get("*", method="OPTIONS").status == 200
    assert all(seen.target == "*" for seen in there.upstream.requests)
    assert len(there.proxy.finish()) == 1


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
def test_counts_max_forwards_down(route, method):
    there = route(answering(ok()))
    there.client.get("http://h/", "Max-Forwards: 5", method=method)
    assert there.upstream.requests[0].field("Max-Forwards") == "4"


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
def test_answers_itself_when_max_forwards_is_used_up(route, method):
    there = route(answering(ok()))
    assert there.client.get("http://h/", "Max-Forwards: 0", method=method).status < 500
    assert there.upstream.connections == 0
