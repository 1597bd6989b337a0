"""./dev bench: our load through the ambassador and through its peers, on the same work, in turn."""

import argparse
import datetime
import os
import pathlib
import shutil
import signal
import sys
import tempfile

from harness import contestants as field
from harness import machine, revision
from harness.certificates import make_certificates
from harness.errors import BenchError
from harness.programs import start_upstream
from harness.rounds import WARM_UP_SECONDS, rounds_of, run_all
from harness.stage import Stage
from report.document import document
from report.plot import plots
from report.text import markdown, plain
from scenarios.scenarios import scenarios

ALL = ["ambassador", *(peer.name for peer in field.PEER_LIST)]
ROOT = pathlib.Path(__file__).resolve().parents[1]
ROUNDS, SECONDS = 5, 1.5
QUICK_ROUNDS, QUICK_SECONDS = 3, 0.8
# What a run takes beyond its load: checks, reading the clocks, starting the load.
RUN_OVERHEAD = 0.3
# Kinds whose length is their own, in seconds; at a fixed rate a run is twice as long.
LENGTHS = {"idle": 4.5, "start": 1.0, "spread": 3.0}


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, epilog="Scenarios: " + ", ".join(
        scenario.name for scenario in scenarios()))
    parser.add_argument("--quick", action="store_true",
                        help=f"a choice of scenarios, {QUICK_ROUNDS} rounds of {QUICK_SECONDS:g} s instead of all, "
                             f"{ROUNDS} rounds of {SECONDS:g} s: under 6 minutes instead of 30")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="only scenarios with NAME in their name, as reverse, 64k or forward-100b-c1; may be repeated")
    parser.add_argument("--contestants", type=lambda text: text.split(","), default=ALL, metavar="A,B",
                        help=f"only these of {', '.join(ALL)}")
    parser.add_argument("--against", metavar="REV", help="build this git revision as well, and measure it beside")
    parser.add_argument("--rounds", type=int, metavar="N", help="so many rounds")
    parser.add_argument("--binary", type=pathlib.Path, metavar="FILE", default=ROOT / "build/release/ambassador",
                        help="the ambassador to measure, instead of build/release/ambassador")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every sample to FILE")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE", help="write the report to FILE, as Markdown")
    parser.add_argument("--plots", type=pathlib.Path, metavar="DIR", help="write an SVG for each figure into DIR")
    options = parser.parse_args()
    unknown = set(options.contestants) - set(ALL)
    if unknown:
        parser.error(f"no such contestant: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds needs a whole number from 1")
    if not scenarios(options.only):
        parser.error(f"no scenario has that in its name: {', '.join(options.only)}; see ./dev bench --help")
    return options


def chosen(options, planned):
    """The contestants that take part in one of the scenarios, in the order in which they run."""
    found = []
    if "ambassador" in options.contestants:
        found.append(field.ambassador(options.binary.resolve()))
    if options.against:
        short, binary = revision.build(ROOT, options.against)
        found.append(field.ambassador(binary, f"ambassador@{short}"))
    found += [peer for peer in field.PEER_LIST if peer.name in options.contestants]
    found = [contestant for contestant in found if any(contestant.takes(scenario) for scenario in planned)]
    if not found:
        raise BenchError("none of these contestants runs in any of these scenarios")
    for contestant in found:
        field.check_installed(contestant)
    return found + ([field.DIRECT] if any(field.DIRECT.takes(scenario) for scenario in planned) else [])


def minutes(racing, planned, rounds, seconds):
    """About how long it takes."""
    lengths = {"calls": seconds + RUN_OVERHEAD, "latency": 2 * seconds + RUN_OVERHEAD} | LENGTHS
    return sum(rounds_of(scenario, rounds) * lengths[scenario.kind] + WARM_UP_SECONDS
               for scenario in planned for contestant in racing if contestant.takes(scenario)) / 60


def command(options):
    """What to type to measure the same again; where the report went does not matter."""
    words = ["./dev bench", *(["--quick"] if options.quick else []), *(f"--only {name}" for name in options.only)]
    if options.rounds:
        words.append(f"--rounds {options.rounds}")
    if options.against:
        words.append(f"--against {options.against}")
    if options.contestants != ALL:
        words.append(f"--contestants {','.join(options.contestants)}")
    return " ".join(words)


def measure(racing, planned, rounds, seconds, cores):
    run = pathlib.Path(tempfile.mkdtemp(prefix="ambassador-bench-"))
    # Servers that change their user must reach their files.
    run.chmod(0o755)
    # What the bench itself does must not disturb the proxy.
    os.sched_setaffinity(0, {machine.load_core(cores)})
    descriptors = machine.raise_descriptor_limit()
    try:
        core, certificates = machine.load_core(cores), make_certificates(run)
        with start_upstream(run, core) as upstream, start_upstream(run, core, certificates) as tls_upstream:
            stage = Stage(run, upstream, tls_upstream, certificates, cores, seconds, descriptors)
            return run_all(stage, racing, planned, rounds, say)
    finally:
        shutil.rmtree(run, ignore_errors=True)


def main():
    options = arguments()
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if options.quick else (ROUNDS, SECONDS)
    rounds = options.rounds or rounds
    cores = machine.usable_cores()
    planned = scenarios(options.only, options.quick)
    racing = chosen(options, planned)
    print(f"bench: {len(planned)} scenarios, {len(racing)} contestants, {rounds} rounds of {seconds:g} s: "
          f"about {max(1, minutes(racing, planned, rounds, seconds)):.0f} min", flush=True)
    heading = [
        f"{command(options)} on {datetime.date.today().isoformat()}, at {revision.present(ROOT)}",
        f"{machine.description()}; one worker on core {cores[0]}, two on {cores[0]} and {cores[1]}, the load and the upstream "
        f"on core {cores[-1]}",
        f"{rounds} rounds of {seconds:g} s, contestants in turn; 12 fields a request, access log on",
        *(f"{contestant.name}: {field.version(contestant)}" for contestant in racing if contestant.version)]
    results = measure(racing, planned, rounds, seconds, cores)
    notes = [contestant.note() + "." for contestant in racing if contestant.note()
             and any(contestant.name in by_name for by_name in results.values())]
    say("")
    print("\n" + plain(heading, notes, results), end="")
    write(options, heading, notes, results)


def write(options, heading, notes, results):
    texts = {options.json: document(heading, notes, results), options.markdown: markdown(heading, notes, results)}
    if options.plots:
        texts |= {options.plots / name: picture for name, picture in plots(results).items()}
    for file, text in texts.items():
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


def say(text):
    """What is under way: one line that is written over, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(f"bench: {text}", file=sys.stderr, flush=True)


def interrupted(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    try:
        main()
    except BenchError as error:
        print(f"bench: no figures: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("bench: interrupted; every server it started is ended", file=sys.stderr)
        sys.exit(130)
