"""Client and upstream of one ambassador, in one thread, each over one connection that is kept."""

import re
import socket

from counting import quiet
from harness.errors import BenchError

LIMIT = 60.0


class Peers:
    """Plays calls through the ambassador `pid` that listens on `port`; `listening` is the upstream's socket."""

    def __init__(self, pid, port, listening):
        self._pid, self._listening = pid, listening
        self._client = prepared(socket.create_connection(("127.0.0.1", port), LIMIT))
        self._upstream = None
        listening.settimeout(LIMIT)
        quiet.wait(pid)

    def play(self, call, pause=lambda: None):
        """One call, with `pause` while the ambassador waits for the upstream. It sleeps again when this returns."""
        self._client.sendall(call.request)
        if call.response:
            self._answer(call.response, pause)
        head = receive(self._client)
        if not head.startswith(b"HTTP/1.1 %d " % call.status):
            raise BenchError(f"{call.name}: the client got {head.splitlines()[0].decode(errors='replace')}, not {call.status}")
        quiet.wait(self._pid)

    def _answer(self, response, pause):
        if self._upstream is None:
            self._upstream = prepared(self._listening.accept()[0])
        receive(self._upstream)
        quiet.wait(self._pid)
        pause()
        self._upstream.sendall(response)

    def close(self):
        """Ends both connections, and waits until the ambassador has noticed."""
        self._client.close()
        if self._upstream is not None:
            self._upstream.close()
        quiet.wait(self._pid)


def prepared(connection):
    connection.settimeout(LIMIT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def receive(connection):
    """Reads one message whose body, if it has one, has a Content-Length, and returns its head."""
    received = b""
    while (length := message_length(received)) is None or len(received) < length:
        piece = connection.recv(1 << 20)
        if not piece:
            raise BenchError(f"the ambassador closed a connection in the middle of a message: {received[:200]!r}")
        received += piece
    return received[:received.index(b"\r\n\r\n") + 4]


def message_length(received):
    """Bytes of the message that begins here, or nothing while its head is incomplete."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = re.search(rb"\r\ncontent-length: *(\d+)", received[:end], re.IGNORECASE)
    return end + 4 + (int(length.group(1)) if length else 0)
