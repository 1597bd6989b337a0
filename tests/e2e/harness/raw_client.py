"""A client that sends exactly the bytes it is told to."""

import contextlib
import socket
import struct

from harness.limits import REPLY
from harness.messages import Reader


class RawClient:
    def __init__(self, port, host="127.0.0.1"):
        self.sock = socket.create_connection((host, port), timeout=REPLY)
        self.reader = Reader(self.sock)

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def request(self, method, target, *fields, body=b"", host="h", version="HTTP/1.1"):
        """Sends one request: Host, the fields given as `Name: value`, and the body as it is."""
        lines = [f"{method} {target} {version}", f"Host: {host}", *fields, "", ""]
        self.send("\r\n".join(lines).encode("latin-1") + body)

    def reply(self, to="GET"):
        """The next final reply with its body; fails on an interim one."""
        message = self.reader.head()
        assert message.status >= 200 or message.status == 101, message.start
        if to == "HEAD" or message.status in (101, 204, 304):
            return message
        if not message.all("Transfer-Encoding") and not message.all("Content-Length"):
            message.body = self.reader.to_end()
            return message
        return self.reader.body(message)

    def get(self, target, *fields, method="GET", **more):
        self.request(method, target, *fields, **more)
        return self.reply(method)

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def ended(self):
        """Whether the peer ends the connection with nothing more said."""
        try:
            return self.reader.to_end() == b""
        except ConnectionResetError:
            return True

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()
