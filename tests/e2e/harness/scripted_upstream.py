"""An upstream that does what a script says, byte by byte: for what real servers will not do."""

import contextlib
import socket
import threading

from harness.limits import REPLY
from harness.messages import Reader


class Connection:
    """One accepted connection. `number` counts from 1."""

    def __init__(self, sock, number, upstream):
        sock.settimeout(REPLY)
        self.sock = sock
        self.number = number
        self.reader = Reader(sock)
        self._upstream = upstream

    def head(self):
        """The next request's head alone, also kept in the upstream's `requests`."""
        message = self.reader.head()
        self._upstream.record(message)
        return message

    def request(self):
        """The next request with its body."""
        return self.reader.body(self.head())

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def secure(self, context):
        """From here on it is TLS."""
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.reader = Reader(self.sock)

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class ScriptedUpstream:
    """`script(connection)` runs in a thread of its own for every connection, which is closed when it returns.

    With `tls`, an ssl.SSLContext, each begins with a handshake; `server_names` are those that clients asked for.
    """

    def __init__(self, script, host="127.0.0.1", tls=None):
        self._script = script
        self._tls = tls
        self.server_names = []
        if tls:
            tls.sni_callback = lambda _, name, __: self.server_names.append(name)
        self._lock = threading.Lock()
        self._open = []
        self._closing = False
        self.requests = []
        self.connections = 0
        self.failures = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # With a short queue the kernel drops connections of a burst, and each comes again after seconds.
        self._listener = socket.create_server((host, 0), family=family, backlog=socket.SOMAXCONN)
        self.port = self._listener.getsockname()[1]
        self.authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def record(self, message):
        with self._lock:
            self.requests.append(message)

    def close(self):
        """Ends every connection. A script's failed assertion fails the test here."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        assert not self.failures, self.failures[0]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                connection = Connection(sock, self.connections, self)
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self._tls:
                connection.secure(self._tls)
            self._script(connection)
        except (EOFError, OSError):
            pass  # the peer went: the test sees what came of it
        except BaseException as failure:  # pylint: disable=broad-except
            if not self._closing:
                self.failures.append(failure)
        finally:
            connection.close()


def answering(*replies):
    """A script that reads request after request and answers with the replies in turn, the last one again and again."""

    def script(connection):
        for number in range(1_000_000):
            connection.request()
            connection.send(replies[min(number, len(replies) - 1)])

    return script


def ok(body="ok", *fields):
    """A plain 200 with a sized body."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields, "", body]
    return "\r\n".join(lines)
