"""Names while the ambassador runs: every address is used, records change, the name server fails and is slow."""

import contextlib
import socket
import subprocess
import threading
import time

import pytest

from harness import needs
from harness.ambassador import mapping
from harness.environment import clean
from harness.limits import COMMAND, REPLY
from harness.ports import free_port, has_ipv6
from harness.raw_client import RawClient
from harness.scripted_upstream import ok

RESOLUTIONS = "ambassador_dns_resolutions_total"
LEAST_TTL = 5.0  # an answer is used that long, whatever its TTL
ENOUGH = 40  # calls, so that chance leaves out none of three addresses


class Replica:
    """Answers each request with its own address, on a connection of its own; those to /slow once `go_on` is set."""

    def __init__(self, host, port):
        self.host = host
        self.calls = 0
        self.go_on = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.go_on.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            request = connection.recv(4096)
            if not request:
                return
            self.calls += 1
            if b" /slow " in request:
                self.go_on.wait(REPLY)
            connection.sendall(ok(self.host, "Connection: close").encode())


@pytest.fixture(name="replicas")
def _replicas():
    """replicas(hosts) starts one on each of these addresses, all at one port."""
    started = []

    def start(*hosts):
        port = 0
        for host in hosts:
            started.append(Replica(host, port))
            port = started[-1].port
        return started[-len(hosts) :]

    yield start
    for replica in started:
        replica.close()


@pytest.fixture(name="service")
def _service(ambassador, replicas, dnsmasq):
    """service(hosts) maps http://h to service.test, which has these addresses, and starts a replica on each."""

    def start(*hosts, more=""):
        started = replicas(*hosts)
        server = dnsmasq([("service.test", host) for host in hosts], ttl=1)
        proxy = ambassador(mapping("http://h", f"http://service.test:{started[0].port}") + more, env=server.environment())
        return proxy, server, started

    return start


def call(proxy, path="/"):
    client = RawClient(proxy.port)
    with contextlib.closing(client):
        return client.get(f"http://h{path}")


def answered_by(proxy, calls=ENOUGH):
    """Who answered; all must be answered."""
    hosts = set()
    for number in range(calls):
        reply = call(proxy)
        assert reply.status == 200, (number, reply.text)
        hosts.add(reply.text)
    return hosts


def becomes(condition, limit):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_every_address_is_used(service):
    hosts = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    proxy, _, _ = service(*hosts)
    assert answered_by(proxy) == set(hosts)


def test_an_address_where_nobody_listens_costs_no_call(ambassador, replicas, dnsmasq):
    (replica,) = replicas("127.0.0.2")
    server = dnsmasq([("service.test", host) for host in ("127.0.0.3", "127.0.0.2", "127.0.0.4")])
    proxy = ambassador(mapping("http://h", f"http://service.test:{replica.port}"), env=server.environment())
    assert answered_by(proxy) == {"127.0.0.2"}


def test_a_record_that_goes_is_no_longer_connected_to_and_its_calls_end_well(service):
    proxy, server, (stays, goes) = service("127.0.0.2", "127.0.0.3")
    assert answered_by(proxy) == {stays.host, goes.host}
    slow = [RawClient(proxy.port) for _ in range(8)]
    for client in slow:
        client.request("GET", "http://h/slow")
    assert becomes(lambda: stays.calls + goes.calls == ENOUGH + len(slow), REPLY)

    server.change([("service.test", stays.host)])
    assert becomes(lambda: answered_by(proxy) == {stays.host}, LEAST_TTL + 5)
    before = goes.calls
    assert answered_by(proxy) == {stays.host}
    assert goes.calls == before
    stays.go_on.set()
    goes.go_on.set()
    answers = [client.reply() for client in slow]
    for client in slow:
        client.close()
    assert {answer.status for answer in answers} == {200}
    assert goes.host in {answer.text for answer in answers}, "else nothing was under way there"


def test_a_record_that_comes_is_used(service, replicas):
    proxy, server, (first,) = service("127.0.0.2")
    second = Replica("127.0.0.3", first.port)
    with contextlib.closing(second):
        assert answered_by(proxy) == {first.host}
        server.change([("service.test", first.host), ("service.test", second.host)])
        assert becomes(lambda: answered_by(proxy) == {first.host, second.host}, LEAST_TTL + 5)


def test_a_name_server_that_dies_takes_no_address_along(service):
    proxy, server, _ = service("127.0.0.2")
    assert answered_by(proxy, 1) == {"127.0.0.2"}
    server.close()
    failed = {}
    deadline = time.monotonic() + LEAST_TTL + 5
    while not failed and time.monotonic() < deadline:
        assert answered_by(proxy, 1) == {"127.0.0.2"}
        failed = proxy.metric(RESOLUTIONS, result="failed")
        time.sleep(0.1)
    assert failed, "the name was not asked for again"
    assert answered_by(proxy) == {"127.0.0.2"}, "now that asking has failed"


def test_a_name_server_that_is_not_there_is_named_as_the_cause(ambassador):
    dead = f"127.0.0.1:{free_port()}"
    proxy = ambassador(mapping("http://h", "http://service.test"), env={"AMBASSADOR_DNS": dead})
    reply = call(proxy)
    assert reply.status == 502
    assert "looking up the host for http://service.test" in reply.text
    assert "could not be looked up" in reply.text
    assert proxy.metric(RESOLUTIONS, result="failed") == 1


def test_a_name_server_that_is_silent_ends_in_time(ambassador):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{silent.getsockname()[1]}"
        rest = mapping("http://h", "http://service.test") + "timeout: {connect: 500ms}\n"
        proxy = ambassador(rest, env={"AMBASSADOR_DNS": server})
        before = time.monotonic()
        reply = call(proxy)
        assert time.monotonic() - before < REPLY / 3
        assert (reply.status, reply.all("Proxy-Status")) == (504, ["ambassador; error=dns_timeout"])
        assert "looking up the host" in reply.text and "timed out" in reply.text


def test_a_name_server_that_is_slow_is_waited_for_once(ambassador, replicas, name_server):
    (replica,) = replicas("127.0.0.1")

    def slowly():
        time.sleep(0.5)
        return [replica.host]

    name_server.changing["slow.test"] = slowly
    proxy = ambassador(mapping("http://h", f"http://slow.test.:{replica.port}"), env=name_server.environment())
    assert answered_by(proxy, 5) == {replica.host}
    assert proxy.metric(RESOLUTIONS, result="ok") == 1


def test_a_service_record_leads_no_allow_entry_to_another_port(ambassador, replicas, dnsmasq):
    (replica,) = replicas("127.0.0.2")
    (elsewhere,) = replicas("127.0.0.2")
    server = dnsmasq([("a.test", replica.host)], services=[("_web._tcp.test", "a.test", elsewhere.port, 1, 1)])
    rest = f'allow:\n  - {{to: "*.test:{replica.port}", addresses: [127.0.0.2/32]}}\n'
    proxy = ambassador(rest, env=server.environment())
    client = RawClient(proxy.port)
    with contextlib.closing(client):
        client.get(f"http://_web._tcp.test:{replica.port}/")
    assert (replica.calls, elsewhere.calls) == (1, 0)


def test_a_target_with_service_records_gets_its_ports_and_weights_from_them(ambassador, replicas, dnsmasq):
    (heavy,) = replicas("127.0.0.2")
    (light,) = replicas("127.0.0.3")
    (spare,) = replicas("127.0.0.4")
    records = [("heavy.test", heavy.host), ("light.test", light.host), ("spare.test", spare.host)]
    services = [
        ("_http._tcp.service.test", "heavy.test", heavy.port, 1, 9),
        ("_http._tcp.service.test", "light.test", light.port, 1, 1),
        ("_http._tcp.service.test", "spare.test", spare.port, 2, 1),  # only where the others fail: not used
    ]
    server = dnsmasq(records, services=services)
    proxy = ambassador(mapping("http://h", "http://_http._tcp.service.test"), env=server.environment())
    for number in range(100):
        assert call(proxy).status == 200, number
    assert heavy.calls + light.calls == 100
    assert heavy.calls > 70 and light.calls > 0
    assert proxy.log("-> http://service.test/ 200")


def test_a_list_of_targets_is_followed_as_its_file_changes(ambassador, replicas, tmp_path):
    first, second = replicas("127.0.0.2", "127.0.0.3")
    endpoints = tmp_path / "endpoints"
    endpoints.write_text(f"http://{first.host}:{first.port}  # the first\n")
    proxy = ambassador(mapping("http://h", f"file://{endpoints}"))
    assert answered_by(proxy, 3) == {first.host}
    (tmp_path / "next").write_text(f"http://{second.host}:{second.port}\n")
    (tmp_path / "next").rename(endpoints)
    assert becomes(lambda: call(proxy).text == second.host, 10)
    endpoints.write_text("no target\n")
    assert proxy.process.err.wait_for(f"{endpoints}:1:", 10)
    assert answered_by(proxy, 3) == {second.host}


def test_a_name_that_does_not_exist_is_not_asked_for_at_each_call(ambassador, name_server):
    proxy = ambassador(mapping("http://h", "http://missing.test."), env=name_server.environment())
    before = time.monotonic()
    replies = [call(proxy) for _ in range(20)]
    assert {reply.status for reply in replies} == {502}
    assert "the name has no address" in replies[0].text
    asked = name_server.queries.count("missing.test")
    assert asked == 2 or time.monotonic() - before > 1, "A and AAAA, once in the first second"


def test_a_name_that_comes_to_exist_is_found(service):
    proxy, server, (replica,) = service("127.0.0.2")
    server.change([])
    assert call(proxy).status == 502
    server.change([("service.test", replica.host)])
    assert becomes(lambda: call(proxy).status == 200, 10)


def test_a_name_with_ipv6_alone(ambassador, replicas, dnsmasq):
    if not has_ipv6():
        pytest.skip("no IPv6 on this machine")
    (replica,) = replicas("::1")
    server = dnsmasq([("six.test", "::1")])
    proxy = ambassador(mapping("http://h", f"http://six.test:{replica.port}"), env=server.environment())
    assert answered_by(proxy, 5) == {"::1"}


def test_of_two_families_the_one_that_answers_is_used(ambassador, replicas, dnsmasq):
    (replica,) = replicas("127.0.0.2")
    server = dnsmasq([("both.test", "::1"), ("both.test", "127.0.0.2")])
    proxy = ambassador(mapping("http://h", f"http://both.test:{replica.port}"), env=server.environment())
    assert answered_by(proxy, 10) == {"127.0.0.2"}


@pytest.fixture(name="etc")
def _etc(tmp_path):
    """etc(files) gives what to put before a command, so that it sees these in place of those in /etc."""

    def enter(**files):
        mounts = []
        for name, text in files.items():
            path = tmp_path / name
            path.write_text(text)
            mounts.append(f"mount --bind {path} /etc/{name.replace('_', '.')}")
        argv = [needs.program("unshare"), "--mount", "sh", "-c", " && ".join([*mounts, 'exec "$@"']), "sh"]
        tried = subprocess.run([*argv, "true"], env=clean(), capture_output=True, text=True, check=False, timeout=COMMAND)
        if tried.returncode:
            pytest.skip(f"no mount namespace can be made here, it needs root: {tried.stderr.strip()}")
        return argv

    return enter


@pytest.mark.parametrize("name", ["short", "short.sub", "service.shop.test", "service.shop.test."])
def test_names_are_completed_by_resolv_conf(ambassador, replicas, dnsmasq, etc, name):
    (replica,) = replicas("127.0.0.2")
    server = dnsmasq([("short.shop.test", "127.0.0.2"), ("short.sub.test", "127.0.0.2"), ("service.shop.test", "127.0.0.2"),
                      ("short.sub", "127.0.0.9")])  # fmt: skip
    enter = etc(resolv_conf="nameserver 192.0.2.1\nsearch nowhere.test shop.test test\noptions ndots:5\n")
    proxy = ambassador(mapping("http://h", f"http://{name}:{replica.port}"), env=server.environment(), enter=enter)
    assert answered_by(proxy, 1) == {"127.0.0.2"}


def test_the_hosts_file_comes_first(ambassador, replicas, dnsmasq, etc):
    (replica,) = replicas("127.0.0.2")
    server = dnsmasq([("service.test", "127.0.0.9")])
    enter = etc(hosts="127.0.0.1 localhost\n127.0.0.2 other service.test\n")
    proxy = ambassador(mapping("http://h", f"http://service.test:{replica.port}"), env=server.environment(), enter=enter)
    assert answered_by(proxy, 3) == {"127.0.0.2"}
