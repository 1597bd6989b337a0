"""Calls at a fixed rate, in a process of its own: `python3 open_loop.py '{"port": …}'` prints a JSON document at the end.

The loop is open: a call is begun when it is due, however slow those before it are. It behaves as a client with a pool does:
connections are kept and used again, the last used first, and one that was closed while it was idle is not used. A call whose
connection had served before and ends without a byte of an answer is made once more, on a new connection (RFC 9112 section
9.3.1); that is counted. Nothing else is made again. A share of the calls has a connection each.

Times are those of the monotonic clock, which all processes of a machine share.
"""

import collections
import dataclasses
import errno
import heapq
import json
import random
import select
import socket
import sys
import time

ANSWER = 10.0  # a call without a whole answer after so long has failed
LATE = 0.05  # a call that begins so much later than it is due tells of a machine that stands still
BODY = b"x" * 100  # of a POST
CHUNK = 65536
TURN = 0.1  # how often calls without an answer are looked for


@dataclasses.dataclass
class Options:
    port: int
    seconds: float
    seed: int
    rate: float = 500
    posts: float = 0.2  # share
    fresh: float = 0.1  # share of the calls that have a connection each
    hosts: tuple = ("h",)  # in turn by chance


@dataclasses.dataclass
class Call:
    number: int
    method: str
    host: str
    fresh: bool
    due: float
    sent: float = 0.0  # when it was first begun
    ended: float = 0.0
    status: int = 0
    body: str = ""
    fault: str = ""  # why there is no answer: refused, reset, end, timeout, or what is wrong with it
    proxy_status: str = ""
    again: bool = False  # it was made once more

    def message(self):
        close = "Connection: close\r\n" if self.fresh else ""
        head = f"{self.method} /calls/{self.number} HTTP/1.1\r\nHost: {self.host}\r\nUser-Agent: open-loop\r\n{close}"
        if self.method == "GET":
            return f"{head}\r\n".encode()
        return f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY


class Malformed(Exception):
    """What came is no answer."""


class Answer:
    """An answer as its bytes come: a sized body, a chunked one, or one that ends with the connection."""

    def __init__(self):
        self._bytes = bytearray()
        self._body_at = self._length = None
        self._fields = {}
        self.status = 0
        self.body = b""

    def add(self, data):
        """Whether it is whole."""
        self._bytes += data
        if self._body_at is None and not self._read_head():
            return False
        if "transfer-encoding" in self._fields:
            return self._is_chunked_whole()
        if self._length is None:
            return False
        if len(self._bytes) > self._body_at + self._length:
            raise Malformed(f"more than was announced: {bytes(self._bytes[-80:])!r}")
        self.body = bytes(self._bytes[self._body_at :])
        return len(self.body) == self._length

    def ends_with_connection(self):
        """Whether it is whole now that the connection has ended."""
        self.body = bytes(self._bytes[self._body_at :]) if self._body_at else b""
        return self._body_at is not None and self._length is None and "transfer-encoding" not in self._fields

    def begun(self):
        return bool(self._bytes)

    def field(self, name):
        return self._fields.get(name, "")

    def _read_head(self):
        end = self._bytes.find(b"\r\n\r\n")
        if end < 0:
            return False
        start, *lines = self._bytes[:end].decode("latin-1").split("\r\n")
        version, _, rest = start.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
            raise Malformed(f"no status line: {start[:80]!r}")
        self.status = int(rest[:3])
        self._fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._body_at = end + 4
        length = self._fields.get("content-length")
        self._length = int(length) if length is not None else None
        return True

    def _is_chunked_whole(self):
        if not self._bytes.endswith(b"0\r\n\r\n"):
            return False
        rest, body = bytes(self._bytes[self._body_at :]), b""
        while True:
            size, _, rest = rest.partition(b"\r\n")
            if int(size, 16) == 0:
                self.body = body
                return True
            body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]


class Connection:
    def __init__(self, port):
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connecting = self.sock.connect_ex(("127.0.0.1", port)) == errno.EINPROGRESS
        self.served = 0
        self.call = None
        self.answer = None

    def idle_state(self):
        """Empty where it can be used; else what happened to it."""
        try:
            return "unasked bytes" if self.sock.recv(1, socket.MSG_PEEK) else "closed"
        except BlockingIOError:
            return ""
        except ConnectionResetError:
            return "reset"
        except OSError as error:
            return str(error)


class Loop:
    def __init__(self, options):
        self._options = options
        self._random = random.Random(options.seed)
        self._poller = select.epoll()
        self._connections = {}  # by descriptor
        self._idle = []
        self._deadlines = []  # (time, number) of each call
        self._open = {}  # number of a call under way -> its connection
        self._stalls = []
        self._counts = collections.Counter(resets=0, made_again=0, closed_while_idle=0, connections=0)
        self.calls = []

    def run(self):
        options = self._options
        start = time.monotonic() + TURN
        total = round(options.rate * options.seconds)
        self.calls = [self._plan(number, start + number / options.rate) for number in range(total)]
        begun = 0
        while begun < total or self._open:
            now = time.monotonic()
            while begun < total and self.calls[begun].due <= now:
                self._note_lateness(self.calls[begun].due, now)
                self._begin(self.calls[begun])
                begun += 1
                now = time.monotonic()
            self._end_overdue(now)
            self._take_events(min(self.calls[begun].due - now, TURN) if begun < total else TURN)
        return {"start": start, "stalls": self._stalls, "cpu_seconds": time.process_time(), **self._counts,
                "calls": [dataclasses.asdict(call) for call in self.calls]}  # fmt: skip

    def _plan(self, number, due):
        method = "POST" if self._random.random() < self._options.posts else "GET"
        fresh = self._random.random() < self._options.fresh
        return Call(number, method, self._random.choice(self._options.hosts), fresh, due)

    def _note_lateness(self, due, now):
        if now - due < LATE:
            return
        if self._stalls and due <= self._stalls[-1][1]:
            self._stalls[-1][1] = now
        else:
            self._stalls.append([due, now])

    def _begin(self, call):
        if not call.sent:
            call.sent = time.monotonic()
            heapq.heappush(self._deadlines, (call.sent + ANSWER, call.number))
        connection = (None if call.fresh or call.again else self._take_idle()) or self._connect()
        connection.call, connection.answer = call, Answer()
        self._open[call.number] = connection
        if not connection.connecting:
            self._send(connection)

    def _take_idle(self):
        while self._idle:
            connection = self._idle.pop()
            state = connection.idle_state()
            if not state:
                return connection
            self._drop_idle(connection, state)
        return None

    def _drop_idle(self, connection, state):
        self._counts["resets" if state == "reset" else "closed_while_idle" if state == "closed" else state] += 1
        self._close(connection)

    def _connect(self):
        connection = Connection(self._options.port)
        self._counts["connections"] += 1
        self._connections[connection.sock.fileno()] = connection
        self._poller.register(connection.sock, select.EPOLLIN | (select.EPOLLOUT if connection.connecting else 0))
        return connection

    def _send(self, connection):
        try:
            # It fits: a small message on a connection that has nothing in its buffer.
            connection.sock.send(connection.call.message())
        except OSError as error:
            self._ended(connection, error)

    def _take_events(self, timeout):
        for descriptor, events in self._poller.poll(max(timeout, 0)):
            connection = self._connections.get(descriptor)
            if connection is None:
                continue
            if connection.connecting:
                self._connected(connection)
            elif connection.call is None:
                self._idle.remove(connection)
                self._drop_idle(connection, connection.idle_state() or f"event {events}")
            else:
                self._receive(connection)

    def _connected(self, connection):
        error = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._ended(connection, OSError(error, "connect"))
            return
        connection.connecting = False
        self._poller.modify(connection.sock, select.EPOLLIN)
        self._send(connection)

    def _receive(self, connection):
        try:
            data = connection.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._ended(connection, error)
            return
        try:
            whole = connection.answer.add(data) if data else connection.answer.ends_with_connection()
        except (Malformed, ValueError) as error:
            self._finish(connection, str(error))
            return
        if whole:
            self._answered(connection, keep=bool(data))
        elif not data:
            self._ended(connection, None)

    def _answered(self, connection, keep):
        call, answer = connection.call, connection.answer
        call.status, call.body = answer.status, answer.body[:200].decode("latin-1")
        call.proxy_status = answer.field("proxy-status")
        connection.served += 1
        self._finish(connection, "", keep and not call.fresh and answer.field("connection").lower() != "close")

    def _ended(self, connection, error):
        """The connection ended before the answer was whole; without an error by a plain close."""
        call = connection.call
        kind = "end" if error is None or error.errno == errno.EPIPE else errno.errorcode.get(error.errno, str(error))
        if kind == "ECONNRESET":
            self._counts["resets"] += 1
        if connection.served and not connection.answer.begun() and not call.again:
            call.again = True
            self._counts["made_again"] += 1
            self._close(connection)
            self._begin(call)
            return
        self._finish(connection, f"{kind}, {'within' if connection.answer.begun() else 'before'} the answer")

    def _finish(self, connection, fault, keep=False):
        call = connection.call
        call.ended, call.fault = time.monotonic(), fault
        del self._open[call.number]
        connection.call = connection.answer = None
        if keep:
            self._idle.append(connection)
        else:
            self._close(connection)

    def _close(self, connection):
        del self._connections[connection.sock.fileno()]
        self._poller.unregister(connection.sock)
        connection.sock.close()

    def _end_overdue(self, now):
        while self._deadlines and self._deadlines[0][0] <= now:
            connection = self._open.get(heapq.heappop(self._deadlines)[1])
            if connection is not None:
                self._finish(connection, "timeout")


if __name__ == "__main__":
    json.dump(Loop(Options(**json.loads(sys.argv[1]))).run(), sys.stdout)
