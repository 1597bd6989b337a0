"""The commands: what they print, and how they end."""

import contextlib
import json
import re
import socket

import pytest

from harness import ambassador, environment, http_get
from harness.ambassador import run, write_config
from harness.limits import LINE
from harness.ports import free_port
from harness.process import Process

GOOD = """
listen: 127.0.0.1:0
map:
  - source: http://localhost/api
    target: http://numbers-api/rng
  - source: http://orders
    target: http://orders.shop.svc
    when: {methods: [GET]}
"""

BAD = """
lisen: 127.0.0.1:0
map:
  - source: http://localhost/api
    targt: http://numbers-api/rng
  - source: http://orders
    target: http://orders.shop.svc
    timeout: soon
log: {format: xml}
workers: many
"""


def said(done):
    return done.stdout + done.stderr


def test_check_accepts_a_good_file(tmp_path):
    done = run("check", "-c", write_config(tmp_path, GOOD), cwd=tmp_path)
    assert done.returncode == 0, said(done)
    assert "error" not in said(done)


def test_check_names_every_error_with_its_place_at_once(tmp_path):
    path = write_config(tmp_path, BAD)
    done = run("check", "-c", path, cwd=tmp_path)
    assert done.returncode == 1
    expected = {(1, 1): "lisen", (4, 5): "targt", (7, 14): "soon", (8, 15): "xml", (9, 10): "many"}
    for (line, column), text in expected.items():
        found = [said_line for said_line in said(done).splitlines() if f"{path}:{line}:{column}:" in said_line]
        assert found, f"nothing about {text} at {line}:{column} in:\n{said(done)}"
        assert "error" in found[0] and text in found[0]


def test_check_names_the_nearest_right_key(tmp_path):
    done = run("check", "-c", write_config(tmp_path, BAD), cwd=tmp_path)
    by_line = {line: text for text in said(done).splitlines() for line in re.findall(r"\.yaml:(\d+):", text)}
    assert re.search(r"\blisten\b", by_line["1"])
    assert re.search(r"\btarget\b", by_line["4"])


def test_check_runs_the_cases_in_the_file(tmp_path):
    cases = """
    expect:
      - {request: GET http://localhost/api/x, goes_to: http://numbers-api/rng/x}
      - {request: GET http://timecheck:8080/, blocked: true}
      - {request: GET http://localhost/api, goes_to: http://elsewhere/}
    """
    path = write_config(tmp_path, GOOD, cases)
    done = run("check", "-c", path, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{path}:11:" in said(done)
    assert "http://numbers-api/rng" in said(done) and "http://elsewhere/" in said(done)
    assert f"{path}:9:" not in said(done) and f"{path}:10:" not in said(done)


@pytest.mark.parametrize("content", [None, "map: [", "- a\n- b\n", "map: []\nmap: []\n"])
def test_check_refuses_what_is_no_configuration(tmp_path, content):
    path = tmp_path / "it.yaml"
    if content is not None:
        path.write_text(content)
    done = run("check", "-c", path, cwd=tmp_path)
    assert done.returncode == 1
    assert str(path) in said(done)


def test_explain_shows_where_a_mapped_call_goes(tmp_path):
    done = run("explain", "-c", write_config(tmp_path, GOOD), "GET", "http://localhost/api/x?y=1", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    assert "http://numbers-api/rng/x?y=1" in done.stdout
    assert "http://localhost/api" in done.stdout.replace("http://localhost/api/x?y=1", "")


def test_explain_says_why_a_call_would_be_blocked(tmp_path):
    done = run("explain", "-c", write_config(tmp_path, GOOD), "POST", "http://orders/", cwd=tmp_path)
    assert done.returncode == 3, said(done)
    assert "POST" in done.stdout and "http://orders" in done.stdout


def test_schema_is_a_json_schema_of_the_file(tmp_path):
    done = run("schema", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    schema = json.loads(done.stdout)
    assert "json-schema.org" in schema["$schema"]
    keys = {"listen", "admin", "unmapped", "map", "allow", "log", "workers", "timeout", "limits", "expect"}
    assert keys <= set(schema["properties"])


@pytest.mark.parametrize("flag", [["--help"], ["-h"]])
def test_help_fits_a_screen_and_has_examples(tmp_path, flag):
    done = run(*flag, cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert 5 < len(lines) <= 40
    assert max(map(len, lines)) <= 100
    assert all(command in done.stdout for command in ("run", "check", "explain", "suggest", "schema", "demo"))
    assert re.search(r"examples?:", done.stdout, re.IGNORECASE)


def test_version_is_a_number(tmp_path):
    done = run("--version", cwd=tmp_path)
    assert done.returncode == 0
    assert re.search(r"\bambassador \d+\.\d+\.\d+", done.stdout)


WRONG = [
    "--no-such-flag", "no-such-command", "check --no-such-flag", "-c", "explain GET", "check a b", "explain", "suggest",
    "suggest --admin http://localhost --from-log -", "suggest --admin http://localhost -c a.yaml",
]  # fmt: skip


@pytest.mark.parametrize("args", WRONG)
def test_a_usage_error_ends_with_2_and_says_what_is_wrong(tmp_path, args):
    done = run(*args.split(), cwd=tmp_path)
    assert done.returncode == 2, said(done)
    assert done.stderr.strip()
    assert done.stdout == ""


def test_a_bad_configuration_starts_nothing(tmp_path):
    port = free_port()
    path = write_config(tmp_path, f"listen: 127.0.0.1:{port}\n", "workers: many\n")
    done = run("run", "-c", path, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{path}:2:10:" in done.stderr
    assert "listening" not in done.stderr


def test_without_any_configuration_it_says_what_it_looked_for(tmp_path):
    done = run(cwd=tmp_path)
    assert done.returncode == 1
    for place in ("-c", "AMBASSADOR_CONFIG", "ambassador.yaml", "/etc/ambassador/ambassador.yaml", "Proxy__"):
        assert place in done.stderr


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = write_config(tmp_path, f"listen: 127.0.0.1:{port}\nmap: []\n")
        done = run("-c", path, cwd=tmp_path, env=ambassador.ANY_ADMIN_PORT)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr and "in use" in done.stderr
    assert "listening" not in done.stderr


def test_an_admin_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("-c", write_config(tmp_path, f"listen: 127.0.0.1:0\nadmin: 127.0.0.1:{port}\nmap: []\n"), cwd=tmp_path)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr and "in use" in done.stderr


def test_an_address_that_the_machine_lacks_is_an_error(tmp_path):
    path = write_config(tmp_path, "listen: 192.0.2.1:0\nmap: []\n")
    done = run("-c", path, cwd=tmp_path, env=ambassador.ANY_ADMIN_PORT)
    assert done.returncode == 1
    assert "192.0.2.1" in done.stderr


SHARED = ["--share-port"]


@pytest.mark.parametrize("flags", [([], []), (SHARED, []), ([], SHARED)], ids=["neither", "first", "second"])
def test_two_ambassadors_do_not_share_a_port_unseen(launch, tmp_path, flags):
    port = free_port()
    path = write_config(tmp_path, f"listen: 127.0.0.1:{port}\nmap: []\n")
    launch("-c", path, *flags[0])
    second = Process([ambassador.BINARY, "-c", path, *flags[1]], environment.clean(ambassador.ANY_ADMIN_PORT), tmp_path)
    status = second.wait(LINE)
    second.end()
    assert status == 1, second.err.text()
    assert f"127.0.0.1:{port}" in second.err.text() and "in use" in second.err.text()


def test_two_ambassadors_share_a_port_when_both_are_told_to(launch, tmp_path):
    port = free_port()
    path = write_config(tmp_path, f"listen: 127.0.0.1:{port}\nmap: []\n")
    running = [launch("-c", path, "--share-port") for _ in range(2)]
    assert [process.port for process in running] == [port, port]
    running[0].finish()
    assert http_get.get(port, "/", {"Host": "timecheck"}).status == 403


def test_the_demo_makes_both_calls_and_ends(tmp_path):
    done = run("demo", "--once", cwd=tmp_path)
    assert done.returncode == 0, said(done)
    assert re.search(r"GET http://localhost/api -> http://\S+ 200 ", said(done))
    assert re.search(r"\[BLOCKED\] 403 ", said(done))
    assert "Try:" not in said(done) and "Ctrl-C" not in said(done), "it has ended"


def test_the_demo_takes_other_ports_where_these_are_busy_and_stays(tmp_path):
    with busy_port(1080):
        process = Process([ambassador.BINARY, "demo"], environment.clean(), tmp_path)
        listening = process.err.wait_for(ambassador.LISTENING.search) or process.out.wait_for(ambassador.LISTENING.search, 1)
        blocked = process.out.wait_for("[BLOCKED]", LINE)
        running = process.running()
        status = process.end()
    assert running and status == 0
    assert blocked, process.out.text() + process.err.text()
    port = int(ambassador.LISTENING.search(listening[0]).group(2))
    assert port != 1080
    assert f"http_proxy=http://127.0.0.1:{port}" in process.out.text() + process.err.text()
    for hint in ("Try:", "/metrics", "the status page", "Ctrl-C"):
        assert hint in process.out.text()


@contextlib.contextmanager
def busy_port(port):
    """A port that is busy, by us or by whoever was there before."""
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError:
        listener = contextlib.nullcontext()
    with listener:
        yield
