"""Without any proxy variable: a reverse proxy, on the addresses it is given."""

import pytest

from harness import clients, http_get, needs
from harness.ambassador import mapping
from harness.ports import free_port, has_ipv6
from harness.scripted_upstream import answering, ok


@pytest.fixture(name="server")
def _server(upstream):
    return upstream(answering(ok("served")))


@pytest.fixture(name="serve")
def _serve(ambassador, server):
    """serve(source, listen=…) puts the upstream behind a source."""

    def start(source, listen="127.0.0.1:0", more="", **options):
        rest = mapping(source, f"http://{server.authority}{more}")
        return ambassador(rest, base=f"listen: {listen}\n", **options)

    return start


@pytest.mark.parametrize("host", ["shop.example", "10.0.0.1:8080", "localhost", "[::1]"])
def test_any_host_and_port_is_served(serve, server, host):
    proxy = serve("http://*/")
    assert http_get.get(proxy.port, "/a/b?c=1", {"Host": host}).text == "served"
    assert [(seen.target, seen.field("Host")) for seen in server.requests] == [("/a/b?c=1", server.authority)]


def test_any_host_may_be_put_under_a_path(serve, server):
    proxy = serve("http://*/shop", more="/v2")
    assert http_get.get(proxy.port, "/shop/list", {"Host": "a"}).text == "served"
    assert http_get.get(proxy.port, "/other", {"Host": "a"}).status == 403
    assert [seen.target for seen in server.requests] == ["/v2/list"]


def test_only_the_named_host_is_served(serve, server):
    proxy = serve("http://shop.example")
    for host in ("shop.example", "SHOP.example", f"shop.example:{proxy.port}"):
        assert http_get.get(proxy.port, "/", {"Host": host}).text == "served"
    assert http_get.get(proxy.port, "/", {"Host": "other.example"}).status == 403
    assert len(server.requests) == 3


def test_curl_needs_no_proxy_for_it(serve):
    proxy = serve("http://localhost")
    assert clients.curl_direct(proxy.port, f"http://localhost:{proxy.port}/").body == "served"


def test_listens_on_ipv6(serve, server):
    if not has_ipv6():
        needs.missing("[::1]", "this machine has no IPv6 loopback address")
    proxy = serve("http://localhost", listen='"[::1]:0"')
    assert proxy.addresses[0][0] == "[::1]"
    assert http_get.get(proxy.port, "/x", {"Host": f"[::1]:{proxy.port}"}, host="::1").text == "served"
    assert server.requests[0].target == "/x"


def test_reaches_an_upstream_on_ipv6(ambassador, upstream):
    if not has_ipv6():
        needs.missing("[::1]", "this machine has no IPv6 loopback address")
    server = upstream(answering(ok("by IPv6")), host="::1")
    proxy = ambassador(mapping("http://*/", f"http://[::1]:{server.port}"))
    assert http_get.get(proxy.port, "/").text == "by IPv6"
    assert server.requests[0].field("Host") == f"[::1]:{server.port}"


def test_listens_on_every_address_of_a_list(serve):
    proxy = serve("http://localhost", listen="[127.0.0.1:0, 127.0.0.2:0]", listeners=2)
    assert [host for host, _ in proxy.addresses] == ["127.0.0.1", "127.0.0.2"]
    for host, port in proxy.addresses:
        assert http_get.get(int(port), "/", host=host).text == "served"


def test_listens_on_the_own_port_of_a_loopback_source(serve, server):
    port = free_port()
    proxy = serve(f"http://localhost:{port}", listeners=2)
    assert ("127.0.0.1", str(port)) in proxy.addresses
    assert http_get.get(port, "/direct").text == "served"
    assert clients.curl(proxy.port, f"http://localhost:{port}/by-proxy").body == "served"
    assert [seen.target for seen in server.requests] == ["/direct", "/by-proxy"]
