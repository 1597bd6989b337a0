"""With nothing but its old variables, or its old settings file, it serves the app as the proxy before it did."""

import json

import pytest

from harness import clients, environment, needs
from harness.ambassador import BINARY, mapping, write_config
from harness.ports import free_port
from harness.process import Process
from harness.scripted_upstream import answering, ok

RNG = "/sixeyed/kiamol/master/ch03/numbers/rng"


@pytest.fixture(name="numbers")
def _numbers(nginx_with):
    """The numbers API, as the Service that the app does not know of."""
    return nginx_with(f'location = {RNG} {{ return 200 "42"; }}\nlocation = /free {{ return 200 "passed"; }}')


@pytest.fixture(name="old")
def _old(launch, numbers):
    """old(NAME=value, …) starts it with the variables of the numbers scenario, with those over them."""

    def start(**more):
        variables = {
            "Proxy__Port": str(free_port()),
            "Proxy__Request__UriMap__Source": "http://localhost/api",
            "Proxy__Request__UriMap__Target": f"http://{numbers.authority}{RNG}",
            "Proxy__Request__RejectUnknown": "true",
        } | more
        return launch(env={name: value for name, value in variables.items() if value is not None})

    return start


def test_serves_the_numbers_scenario(old, numbers):
    proxy = old()
    reply = clients.curl(proxy.port, "http://localhost/api")
    assert (reply.status, reply.body) == (200, "42")
    assert [(seen["method"], seen["uri"], seen["host"]) for seen in numbers.requests()] == [("GET", RNG, numbers.authority)]
    assert len([line for line in proxy.finish() if f"GET http://localhost/api -> http://{numbers.authority}{RNG}" in line]) == 1


def test_needs_nothing_but_its_variables(numbers, tmp_path):
    port = str(free_port())
    variables = {
        "Proxy__Port": port,
        "Proxy__Request__UriMap__Source": "http://localhost/api",
        "Proxy__Request__UriMap__Target": f"http://{numbers.authority}{RNG}",
    }
    process = Process([BINARY], environment.clean(variables), tmp_path)
    try:
        if process.err.wait_for(lambda line: "127.0.0.1:9901" in line and "in use" in line, 0.5):
            needs.missing("127.0.0.1:9901", "the default admin port is in use by something else here")
        assert process.err.wait_for(f"listening on http://127.0.0.1:{port}")
        assert clients.curl(port, "http://localhost/api").body == "42"
    finally:
        status = process.end()
    assert status == 0
    assert f"GET http://localhost/api -> http://{numbers.authority}{RNG} 200 " in process.out.text()


def test_listens_on_the_port_that_it_was_told(old):
    port = free_port()
    assert old(Proxy__Port=str(port)).port == port


def test_blocks_and_logs_the_call_of_the_book(old, numbers):
    proxy = old()
    reply = clients.wget(proxy.port, "http://timecheck:8080")
    assert reply.status == 403
    assert "timecheck:8080" in reply.body
    assert numbers.requests() == []
    assert "GET http://timecheck:8080/ [BLOCKED]" in proxy.log("timecheck")


def test_rejecting_is_the_default(old):
    assert clients.curl(old(Proxy__Request__RejectUnknown=None).port, "http://timecheck:8080/").status == 403


@pytest.mark.parametrize("asked", ["/api?x=1", "/api/x", "/apix", "/other"])
def test_matches_the_whole_uri_and_nothing_else(old, numbers, asked):
    proxy = old()
    assert clients.curl(proxy.port, f"http://localhost{asked}").status == 403
    assert numbers.requests() == []
    assert f"GET http://localhost{asked} [BLOCKED]" in proxy.log("BLOCKED")


@pytest.mark.parametrize("value", ["false", "False"])
def test_passes_unknown_calls_through_when_told_to(old, numbers, value):
    proxy = old(Proxy__Request__RejectUnknown=value)
    url = f"http://{numbers.authority}/free"
    assert clients.curl(proxy.port, url).body == "passed"
    assert clients.curl(proxy.port, "http://localhost/api").body == "42"
    assert [seen["uri"] for seen in numbers.requests()] == ["/free", RNG]
    mapped, passed = sorted(proxy.finish(), key=lambda line: url in line)  # two workers: in any order
    assert f" GET {url}" in passed and " -> " not in passed and "[BLOCKED]" not in passed
    assert f" GET http://localhost/api -> http://{numbers.authority}{RNG}" in mapped


def test_gives_the_old_reply_when_told_to(old, numbers):
    proxy = old(Proxy__Request__RejectStatus="200")
    reply = clients.curl(proxy.port, "http://timecheck:8080/")
    assert (reply.status, reply.body) == (200, "")
    assert numbers.requests() == []
    assert "GET http://timecheck:8080/ [BLOCKED] 200" in proxy.log("BLOCKED")


@pytest.mark.parametrize("reject", ["true", "false"])
def test_opens_no_tunnel(old, connect, reject):
    proxy = old(Proxy__Request__RejectUnknown=reject)
    client = connect(proxy.port)
    client.send("CONNECT timecheck:443 HTTP/1.1\r\nHost: timecheck:443\r\n\r\n")
    assert client.reply().status == 403
    assert "CONNECT timecheck:443 [BLOCKED] 403" in proxy.log("CONNECT")


def test_takes_several_mappings_by_number(old, upstream):
    server = upstream(answering(ok("orders")))
    proxy = old(
        Proxy__Request__UriMap__Source=None,
        Proxy__Request__UriMap__Target=None,
        Proxy__Request__UriMap__0__Source="http://localhost/api",
        Proxy__Request__UriMap__0__Target=f"http://{server.authority}/first",
        Proxy__Request__UriMap__1__Source="http://orders/list",
        Proxy__Request__UriMap__1__Target=f"http://{server.authority}/second",
    )
    assert clients.curl(proxy.port, "http://localhost/api").status == 200
    assert clients.curl(proxy.port, "http://orders/list").status == 200
    assert [seen.target for seen in server.requests] == ["/first", "/second"]


def test_never_opens_the_port_of_its_source(old, connect):
    port = free_port()
    proxy = old(Proxy__Request__UriMap__Source=f"http://localhost:{port}/api")
    assert clients.curl(proxy.port, f"http://localhost:{port}/api").body == "42"
    with pytest.raises(ConnectionRefusedError):
        connect(port)


def settings(directory, numbers, port, **request):
    """appsettings.json as somebody's editor left it: the case of its keys is anything."""
    uri_map = {"source": "http://localhost/api", "TARGET": f"http://{numbers.authority}{RNG}"}
    content = {"Logging": {"Level": "x"}, "proxy": {"PORT": port, "request": {"uriMAP": uri_map} | request}}
    (directory / "appsettings.json").write_text(json.dumps(content))


@pytest.mark.parametrize("as_written", [int, str])
def test_reads_its_old_settings_file_whatever_the_case_of_the_keys(launch, numbers, tmp_path, as_written):
    port = free_port()
    settings(tmp_path, numbers, as_written(port), rejectunknown=True)
    proxy = launch()
    assert proxy.port == port
    assert clients.curl(port, "http://localhost/api").body == "42"
    assert clients.curl(port, "http://timecheck:8080/").status == 403


def test_a_false_in_the_settings_file_passes_unknown_calls_through(launch, numbers, tmp_path):
    settings(tmp_path, numbers, free_port(), REJECTUNKNOWN=False)
    assert clients.curl(launch().port, f"http://{numbers.authority}/free").body == "passed"


def test_variables_win_over_the_settings_file(launch, numbers, upstream, tmp_path):
    settings(tmp_path, numbers, free_port(), RejectUnknown=False)
    server, port = upstream(answering(ok("from the variables"))), free_port()
    proxy = launch(env={
        "Proxy__Port": str(port),
        "Proxy__Request__RejectUnknown": "true",
        "Proxy__Request__UriMap__Target": f"http://{server.authority}/x",
    })  # fmt: skip
    assert proxy.port == port
    assert clients.curl(port, "http://localhost/api").body == "from the variables"
    assert clients.curl(port, f"http://{numbers.authority}/free").status == 403
    assert numbers.requests() == []


def test_a_configuration_file_wins_over_the_old_variables(launch, upstream, tmp_path):
    server = upstream(answering(ok("from the file")))
    write_config(tmp_path, "listen: 127.0.0.1:0\n", mapping("http://h", f"http://{server.authority}"))
    proxy = launch(env={"Proxy__Request__UriMap__Source": "http://h", "Proxy__Request__UriMap__Target": "http://127.0.0.1:1"})
    assert clients.curl(proxy.port, "http://h/").body == "from the file"
