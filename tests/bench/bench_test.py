"""The bench refuses wrong answers, and its figures are what they say."""

import contextlib
import http.server
import json
import os
import pathlib
import socket
import sys
import tempfile
import threading
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from harness.contestants import PEER_LIST, UPSTREAM, ambassador, fill  # noqa: E402
from harness.errors import BenchError  # noqa: E402
from harness.load import Sample, check_answer, check_result  # noqa: E402
from harness.process import Server  # noqa: E402
from harness.rounds import AccessLogs  # noqa: E402
from report.document import document  # noqa: E402
from report.summary import noise_sentence, paired_ratio, rows  # noqa: E402
from report.text import markdown, plain  # noqa: E402
from scenarios.scenarios import FIELDS, SIZES, Scenario, body, scenarios  # noqa: E402

NAMES = ("PORT", "ADMIN_PORT", "UPSTREAM_PORT", "RUN", "LOG", "WWW", "USER", "SQUID_USER")
NOBODY = types.SimpleNamespace(name="stub", last_words=lambda: "(stub)")
KEEPS, CLOSES = PEER_LIST[0], PEER_LIST[-1]


def sample(cpu, foreign=0.0):
    return Sample(cpu=cpu, rate=1000, p50=10, p99=20, memory=2**20, busy=0.5, foreign=foreign)


def result(requests=1000, received=None, **errors):
    return {"requests": requests, "microseconds": 1000000, "p50": 1, "p99": 2,
            "bytes": requests * 300 if received is None else received,
            "errors": {"connect": 0, "read": 0, "write": 0, "timeout": 0, "status": 0} | errors}


class Answer:
    """Stands for a contestant's server: answers each request with the same status and body."""
    name = "stub"

    def __init__(self, status, text):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass
        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def last_words(self):
        return "(stub)"

    @contextlib.contextmanager
    def serving(self):
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class Refusals(unittest.TestCase):
    request = Scenario("reverse", "100b", 1).request(80)

    def check(self, status, text, expected=b"right"):
        with Answer(status, text).serving() as server:
            check_answer(server, self.request, expected)

    def test_the_right_answer_passes(self):
        self.check(200, b"right")

    def test_a_wrong_body_is_refused(self):
        with self.assertRaisesRegex(BenchError, "wrong body"):
            self.check(200, b"wrong")

    def test_another_status_is_refused_even_with_the_right_body(self):
        for status in (201, 204, 302, 403, 502):
            with self.subTest(status=status), self.assertRaisesRegex(BenchError, f"answered {status}"):
                self.check(status, b"right" if status != 204 else b"")

    def test_no_answer_is_refused(self):
        with socket.socket() as nobody_listens, self.assertRaisesRegex(BenchError, "no answer"):
            nobody_listens.bind(("127.0.0.1", 0))
            NOBODY.port = nobody_listens.getsockname()[1]
            check_answer(NOBODY, self.request, b"right")

    def test_what_wrk_counts_is_refused(self):
        for kind in ("connect", "read", "write", "timeout", "status"):
            with self.subTest(kind=kind), self.assertRaisesRegex(BenchError, kind):
                check_result(NOBODY, KEEPS, result(**{kind: 1}), 64, 100)

    def test_a_proxy_that_ends_each_connection_may_do_so_once_a_request(self):
        check_result(NOBODY, CLOSES, result(read=1000), 8, 100)
        with self.assertRaisesRegex(BenchError, "read"):
            check_result(NOBODY, CLOSES, result(read=2000), 8, 100)

    def test_bodies_that_are_too_short_or_too_long_under_load_are_refused(self):
        check_result(NOBODY, KEEPS, result(), 64, 100)
        for received in (1000 * 99, 1064 * 1200):
            with self.subTest(received=received), self.assertRaisesRegex(BenchError, "wrong bodies"):
                check_result(NOBODY, KEEPS, result(received=received), 64, 100)

    def test_no_answer_under_load_is_refused(self):
        with self.assertRaisesRegex(BenchError, "no request"):
            check_result(NOBODY, KEEPS, result(requests=0), 64, 100)

    def test_a_contestant_without_a_log_is_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            logs, file = AccessLogs(), pathlib.Path(directory) / "log"
            logs.add("quiet", file)
            with self.assertRaisesRegex(BenchError, "quiet"):
                logs.check()
            file.write_text("x" * 2000)
            logs.empty("quiet")
            logs.check()
            self.assertEqual(file.stat().st_size, 0)

    def test_a_server_that_ends_at_once_is_refused_with_its_words(self):
        with tempfile.TemporaryDirectory() as directory:
            with self.assertRaisesRegex(BenchError, "(?s)status 3.*no such file"):
                with Server("broken", ["sh", "-c", "echo no such file; exit 3"], min(os.sched_getaffinity(0)), 1, f"{directory}/out"):
                    pass


class Work(unittest.TestCase):
    def test_a_request_has_twelve_fields(self):
        head = Scenario("forward", "64k", 64).request(8080).decode()
        self.assertEqual(len(head.strip().split("\r\n")), 1 + 12)
        self.assertEqual(len(FIELDS), 11)
        self.assertTrue(head.startswith("GET http://127.0.0.1:8080/64k?"))

    def test_a_body_has_its_size(self):
        for size in SIZES.values():
            self.assertEqual(len(body(size)), size)

    def test_every_template_is_filled(self):
        templates = {peer.template for peer in (*PEER_LIST, UPSTREAM)}
        templates |= {ambassador("x").template.replace("SHAPE", shape) for shape in ("reverse", "forward")}
        for template in templates:
            self.assertNotRegex(fill(template, dict.fromkeys(NAMES, "1")), "@")

    def test_a_name_without_a_value_is_an_error(self):
        with self.assertRaisesRegex(BenchError, "PORT"):
            fill(UPSTREAM.template, {"RUN": "x", "WWW": "x"})

    def test_scenarios_are_chosen_by_a_part_of_their_name(self):
        self.assertEqual([found.name for found in scenarios(["forward-64k"])], ["forward-64k-c1", "forward-64k-c64"])
        self.assertEqual(len(scenarios()), 12)


class Figures(unittest.TestCase):
    results = {"ambassador": [sample(10), sample(20), sample(12)], "haproxy": [sample(20), sample(40), sample(20)]}

    def test_a_ratio_is_taken_within_each_round(self):
        self.assertEqual(paired_ratio(*self.results.values()), 0.5)

    def test_rows_are_medians_with_their_spread(self):
        first, second = rows(self.results)
        self.assertEqual((first.cpu, second.cpu), (12, 20))
        self.assertAlmostEqual(first.spread, 10 / 12)
        self.assertEqual((first.ratios, second.ratios), ({"haproxy": 0.5}, {}))

    def test_noise_is_said(self):
        scenario = Scenario("reverse", "100b", 64)
        self.assertIn("NOISY", noise_sentence({scenario: self.results}))
        self.assertIn("NOISY", noise_sentence({scenario: {"haproxy": [sample(20, foreign=0.3)] * 3}}))
        self.assertNotIn("quiet", noise_sentence({scenario: {"haproxy": [sample(20)]}}))
        self.assertIn("quiet", noise_sentence({scenario: {"haproxy": [sample(20)] * 3}}))

    def test_the_three_reports_have_the_same_figures(self):
        results = {Scenario("reverse", "100b", 64): self.results}
        for text in (plain(["head"], ["note"], results), markdown(["head"], ["note"], results)):
            for word in ("head", "note", "haproxy", "12.0", "0.50", "64 connections"):
                self.assertIn(word, text)
        first = json.loads(document(["head"], [], results))["scenarios"][0]["contestants"][0]
        self.assertEqual((first["cpu"], first["ratios"], len(first["samples"])), (12, {"haproxy": 0.5}, 3))


if __name__ == "__main__":
    unittest.main()
