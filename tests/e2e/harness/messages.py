"""HTTP/1 messages on a socket, read plainly: what is there is shown as it is, nothing is repaired."""

import dataclasses

CHUNK = 262144


@dataclasses.dataclass
class Message:
    """A head, and its body once that is read. `fields` keeps order, case and repetition."""

    start: str
    fields: list
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def field(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} is there {len(values)} times"
        return values[0] if values else None

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    @property
    def version(self):
        return self.start.split(" ")[0]

    @property
    def method(self):
        return self.start.split(" ")[0]

    @property
    def target(self):
        return self.start.split(" ")[1]

    @property
    def text(self):
        return self.body.decode("utf-8", "backslashreplace")


class Reader:
    """Reads messages from a socket. EOFError where the peer ended before it was complete."""

    def __init__(self, sock):
        self._sock = sock
        self._buffer = bytearray()

    def head(self):
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        return Message(lines[0], [_field(line) for line in lines[1:]])

    def body(self, message):
        """By the message's own framing; not for messages that end with the connection."""
        if "chunked" in ",".join(message.all("Transfer-Encoding")).lower():
            message.body, message.trailers = self._chunked()
        else:
            message.body = self.exactly(int(message.field("Content-Length") or 0))
        return message

    def exactly(self, count):
        while len(self._buffer) < count:
            self._more()
        return self._take(count)

    def some(self):
        """At least one byte."""
        if not self._buffer:
            self._more()
        return self._take(len(self._buffer))

    def to_end(self):
        """All until the peer's clean end."""
        try:
            while True:
                self._more()
        except EOFError:
            return self._take(len(self._buffer))

    def chunk(self):
        """One chunk's data; empty for the last one."""
        size = int(self._until(b"\r\n").split(b";")[0], 16)
        if size == 0:
            return b""
        data = self.exactly(size)
        assert self.exactly(2) == b"\r\n"
        return data

    def _chunked(self):
        body = b"".join(iter(self.chunk, b""))
        trailers = []
        while line := self._until(b"\r\n"):
            trailers.append(_field(line.decode("latin-1")))
        return body, trailers

    def _until(self, mark):
        while (at := self._buffer.find(mark)) < 0:
            self._more()
        found = self._take(at)
        self._take(len(mark))
        return found

    def _take(self, count):
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _more(self):
        data = self._sock.recv(CHUNK)
        if not data:
            raise EOFError(f"the peer ended; unread: {bytes(self._buffer[:200])!r}")
        self._buffer += data


def _field(line):
    name, _, value = line.partition(":")
    return name, value.strip(" \t")
