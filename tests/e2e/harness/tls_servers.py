"""Real TLS servers: openssl s_server, and what makes nginx one. A Python one is a scripted upstream with `tls`."""

import socket
import time

from harness.environment import clean
from harness.limits import READY
from harness.needs import program
from harness.ports import free_port
from harness.process import Process


def nginx_tls(port, pair, more=""):
    """Lines for nginx's server block: it also serves TLS at `port`."""
    return f"""
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {pair.cert};
        ssl_certificate_key {pair.key};
        {more}
    """


def nginx_stream(*servers):
    """Lines for nginx's top level: servers of plain TCP or TLS."""
    blocks = "\n".join(f"server {{ {server} }}" for server in servers)
    return f"load_module /usr/lib/nginx/modules/ngx_stream_module.so;\nstream {{ {blocks} }}\n"


def wait_for_port(process, port, host="127.0.0.1"):
    """Until something listens there."""
    deadline = time.monotonic() + READY
    while process.running() and time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise AssertionError(f"nothing listens on {port}:\n{process.err.text()}")


class OpensslServer:
    """`openssl s_server`; answers HTTP with a page about the connection, or with `reverse` each line backwards."""

    def __init__(self, pair, *options, reverse=False):
        self.port = free_port()
        self.authority = f"127.0.0.1:{self.port}"
        mode = "-rev" if reverse else "-www"
        argv = [program("openssl"), "s_server", "-accept", self.authority, "-cert", pair.cert, "-key", pair.key, mode, *options]
        self._process = Process(argv, clean(), "/")
        wait_for_port(self._process, self.port)

    def close(self):
        self._process.end()
