"""The unit shuts the service in, and lets through what it does."""

import functools
import http.server
import re
import signal
import subprocess
import threading

import pytest

from harness.ambassador import Ambassador, write_config
from harness.environment import clean
from harness.limits import LINE
from harness.needs import program
from harness.ports import free_port
from machine import until

MUCH = bytes(range(256)) * 4096 * 16


@pytest.fixture(name="unit", scope="module")
def _unit(project):
    return project / "packaging/ambassador.service"


@pytest.fixture(name="setting")
def _setting(unit):
    """setting(NAME): the values of the lines of that name."""
    return lambda name: re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


def test_its_exposure_is_low(unit):
    command = [program("systemd-analyze"), "security", "--offline=true", "--no-pager", "--threshold=15", unit]
    rated = subprocess.run(command, env=clean(), capture_output=True, text=True, timeout=60, check=False)
    assert rated.returncode == 0, rated.stdout + rated.stderr


@pytest.fixture(name="trace", scope="module")
def _trace(tmp_path_factory):
    """Every system call of a process that serves: requests, a transfer that is spliced, TLS, a reload, a scrape, the end."""
    directory = tmp_path_factory.mktemp("trace")
    (directory / "much").write_bytes(MUCH)
    handler = functools.partial(Quiet, directory=directory)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tcp = free_port()
        config = write_config(directory, "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nworkers: 2\nmap:\n", *(
            f"  - {{source: '{source}', target: '{scheme}://localhost:{server.server_port}'}}\n"
            for source, scheme in [("http://files", "http"), (f"tcp://127.0.0.1:{tcp}", "tcp"), ("http://tls", "https")]))  # fmt: skip
        calls = directory / "calls"
        proxy = Ambassador("-c", config, cwd=directory, admin=True, listeners=2, env={"NOTIFY_SOCKET": str(directory / "nobody")},
                           enter=[program("strace"), "-D", "-f", "-q", "-o", calls])  # fmt: skip
        use(proxy, config, tcp)
        proxy.finish()
        server.shutdown()
    until(lambda: "+++ exited with 0 +++" in calls.read_text(), LINE, "strace did not see the end")
    return calls.read_text()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def use(proxy, config, tcp):
    through = ["--proxy", f"http://127.0.0.1:{proxy.port}"]
    assert curl(*through, "http://files/much") == MUCH
    assert curl(f"http://127.0.0.1:{tcp}/much") == MUCH
    assert b"no TLS" in curl(*through, "http://tls/much")
    assert b"blocked" in curl(*through, "http://elsewhere/")
    assert proxy.admin("/metrics").status == 200
    config.write_text(config.read_text() + "allow: [a.example:443]\n")
    proxy.process.signal(signal.SIGHUP)
    assert proxy.process.err.wait_for("reloaded: ")


def curl(*args):
    return subprocess.run([program("curl"), "--silent", *args], env=clean(), capture_output=True, timeout=60, check=True).stdout


def test_every_system_call_of_a_process_that_serves_is_let_through(trace, setting):
    allowed = set()
    for line in setting("SystemCallFilter"):
        names = calls_of(line.removeprefix("~").split())
        allowed = allowed - names if line.startswith("~") else allowed | names
    made = set(re.findall(r"^\d+ +(\w+)\(", trace, re.MULTILINE))
    assert {"epoll_wait", "splice", "sendto", "execve"} <= made, "it did what it does"
    assert made - allowed == set()


def calls_of(names):
    """The system calls of systemd's sets."""
    calls = set()
    for name in names:
        calls |= calls_of(set_of(name)) if name.startswith("@") else {name}
    return calls


@functools.cache
def set_of(name):
    listed = subprocess.run([program("systemd-analyze"), "syscall-filter", "--no-pager", name], env=clean(), capture_output=True, text=True,
                            timeout=60, check=True)  # fmt: skip
    return tuple(line.strip() for line in listed.stdout.splitlines()[1:] if line.strip() and not line.strip().startswith("#"))


def test_it_opens_sockets_of_no_other_family_than_it_may(trace, setting):
    (families,) = setting("RestrictAddressFamilies")
    assert set(re.findall(r" socket\(AF_(\w+)", trace)) <= set(families.replace("AF_", "").split())


def test_it_never_makes_memory_that_is_both_written_and_run(trace, setting):
    assert setting("MemoryDenyWriteExecute") == ["yes"]
    assert not re.findall(r"PROT_WRITE\|PROT_EXEC", trace)


def test_its_documentation_is_in_the_package(setting, deb):
    listed = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, text=True, check=True).stdout
    for page, section in re.findall(r"man:([\w.]+)\((\d)\)", *setting("Documentation")):
        assert f"/man{section}/{page}.{section}.gz" in listed
