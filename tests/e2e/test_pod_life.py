"""Life in a Pod: ready fast, ended fast when told to, back at once after a crash, and content with little.

The times are generous, so that a busy machine breaks no test: what they are on a quiet one is in the comments.
"""

import contextlib
import pathlib
import platform
import signal
import socket
import subprocess
import time

import pytest

from harness import http_get, memory, needs
from harness.ambassador import ANY_ADMIN_PORT, BINARY, is_sanitized, mapping, run, write_config
from harness.environment import clean
from harness.limits import COMMAND, LINE, READY, REPLY
from harness.ports import free_port
from harness.process import Process
from harness.raw_client import RawClient
from harness.scripted_upstream import answering, ok

NOBODY = 65532
SOON = 2.0  # seconds; ready takes 25 ms, the end by `quit` 30 ms, and serving again after a crash 30 ms
QUIET = 2.0


def url(port):
    return f"http://127.0.0.1:{port}"


def admin(proxy):
    return url(proxy.admin_port)


@pytest.fixture(name="idle")
def _idle(ambassador):
    return ambassador("map: []\n")


@pytest.fixture(name="stub")
def _stub(upstream):
    """stub(status, text) answers everything so; the URL of it."""

    def start(status, text="said so\n"):
        reply = f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}"
        server = upstream(answering(reply))
        return server, f"http://{server.authority}"

    return start


# healthcheck


def test_healthcheck_says_that_it_lives(idle, tmp_path):
    done = run("healthcheck", "--admin", admin(idle), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "alive\n", "")


def test_healthcheck_says_why_it_does_not(tmp_path):
    where = url(free_port())
    done = run("healthcheck", "--admin", where, cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert f"{where}/healthz" in done.stderr and "refused" in done.stderr


def test_healthcheck_shows_an_answer_that_is_not_200(stub, tmp_path):
    done = run("healthcheck", "--admin", stub("500 Broken")[1], cwd=tmp_path)
    assert done.returncode == 1
    assert "500" in done.stderr and "said so" in done.stderr


def test_healthcheck_does_not_wait_for_ever(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = run("healthcheck", "--admin", url(silent.getsockname()[1]), cwd=tmp_path)
    assert done.returncode == 1
    assert "timed out" in done.stderr


# Where the admin port is


def test_the_admin_port_is_found_by_the_same_configuration(ambassador, launch, tmp_path):
    port = free_port()
    config = write_config(tmp_path, f"listen: 127.0.0.1:0\nadmin: 0.0.0.0:{port}\nmap: []\n")
    launch("-c", config, admin=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = [
        run("healthcheck", "-c", config, cwd=elsewhere),
        run("healthcheck", cwd=config.parent),  # ./ambassador.yaml
        run("healthcheck", cwd=elsewhere, env={"AMBASSADOR_CONFIG": str(config)}),
        run("healthcheck", cwd=elsewhere, env={"AMBASSADOR_ADMIN": f"127.0.0.1:{port}"}),
        run("healthcheck", cwd=elsewhere, env={"AMBASSADOR_ADMIN": f"127.0.0.1:{port}", "AMBASSADOR_WORKERS": "many"}),
        run("healthcheck", "--admin", f"127.0.0.1:{port}", cwd=elsewhere),
        run("healthcheck", "--admin", f"http://localhost:{port}", cwd=elsewhere),
    ]
    assert [(done.returncode, done.stderr) for done in found] == [(0, "")] * len(found)


def test_what_a_sidecar_has_in_its_environment_is_enough(launch, tmp_path):
    where = f"[::]:{free_port()}"
    launch("-c", write_config(tmp_path, f"listen: 127.0.0.1:0\nadmin: '{where}'\nmap: []\n"), admin=True)
    for command, answer in [("wait", "ready\n"), ("healthcheck", "alive\n"), ("quit", "ending\n")]:
        done = run(command, cwd=tmp_path, env={"AMBASSADOR_ADMIN": where})
        assert (done.returncode, done.stdout, done.stderr) == (0, answer, "")


def test_without_any_configuration_the_default_is_asked(tmp_path):
    done = run("wait", "--timeout", "1ms", cwd=tmp_path)
    assert done.returncode == 0 or "http://localhost:9901/readyz" in done.stderr


def test_a_bad_file_that_was_named_is_an_error(tmp_path):
    path = write_config(tmp_path, "workers: many\n")
    done = run("healthcheck", "-c", path, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{path}:1:10:" in done.stderr


@pytest.mark.parametrize(("where", "text"), [("off", "no admin port"), ("127.0.0.1:0", "any free one")])
def test_an_admin_port_that_cannot_be_known_is_said(tmp_path, where, text):
    done = run("quit", cwd=tmp_path, env={"AMBASSADOR_ADMIN": where})
    assert done.returncode == 1
    assert text in done.stderr and "--admin" in done.stderr


# wait


def test_wait_returns_when_it_is_ready(launch, tmp_path):
    port = free_port()
    waiting = Process([BINARY, "wait", "--admin", url(port), "--timeout", "60s"], clean(), tmp_path)
    time.sleep(0.3)
    assert waiting.running()
    launch("-c", write_config(tmp_path, f"listen: 127.0.0.1:0\nadmin: 127.0.0.1:{port}\nmap: []\n"), admin=True)
    assert waiting.wait(LINE) == 0
    assert waiting.out.all() == ["ready"]


def test_wait_gives_up_with_the_reason(stub, tmp_path):
    where = url(free_port())
    begin = time.monotonic()
    done = run("wait", "--admin", where, "--timeout", "300ms", cwd=tmp_path)
    assert time.monotonic() - begin >= 0.25
    assert done.returncode == 1
    assert f"{where}/readyz" in done.stderr and "refused" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    server, where = stub("503 Not Ready", "draining\n")
    done = run("wait", "--admin", where, "--timeout", "300ms", cwd=tmp_path)
    assert done.returncode == 1
    assert "503 draining" in done.stderr
    assert server.connections > 1


# quit


def test_quit_ends_it_with_0(idle, connect, tmp_path):
    client = connect(idle.port)  # idle
    done = run("quit", "--admin", admin(idle), cwd=tmp_path)
    begin = time.monotonic()
    assert (done.returncode, done.stdout) == (0, "ending\n")
    assert idle.process.wait() == 0
    assert time.monotonic() - begin < SOON
    assert client.ended()


def test_quit_finishes_the_calls_under_way(route, tmp_path):
    def script(connection):
        connection.request()
        time.sleep(2 * QUIET)
        connection.send(ok("finished"))

    there = route(script)
    there.client.request("GET", "http://h/")
    deadline = time.monotonic() + REPLY
    while not there.upstream.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    assert run("quit", "--admin", admin(there.proxy), cwd=tmp_path).returncode == 0
    assert there.client.reply().text == "finished"
    assert there.proxy.process.wait(15) == 0
    assert len(there.proxy.finish()) == 1


def test_quit_does_not_wait_for_a_tunnel_that_nobody_uses(ambassador, upstream, connect, tmp_path):
    server = upstream(lambda connection: connection.reader.to_end())
    proxy = ambassador(f"map: []\nallow: ['{server.authority}']\n")
    client = connect(proxy.port)
    client.request("CONNECT", server.authority, host=server.authority)
    assert client.reader.head().status == 200
    assert run("quit", "--admin", admin(proxy), cwd=tmp_path).returncode == 0
    assert proxy.process.wait(10) == 0
    assert client.ended()


def test_quit_is_for_this_machine_and_no_page_in_a_browser(idle):
    assert http_get.get(idle.admin_port, "/quit").status == 405
    for headers in ({"Host": "evil.example"}, {"Origin": "http://localhost"}, {"Origin": "null"}):
        assert http_get.get(idle.admin_port, "/quit", headers, method="POST").status == 403
    time.sleep(0.2)
    assert idle.process.running() and idle.admin("/readyz").status == 200


def test_quit_says_that_nobody_is_there(tmp_path):
    done = run("quit", "--admin", url(free_port()), cwd=tmp_path)
    assert done.returncode == 1 and "refused" in done.stderr


# Ready, and back after a crash


def test_is_ready_soon(tmp_path):
    port = free_port()
    config = write_config(tmp_path, f"listen: 127.0.0.1:{port}\nmap: []\n")
    begin = time.monotonic()
    process = Process([BINARY, "-c", config], clean(ANY_ADMIN_PORT), tmp_path)
    try:
        assert http_status(port) == 403
        assert time.monotonic() - begin < SOON
    finally:
        process.signal(signal.SIGINT)
        assert process.end() == 0


def http_status(port):
    """Of a call outside the map, as soon as one is answered."""
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return http_get.get(port, "/", {"Host": "timecheck"}).status
        time.sleep(0.002)
    return None


def test_serves_again_at_once_after_a_crash(upstream, launch, tmp_path):
    """On the same port, whatever connections the one that was killed has left behind."""
    server = upstream(answering(ok("four")))
    port, admin_port = free_port(), free_port()
    config = write_config(tmp_path, f"listen: 127.0.0.1:{port}\nadmin: 127.0.0.1:{admin_port}\nworkers: 2\n",
                          mapping("http://h", f"http://{server.authority}"))  # fmt: skip
    for _ in range(3):
        first = launch("-c", config, admin=True)
        clients = [RawClient(port) for _ in range(8)]
        for client in clients:
            assert client.get("http://h/").text == "four"
        for client in clients[:4]:
            client.close()
        first.process.signal(signal.SIGKILL)
        first.abandon()
        begin = time.monotonic()
        second = launch("-c", config, admin=True)
        assert RawClient(port).get("http://h/").text == "four"
        assert time.monotonic() - begin < SOON
        second.finish()
        for client in clients[4:]:
            client.close()


# Content with little


def confined():
    """What stands before a command: a root that is read-only, a user without a name, no capability and no way to one, and no
    system call but what a container runtime lets pass."""
    unshare, setpriv, mount = needs.program("unshare"), needs.program("setpriv"), needs.program("mount")
    if platform.machine() != "x86_64":
        pytest.skip("the numbers of the system calls in harness/seccomp.py are those of x86-64")
    script = f'{mount} --make-rprivate / && {mount} -o remount,bind,ro / && exec "$@"'
    argv = [unshare, "--mount", "sh", "-c", script, "sh", setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
            needs.PYTHON, needs.E2E / "harness" / "seccomp.py"]  # fmt: skip
    tried = subprocess.run([*argv, "true"], capture_output=True, text=True, timeout=COMMAND, check=False)
    if tried.returncode != 0:
        pytest.skip(f"nothing can be confined so here, it needs root: {tried.stderr.strip()}")
    return argv


def test_works_without_rights_on_a_read_only_root(upstream, launch):
    server = upstream(answering(ok("four")))
    enter = confined()
    written = subprocess.run([*enter, "sh", "-c", "echo >/probe"], capture_output=True, text=True, timeout=COMMAND, check=False)
    assert written.returncode != 0 and "Read-only" in written.stderr
    # No file: pytest's folders are for their owner.
    proxy = launch("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--map", f"http://h => http://{server.authority}",
                   admin=True, enter=enter)  # fmt: skip
    client = RawClient(proxy.port)
    for _ in range(100):
        assert client.get("http://h/").text == "four"
    assert http_status(proxy.port) == 403
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{proxy.process.pid}/status").read_text().splitlines())
    assert [status["Uid"].split()[0], status["CapEff"], status["CapBnd"]] == [str(NOBODY), "0" * 16, "0" * 16]
    assert [status["NoNewPrivs"], status["Seccomp"]] == ["1", "2"]
    done = subprocess.run([*enter, BINARY, "healthcheck", "--admin", admin(proxy)], cwd="/", env=clean(),
                          capture_output=True, text=True, timeout=COMMAND, check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "alive\n")
    client.close()


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory is not the program's")
def test_works_in_64_mib(upstream, ambassador):
    server = upstream(answering(ok("x" * 100_000)))
    proxy = ambassador(mapping("http://h", f"http://{server.authority}"))
    clients = [RawClient(proxy.port) for _ in range(200)]
    for client in clients:
        assert len(client.get("http://h/").body) == 100_000
    assert memory.peak(proxy.process.pid) < 64 * memory.MIB
    for client in clients:
        client.close()
