"""The admin port: for any peer what a monitor needs, and for this machine alone what tells about the configuration."""

import pytest

from harness import environment, needs
from harness.ambassador import mapping, run, samples, write_config
from harness.clients import execute
from harness.scripted_upstream import answering, ok


@pytest.fixture(name="proxy")
def _proxy(upstream, ambassador):
    server = upstream(answering(ok("four")))
    started = ambassador(f"""
        map:
          - source: http://localhost/api
            target: http://{server.authority}/rng
          - source: http://orders
            target: http://{server.authority}
            when: {{methods: [GET]}}
    """)
    started.target = f"http://{server.authority}/rng"
    return started


@pytest.fixture(name="busy")
def _busy(proxy, connect):
    """The same after calls of every kind."""
    client = connect(proxy.port)
    client.get("http://localhost/api", host="localhost")
    client.get("http://localhost/api/x", "Content-Length: 2", host="localhost", method="POST", body=b"in")
    client.get("http://localhost/api", host="localhost", method="BREW")
    client.get("http://timecheck:8080/secret-path", host="timecheck")
    client.get("http://orders/", "Content-Length: 0", host="orders", method="POST")
    for text in ("GET http://localhost/api ", "BREW", "timecheck", "POST http://orders/"):
        proxy.log(text)
    return proxy


def test_counts_mapped_calls_by_mapping_method_and_code(busy):
    expected = {"GET": 1, "POST": 1, "other": 1}
    for method, count in expected.items():
        assert busy.metric("ambassador_requests_total", mapping="http://localhost/api", method=method, code="200") == count
    assert busy.metric("ambassador_requests_total", mapping="http://localhost/api") == 3


def test_counts_blocked_calls_by_reason(busy):
    assert busy.metric("ambassador_blocked_total") == 2
    blocked = [labels for name, labels, _ in samples(busy.admin("/metrics").text) if name == "ambassador_blocked_total"]
    assert all(labels["reason"] for labels in blocked)


def test_counts_bytes_by_direction(busy):
    totals = {labels["direction"]: value for name, labels, value in samples(busy.admin("/metrics").text)
              if name == "ambassador_bytes_total" and labels["mapping"] == "http://localhost/api"}  # fmt: skip
    assert sorted(totals.values()) == [2, 3 * len("four")]


def test_on_every_address_it_is_there_for_both_families(launch, upstream, tmp_path):
    server = upstream(answering(ok("four")))
    text = 'listen: 127.0.0.1:0\nadmin: "[::]:0"\nworkers: 1\n' + mapping("http://h", f"http://{server.authority}")
    config = write_config(tmp_path, text)
    proxy = launch("-c", config, admin=True)
    for host in ("127.0.0.1", "[::1]"):
        assert execute([needs.program("curl"), "-s", f"http://{host}:{proxy.admin_port}/readyz"], environment.clean()).stdout == "ready\n"


def test_measures_durations(busy):
    for name in ("ambassador_request_duration_seconds", "ambassador_upstream_duration_seconds"):
        assert busy.metric(f"{name}_count", mapping="http://localhost/api") == 3
        assert busy.metric(f"{name}_bucket", mapping="http://localhost/api", le="+Inf") == 3


def test_no_label_comes_from_a_call(busy):
    text = busy.admin("/metrics").text
    for foreign in ("timecheck", "secret-path", "BREW"):
        assert foreign not in text


def test_more_unknown_calls_make_no_more_samples(busy, connect):
    client = connect(busy.port)
    client.get("http://unknown/", method="FIRST", host="x")
    busy.log("unknown/")
    before = len(list(samples(busy.admin("/metrics").text)))
    for number in range(20):
        client.get(f"http://unknown-{number}/", method=f"M{number}", host="x")
    busy.log("unknown-19")
    assert len(list(samples(busy.admin("/metrics").text))) == before


def test_metrics_have_a_form_that_prometheus_likes(busy):
    answer = busy.admin("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    done = execute([needs.program("promtool"), "check", "metrics"], environment.clean(), check=False, stdin=answer.text)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_has_the_promised_metrics(busy):
    found = {name for name, _, _ in samples(busy.admin("/metrics").text)}
    assert "ambassador_build_info" in found
    assert busy.metric("ambassador_connections_active") == 1
    assert any(name.startswith("process_") for name in found)


def test_says_that_its_configuration_is_in_force(proxy):
    assert proxy.metric("ambassador_config_last_reload_successful") == 1


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_monitor_may_ask_by_any_name(proxy, path):
    assert proxy.admin(path).status == 200
    assert proxy.admin(path, {"Host": "10.2.0.7:9901"}).status == 200


@pytest.mark.parametrize("path", ["/config", "/explain?method=GET&url=http://localhost/api"])
def test_the_configuration_is_for_loopback_names_only(proxy, path):
    assert proxy.admin(path, {"Host": f"localhost:{proxy.admin_port}"}).status == 200
    for host in ("evil.example", f"evil.example:{proxy.admin_port}", "localhost.evil.example", "10.2.0.7"):
        answer = proxy.admin(path, {"Host": host})
        assert (host, answer.status) in [(host, 403), (host, 421)]
        assert "rng" not in answer.text


def test_config_shows_what_is_in_force(proxy):
    text = proxy.admin("/config").text
    assert "http://localhost/api" in text and proxy.target in text
    assert "block" in text  # a default that the file does not name


def test_config_keeps_credentials_to_itself(ambassador):
    proxy = ambassador("""
        map:
          - source: http://h
            target: http://127.0.0.1:1
            when: {headers: {Authorization: Bearer s3cret, X-Env: canary}}
    """)
    text = proxy.admin("/config").text
    assert "Authorization" in text and "canary" in text
    assert "s3cret" not in text


def test_explain_says_where_a_call_goes(proxy):
    answer = proxy.explain("http://localhost/api/x?a=1&b=%2F")
    assert answer.status == 200
    assert f"{proxy.target}/x?a=1&b=%2F" in answer.text


def test_explain_says_why_a_call_is_blocked(proxy):
    text = proxy.explain("http://orders/", method="POST").text
    assert "POST" in text and "http://orders" in text and "block" in text.lower()


def test_explain_leaves_no_trace(proxy):
    proxy.explain("http://localhost/api")
    proxy.explain("http://timecheck/")
    assert proxy.metric("ambassador_blocked_total") == 0
    assert proxy.finish() == []


@pytest.mark.parametrize("query", ["", "?method=GET", "?url="])
def test_explain_needs_a_url(proxy, query):
    assert proxy.admin("/explain" + query).status == 400


def test_explain_says_that_a_call_would_be_refused(proxy):
    for url in ("http://localhost/api/%2e%2e/x", "http://user@localhost/api", "not a url"):
        text = proxy.explain(url).text
        assert "refused" in text and "400" in text


def test_the_command_asks_a_running_ambassador(proxy, tmp_path):
    admin = f"http://127.0.0.1:{proxy.admin_port}"
    mapped = run("explain", "--admin", admin, "GET", "http://localhost/api/x", cwd=tmp_path)
    blocked = run("explain", "--admin", admin, "GET", "http://timecheck:8080/", cwd=tmp_path)
    assert (mapped.returncode, blocked.returncode) == (0, 3), mapped.stderr + blocked.stderr
    assert f"{proxy.target}/x" in mapped.stdout


@pytest.mark.parametrize("path", ["/nothing", "/metricsx", "/healthz/x"])
def test_other_paths_are_not_found(proxy, path):
    assert proxy.admin(path).status == 404


def test_the_admin_port_is_no_proxy(proxy, connect):
    reply = connect(proxy.admin_port).get("http://localhost/api", host="localhost")
    assert reply.status in (400, 403, 404, 421)
    assert proxy.finish() == []
