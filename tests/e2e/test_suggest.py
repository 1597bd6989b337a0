"""Report mode, then `suggest`: what it prints covers what was seen, and nothing is reported any more."""

import subprocess

import pytest

from harness import environment
from harness.ambassador import BINARY, run, write_config
from harness.clients import curl, curl_direct
from harness.limits import COMMAND
from harness.scripted_upstream import answering, ok

REAL = "http://the-real-service"


@pytest.fixture(name="server")
def _server(upstream):
    return upstream(answering(ok("reached")))


def call_all(proxy, server):
    """One call through the proxy port, one straight at the listener; their statuses, once both are logged."""
    statuses = [
        curl(proxy.port, f"http://{server.authority}/x?token=s3cret").status,
        curl_direct(proxy.port, f"http://127.0.0.1:{proxy.port}/api/y").status,
    ]
    proxy.log("/x?")
    proxy.log("/api/y")
    return statuses


def suggested(proxy, tmp_path):
    done = run("suggest", "--admin", f"http://127.0.0.1:{proxy.admin_port}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "s3cret" not in done.stdout
    return done.stdout


def test_what_is_suggested_covers_what_was_seen(server, ambassador, tmp_path):
    before = ambassador("unmapped: report\nmap: []\n")
    assert call_all(before, server) == [200, 403]  # a call at the listener itself has nowhere to pass to
    lines = suggested(before, tmp_path)
    assert f'  - "{server.authority}"\n' in lines
    assert f"  - source: http://localhost/api\n    target: {REAL}\n" in lines

    after = ambassador("unmapped: report\n" + lines.replace(REAL, f"http://{server.authority}"))
    assert call_all(after, server) == [200, 200]
    for name in ("reported", "blocked"):
        assert after.metric(f"ambassador_{name}_total") == 0
    again = suggested(after, tmp_path)
    assert "Nothing to suggest" in again and "never used" not in again


def test_what_was_never_used_is_told(server, ambassador, tmp_path):
    proxy = ambassador(f"""
        map:
          - source: http://old-api
            target: http://{server.authority}
          - source: http://localhost/api
            target: http://{server.authority}
        allow: ["{server.authority}", "idle.example:443"]
    """)
    assert call_all(proxy, server) == [200, 200]
    told = [line for line in suggested(proxy, tmp_path).splitlines() if "never used" in line]
    assert [line.partition(" (")[0] for line in told] == [
        "# never used: map[0] http://old-api",
        "# never used: allow[1] idle.example:443",
    ]


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_log_gives_the_same_lines(server, ambassador, tmp_path, style):
    proxy = ambassador(f"unmapped: report\nmap: []\nlog: {{format: {style}, query: redact}}\n")
    call_all(proxy, server)
    log = tmp_path / "access.log"
    # A text line does not say which listener it came in at: what was called there cannot be told from another port.
    lines = [line for line in proxy.finish() if style == "json" or "/api/y" not in line]
    log.write_text("\n".join(["a line of the app", *lines]) + "\n")
    done = run("suggest", "--from-log", log, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f'  - "{server.authority}"\n' in done.stdout
    assert "# 1 line was left out" in done.stdout
    if style == "json":
        assert "  - source: http://localhost/api\n" in done.stdout

    covering = write_config(tmp_path, f'allow: ["{server.authority}"]\n', name="covering.yaml")
    done = run("suggest", "--from-log", log, "-c", covering, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f'"{server.authority}"' not in done.stdout and "never used" not in done.stdout


def test_a_log_is_read_from_stdin(tmp_path):
    line = "2026-11-22T06:34:55.120Z GET http://timecheck.example:8080/ [BLOCKED] 403 not in the map\n"
    done = subprocess.run(
        [BINARY, "suggest", "--from-log", "-"], input=line, cwd=tmp_path, env=environment.clean(None), timeout=COMMAND,
        capture_output=True, encoding="utf-8", check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert 'allow:\n  # 1 call, last 2026-11-22T06:34:55Z\n  - "timecheck.example:8080"\n' in done.stdout


def test_what_cannot_be_read_or_asked_is_an_error(tmp_path):
    for args in (["--from-log", tmp_path / "none"], ["--from-log", tmp_path], ["--admin", "http://127.0.0.1:1"]):
        done = run("suggest", *args, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "") and "ambassador: cannot " in done.stderr, args


def test_help_has_examples(tmp_path):
    done = run("suggest", "--help", cwd=tmp_path)
    assert done.returncode == 0 and "Examples:" in done.stdout and "--from-log" in done.stdout
