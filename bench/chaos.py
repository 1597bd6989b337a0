"""./dev bench chaos: upstreams die, stall and come back while a proxy before them is reloaded and rolled; what its clients see.

The plan, the upstreams and the load are those of tests/e2e/test_chaos.py, the same for each contestant.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PEERS = ROOT / "bench/peers"
sys.path.insert(0, str(ROOT / "tests/e2e"))

from harness import chaos  # noqa: E402
from harness.environment import clean  # noqa: E402
from harness.fleet import Fleet, quiet_port  # noqa: E402
from harness.limits import READY, STOP  # noqa: E402
from harness.verdict import Verdict, waited  # noqa: E402

CHECKED = "health: {path: /healthz, interval: 1s, timeout: 500ms, fall: 2, rise: 1}"
POLL = 0.01
SIGNAL, ATTEMPTS = 3.0, 5
LOADING = 60.0  # seconds; HAProxy takes most of one of a core
SECONDS, SEED, RATE = 60.0, 1, 500.0


class BenchError(Exception):
    """Printed as it is."""


def wait_for(what, true, limit=READY):
    deadline = time.monotonic() + limit
    while not true():
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not within {limit:.0f} s")
        time.sleep(POLL)


class Subject:
    """A proxy, in a directory of its own: one process or more, of which the last one serves."""

    template = ""
    config_name = "config"

    def __init__(self, directory, fleet):
        self.directory = directory
        self.port = quiet_port()
        self.processes = []
        self.messages = directory / "messages"
        self.messages.touch()
        self.config = directory / self.config_name
        self.write(fleet.endpoints)
        self.start()

    def servers(self, endpoints):
        """The endpoints as the configuration names them."""
        raise NotImplementedError

    def values(self):
        return {}

    def write(self, endpoints):
        text = (PEERS / self.template).read_text()
        values = {"PORT": self.port, "RUN": self.directory, "LOG": self.directory / "access.log",
                  "SERVERS": self.servers(endpoints), **self.values()}
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        new = self.config.with_suffix(".new")
        new.write_text(text)
        new.rename(self.config)

    def launch(self, *command):
        with open(self.directory / "access.log", "ab") as log, open(self.messages, "ab") as messages:
            self.processes.append(subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                                                   stderr=messages, cwd=self.directory, env=clean()))

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def said(self, text):
        return self.messages.read_text(errors="replace").count(text)

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Ambassador(Subject):
    template = "chaos-ambassador.yaml.template"
    binary = ROOT / "build/release/ambassador"
    health = ""

    def servers(self, endpoints):
        return ", ".join(f"http://{endpoint.authority}" for endpoint in endpoints)

    def values(self):
        return {"HEALTH": self.health}

    def start(self):
        self.launch(self.binary, "run", "-c", self.config, "--share-port")
        wait_for("the ambassador is ready", lambda: self.said("listening on ") >= len(self.processes))

    def reload(self, endpoints):
        self.write(endpoints)
        self.processes[-1].send_signal(signal.SIGHUP)

    def roll(self):
        self.start()
        self.processes[-2].terminate()


class AmbassadorChecked(Ambassador):
    health = CHECKED


class Haproxy(Subject):
    """A master and its workers: each reload is a new worker, which gets the sockets of the old one."""

    template = "chaos-haproxy.cfg.template"

    def servers(self, endpoints):
        return "\n".join(f"  server {endpoint.name} {endpoint.authority}" for endpoint in endpoints)

    def start(self, *takes_over):
        self.loading(lambda: self.launch("haproxy", "-W", "-db", "-f", self.config, *takes_over))
        wait_for("haproxy listens", self.answers)

    def reload(self, endpoints):
        self.write(endpoints)
        self.loading(self.ask)

    def ask(self):
        """Just after it loaded, a master may lose a signal."""
        before = self.said("Reloading HAProxy")
        for _ in range(ATTEMPTS):
            self.processes[-1].send_signal(signal.SIGUSR2)
            with contextlib.suppress(BenchError):
                wait_for("haproxy takes the signal", lambda: self.said("Reloading HAProxy") > before, SIGNAL)
                return

    def loading(self, begin):
        """Until a new worker serves: the next must not be asked for before."""
        before = self.said("Loading success")
        begin()
        wait_for("haproxy loads", lambda: self.said("Loading success") > before, LOADING)

    def roll(self):
        old = self.processes[-1].pid
        workers = pathlib.Path(f"/proc/{old}/task/{old}/children").read_text().split()
        self.start("-x", self.directory / "stats.sock", "-sf", old, *workers)


class Nginx(Subject):
    """A daemon, as the change of its binary, which is its way of being rolled, asks for."""

    template = "chaos-nginx.conf.template"
    old = 0  # the pid of the one that was told to end

    def servers(self, endpoints):
        return "\n".join(f"    server {endpoint.authority} max_fails=2 fail_timeout=2s;" for endpoint in endpoints)

    def start(self):
        # By its whole path: it starts the new one by the name that it was started by itself.
        command = [shutil.which("nginx"), "-e", self.directory / "nginx.err", "-c", self.config]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, env=clean(), cwd=self.directory)
        wait_for("nginx listens", self.answers)

    def reload(self, endpoints):
        self.write(endpoints)
        os.kill(self.pid(), signal.SIGHUP)

    def roll(self):
        old = self.pid()
        os.kill(old, signal.SIGUSR2)
        wait_for("the new nginx has written its pid", lambda: self.pid(old) != old)
        os.kill(old, signal.SIGQUIT)
        self.old = old

    def pid(self, otherwise=0):
        with contextlib.suppress(OSError, ValueError):
            return int((self.directory / "nginx.pid").read_text())
        return otherwise

    def close(self):
        for pid in filter(None, (self.pid(), self.old)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        wait_for("nginx has ended", lambda: not self.pid() and not self.answers(), STOP)


CONTESTANTS = {"ambassador": Ambassador, "ambassador-checked": AmbassadorChecked, "haproxy": Haproxy, "nginx": Nginx}
PROGRAMS = {"haproxy": "haproxy", "nginx": "nginx"}


def measure(kind, options, steps):
    with tempfile.TemporaryDirectory(prefix="ambassador-chaos-") as run, contextlib.ExitStack() as stack:
        directory = pathlib.Path(run)
        directory.chmod(0o755)  # for servers that change their user
        fleet = Fleet(directory, chaos.ENDPOINTS)
        stack.callback(fleet.close)
        own = directory / "proxy"
        own.mkdir()
        subject = kind(own, fleet)
        stack.callback(subject.close)
        result, _ = chaos.run(subject, fleet, steps, directory, seconds=options.seconds, seed=options.seed, rate=options.rate)
        return Verdict(result, [endpoint.name for endpoint in fleet.endpoints])


COLUMNS = ("", "calls", "failed GETs", "failed POSTs", "slowest GET", "p99", "p99 from due", "over 3 s", "resets", "made again",
           "load late by")


def row(name, verdict):
    result = verdict.result
    return (name, len(verdict.calls), len(verdict.failed_gets), len(verdict.failed_posts), f"{verdict.slowest():.2f} s",
            f"{verdict.percentile(0.99):.3f} s", f"{verdict.percentile(0.99, waited):.3f} s",
            len(verdict.slow) + len(verdict.excluded), result["resets"], result["made_again"], f"{verdict.lateness:.2f} s")


def table(rows):
    """Markdown, whose columns are aligned for a reader of the text too."""
    cells = [[str(cell) for cell in line] for line in (COLUMNS, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"for each contestant ({SECONDS:g})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"another plan ({SEED})")
    parser.add_argument("--rate", type=float, default=RATE, help=f"calls a second ({RATE:g})")
    parser.add_argument("--contestants", type=lambda text: text.split(","), default=list(CONTESTANTS), metavar="A,B",
                        help=f"only these of {', '.join(CONTESTANTS)}")
    parser.add_argument("--binary", type=pathlib.Path, metavar="FILE", default=Ambassador.binary,
                        help="the ambassador to measure, instead of build/release/ambassador")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE", help="write the table to FILE as well")
    parser.add_argument("--failures", type=int, default=0, metavar="N", help="show N failed calls of each")
    options = parser.parse_args()
    unknown = set(options.contestants) - set(CONTESTANTS)
    if unknown:
        parser.error(f"no such contestant: {', '.join(sorted(unknown))}; there are {', '.join(CONTESTANTS)}")
    for name in options.contestants + ["nginx"]:  # the upstreams are nginx
        if name in PROGRAMS and shutil.which(PROGRAMS[name]) is None:
            parser.error(f"{PROGRAMS[name]} is not installed; ./dev bench chaos installs what it needs")
    Ambassador.binary = options.binary.resolve()
    return options


def main():
    options = arguments()
    steps = chaos.plan(options.seed, options.seconds)
    counts = collections.Counter(step.what for step in steps)
    print(f"bench: {options.rate:g} calls a second for {options.seconds:g} s each, seed {options.seed}: "
          + ", ".join(f"{count} x {what}" for what, count in counts.items()), flush=True)
    rows = []
    for name in options.contestants:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        verdict = measure(CONTESTANTS[name], options, steps)
        rows.append(row(name, verdict))
        for call in (verdict.failed_gets + verdict.slow + verdict.failed_posts)[: options.failures]:
            print(f"bench: {name}: {verdict.describe(call)}", file=sys.stderr)
    text = table(rows) + "\n"
    print("\n" + text, end="")
    if options.markdown:
        options.markdown.write_text(text)


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, BenchError, OSError, subprocess.SubprocessError) as error:
        print(f"bench: no figures: {error}", file=sys.stderr)
        sys.exit(1)
