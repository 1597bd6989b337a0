"""The load against the upstream, and against servers that do what a proxy must not.

AMBASSADOR_PROGRAMS is the directory of both.
"""

import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from harness.certificates import make_certificates  # noqa: E402
from scenarios.messages import SIZES, body, get, get_chunked, post  # noqa: E402

PROGRAMS = pathlib.Path(os.environ["AMBASSADOR_PROGRAMS"])
LIMIT = 30


class Upstream:
    """The upstream for the whole file, or one of its own."""
    def __init__(self, *words):
        self._process = subprocess.Popen([PROGRAMS / "ambassador-upstream", *words], stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline().split()[1])

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()


def setUpModule():
    global upstream
    upstream = Upstream()
    unittest.addModuleCleanup(upstream.stop)


@contextlib.contextmanager
def file_of(request):
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        yield file.name


def load(request, *words, port=None, seconds=0.2):
    with file_of(request) as name:
        done = subprocess.run([PROGRAMS / "ambassador-load", "--port", str(port or upstream.port), "--request", name,
                               "--seconds", str(seconds), *words], capture_output=True, text=True, timeout=LIMIT, check=True)
    return json.loads(done.stdout)


def load_until(calls, *arguments, **options):
    """What `load` finds once it ran long enough for more than `calls` calls: under a sanitizer, or on a busy machine, a moment
    is not enough. Also what it finds after some seconds, or when a call failed."""
    seconds = 0.2
    while True:
        found = load(*arguments, seconds=seconds, **options)
        if found["calls"] > calls or failures(found) or seconds > 5:
            return found
        seconds *= 3


def failures(found):
    return {kind for kind, count in found["failures"].items() if count}


@contextlib.contextmanager
def serving(answer, pause=0.0):
    """A server that sends `answer` to whatever comes, `pause` seconds later, one connection at a time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        while connection.recv(65536):
                            time.sleep(pause)
                            connection.sendall(answer)
                            if not answer:
                                break
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(LIMIT)


@contextlib.contextmanager
def tunnels():
    """A proxy that opens each tunnel that it is asked for."""
    def pass_on(source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    def serve(client):
        with client, contextlib.suppress(OSError):
            head = client.recv(65536).decode()
            host, port = head.split()[1].split(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pass_on, args=(server, client))
                back.start()
                pass_on(client, server)
                back.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],)).start()
        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


class AnUpstream(unittest.TestCase):
    def ask(self, method, path, content=None, **more):
        connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=LIMIT)
        with contextlib.closing(connection):
            connection.request(method, path, content, **more)
            response = connection.getresponse()
            return response.status, response.read()

    def test_answers_the_bodies_that_the_bench_expects(self):
        for size in ("100b", "64k", "1m"):
            self.assertEqual(self.ask("GET", f"/{size}?q=1"), (200, body(SIZES[size])))
        self.assertEqual(self.ask("GET", "/chunked"), (200, get_chunked().answer))

    def test_says_how_much_it_received_sized_and_in_chunks(self):
        expected = (200, post("16k").answer)
        self.assertEqual(self.ask("POST", "/received", body(SIZES["16k"])), expected)
        pieces = [body(SIZES["16k"])[begin:begin + 1000] for begin in range(0, SIZES["16k"], 1000)]
        self.assertEqual(self.ask("POST", "/received", iter(pieces), encode_chunked=True,
                                  headers={"Transfer-Encoding": "chunked"}), expected)

    def test_knows_no_other_path(self):
        self.assertEqual(self.ask("GET", "/other"), (404, b""))

    def test_takes_a_request_byte_by_byte_and_two_at_once(self):
        request = get("100b").request(upstream.port)
        with socket.create_connection(("127.0.0.1", upstream.port), LIMIT) as connection:
            for byte in request[:-1]:
                connection.sendall(bytes([byte]))
            connection.sendall(request[-1:] + request)
            text = b""
            while text.count(body(100)) < 2:
                text += connection.recv(65536)

    def test_outlives_a_client_that_goes_in_the_middle_of_an_answer(self):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", upstream.port), LIMIT) as connection:
                connection.sendall(get("1m").request(upstream.port))
                connection.recv(1000)
        self.assertEqual(self.ask("GET", "/100b")[0], 200)

    def test_waits_for_a_client_that_reads_slowly(self):
        with socket.create_connection(("127.0.0.1", upstream.port), LIMIT) as connection:
            connection.sendall(b"GET /1m HTTP/1.0\r\n\r\n")
            time.sleep(0.2)
            text = b""
            while piece := connection.recv(4096):
                text += piece
        self.assertTrue(text.endswith(body(SIZES["1m"])))


class ALoad(unittest.TestCase):
    def test_counts_calls_and_bytes(self):
        for call in (get("100b"), get("64k"), get("1m"), get_chunked(), post("16k"), post("1m"), post("16k", chunked=True)):
            with self.subTest(path=call.path):
                found = load_until(4, call.request(upstream.port), "--connections", "4", "--length", str(len(call.answer)))
                self.assertEqual(failures(found), set())
                self.assertGreater(found["calls"], 4)
                self.assertGreaterEqual(found["bytes"], found["calls"] * len(call.answer))
                self.assertEqual(found["reconnects"], 0)

    def test_opens_a_connection_for_each_call(self):
        found = load_until(4, get("100b").request(upstream.port, close=True), "--connections", "4", "--fresh")
        self.assertEqual(failures(found), set())
        self.assertGreater(found["calls"], 4)

    def test_goes_on_where_a_server_ends_its_connections(self):
        with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") as port:
            found = load(b"GET / HTTP/1.1\r\n\r\n", port=port)
        self.assertEqual(failures(found), set())
        self.assertGreaterEqual(found["reconnects"], found["calls"] - 1)

    def test_holds_a_rate(self):
        found = load(get("100b").request(upstream.port), "--connections", "4", "--rate", "200")
        self.assertEqual((found["calls"], found["unsent"], failures(found)), (40, 0, set()))

    def test_counts_from_when_a_call_was_due(self):
        # 20 calls are due in 0.2 s, and one at a time takes 0.03 s: the last is 0.4 s late, though each took 0.03 s.
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        with serving(answer, pause=0.03) as port:
            at_a_rate = load(b"GET / HTTP/1.1\r\n\r\n", "--rate", "100", port=port)
            closed = load(b"GET / HTTP/1.1\r\n\r\n", port=port)
        self.assertGreater(at_a_rate["latency"]["max"], 350_000)
        self.assertLess(closed["latency"]["p50"], 200_000)
        self.assertLess(at_a_rate["rate"], 50)

    def test_names_what_is_wrong_with_an_answer(self):
        answers = {"status": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
                   "length": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
                   "malformed": b"SSH-2.0\r\n\r\n", "broken": b""}
        for kind, answer in answers.items():
            with self.subTest(kind=kind), serving(answer) as port:
                found = load(b"GET / HTTP/1.1\r\n\r\n", "--length", "0", port=port)
                self.assertEqual((failures(found), found["calls"]), ({kind}, 0))

    def test_says_that_nobody_listens(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            self.assertEqual(failures(load(b"GET / HTTP/1.1\r\n\r\n", port=nobody.getsockname()[1])), {"connect"})

    def test_holds_connections_until_it_is_told_to_end(self):
        with file_of(get("100b").request(upstream.port)) as name:
            process = subprocess.Popen(
                [PROGRAMS / "ambassador-load", "--port", str(upstream.port), "--request", name, "--connections", "200", "--hold"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.assertEqual(process.stdout.readline(), "held 200\n")
            out, _ = process.communicate(timeout=LIMIT)
        self.assertEqual((json.loads(out)["calls"], failures(json.loads(out))), (200, set()))

    def test_calls_through_a_tunnel(self):
        calls = (get("100b"), get("1m"), post("1m"))
        with tunnels() as port:
            for call in calls:
                with self.subTest(path=call.path):
                    found = load_until(4, call.request(upstream.port), "--connections", "4", "--length", str(len(call.answer)),
                                       "--tunnel", f"127.0.0.1:{upstream.port}", port=port)
                    self.assertEqual((failures(found), found["reconnects"]), (set(), 0))
                    self.assertGreater(found["calls"], 4)
            found = load(get("100b").request(upstream.port, close=True), "--fresh", "--tunnel", f"127.0.0.1:{upstream.port}",
                         port=port)
        self.assertEqual(failures(found), set())
        self.assertGreater(found["calls"], 1)

    def test_a_tunnel_that_is_not_opened_is_a_status(self):
        with serving(b"HTTP/1.1 403 No\r\n\r\n") as port:
            found = load(b"GET / HTTP/1.1\r\n\r\n", "--tunnel", "h:1", port=port)
        self.assertEqual((failures(found), found["calls"]), ({"status"}, 0))

    def test_calls_in_tls(self):
        with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as others:
            made, other = make_certificates(directory), make_certificates(others)
            server = Upstream("0", made.certificate, made.key)
            self.addCleanup(server.stop)
            for call in (get("100b"), get("1m"), get_chunked(), post("1m")):
                with self.subTest(path=call.path):
                    found = load_until(4, call.request(server.port), "--connections", "4", "--length", str(len(call.answer)),
                                       "--tls", made.ca, port=server.port)
                    self.assertEqual((failures(found), found["reconnects"]), (set(), 0))
                    self.assertGreater(found["calls"], 4)
            found = load(get("100b").request(server.port, close=True), "--fresh", "--tls", made.ca, port=server.port)
            self.assertEqual(failures(found), set())
            found = load(get("100b").request(server.port), "--tls", other.ca, port=server.port)
            self.assertEqual(found["calls"], 0, "the certificate is not verified")
            self.assertTrue(failures(found))

    def test_refuses_a_command_line_that_it_does_not_understand(self):
        for words in (["--port", "x"], ["--port", "80"], ["--port", "80", "--request", "/nonexistent"]):
            done = subprocess.run([PROGRAMS / "ambassador-load", *words], capture_output=True, text=True, timeout=LIMIT)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("ambassador-load: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
