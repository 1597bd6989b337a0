"""The fixtures. Torn down in this order: clients, the ambassador (which must end with 0), upstreams."""

import dataclasses
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.ambassador import BINARY, Ambassador, mapping, write_config  # noqa: E402
from harness.certificates import Certificates  # noqa: E402
from harness.dnsmasq import Dnsmasq  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.name_server import NameServer  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.scripted_upstream import ScriptedUpstream  # noqa: E402
from harness.tls_servers import OpensslServer  # noqa: E402

BASE = """
listen: 127.0.0.1:0
admin: 127.0.0.1:0
workers: 1
"""


def pytest_sessionstart(session):
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"no ambassador at {BINARY}: build it, or set AMBASSADOR to its path", returncode=1)


@pytest.fixture(name="upstream")
def _upstream():
    """upstream(script) starts a scripted upstream."""
    started = []

    def start(script, **options):
        started.append(ScriptedUpstream(script, **options))
        return started[-1]

    yield start
    for server in reversed(started):
        server.close()


@pytest.fixture(name="certificates", scope="session")
def _certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(name="s_server")
def _s_server():
    """s_server(pair, options) starts an `openssl s_server`."""
    started = []

    def start(*args, **options):
        started.append(OpensslServer(*args, **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(name="name_server")
def _name_server():
    server = NameServer()
    yield server
    server.close()


@pytest.fixture(name="dnsmasq")
def _dnsmasq():
    """dnsmasq(records) starts a real name server."""
    started = []

    def start(*args, **options):
        started.append(Dnsmasq(*args, **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(name="nginx_with")
def _nginx_with(tmp_path_factory):
    """nginx_with(locations, top) starts a recording nginx; `top` stands at the top level of its configuration."""
    started = []

    def start(locations="", top=""):
        started.append(Nginx(tmp_path_factory.mktemp("nginx"), locations, top))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(name="launch")
def _launch(tmp_path, upstream, name_server, nginx_with, s_server, dnsmasq):  # pylint: disable=unused-argument
    """launch(…) starts an ambassador just as told: arguments, environment, working directory."""
    started = []

    def start(*args, cwd=tmp_path, **options):
        started.append(Ambassador(*args, cwd=cwd, **options))
        return started[-1]

    yield start
    for process in reversed(started):
        process.finish()


@pytest.fixture(name="ambassador")
def _ambassador(launch, tmp_path):
    """ambassador(rest) starts one on free ports, with an admin port and one worker, and the given rest of its file."""

    def start(rest, base=BASE, **options):
        config = write_config(tmp_path, base, rest)
        return launch("-c", config, admin="admin:" in base, **options)

    return start


@pytest.fixture(name="connect")
def _connect(launch):  # pylint: disable=unused-argument
    """connect(port) opens a raw client connection."""
    opened = []

    def start(port, **options):
        opened.append(RawClient(port, **options))
        return opened[-1]

    yield start
    for client in opened:
        client.close()


@dataclasses.dataclass
class Route:
    """http://h mapped to a scripted upstream, and a connection to the proxy."""

    proxy: Ambassador
    upstream: ScriptedUpstream
    client: RawClient


@pytest.fixture(name="route")
def _route(upstream, ambassador, connect):
    """route(script) maps http://h/… to the same path on a scripted upstream; `more` goes on below the map's entry."""

    def start(script, more="", path=""):
        server = upstream(script)
        proxy = ambassador(mapping(f"http://h{path}", f"http://{server.authority}{path}") + more)
        return Route(proxy, server, connect(proxy.port))

    return start
