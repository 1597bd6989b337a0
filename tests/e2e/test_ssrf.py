"""Addresses that no name and no spelling may lead to: none is reached, and each is refused with its reason."""

import contextlib
import itertools
import selectors
import socket
import threading
import time

import pytest

from harness import needs
from harness.ambassador import mapping, write_config
from harness.clients import PROGRAMS
from harness.dnsmasq import Dnsmasq
from harness.environment import clean
from harness.network import Network
from harness.ports import free_port
from harness.process import Process
from harness.raw_client import RawClient
from harness.scripted_upstream import answering, ok

BLOCKED, REFUSED = "ambassador_blocked_total", "address_refused"
GOOD, BAD = "127.0.0.2", "127.0.0.1"  # with a rule whose names may be at GOOD alone

# As a client may write them in their plain form.
PLAIN = """
    127.0.0.1 127.0.0.53 127.127.127.127 127.255.255.254 0.0.0.0 0.0.0.1 0.255.255.255
    10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.255.254 100.64.0.1 100.127.255.254
    169.254.0.1 169.254.169.254 169.254.170.2 169.254.169.253 100.100.100.200 192.0.0.192 168.63.129.16
    224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    [::1] [::] [0:0:0:0:0:0:0:1] [0000::0001] [fe80::1] [febf::1] [fc00::1] [fd12:3456::1] [fd00:ec2::254] [ff02::1] [ff05::1]
    [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] [::ffff:10.0.0.1] [::ffff:169.254.169.254] [::ffff:0.0.0.0]
    [::127.0.0.1] [::7f00:1] [::ffff:0:127.0.0.1] [::10.0.0.1]
    [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::a9fe:a9fe] [64:ff9b::10.0.0.1] [64:ff9b:1::127.0.0.1]
    [2002:7f00:1::] [2002:a9fe:a9fe::1] [2002:0a00:0001::1] [2002:c0a8:1::1]
""".split()
# Which C libraries take for an address: refused as such, or as no host at all.
ODD = """
    127.1 127.0.1 2130706433 017700000001 0x7f000001 0x7f.0.0.1 0x7F.1 0177.0.0.1 0177.1 127.0.0.01 127.0.0.0x1 00127.0.0.1
    0 0x0 00 0.0 10.1 012.0.0.1 0xa.0.0.1 167772161 192.168.1 3232235521 172.1048577
    169.254.43518 0xa9fea9fe 2852039166 0251.0376.0251.0376 0xa9.0xfe.0xa9.0xfe 4294967295 127.0.0.1. 127.1. 2130706433.
    [::1%25lo] [fe80::1%251] [v1.::1] [127.0.0.1] 127.0.0.256 127.0.0.1.1 0x 0x7f000001. %31%32%37.0.0.1
    １２７.0.0.1 127。0。0。1 ①②⑦.0.0.1
""".split()
LOCAL_NAMES = ["localhost", "LOCALHOST", "localhost.", "a.localhost", "Localhost"]


class Trap:
    """Listens on every address of the machine at one port, and counts who comes."""

    def __init__(self, address="::"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.port = free_port("127.0.0.1")
        self._listener = socket.create_server((address, self.port), family=family, dualstack_ipv6=address == "::")
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.visits = []
        self._ended = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._ended = True
        self._thread.join()
        self._listener.close()

    def _serve(self):
        while not self._ended:
            for _ in self._selector.select(0.05):
                sock, peer = self._listener.accept()
                self.visits.append(peer)
                sock.close()


@pytest.fixture(name="trap")
def _trap():
    trap = Trap()
    yield trap
    trap.close()


def by_connect(proxy, authority):
    client = RawClient(proxy.port)
    with contextlib.closing(client):
        client.send(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        return client.reply()


def by_absolute_form(proxy, authority):
    client = RawClient(proxy.port)
    with contextlib.closing(client):
        client.send(f"GET http://{authority}/latest/meta-data/ HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        return client.reply()


FORMS = pytest.mark.parametrize("call", [by_connect, by_absolute_form], ids=["CONNECT", "absolute-form"])


def refused(proxy):
    return proxy.metric(BLOCKED, reason=REFUSED)


def not_refused(proxy, call, hosts, port):
    """Those that were answered otherwise, or logged without the reason; and the count, where it is another."""
    before = refused(proxy)
    replies = {host: call(proxy, f"{host}:{port}") for host in hosts}
    wrong = [(host, reply.status, reply.text) for host, reply in replies.items() if reply.status != 403]
    wrong += [(host, reply.text) for host, reply in replies.items() if "may not be reached" not in reply.text]
    if not proxy.counts(before + len(hosts), BLOCKED, reason=REFUSED):
        wrong.append(("counted", refused(proxy) - before))
    return wrong


def test_there_are_enough_spellings():
    assert len(set(PLAIN + ODD + LOCAL_NAMES)) > 90


@FORMS
def test_no_plain_address_is_reached_by_a_wildcard_rule(ambassador, trap, call):
    proxy = ambassador(f'allow: ["*:{trap.port}"]\ntimeout: {{connect: 300ms}}\n')
    assert not_refused(proxy, call, PLAIN, trap.port) == []
    assert trap.visits == []
    assert all("[BLOCKED] 403" in line for line in proxy.finish())


@FORMS
def test_no_odd_spelling_is_reached_by_a_wildcard_rule(ambassador, trap, call):
    proxy = ambassador(f'allow: ["*:{trap.port}"]\ntimeout: {{connect: 300ms}}\n')
    wrong = []
    for host in ODD:
        reply = call(proxy, f"{host}:{trap.port}")
        if reply.status not in (400, 403, 502):  # 502: no such name
            wrong.append((host, reply.status))
    assert wrong == []
    assert trap.visits == []


@FORMS
def test_no_name_of_loopback_is_reached_by_a_wildcard_rule(ambassador, trap, call):
    proxy = ambassador(f'allow: ["*:{trap.port}"]\n')
    for host in LOCAL_NAMES:
        assert call(proxy, f"{host}:{trap.port}").status in (403, 502), host
    assert trap.visits == []


@pytest.fixture(name="names", scope="module")
def _names():
    """A name for each plain address: address 0 is n0.bad.test."""
    addresses = [(f"n{number}.bad.test", address.strip("[]")) for number, address in enumerate(PLAIN)]
    server = Dnsmasq(addresses)
    yield server, [name for name, _ in addresses]
    server.close()


@FORMS
@pytest.mark.parametrize("rule", ["*.bad.test:PORT", "*:PORT"])
def test_no_name_leads_to_a_forbidden_address(ambassador, trap, names, call, rule):
    server, hosts = names
    proxy = ambassador(f'allow: ["{rule.replace("PORT", str(trap.port))}"]\ntimeout: {{connect: 300ms}}\n', env=server.environment())
    assert not_refused(proxy, call, hosts, trap.port) == []
    assert trap.visits == []


def test_a_name_that_the_rule_gives_in_full_is_no_exception(ambassador, trap, names):
    server, hosts = names
    rules = "".join(f"  - {host}:{trap.port}\n" for host in hosts)
    proxy = ambassador(f"allow:\n{rules}timeout: {{connect: 300ms}}\n", env=server.environment())
    assert not_refused(proxy, by_connect, hosts, trap.port) == []
    assert trap.visits == []


def test_a_refusal_says_what_it_is_about(ambassador, dnsmasq, trap):
    server = dnsmasq([("meta.test", "169.254.169.254"), ("inner.test", "10.1.2.3")])
    proxy = ambassador(f'allow: ["*.test:{trap.port}"]\n', env=server.environment())
    for host, address in (("meta.test", "169.254.169.254"), ("inner.test", "10.1.2.3")):
        reply = by_connect(proxy, f"{host}:{trap.port}")
        assert address in reply.text
        assert f"CONNECT {host}:{trap.port} [BLOCKED] 403 " in proxy.log(f"CONNECT {host}")
    assert "addresses" in reply.text, "how a private address is opened"


def test_addresses_open_what_they_name_and_no_more(ambassador, dnsmasq, upstream, connect):
    good = upstream(answering(ok("reached")), host=GOOD)
    server = dnsmasq([("good.test", GOOD), ("bad.test", BAD), ("bad.test", "::1"), ("link.test", "169.254.169.254")])
    proxy = ambassador(f'allow:\n  - {{to: "*.test:{good.port}", addresses: [{GOOD}/32]}}\n', env=server.environment())
    assert connect(proxy.port).get(f"http://good.test:{good.port}/").text == "reached"
    assert not_refused(proxy, by_absolute_form, ["bad.test", "link.test"], good.port) == []


MAPPED_BAD = ["169.254.169.254", "169.254.1.1", "fd00:ec2::254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
              "224.0.0.1", "0.0.0.0", "255.255.255.255"]  # fmt: skip


@pytest.mark.parametrize("address", MAPPED_BAD)
def test_a_target_by_name_does_not_lead_to_metadata(ambassador, dnsmasq, connect, address):
    server = dnsmasq([("target.test", address)])
    proxy = ambassador(mapping("http://h", "http://target.test:8080") + "timeout: {connect: 300ms}\n", env=server.environment())
    assert connect(proxy.port).get("http://h/").status == 403
    assert proxy.counts(1, BLOCKED, reason=REFUSED)


def test_a_target_by_name_may_be_on_loopback_or_private(ambassador, dnsmasq, upstream, connect):
    good = upstream(answering(ok("reached")))
    server = dnsmasq([("target.test", "127.0.0.1")])
    proxy = ambassador(mapping("http://h", f"http://target.test:{good.port}"), env=server.environment())
    assert connect(proxy.port).get("http://h/").text == "reached"


def test_a_target_that_names_the_address_is_meant(launch, tmp_path):
    """In a network of the test's own, where nobody else is at that address."""
    network = Network()
    server = None
    try:
        network.add_outside("169.254.169.254/32")
        server = Process([*network.enter(None, outside=True), needs.PYTHON, PROGRAMS / "outside_server.py"], clean(), "/")
        assert server.out.wait_for("ready"), server.err.text()
        config = write_config(tmp_path, "listen: 127.0.0.1:0\n", mapping("http://h", "http://169.254.169.254"))
        proxy = launch("-c", config, enter=network.enter(None))
        argv = [needs.program("curl"), "-sS", "-m", "15", "-x", f"http://127.0.0.1:{proxy.port}", "http://h/"]
        assert network.run(*argv).stdout == "outside"
        proxy.finish()
    finally:
        if server:
            server.end()
        network.close()


@pytest.mark.parametrize("unmapped", ["allow", "report"])
def test_without_a_map_services_pass_but_metadata_and_ourselves_do_not(ambassador, dnsmasq, upstream, connect, unmapped):
    good = upstream(answering(ok("reached")))
    server = dnsmasq([("service.test", "127.0.0.1"), ("meta.test", "169.254.169.254")])
    proxy = ambassador(f"unmapped: {unmapped}\ntimeout: {{connect: 300ms}}\n", env=server.environment())
    assert connect(proxy.port).get(f"http://service.test:{good.port}/").text == "reached"
    wicked = ["meta.test", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "224.0.0.1", "0.0.0.0"]
    for call in (by_connect, by_absolute_form):
        assert not_refused(proxy, call, wicked, good.port) == []
    for host in ("service.test", "127.0.0.1"):
        assert by_connect(proxy, f"{host}:{proxy.port}").status in (403, 508), "never to ourselves"
        assert by_connect(proxy, f"{host}:{proxy.admin_port}").status in (403, 508), "nor to our admin port"


@FORMS
def test_never_to_ourselves_by_a_rule(ambassador, dnsmasq, call):
    server = dnsmasq([("own.test", "127.0.0.1")])
    port = free_port()
    proxy = ambassador('allow:\n  - {to: "own.test:*", addresses: [127.0.0.0/8]}\n  - "127.0.0.0/8:*"\n',
                       base=f"listen: 127.0.0.1:{port}\nadmin: 127.0.0.1:0\n", env=server.environment())  # fmt: skip
    for host in ("own.test", "127.0.0.1"):
        for own in (port, proxy.admin_port):
            reply = call(proxy, f"{host}:{own}")
            assert reply.status in (403, 508), (host, own, reply.text)


# A name with more than one address, and a name that changes


@pytest.fixture(name="pair")
def _pair():
    """A server on the good address, and a trap on the bad one, at the same port."""
    trap = Trap(BAD)
    served = []

    listener = socket.create_server((GOOD, trap.port))
    ended = threading.Event()

    def accept():
        while not ended.is_set():
            with contextlib.suppress(OSError):
                sock, _ = listener.accept()
                with sock:
                    sock.recv(4096)
                    served.append(1)
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield trap, served
    ended.set()
    listener.close()
    trap.close()


def only_good(port):
    return f'allow:\n  - {{to: "*.test:{port}", addresses: [{GOOD}/32]}}\n'


@pytest.mark.parametrize("more", [[BAD], [BAD, "169.254.169.254", "::1", "10.0.0.1"]], ids=["one", "many"])
def test_of_good_and_bad_addresses_only_the_good_are_used(ambassador, dnsmasq, pair, more):
    trap, served = pair
    server = dnsmasq([("mixed.test", address) for address in [*more, GOOD]])
    proxy = ambassador(only_good(trap.port), env=server.environment())
    for number in range(20):
        assert by_absolute_form(proxy, f"mixed.test:{trap.port}").status == 200, number
    assert len(served) == 20
    assert trap.visits == []
    assert refused(proxy) == 0


def test_a_name_that_changes_between_calls_is_never_followed(ambassador, name_server, pair):
    """An answer is kept for 5 s at least, and checked again when it is asked for again."""
    trap, served = pair
    turns = itertools.cycle([[GOOD], [BAD], [GOOD, BAD], ["169.254.169.254"]])
    name_server.changing["rebind.test"] = lambda: next(turns)
    proxy = ambassador(only_good(trap.port), env=name_server.environment())
    seen = set()
    deadline = time.monotonic() + 30
    while len(seen) < 2 and time.monotonic() < deadline:
        reply = by_absolute_form(proxy, f"rebind.test:{trap.port}")
        seen.add(reply.status)
        assert reply.status in (200, 403), reply.text
        time.sleep(0.1)
    assert seen == {200, 403}
    assert served and trap.visits == []


def test_what_was_checked_is_what_is_connected_to(ambassador, name_server, pair):
    """A server of names that answers each query otherwise: no second look-up stands between check and connect."""
    trap, _ = pair
    turns = {}

    def alternating(name):
        turns[name] = turns.get(name, -1) + 1
        return [GOOD] if turns[name] % 2 == 0 else [BAD]

    hosts = [f"r{number}.test" for number in range(50)]
    for host in hosts:
        name_server.changing[host] = lambda host=host: alternating(host)
    proxy = ambassador(only_good(trap.port), env=name_server.environment())
    for host in hosts:
        assert by_absolute_form(proxy, f"{host}:{trap.port}").status == 200
        assert turns[host] == 0, "one query"
    assert trap.visits == []


def test_a_tcp_source_does_not_lead_to_metadata(ambassador, dnsmasq):
    server, port = dnsmasq([("target.test", "169.254.169.254")]), free_port()
    proxy = ambassador(mapping(f"tcp://localhost:{port}", "tcp://target.test:80"), env=server.environment())
    client = RawClient(port)
    assert client.ended()
    assert "169.254.169.254" in proxy.log(f"tcp://localhost:{port}")
    client.close()
