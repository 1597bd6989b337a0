"""The bench refuses wrong answers, and its figures are what they say."""

import contextlib
import http.server
import json
import os
import pathlib
import socket
import ssl
import sys
import tempfile
import threading
import types
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from harness.certificates import make_certificates  # noqa: E402
from harness.contestants import DIRECT, PEER_LIST, Setting, ambassador, fill, template_of  # noqa: E402
from harness.errors import BenchError  # noqa: E402
from harness.kinds.latency import rate_for  # noqa: E402
from harness.kinds.spread import shares  # noqa: E402
from harness.load import Entrance, check_answer, result  # noqa: E402
from harness.machine import load_core, proxy_cores  # noqa: E402
from harness.process import Server  # noqa: E402
from harness.rounds import AccessLogs  # noqa: E402
from report.document import document  # noqa: E402
from report.plot import LABELS, VALUES, WIDTH, plots  # noqa: E402
from report.summary import noise_sentence, paired_ratio, rows  # noqa: E402
from report.text import markdown, plain  # noqa: E402
from scenarios.figures import KINDS  # noqa: E402
from scenarios.messages import FIELDS, SIZES, Call, body, get, post, refused  # noqa: E402
from scenarios.scenarios import SHAPES, every_scenario, scenarios  # noqa: E402

NAMES = ("SPLICE", "TLS_IN", "TLS_UP", "UPSTREAM_SCHEME", "CA", "CERTIFICATE", "KEY", "PAIR", "SPARE_PORT", "PORT",
         "ADMIN_PORT", "UPSTREAM_PORT", "RUN", "LOG", "WORKERS", "CONNECTIONS", "NGINX_CONNECTIONS", "REFUSAL", "USER",
         "SQUID_USER")
NOBODY = types.SimpleNamespace(name="stub", last_words=lambda: "(stub)")
KEEPS, CLOSES = PEER_LIST[0], PEER_LIST[-1]


def named(name):
    return next(scenario for scenario in every_scenario() if scenario.name == name)


def sample(cpu, foreign=0.0):
    """CPU in µs."""
    return {"cpu": cpu / 1e6, "rate": 1000, "p50": 1e-5, "p99": 2e-5, "rss": 2**20, "busy": 0.5, "foreign": foreign}


def said(calls=1000, **failures):
    """What the load prints."""
    return json.dumps({"calls": calls, "rate": calls, "failures": {"connect": 0, "status": 0} | failures, "latency": {"p50": 1}})


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
    call = Call("/x", answer=b"right")

    def check(self, status, text, call=call):
        with Answer(status, text).serving() as server:
            return check_answer(server, call.request(80), call)

    def test_the_right_answer_passes(self):
        self.assertEqual(self.check(200, b"right"), 5)

    def test_a_wrong_body_is_refused(self):
        with self.assertRaisesRegex(BenchError, "wrong body"):
            self.check(200, b"wrong")

    def test_another_status_is_refused_even_with_the_right_body(self):
        for status in (201, 204, 302, 403, 502):
            with self.subTest(status=status), self.assertRaisesRegex(BenchError, f"answered {status}"):
                self.check(status, b"right" if status != 204 else b"")

    def test_what_must_be_refused_must_not_be_answered(self):
        self.assertEqual(self.check(403, b"each has words of its own", refused()), 25)
        with self.assertRaisesRegex(BenchError, "answered 200"):
            self.check(200, b"right", refused())

    def test_no_answer_is_refused(self):
        with socket.socket() as nobody_listens, self.assertRaisesRegex(BenchError, "no answer"):
            nobody_listens.bind(("127.0.0.1", 0))
            NOBODY.port = nobody_listens.getsockname()[1]
            check_answer(NOBODY, self.call.request(80), self.call)

    def test_what_the_load_counts_is_refused(self):
        self.assertEqual(result(NOBODY, said(), "", 0)["calls"], 1000)
        for kind in ("connect", "broken", "status", "length", "malformed", "timeout"):
            with self.subTest(kind=kind), self.assertRaisesRegex(BenchError, kind):
                result(NOBODY, said(**{kind: 1}), "", 0)

    def test_no_answer_under_load_is_refused(self):
        with self.assertRaisesRegex(BenchError, "nothing at all"):
            result(NOBODY, said(calls=0), "", 0)

    def test_a_load_that_failed_is_refused_with_its_words(self):
        with self.assertRaisesRegex(BenchError, "(?s)status 2.*no such file"):
            result(NOBODY, "", "no such file", 2)

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

    def test_a_server_that_ends_at_once_is_refused_with_its_words_and_its_error_log(self):
        with tempfile.TemporaryDirectory() as directory:
            with self.assertRaisesRegex(BenchError, "(?s)status 3.*no such file.*nor that"):
                with Server("broken", ["sh", "-c", f"echo no such file; echo nor that > {directory}/x.err; exit 3"],
                            {min(os.sched_getaffinity(0))}, 1, directory):
                    pass


class Ways(unittest.TestCase):
    """A contestant is asked in the way in which the load asks it."""
    call = Call("/x", answer=b"right")

    @staticmethod
    @contextlib.contextmanager
    def serving(*replies, tls=None):
        """One connection: after each whole head comes the next reply. Yields a server, and the heads that came."""
        heads = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    with tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
                        for reply in replies:
                            head = b""
                            while not head.endswith(b"\r\n\r\n"):
                                head += stream.recv(65536) or b"\r\n\r\n"
                            heads.append(head)
                            stream.sendall(reply)
            thread = threading.Thread(target=serve)
            thread.start()
            yield types.SimpleNamespace(name="stub", port=listener.getsockname()[1], last_words=lambda: "(stub)"), heads
            thread.join()

    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"

    def test_through_a_tunnel(self):
        opened = b"HTTP/1.0 200 Connection established\r\nProxy-agent: stub\r\n\r\n"
        with self.serving(opened, self.answer) as (server, heads):
            self.assertEqual(check_answer(server, self.call.request(80), self.call, Entrance(tunnel="127.0.0.1:80")), 5)
        self.assertEqual(heads[0], b"CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n")
        self.assertEqual(heads[1], self.call.request(80))

    def test_a_tunnel_that_is_not_opened_is_refused(self):
        with self.serving(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as (server, _):
            with self.assertRaisesRegex(BenchError, "CONNECT was answered 403"):
                check_answer(server, self.call.request(80), self.call, Entrance(tunnel="127.0.0.1:80"))

    def test_in_tls_whose_certificate_is_verified(self):
        with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as others:
            made, other = make_certificates(ours), make_certificates(others)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(made.pair)
            with self.serving(self.answer, tls=context) as (server, _):
                self.assertEqual(check_answer(server, self.call.request(80), self.call, Entrance(ca=str(made.ca))), 5)
            with self.serving(self.answer, tls=context) as (server, _), self.assertRaisesRegex(BenchError, "VERIFY_FAILED"):
                check_answer(server, self.call.request(80), self.call, Entrance(ca=str(other.ca)))

    def test_the_load_is_told_the_same(self):
        self.assertEqual(Entrance().words, [])
        self.assertEqual(Entrance(tunnel="h:1", ca="/ca").words, ["--tunnel", "h:1", "--tls", "/ca"])


class Work(unittest.TestCase):
    def test_a_request_has_twelve_fields(self):
        head = get("64k", absolute=True).request(8080).decode()
        self.assertEqual(len(head.strip().split("\r\n")), 1 + 12)
        self.assertEqual(len(FIELDS), 11)
        self.assertTrue(head.startswith("GET http://127.0.0.1:8080/64k?"))

    def test_a_body_has_its_size(self):
        for size in SIZES.values():
            self.assertEqual(len(body(size)), size)

    def test_an_upload_has_its_framing(self):
        head, content = post("16k").request(80).split(b"\r\n\r\n", 1)
        self.assertIn(b"Content-Length: 16384", head)
        self.assertEqual(len(content), 16384)
        head, content = post("16k", chunked=True).request(80).split(b"\r\n\r\n", 1)
        self.assertNotIn(b"Content-Length", head)
        self.assertEqual(content.count(b"1000\r\n"), 4)
        self.assertTrue(content.endswith(b"\r\n0\r\n\r\n"))

    def test_a_refused_request_names_a_host_that_nobody_allows(self):
        self.assertIn(b"\r\nHost: refused.test\r\n", refused().request(80))
        self.assertTrue(refused(absolute=True).request(80).startswith(b"GET http://refused.test/"))

    def test_every_template_is_filled(self):
        for contestant in (ambassador("x"), *PEER_LIST):
            for shape in contestant.shapes:
                with self.subTest(contestant=contestant.name, shape=shape):
                    self.assertNotRegex(fill(template_of(contestant, shape), dict.fromkeys(NAMES, "1")), "@")

    def test_a_shape_has_its_template(self):
        ours, haproxy, squid = ambassador("x"), PEER_LIST[0], next(peer for peer in PEER_LIST if peer.name == "squid")
        for contestant, shape, template in (
                (ours, "tcp", "ambassador-tcp.yaml.template"), (ours, "tunnel", "ambassador-forward.yaml.template"),
                (ours, "refuse-forward", "ambassador-refuse.yaml.template"), (haproxy, "tcp", "haproxy-tcp.cfg.template"),
                (haproxy, "tls-in", "haproxy.cfg.template"), (squid, "tunnel", "squid.conf.template")):
            with self.subTest(contestant=contestant.name, shape=shape):
                self.assertEqual(template_of(contestant, shape), template)

    def test_every_shape_has_peers(self):
        for shape in SHAPES:
            self.assertTrue([peer for peer in PEER_LIST if shape in peer.shapes], shape)

    def test_a_name_without_a_value_is_an_error(self):
        with self.assertRaisesRegex(BenchError, "PORT"):
            fill("nginx.conf.template", {"RUN": "x"})

    def test_nginx_has_the_places_that_it_leaves_free(self):
        places = Setting("reverse", connections=9700).nginx_connections
        self.assertGreaterEqual(places - places // 16, 9700)

    def test_scenarios_are_chosen_by_a_part_of_their_name(self):
        self.assertEqual([found.name for found in scenarios(["forward-64k"])],
                         [f"forward-64k-c{connections}" for connections in (1, 16, 64, 256)])
        self.assertEqual(scenarios(["start"], quick=True), scenarios(["start"]))

    def test_a_quick_run_is_a_choice_with_every_kind_in_it(self):
        quick = scenarios(quick=True)
        self.assertLess(len(quick), len(scenarios()) / 2)
        self.assertEqual({scenario.kind for scenario in quick}, set(KINDS))

    def test_names_are_not_given_twice_and_shapes_exist(self):
        names = [scenario.name for scenario in every_scenario()]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({scenario.shape for scenario in every_scenario()}, set(SHAPES))

    def test_one_that_keeps_no_connection_takes_one_scenario_of_a_size(self):
        self.assertEqual([found.name for found in scenarios(["forward-100b"]) if CLOSES.takes(found)], ["forward-100b-c64"])
        self.assertTrue(CLOSES.fresh(named("forward-100b-c64")))
        self.assertLess(CLOSES.connections(named("forward-100b-c64")), 64)

    def test_one_that_keeps_no_connection_keeps_tunnels(self):
        self.assertTrue(CLOSES.takes(named("tunnel-1m-c16")))
        self.assertFalse(CLOSES.fresh(named("tunnel-100b-c64")))
        self.assertEqual(CLOSES.connections(named("tunnel-100b-c64")), 64)

    def test_the_way_without_a_proxy_is_measured_where_latency_is(self):
        self.assertEqual({scenario.kind for scenario in scenarios() if DIRECT.takes(scenario)}, {"latency"})


class Cores(unittest.TestCase):
    def test_a_worker_has_a_core_of_its_own(self):
        self.assertEqual((proxy_cores([0, 1], 1), load_core([0, 1])), ([0], 1))
        self.assertEqual((proxy_cores([0, 1, 2, 3], 2), load_core([0, 1, 2, 3])), ([0, 1], 3))


class Rates(unittest.TestCase):
    @staticmethod
    def trial(name, *rates):
        left = list(rates)
        return types.SimpleNamespace(contestant=types.SimpleNamespace(name=name), stage=types.SimpleNamespace(seconds=1),
                                     load=lambda _: {"rate": left.pop()})

    def test_a_fixed_rate_is_taken_as_it_is(self):
        self.assertEqual(rate_for(named("latency-rate-2000"), [self.trial("ambassador")]), 2000)

    def test_a_share_is_that_of_what_haproxy_can_do(self):
        trials = [self.trial("ambassador", 9, 9), self.trial("haproxy", 1000, 900)]
        self.assertAlmostEqual(rate_for(named("latency-70-percent"), trials), 700)

    def test_without_haproxy_the_first_is_the_measure(self):
        self.assertAlmostEqual(rate_for(named("latency-70-percent"), [self.trial("nginx", 10, 10)]), 7)


class Spread(unittest.TestCase):
    def test_threads_that_only_wait_are_not_workers(self):
        self.assertEqual(shares([0.01, 5, 5, 0], 2), {"busiest": 0.5, "idle_workers": 0})

    def test_a_worker_without_a_connection_is_idle(self):
        self.assertEqual(shares([0.001, 5], 2)["idle_workers"], 1)
        self.assertEqual(shares([5], 2), {"busiest": 1, "idle_workers": 1})


class Figures(unittest.TestCase):
    scenario = named("reverse-100b-c64")
    results = {"ambassador": [sample(10), sample(20), sample(12)], "haproxy": [sample(20), sample(40), sample(20)]}

    def test_a_ratio_is_taken_within_each_round(self):
        self.assertAlmostEqual(paired_ratio(*self.results.values(), "cpu"), 0.5)

    def test_rows_are_medians_with_their_spread(self):
        first, second = rows(self.scenario, self.results)
        self.assertAlmostEqual(first.median["cpu"], 12e-6)
        self.assertAlmostEqual(first.spread, 10 / 12)
        self.assertEqual((first.least["cpu"], first.most["cpu"]), (10e-6, 20e-6))
        self.assertAlmostEqual(first.ratios["haproxy"]["cpu"], 0.5)
        self.assertEqual(second.ratios, {})

    def test_the_revision_that_is_measured_is_compared_with_the_older_one_and_not_the_other_way_round(self):
        ours, theirs = self.results.values()
        found = rows(self.scenario, {"ambassador": ours, "ambassador@1234": theirs, "haproxy": theirs})
        self.assertEqual([list(row.ratios) for row in found], [["ambassador@1234", "haproxy"], ["haproxy"], []])

    def test_noise_is_said(self):
        self.assertIn("NOISY", noise_sentence({self.scenario: self.results}))
        self.assertIn("NOISY", noise_sentence({self.scenario: {"haproxy": [sample(20, foreign=0.3)] * 3}}))
        self.assertNotIn("quiet", noise_sentence({self.scenario: {"haproxy": [sample(20)]}}))
        self.assertIn("quiet", noise_sentence({self.scenario: {"haproxy": [sample(20)] * 3}}))

    def test_the_three_reports_have_the_same_figures(self):
        results = {self.scenario: self.results}
        for text in (plain(["head"], ["note"], results), markdown(["head"], ["note"], results)):
            for word in ("head", "note", "haproxy", "12.0", "0.50", "64 connections"):
                self.assertIn(word, text)
        first = json.loads(document(["head"], [], results))["scenarios"][0]["contestants"][0]
        self.assertAlmostEqual(first["median"]["cpu"], 12e-6)
        self.assertEqual(len(first["samples"]), 3)

    def test_every_kind_is_written(self):
        for scenario in scenarios(quick=True):
            figures = dict.fromkeys((figure.key for figure in KINDS[scenario.kind].figures), 1)
            with self.subTest(scenario=scenario.name):
                self.assertIn(scenario.title, plain([], [], {scenario: {"ambassador": [figures], "haproxy": [figures]}}))


class Plots(unittest.TestCase):
    SVG = "{http://www.w3.org/2000/svg}"

    def drawn(self, *names):
        made = plots({named(name): Figures.results for name in names})
        return {name: xml.etree.ElementTree.fromstring(text) for name, text in made.items()}

    def test_scenarios_that_differ_in_connections_share_a_plot(self):
        made = self.drawn("reverse-100b-c1", "reverse-100b-c64", "reverse-64k-c64")
        self.assertEqual(list(made), ["reverse-100b-cpu.svg", "reverse-64k-cpu.svg"])
        self.assertEqual(len(made["reverse-100b-cpu.svg"].findall(f"{self.SVG}rect")), 4)

    def test_a_bar_is_as_long_as_its_median_and_the_longest_whisker_fits(self):
        picture = self.drawn("reverse-100b-c64")["reverse-100b-cpu.svg"]
        ours, theirs = (float(bar.get("width")) for bar in picture.findall(f"{self.SVG}rect"))
        self.assertAlmostEqual(ours / theirs, 12 / 20, places=2)
        self.assertAlmostEqual(theirs, (WIDTH - LABELS - VALUES) * 20 / 40, places=1)

    def test_it_can_be_read_without_being_seen(self):
        picture = self.drawn("reverse-100b-c64")["reverse-100b-cpu.svg"]
        self.assertEqual(picture.get("role"), "img")
        self.assertIn("CPU µs", picture.find(f"{self.SVG}title").text)
        self.assertIn("ambassador 12.0, haproxy 20.0", picture.find(f"{self.SVG}desc").text)


if __name__ == "__main__":
    unittest.main()
