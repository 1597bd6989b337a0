"""Transparent mode: an app that knows of no proxy, in a network of the test's own, its connections brought by the kernel."""

import concurrent.futures
import pathlib
import shutil
import tempfile

import pytest

from harness import needs
from harness.ambassador import BINARY, Ambassador
from harness.clients import PROGRAMS
from harness.dnsmasq import Dnsmasq
from harness.environment import clean
from harness.network import AMBASSADOR_USER, OUTSIDE4, OUTSIDE6, Network
from harness.process import Process

NAME_SERVER_PORT = 5353
ELSEWHERE = {OUTSIDE4: "203.0.113.99", OUTSIDE6: "2001:db8:2::99"}  # where nobody is
FAMILIES = pytest.mark.parametrize("address", [OUTSIDE4, OUTSIDE6], ids=["IPv4", "IPv6"])
NAMES = [(name, address) for name in ("name.test", "other.test") for address in (OUTSIDE4, OUTSIDE6)]
CONFIG = f"""
listen: 127.0.0.1:1080
admin: 127.0.0.1:9901
transparent: 15001
timeout: {{connect: 1s}}
map:
  - source: http://api.test
    target: http://{OUTSIDE4}:9000/v2
allow:
  - name.test:80
  - name.test:443
  - meta.test:80
  - {OUTSIDE4}:9000
  - "[{OUTSIDE6}]:9000"
  - {OUTSIDE4}:2525
"""
# Sends what it is given, or nothing, and prints all that comes; `end` where that is nothing.
STREAM = r"""
import socket, sys
data = sys.argv[3].encode().decode("unicode_escape").encode("latin-1")
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=15) as sock:
        if data:
            sock.sendall(data)
        if len(sys.argv) > 4:
            got = sock.recv(100)
            sock.sendall(b"\0")
            print(got.decode().strip(), end=" ")
        got = b""
        while part := sock.recv(4096):
            got += part
        print(got.split(b"\r\n\r\n")[-1].decode() or "end")
except ConnectionError as broken:
    print("end")
"""
BINARY_HELLO = r"\x00\x01binary"


@pytest.fixture(name="network", scope="module")
def _network():
    network = Network()
    yield network
    network.close()


@pytest.fixture(name="far_side", scope="module")
def _far_side(network, certificates):
    """The outside's servers, a name server and the rules of the kernel."""
    pair = certificates.good
    argv = [*network.enter(None, outside=True), needs.PYTHON, PROGRAMS / "outside_server.py", pair.cert, pair.key]
    server = Process(argv, clean(), "/")
    assert server.out.wait_for("ready"), server.err.text()
    names = Dnsmasq([*NAMES, ("meta.test", "169.254.169.254")], port=NAME_SERVER_PORT, enter=network.enter(None))
    network.run(BINARY, "redirect", "--uid", AMBASSADOR_USER, user=None)
    yield names
    names.close()
    server.end()


@pytest.fixture(name="proxy", scope="module")
def _proxy(network, far_side):
    """The ambassador as the user whom the rules leave alone, from where that user may read it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ambassador-transparent-"))
    folder.chmod(0o755)
    binary = shutil.copy(BINARY, folder / "ambassador")
    (folder / "ambassador.yaml").write_text(CONFIG)
    enter = [*network.enter(AMBASSADOR_USER), "sh", "-c", f'exec {binary} "$@"']  # the harness's BINARY becomes $0
    proxy = Ambassador("-c", folder / "ambassador.yaml", cwd=folder, env=far_side.environment(), listeners=3, admin=True,
                       enter=enter)  # fmt: skip
    yield proxy
    proxy.finish()
    shutil.rmtree(folder)


@pytest.fixture(name="curl")
def _curl(network, certificates):
    """curl(url, address) is a call that believes the name to be at the address."""

    def call(url, address, *options, check=True):
        scheme, _, rest = url.partition("://")
        host, _, _ = rest.partition("/")
        port = {"http": 80, "https": 443}[scheme]
        literal = f"[{address}]" if ":" in address else address
        argv = [needs.program("curl"), "-sS", "-m", "15", "--resolve", f"{host}:{port}:{literal}", "--cacert", certificates.ca]
        return network.run(*argv, *options, url, user=None, check=check)

    return call


def metric(network, name):
    """Asked inside, for the admin port is there."""
    argv = ["curl", "-sS", "http://127.0.0.1:9901/metrics"]
    lines = network.run(*argv, user=None).stdout.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


@FAMILIES
def test_http_goes_where_its_host_is_allowed(proxy, curl, address):
    assert curl(f"http://name.test/{address}", address).stdout == "outside"
    assert proxy.log(f"GET http://name.test/{address} 200 ")


@FAMILIES
def test_the_map_applies_to_http(proxy, curl, address):
    """Whatever address the app believed the name to have."""
    assert curl(f"http://api.test/{address}", ELSEWHERE[address]).stdout == "outside"
    assert f"-> http://{OUTSIDE4}:9000/v2/{address} 200 " in proxy.log(f"GET http://api.test/{address} ")


@FAMILIES
def test_http_to_another_host_is_blocked_and_told_why(proxy, curl, address):
    done = curl(f"http://other.test/{address}", address, "-w", "\n%{http_code}")
    body, _, status = done.stdout.rpartition("\n")
    assert status == "403"
    assert "other.test" in body and "allow:" in body
    assert " [BLOCKED] 403 " in proxy.log(f"GET http://other.test/{address}")


@FAMILIES
def test_the_host_decides_and_not_the_address_it_was_sent_to(proxy, curl, address):
    """Else a Host of somebody allowed would open every address."""
    assert curl(f"http://name.test/by-host/{address}", ELSEWHERE[address]).stdout == "outside"
    assert proxy.log(f"GET http://name.test/by-host/{address} ")


def test_a_name_that_leads_to_metadata_is_refused(proxy, curl):
    done = curl("http://meta.test/latest", OUTSIDE4, "-o", "/dev/null", "-w", "%{http_code}")
    assert done.stdout == "403"
    assert "169.254.169.254" in proxy.log("GET http://meta.test/latest")


@FAMILIES
def test_tls_goes_where_its_name_is_allowed(proxy, curl, address):
    assert curl("https://name.test/", address).stdout == "outside"
    assert "[BLOCKED]" not in proxy.log("name.test:443")


@FAMILIES
def test_tls_to_another_name_is_blocked_and_logged(network, proxy, curl, address):
    before = metric(network, "ambassador_blocked_total")
    assert curl("https://other.test/", address, check=False).returncode in (35, 56)
    assert "[BLOCKED]" in proxy.log(lambda line: "other.test:443" in line)
    assert metric(network, "ambassador_blocked_total") == before + 1


@FAMILIES
def test_what_has_no_name_goes_where_its_address_is_allowed(network, proxy, address):
    assert network.python(STREAM, address, "9000", BINARY_HELLO) == "outside"
    host = f"[{address}]" if ":" in address else address
    line = proxy.log(lambda line: f"{host}:9000" in line and "TCP" in line)
    assert " in=8 " in line and "[BLOCKED]" not in line


@FAMILIES
def test_what_has_no_name_is_blocked_elsewhere(network, proxy, address):
    elsewhere = ELSEWHERE[address]
    assert network.python(STREAM, elsewhere, "9000", BINARY_HELLO) == "end"
    assert network.python(STREAM, address, "9001", BINARY_HELLO) == "end"
    for port in (f"{elsewhere}]:9000" if ":" in address else f"{elsewhere}:9000", "]:9001" if ":" in address else f"{address}:9001"):
        assert "[BLOCKED]" in proxy.log(lambda line, port=port: port in line)


def test_a_server_may_speak_first(network, proxy):
    assert network.python(STREAM, OUTSIDE4, "2525", "", "listen first") == "220 ready outside"
    assert " in=1 " in proxy.log(f"{OUTSIDE4}:2525")


def test_http_by_address_goes_where_the_address_is_allowed(network, proxy):
    argv = [needs.program("curl"), "-sS", "-m", "15", f"http://{OUTSIDE4}:9000/by-address"]
    assert network.run(*argv).stdout == "outside"
    assert proxy.log(f"GET http://{OUTSIDE4}:9000/by-address 200 ")


def test_who_connects_to_the_port_itself_is_refused(network, proxy):
    for address in ("127.0.0.1", "::1"):
        assert network.python(STREAM, address, "15001", r"GET / HTTP/1.1\r\nHost: name.test\r\n\r\n") == "end"
    assert "redirect" in proxy.log(lambda line: "redirect" in line)


def test_many_at_once(network, proxy, curl):
    def call(number):
        address = (OUTSIDE4, OUTSIDE6)[number % 2]
        if number % 4 < 2:
            return curl(f"http://name.test/many/{number}", address).stdout
        return network.python(STREAM, address, "9000", BINARY_HELLO)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert list(pool.map(call, range(64))) == ["outside"] * 64
    assert len(proxy.process.out.wait_for("http://name.test/many/", count=32)) == 32


def test_the_proxy_port_serves_beside(network, proxy):
    argv = [needs.program("curl"), "-sS", "-m", "15", "-x", "http://127.0.0.1:1080", "http://api.test/by-proxy"]
    assert network.run(*argv).stdout == "outside"
    assert proxy.log("http://api.test/by-proxy")


def test_without_the_ambassador_nothing_leaves(network, far_side):
    """Rules alone: fail closed. Another port than its own, that nobody listens on."""
    network.run(BINARY, "redirect", "--uid", AMBASSADOR_USER, "--to", "15002", user=None)
    try:
        assert network.python(STREAM, OUTSIDE4, "9000", BINARY_HELLO) == "end"
    finally:
        network.run(BINARY, "redirect", "--uid", AMBASSADOR_USER, user=None)
