"""Where the `kubectl` of the tests calls: a socket, a thread for each call."""

import json
import select
import socketserver
import threading

from cluster.kubectl import Kubectl


class Call:
    """One call: what was asked, and where its output goes."""

    def __init__(self, connection, lines):
        request = json.loads(lines.readline())
        self.argv, self.cwd, self.stdin = request["argv"], request["cwd"], request["stdin"]
        self._connection = connection

    def out(self, text):
        self._send({"out": text})

    def err(self, text):
        self._send({"err": text})

    def exit(self, status):
        self._send({"exit": status})

    def alive(self):
        """Whether who called is still there: it says nothing more, so what is readable is its end."""
        return not select.select([self._connection], [], [], 0)[0]

    def _send(self, message):
        self._connection.sendall(json.dumps(message).encode() + b"\n")


class ApiServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path, cluster):
        self.cluster = cluster
        super().__init__(str(path), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        call = Call(self.connection, self.rfile)
        try:
            call.exit(Kubectl(self.server.cluster, call).run())
        except BrokenPipeError:
            pass
