"""The configuration is read again: on SIGHUP, when its file has changed, when a ConfigMap is replaced."""

import contextlib
import http.client
import os
import signal
import threading
import time

import pytest

from harness import memory
from harness.ambassador import LISTENING, write_config
from harness.limits import LINE
from harness.ports import free_port
from harness.raw_client import RawClient
from harness.scripted_upstream import answering, ok

BASE = "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nworkers: 2\n"


def map_to(authority, path=""):
    return f"map:\n  - source: http://h\n    target: http://{authority}{path}\n"


@pytest.fixture(name="echo")
def _echo(upstream):
    """An upstream that answers with the path it was asked for."""

    def script(connection):
        while True:
            connection.send(ok(connection.request().start.split(" ")[1]))

    return upstream(script)


def put(path, text):
    """Another file in place of the old."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    os.replace(new, path)


def says(proxy, text, count=1):
    found = proxy.process.err.wait_for(text, LINE, count)
    assert len(found) == count, f"not said {count} times: {text}\n{proxy.process.err.text()}"
    return found[-1]


def hang_up(proxy, count=1):
    """SIGHUP, and waits until the new configuration is in force."""
    proxy.process.signal(signal.SIGHUP)
    return says(proxy, "reloaded: ", count)


def test_sighup_swaps_the_map_and_connections_go_on(launch, tmp_path, echo, connect):
    config = write_config(tmp_path, BASE, map_to(echo.authority, "/old"))
    proxy = launch("-c", config, admin=True)
    client = connect(proxy.port)
    assert client.get("http://h/x").text == "/old/x"
    config.write_text(BASE + map_to(echo.authority, "/new") + "allow: [a.example:443]\n")
    line = hang_up(proxy)
    assert f"{config}: 1 sources (+0 -0), 1 allow entries (+1 -0), listeners +0 -0" in line
    assert client.get("http://h/x").text == "/new/x"
    assert echo.connections == 1, "the connection to an upstream that did not change is kept"
    assert proxy.metric("ambassador_config_reloads_total", result="ok") == 1
    assert proxy.counts(2, "ambassador_requests_total", mapping="http://h")
    assert "/new" in proxy.admin("/config").text


def test_a_file_that_is_replaced_is_read_without_being_told(launch, tmp_path, echo, connect):
    config = write_config(tmp_path, BASE, map_to(echo.authority, "/old"))
    proxy = launch("-c", config, admin=True)
    client = connect(proxy.port)
    for number in (1, 2):
        put(config, BASE + map_to(echo.authority, f"/new{number}"))
        says(proxy, "reloaded: ", number)
        assert client.get("http://h/x").text == f"/new{number}/x"


def test_a_config_map_is_replaced_by_its_link(launch, tmp_path, echo, connect):
    mount = tmp_path / "mount"
    for name, path in (("..first", "/old"), ("..second", "/new")):
        (mount / name).mkdir(parents=True)
        write_config(mount / name, BASE, map_to(echo.authority, path))
    (mount / "..data").symlink_to("..first")
    (mount / "ambassador.yaml").symlink_to("..data/ambassador.yaml")
    proxy = launch("-c", mount / "ambassador.yaml", admin=True)
    client = connect(proxy.port)
    assert client.get("http://h/x").text == "/old/x"
    (mount / "..data.new").symlink_to("..second")
    os.replace(mount / "..data.new", mount / "..data")
    says(proxy, "reloaded: ")
    assert client.get("http://h/x").text == "/new/x"


BAD = {
    "a key that is unknown": ("{good}wrong: 1\n", "wrong"),
    "an expectation": ("{good}expect: [{{request: GET http://h/x, blocked: true}}]\n", "should be blocked"),
    "a secret": ("{good}    credential: {{header: X-Key, file: /nowhere/secret}}\n", "/nowhere/secret"),
    "a port in use": ("{busy}", "the port is in use"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_one_changes_nothing_and_is_shown(
    launch, tmp_path, upstream, echo, connect, name
):  # pylint: disable=too-many-arguments,too-many-positional-arguments
    text, why = BAD[name]
    good = BASE + map_to(echo.authority)
    busy = good.replace("listen: 127.0.0.1:0", f"listen: [127.0.0.1:0, 127.0.0.1:{upstream(answering(ok())).port}]")
    config = write_config(tmp_path, good)
    proxy = launch("-c", config, admin=True)
    client = connect(proxy.port)
    assert client.get("http://h/x").status == 200
    assert proxy.admin("/readyz").text == "ready\n"
    config.write_text(text.format(good=good, busy=busy))
    proxy.process.signal(signal.SIGHUP)
    says(proxy, "stays in force")
    assert why in proxy.process.err.text()
    assert client.get("http://h/x").status == 200
    ready = proxy.admin("/readyz")
    assert ready.status == 200
    assert ready.text.startswith(f"ready; the configuration of {config} could not be loaded: ")
    assert why in ready.text
    assert proxy.metric("ambassador_config_last_reload_successful") == 0
    assert proxy.metric("ambassador_config_reloads_total", result="failed") == 1
    assert proxy.metric("ambassador_config_reloads_total", result="ok") == 0
    config.write_text(good)
    hang_up(proxy)
    assert proxy.admin("/readyz").text == "ready\n"
    assert proxy.metric("ambassador_config_last_reload_successful") == 1


def test_what_was_missing_is_read_when_it_comes(launch, tmp_path, echo):
    good = BASE + map_to(echo.authority)
    config = write_config(tmp_path, good)
    proxy = launch("-c", config, admin=True)
    config.unlink()
    says(proxy, "stays in force")
    config.write_text(good)
    says(proxy, "reloaded: ")


def test_listeners_are_added_and_removed(launch, tmp_path, echo, connect):
    more, rest = free_port(), map_to(echo.authority)
    config = write_config(tmp_path, BASE, rest)
    proxy = launch("-c", config, admin=True)
    kept = connect(proxy.port)
    assert kept.get("http://h/x").status == 200
    config.write_text(BASE.replace("127.0.0.1:0\nadmin", f"[127.0.0.1:0, 127.0.0.1:{more}]\nadmin") + rest)
    assert "listeners +1 -0" in hang_up(proxy)
    assert LISTENING.search(says(proxy, "listening on", 2)).group(2) == str(more)
    used, fresh = connect(more), connect(more)
    assert used.get("http://h/x").status == 200
    assert proxy.counts(2, "ambassador_connections_active", listener=f"127.0.0.1:{more}")
    config.write_text(BASE + rest)
    assert "listeners +0 -1" in hang_up(proxy, 2)
    with pytest.raises(OSError):
        deadline = time.monotonic() + LINE
        while time.monotonic() < deadline:
            RawClient(more).close()
            time.sleep(0.02)
    assert used.ended()
    reply = fresh.get("http://h/x")
    assert reply.status == 200 and reply.field("Connection").lower() == "close"
    assert kept.get("http://h/x").status == 200
    assert proxy.counts(0, "ambassador_connections_active", listener=f"127.0.0.1:{more}")


def test_a_call_under_way_keeps_the_listener_it_came_by_to_its_end(launch, tmp_path, upstream, connect):
    asked, released = threading.Event(), threading.Event()

    def script(connection):
        connection.request()
        asked.set()
        assert released.wait(60)
        connection.send(ok("finished"))

    rest = map_to(upstream(script).authority)
    more = free_port()
    config = write_config(tmp_path, BASE.replace("127.0.0.1:0\nadmin", f"[127.0.0.1:0, 127.0.0.1:{more}]\nadmin"), rest)
    proxy = launch("-c", config, admin=True, listeners=2)
    client = connect(more)
    client.request("GET", "http://h/")
    assert asked.wait(LINE)
    config.write_text(BASE)
    hang_up(proxy)
    time.sleep(1.5)  # longer than it takes to look who uses what is old
    released.set()
    reply = client.reply()
    assert reply.text == "finished"
    assert reply.field("Connection").lower() == "close"
    assert client.ended()
    assert proxy.log(" http://h/ -> ")


def test_what_cannot_change_while_running_is_said(launch, tmp_path, echo):
    config = write_config(tmp_path, BASE, map_to(echo.authority))
    proxy = launch("-c", config, admin=True)
    config.write_text(BASE.replace("workers: 2", "workers: 1") + map_to(echo.authority))
    hang_up(proxy)
    says(proxy, "workers has changed, which takes effect at the next start")


def test_flags_stay_over_the_file(launch, tmp_path, echo, connect):
    config = write_config(tmp_path, "admin: 127.0.0.1:0\n", map_to(echo.authority, "/old"))
    proxy = launch("-c", config, "--listen", "127.0.0.1:0", admin=True)
    config.write_text("admin: 127.0.0.1:0\nlisten: 127.0.0.1:1\n" + map_to(echo.authority, "/new"))
    assert "listeners +0 -0" in hang_up(proxy)
    assert connect(proxy.port).get("http://h/x").text == "/new/x"


def test_without_a_file_there_is_nothing_to_read_again(launch, echo, connect):
    proxy = launch("--listen", "127.0.0.1:0", env={"AMBASSADOR_MAP_1": f"http://h => http://{echo.authority}"})
    proxy.process.signal(signal.SIGHUP)
    says(proxy, "there is no configuration file to read again")
    assert connect(proxy.port).get("http://h/x").status == 200


def test_a_reload_after_the_end_has_begun_is_refused(launch, tmp_path, upstream, connect):
    asked, released = threading.Event(), threading.Event()

    def script(connection):
        connection.request()
        asked.set()
        assert released.wait(60)
        connection.send(ok("finished"))

    config = write_config(tmp_path, BASE, map_to(upstream(script).authority))
    proxy = launch("-c", config, admin=True)
    client = connect(proxy.port)
    client.request("GET", "http://h/")
    assert asked.wait(LINE)
    proxy.process.signal(signal.SIGTERM)
    says(proxy, "draining: ")
    config.write_text(BASE)
    proxy.process.signal(signal.SIGHUP)
    says(proxy, "not read again: the end has begun")
    released.set()
    assert client.reply().text == "finished"
    assert proxy.process.wait() == 0


def test_a_certificate_that_did_not_change_keeps_its_connections(
    launch, tmp_path, upstream, connect, certificates
):  # pylint: disable=too-many-arguments,too-many-positional-arguments
    server = upstream(answering(ok()), tls=certificates.good.server_context())
    # By its address: of a name with two, the next call may choose the other one.
    rest = map_to(server.authority).replace("target: http:", "target: https:")
    rest += f"    tls: {{ca: {certificates.ca}}}\n"
    config = write_config(tmp_path, BASE, rest)
    proxy = launch("-c", config, admin=True)
    client = connect(proxy.port)
    assert client.get("http://h/x").status == 200
    config.write_text(BASE + "log: {query: redact}\n" + rest)
    hang_up(proxy)
    assert client.get("http://h/x").status == 200
    assert server.connections == 1


class Load:
    """Calls by several threads, each on its own connections, until it is stopped."""

    def __init__(self, port, threads=4):
        self._port = port
        self._stop = threading.Event()
        self.calls = 0
        self.failures = []
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, number):
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            with contextlib.closing(connection):
                for _ in range(20 if number else 1):  # one thread never keeps its connection
                    self._call(connection)

    def _call(self, connection):
        try:
            connection.request("GET", "http://h/x")
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or b"/x" not in body:
                self.failures.append(f"{response.status} {body!r}")
        except OSError as failure:
            self.failures.append(repr(failure))
        self.calls += 1
        time.sleep(0.005)

    def finish(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_a_hundred_reloads_under_load_fail_no_call_and_hold_no_memory(launch, tmp_path, echo):
    """Each has another map, another allow list, another way to the upstream, and a listener more or less."""
    more = free_port()

    def text(number):
        listen = f"[127.0.0.1:0, 127.0.0.1:{more}]" if number % 2 else "127.0.0.1:0"
        others = "".join(f"  - {{source: http://other{number % 7}-{i}, target: http://t}}\n" for i in range(100))
        way = f"    limits: {{connections: {500 + number % 5}}}\n" if number % 3 else ""
        return f"listen: {listen}\n{BASE.split(chr(10), 1)[1]}{map_to(echo.authority, f'/{number}')}{way}{others}allow: [a{number % 3}:443]\n"

    config = write_config(tmp_path, text(0))
    proxy = launch("-c", config, admin=True)
    load = Load(proxy.port)
    try:
        resident = {}
        for number in range(1, 101):
            put(config, text(number))
            hang_up(proxy, number)
            resident[number] = memory.resident(proxy.process.pid)
            time.sleep(0.05)
    finally:
        load.finish()
    assert not load.failures, load.failures[:5]
    assert load.calls > 500
    # The first twenty fill what is kept; the rest must not add to it. A leak of one snapshot each would be 80 of them.
    assert resident[100] - resident[20] < 8 * memory.MIB, resident
    assert proxy.metric("ambassador_config_reloads_total", result="ok") == 100
    assert proxy.counts(load.calls, "ambassador_requests_total", mapping="http://h")
