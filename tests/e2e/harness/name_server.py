"""A DNS server that knows one address, and counts what it is asked."""

import contextlib
import socket
import struct
import threading

TYPE_A = 1
NO_ERROR, NO_SUCH_NAME = 0x8180, 0x8183
LOOPBACK = ["127.0.0.1"]


class NameServer:
    """Answers A queries with 127.0.0.1, others with no record; a name that begins with `missing` does not exist.

    A name in `changing` has instead the addresses that its function gives, asked for each A query, to be kept no time.
    """

    def __init__(self):
        self.changing = {}
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._sock.getsockname()[1]}"
        self.queries = []
        threading.Thread(target=self._serve, daemon=True).start()

    def environment(self):
        return {"AMBASSADOR_DNS": self.address}

    def close(self):
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                query, client = self._sock.recvfrom(4096)
                if not query:  # closed
                    return
                self._sock.sendto(self._answer(query), client)

    def _answer(self, query):
        name, end = _name(query, 12)
        kind = struct.unpack_from("!H", query, end)[0]
        self.queries.append(name)
        missing = name.startswith("missing")
        addresses, ttl = [] if missing or kind != TYPE_A else LOOPBACK, 60
        if kind == TYPE_A and name in self.changing:
            addresses, ttl = self.changing[name](), 0
        flags = NO_SUCH_NAME if missing else NO_ERROR
        head = query[:2] + struct.pack("!HHHHH", flags, 1, len(addresses), 0, 0)
        return head + query[12 : end + 4] + b"".join(_record(address, ttl) for address in addresses)


def _record(address, ttl):
    return b"\xc0\x0c" + struct.pack("!HHIH4s", TYPE_A, 1, ttl, 4, socket.inet_aton(address))


def _name(packet, at):
    """The dotted name at an offset, and the offset behind it."""
    labels = []
    while packet[at]:
        length = packet[at]
        labels.append(packet[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    return ".".join(labels).lower(), at + 1
