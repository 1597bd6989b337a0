"""`ambassador redirect`: the kernel's rules, in a network of the test's own, with real clients."""

import os
import shutil

import pytest

from harness import needs
from harness.ambassador import BINARY, run
from harness.clients import PROGRAMS
from harness.environment import clean
from harness.network import AMBASSADOR_USER, INSIDE4, OUTSIDE4, OUTSIDE6, Network
from harness.process import Process

PORT = "15001"
FAMILIES = pytest.mark.parametrize("address", [OUTSIDE4, OUTSIDE6], ids=["IPv4", "IPv6"])
PROGRAM_NAMES = ["nft", "iptables-nft", "iptables-legacy"]
# What the kernel says to a program whose packet it rejects: EPERM, or at the next call the ICMP error.
DATAGRAM = """
import socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
sock = socket.socket(family, socket.SOCK_DGRAM)
sock.settimeout(10)
sock.connect((sys.argv[1], int(sys.argv[2])))
begin = time.monotonic()
try:
    sock.send(b"hello")
    print(sock.recv(100).decode())
except (PermissionError, ConnectionRefusedError):
    print("rejected at once" if time.monotonic() - begin < 2 else "rejected late")
except TimeoutError:
    print("nothing")
"""
STREAM = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10) as sock:
        sock.sendall(b"hello")
        print(sock.makefile("rb").read().split(b"\\r\\n\\r\\n")[1].decode())
except ConnectionError as refused:
    print(type(refused).__name__)
"""
ECHO_REQUEST = """
import socket, sys
v6 = ":" in sys.argv[1]
sock = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW, 58 if v6 else 1)
try:
    sock.sendto((b"\\x80" if v6 else b"\\x08") + b"\\x00\\xf7\\xff\\x00\\x00\\x00\\x00", (sys.argv[1], 0))
    print("sent")
except PermissionError:
    print("rejected")
"""


@pytest.fixture(name="network", scope="module")
def _network():
    network = Network()
    yield network
    network.close()


@pytest.fixture(name="far_side", scope="module", autouse=True)
def _far_side(network):
    """The outside's servers, and a listener in the ambassador's place."""
    servers = [
        Process([*network.enter(None, outside=True), needs.PYTHON, PROGRAMS / "outside_server.py"], clean(), "/"),
        Process([*network.enter(AMBASSADOR_USER), needs.PYTHON, PROGRAMS / "redirected_server.py", PORT], clean(), "/"),
    ]
    for server in servers:
        assert server.out.wait_for("ready"), server.err.text()
    yield
    for server in servers:
        server.end()


class Redirect:
    """The command, with one of the programs that install rules."""

    def __init__(self, network, program):
        self._network = network
        self.program = program

    def __call__(self, *args, check=True):
        return self._network.run(BINARY, "redirect", "--with", self.program, *args, user=None, check=check)

    def rules(self):
        """All rules of the network, without counters and comments."""
        savers = [["nft", "list", "ruleset"]]
        if self.program != "nft":
            savers = [[f"{name}{self.program[2:]}-save"] for name in ("ip", "ip6")]
        lines = [line for argv in savers for line in self._network.run(*argv, user=None).stdout.splitlines()]
        return [line for line in lines if line.strip() and not line.startswith((":", "#"))]


@pytest.fixture(name="redirect", params=PROGRAM_NAMES)
def _redirect(request, network):
    needs.program("nft" if request.param == "nft" else f"{request.param}-restore")
    command = Redirect(network, request.param)
    yield command
    command("--remove")


@pytest.fixture(name="installed")
def _installed(redirect):
    redirect("--uid", AMBASSADOR_USER)
    return redirect


def test_safe_to_run_again(redirect):
    redirect("--uid", AMBASSADOR_USER)
    once = redirect.rules()
    assert any(PORT in line for line in once)
    redirect("--uid", AMBASSADOR_USER)
    assert redirect.rules() == once
    redirect("--uid", 4711, "--to", "16001")
    assert len(redirect.rules()) == len(once)
    assert not any(PORT in line or "1080" in line for line in redirect.rules())


def test_removes_only_its_own(network, redirect):
    before = redirect.rules()
    redirect("--remove")
    assert redirect.rules() == before
    if redirect.program == "nft":
        network.run("nft", "add table inet others; add chain inet others mine", user=None)
    else:
        network.run(redirect.program, "-t", "nat", "-A", "OUTPUT", "-d", "198.51.100.1", "-j", "ACCEPT", user=None)
    others = redirect.rules()
    assert others != before
    redirect("--uid", AMBASSADOR_USER)
    assert redirect.rules() != others
    redirect("--remove")
    assert [line for line in others if line not in redirect.rules()] == []
    assert not any("ambassador" in line.lower() for line in redirect.rules())
    redirect("--remove")


@FAMILIES
def test_tcp_of_the_app_arrives_at_the_ambassador(network, installed, address):
    host = f"[{address}]" if ":" in address else address
    for port in ("80", "9000"):
        assert network.python(STREAM, address, port) == f"{host}:{port}"
    curl = network.run(needs.program("curl"), "-sS", "-m", "10", f"http://{host}:9000/x")
    assert curl.stdout == f"{host}:9000"
    assert network.python(STREAM, address, "80", user=None) == f"{host}:80", "root is no exception"


@FAMILIES
def test_tcp_of_the_ambassador_goes_out(network, installed, address):
    assert network.python(STREAM, address, "80", user=AMBASSADOR_USER) == "outside"
    assert network.python(DATAGRAM, address, "9000", user=AMBASSADOR_USER) == "outside"


def test_another_user_may_be_left_alone_too(network, redirect):
    redirect("--uid", AMBASSADOR_USER, "--uid", "4711")
    assert network.python(STREAM, OUTSIDE4, "80", user=4711) == "outside"
    assert network.python(STREAM, OUTSIDE4, "80", user=AMBASSADOR_USER) == "outside"
    assert network.python(STREAM, OUTSIDE4, "80") == f"{OUTSIDE4}:80"


@FAMILIES
def test_dns_passes_and_other_datagrams_are_rejected_at_once(network, installed, address):
    assert network.python(DATAGRAM, address, "53") == "outside"
    assert network.python(STREAM, address, "53") == "outside"
    assert network.python(DATAGRAM, address, "9000") == "rejected at once"
    assert network.python(DATAGRAM, address, "443") == "rejected at once"


@FAMILIES
def test_what_is_neither_tcp_nor_udp_is_rejected(network, installed, address):
    assert network.python(ECHO_REQUEST, address, user=None) == "rejected"


def test_loopback_is_left_alone(network, installed):
    """Also by an address of the machine's own, which goes by way of lo."""
    listener = Process(
        [*network.enter(), needs.PYTHON, "-c", "import socket as s; a = s.create_server(('0.0.0.0', 8000)); "
         "print('ready', flush=True)\nwhile 1: a.accept()[0].sendall(b'\\r\\n\\r\\nlocal')"], clean(), "/")  # fmt: skip
    try:
        assert listener.out.wait_for("ready"), listener.err.text()
        for address in ("127.0.0.1", "127.0.0.2", INSIDE4):
            assert network.python(STREAM.replace('sock.sendall(b"hello")', "pass"), address, "8000") == "local"
    finally:
        listener.end()


@FAMILIES
def test_where_nobody_listens_nothing_leaves(network, redirect, address):
    redirect("--uid", AMBASSADOR_USER, "--to", "16001")
    assert network.python(STREAM, address, "80") == "ConnectionRefusedError"


@FAMILIES
def test_calls_that_come_in_are_answered(network, installed, address):
    """The app's own server: its replies are no calls of its own."""
    host = INSIDE4 if ":" not in address else "2001:db8:1::2"
    family = "AF_INET6" if ":" in address else "AF_INET"
    listener = Process(
        [*network.enter(), needs.PYTHON, "-c", f"import socket as s; a = s.create_server(('{host}', 8001), family=s.{family}); "
         "print('ready', flush=True)\nwhile 1: a.accept()[0].sendall(b'\\r\\n\\r\\nserved')"], clean(), "/")  # fmt: skip
    try:
        assert listener.out.wait_for("ready"), listener.err.text()
        enter = network.enter(None, outside=True)
        client = Process([*enter, needs.PYTHON, "-c", STREAM.replace('sock.sendall(b"hello")', "pass"), host, "8001"], clean(), "/")
        assert client.wait() == 0
        assert client.out.all() == ["served"]
    finally:
        listener.end()


def test_after_removal_all_goes_out(network, installed):
    installed("--remove")
    for address in (OUTSIDE4, OUTSIDE6):
        assert network.python(STREAM, address, "80") == "outside"
        assert network.python(DATAGRAM, address, "9000") == "outside"


def test_takes_iptables_where_there_is_no_nft(network, tmp_path):
    for name in ("iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore"):
        os.symlink(needs.program(name), tmp_path / name)
    enter = network.enter(None) + ["env", f"PATH={tmp_path}"]
    try:
        done = Process([*enter, BINARY, "redirect", "--uid", AMBASSADOR_USER], clean(), "/")
        assert done.wait() == 0, done.err.text()
        assert "by iptables" in done.out.text()
        assert network.python(STREAM, OUTSIDE4, "80") == f"{OUTSIDE4}:80"
        assert network.python(STREAM, OUTSIDE6, "80") == f"[{OUTSIDE6}]:80"
    finally:
        done = Process([*enter, BINARY, "redirect", "--remove"], clean(), "/")
        assert done.wait() == 0, done.err.text()
    assert network.python(STREAM, OUTSIDE4, "80") == "outside"


def test_says_what_it_looked_for(tmp_path):
    done = run("redirect", "--uid", 1080, cwd=tmp_path, env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "nft" in done.stderr and "iptables-restore" in done.stderr and str(tmp_path) in done.stderr


@pytest.mark.parametrize("program", PROGRAM_NAMES)
def test_says_which_right_is_missing(network, program):
    needs.program("nft" if program == "nft" else f"{program}-restore")
    copy = shutil.copy(BINARY, f"/tmp/{network.inside}")  # where another user may reach it
    try:
        done = network.run(copy, "redirect", "--uid", AMBASSADOR_USER, "--with", program, check=False)
    finally:
        os.unlink(copy)
    assert done.returncode == 1
    assert "NET_ADMIN" in done.stderr


@pytest.mark.parametrize("args, wrong", [
    ([], "--uid"), (["--uid", "0"], "--uid 0"), (["--uid", "x"], "--uid"), (["--uid", "1080", "--to", "0"], "--to"),
    (["--uid", "1080", "--with", "ufw"], "--with"), (["--remove", "--print"], "--print"),
])  # fmt: skip
def test_refuses_options_that_would_protect_nothing(tmp_path, args, wrong):
    done = run("redirect", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert wrong in done.stderr


@pytest.mark.parametrize("program, sign", [("nft", "redirect to :15001"), ("iptables", "--to-ports 15001")])
def test_prints_the_rules_and_changes_nothing(network, program, sign):
    done = network.run(BINARY, "redirect", "--uid", AMBASSADOR_USER, "--print", "--with", program, user=None)
    assert sign in done.stdout
    assert network.python(STREAM, OUTSIDE4, "80") == "outside"
