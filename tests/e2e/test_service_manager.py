"""A service manager such as systemd is told when calls are served, when the configuration is read, and when the end begins."""

import signal
import socket

import pytest

from harness.ambassador import mapping, write_config
from harness.limits import LINE
from harness.scripted_upstream import answering, ok

BASE = "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nworkers: 2\n"


@pytest.fixture(name="manager")
def _manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(LINE)
        yield manager


def told(manager):
    return manager.recv(256).decode().splitlines()[0]


def started(launch, tmp_path, manager, config):
    return launch("-c", config, admin=True, env={"NOTIFY_SOCKET": manager.getsockname()})


def test_it_is_told_once_calls_are_served(launch, tmp_path, upstream, connect, manager):
    server = upstream(answering(ok("here")))
    proxy = started(launch, tmp_path, manager, write_config(tmp_path, BASE, mapping("http://h", f"http://{server.authority}")))
    assert told(manager) == "READY=1"
    assert proxy.admin("/readyz").status == 200
    assert connect(proxy.port).get("http://h/").text == "here"


def test_it_is_told_of_a_reload_and_of_its_end_even_where_that_changed_nothing(launch, tmp_path, manager):
    config = write_config(tmp_path, BASE, mapping("http://h", "http://127.0.0.1:9"))
    proxy = started(launch, tmp_path, manager, config)
    assert told(manager) == "READY=1"
    for text in (BASE, "unmapped: perhaps\n"):
        config.write_text(text + mapping("http://h", "http://127.0.0.1:8"))
        proxy.process.signal(signal.SIGHUP)
        assert [told(manager), told(manager)] == ["RELOADING=1", "READY=1"]


def test_it_is_told_when_the_end_begins_which_is_before_it_comes(launch, tmp_path, manager):
    proxy = started(launch, tmp_path, manager, write_config(tmp_path, BASE, mapping("http://h", "http://127.0.0.1:9")))
    assert told(manager) == "READY=1"
    proxy.process.signal(signal.SIGTERM)
    assert told(manager) == "STOPPING=1"
    assert proxy.process.running()


def test_one_that_is_not_there_is_a_warning_and_no_more(launch, tmp_path):
    config = write_config(tmp_path, BASE, mapping("http://h", "http://127.0.0.1:9"))
    proxy = launch("-c", config, admin=True, env={"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    assert proxy.process.err.wait_for("the service manager at")
    assert proxy.admin("/readyz").status == 200
