"""The instruction counts: what fails, what is only told, and that a baseline changes for a reason."""

import contextlib
import io
import json
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import instructions  # noqa: E402
from counting import calls, callgrind, micro, quiet  # noqa: E402
from counting.baseline import Verdict, compare, differences, document  # noqa: E402
from counting.calls import Run, figures  # noqa: E402
from counting.made_with import upstream_version  # noqa: E402
from counting.peers import message_length, receive  # noqa: E402
from counting.report import judge, table  # noqa: E402
from counting.script import CALLS  # noqa: E402
from harness.errors import BenchError  # noqa: E402

DUMP = """\
# callgrind format
desc: Timerange: Basic block 0 - 1866434
desc: Trigger: Client Request: log/text, mapped

positions: line
events: Ir
summary: 2404033
0 2404000
totals: 2404033
"""


def verdicts(counts, baseline):
    return {row.name: row.verdict for row in compare(counts, baseline)}


class ABaseline(unittest.TestCase):
    def test_lets_pass_what_changed_by_less_than_three_percent(self):
        self.assertEqual(verdicts({"a": 102.9, "b": 97.1}, {"a": 100, "b": 100}), {"a": Verdict.SAME, "b": Verdict.SAME})

    def test_tells_growth_from_shrinking(self):
        self.assertEqual(verdicts({"a": 103.1, "b": 96.9}, {"a": 100, "b": 100}), {"a": Verdict.GREW, "b": Verdict.SHRANK})

    def test_misses_neither_a_new_operation_nor_one_that_is_gone(self):
        self.assertEqual(verdicts({"new": 1}, {"gone": 1}), {"new": Verdict.NEW, "gone": Verdict.GONE})

    def test_reads_what_it_wrote(self):
        text = document("because", {"compiler": "GNU 12"}, {"small": 23.04, "large": 34169.4})
        self.assertEqual(json.loads(text), {"reason": "because", "made_with": {"compiler": "GNU 12"},
                                            "instructions": {"small": 23.0, "large": 34169}})

    def test_names_what_was_another_when_it_was_made(self):
        self.assertEqual(differences({"compiler": "GNU 13", "fmt": "9"}, {"compiler": "GNU 12", "fmt": "9"}),
                         ["compiler GNU 13 instead of GNU 12"])

    def test_is_the_one_that_is_kept(self):
        kept = json.loads(instructions.BASELINE.read_text())
        self.assertTrue(kept["reason"])
        self.assertLessEqual({call.name for call in CALLS}, set(kept["instructions"]))


class AJudgement(unittest.TestCase):
    def judged(self, count, differences=()):
        sentences, passes = judge(compare({"a": count}, {"a": 100}), list(differences))
        return " ".join(sentences), passes

    def test_is_silent_where_nothing_changed(self):
        self.assertEqual(self.judged(100), ("", True))

    def test_fails_a_growth_and_names_it(self):
        text, passes = self.judged(110)
        self.assertFalse(passes)
        self.assertIn("dearer: a.", text)
        self.assertIn("--update --reason", text)

    def test_asks_to_keep_a_gain_but_does_not_fail_it(self):
        text, passes = self.judged(90)
        self.assertTrue(passes)
        self.assertIn("cheaper: a.", text)

    def test_only_tells_a_growth_where_the_compiler_is_another(self):
        text, passes = self.judged(110, ["compiler GNU 13 instead of GNU 12"])
        self.assertTrue(passes)
        self.assertIn("dearer: a.", text)
        self.assertIn("only told: compiler GNU 13 instead of GNU 12", text)

    def test_fails_an_operation_without_a_baseline_whatever_the_compiler(self):
        self.assertFalse(judge(compare({"a": 1, "b": 1}, {"a": 1}), ["compiler"])[1])

    def test_shows_every_operation_with_its_change(self):
        lines = table(compare({"a": 110, "b": 23.25}, {"a": 100, "c": 7})).splitlines()
        self.assertRegex(lines[1], r"^a +110 +100  \+10\.0% grew$")
        self.assertRegex(lines[2], r"^b +23\.2 +-   not in the baseline$")
        self.assertRegex(lines[3], r"^c +- +7\.0   only in the baseline$")


class ADump(unittest.TestCase):
    def test_gives_the_count_of_an_operation_by_its_name(self):
        with tempfile.TemporaryDirectory() as directory:
            dump = pathlib.Path(directory) / "micro.1"
            dump.write_text(DUMP)
            self.assertEqual(micro.by_name([dump]), {"log/text, mapped": 2404.033})
            self.assertEqual(os.listdir(directory), ["log-text-mapped"])

    def test_that_was_broken_off_is_refused(self):
        with self.assertRaisesRegex(BenchError, "without totals"):
            callgrind.total(DUMP.replace("totals", "total"))

    def test_that_never_came_is_refused(self):
        with self.assertRaises(BenchError):
            micro.by_name([])


class ACallsCount(unittest.TestCase):
    def test_is_without_start_and_stop_and_without_what_goes_by_the_clock(self):
        # A start of 5,000,000; 50,000 a second; 30,000 a call.
        runs = {"once": [Run(5_000_000, 0.5)], "waiting": [Run(5_100_000, 2.5)],
                "a": [Run(5_000_000 + 30_000 * calls.TIMES + 50_000 * 3, 3.5)]}
        self.assertEqual(figures(runs), {"a": 30_000})

    def test_is_the_least_of_the_rounds(self):
        runs = {"once": [Run(150, 0.0), Run(100, 0.0)], "waiting": [Run(100, 2.0)],
                "a": [Run(100 + 9 * calls.TIMES, 1.0), Run(100 + 7 * calls.TIMES, 1.0)]}
        self.assertEqual(figures(runs), {"a": 7})


class AMessage(unittest.TestCase):
    def test_has_no_length_before_its_head_is_whole(self):
        self.assertIsNone(message_length(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"))

    def test_is_its_head_and_its_body(self):
        self.assertEqual(message_length(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"), 43)

    def test_is_its_head_where_there_is_no_body(self):
        self.assertEqual(message_length(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 27)

    def test_that_breaks_off_is_refused(self):
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
            with self.assertRaisesRegex(BenchError, "in the middle of a message"):
                receive(ours)


class AQuietProcess(unittest.TestCase):
    ASLEEP = {"1": ("S", 4, 0)}

    def test_sleeps_in_all_its_threads_and_did_not_run_meanwhile(self):
        self.assertTrue(quiet.is_quiet(self.ASLEEP, self.ASLEEP))

    def test_is_none_that_ran_between_two_looks(self):
        self.assertFalse(quiet.is_quiet(self.ASLEEP, {"1": ("S", 5, 0)}))

    def test_is_none_with_a_thread_at_work(self):
        working = self.ASLEEP | {"2": ("R", 1, 1)}
        self.assertFalse(quiet.is_quiet(working, working))

    def test_is_waited_for(self):
        works = "import time\nprint(flush=True)\nend = time.time() + 0.3\nwhile time.time() < end: pass\ninput('done')"
        with subprocess.Popen([sys.executable, "-c", works], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            quiet.wait(process.pid)
            self.assertTrue(select.select([process.stdout], [], [], 0)[0], "it still worked")
            process.stdin.write(b"\n")


class AVersion(unittest.TestCase):
    def test_is_without_what_debian_adds(self):
        for debian, upstream in (("2.36-9+deb12u13", "2.36"), ("1:1.10.0+ds-0.4", "1.10.0"), ("12.2.0-14+deb12u1", "12.2.0"),
                                 ("9.1.0+ds1-2", "9.1.0"), ("1.81.0-5+deb12u1", "1.81.0"), ("1.0", "1.0")):
            self.assertEqual(upstream_version(debian), upstream)


class TheCommandLine(unittest.TestCase):
    def refused(self, *arguments):
        said = io.StringIO()
        with unittest.mock.patch.object(sys, "argv", ["instructions.py", *arguments]), \
                contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as ended:
            instructions.arguments()
        self.assertEqual(ended.exception.code, 2)
        return said.getvalue()

    def test_changes_no_baseline_without_a_reason(self):
        self.assertIn("belong together", self.refused("--update"))
        self.assertIn("belong together", self.refused("--update", "--reason", " "))

    def test_takes_no_reason_for_nothing(self):
        self.assertIn("belong together", self.refused("--reason", "because"))

    def test_says_what_to_install_where_valgrind_is_not(self):
        with unittest.mock.patch.dict(os.environ, {"PATH": "/nowhere"}), \
                self.assertRaisesRegex(BenchError, "apt-get install valgrind"):
            callgrind.check_installed()


if __name__ == "__main__":
    unittest.main()
