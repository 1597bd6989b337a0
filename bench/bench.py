"""./dev bench: wrk through the ambassador and through its peers, on the same work, in turn."""

import argparse
import datetime
import pathlib
import shutil
import signal
import sys
import tempfile

from harness import contestants as field
from harness import machine, revision
from harness.errors import BenchError
from harness.rounds import WARM_UP_SECONDS, run_all
from report.document import document
from report.text import markdown, plain
from scenarios.scenarios import scenarios

ALL = ["ambassador", *(peer.name for peer in field.PEER_LIST)]
ROOT = pathlib.Path(__file__).resolve().parents[1]


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1 s (2 s for 1 MiB) instead of 5 of 3 s: under 5 minutes")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="only scenarios with NAME in their name, as reverse, 64k or forward-100b-c1; may be repeated")
    parser.add_argument("--contestants", type=lambda text: text.split(","), default=ALL, metavar="A,B",
                        help=f"only these of {', '.join(ALL)}")
    parser.add_argument("--against", metavar="REV", help="build this git revision as well, and measure it beside")
    parser.add_argument("--rounds", type=int, metavar="N", help="so many rounds")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every sample to FILE")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE", help="write the report to FILE, as Markdown")
    options = parser.parse_args()
    unknown = set(options.contestants) - set(ALL)
    if unknown:
        parser.error(f"no such contestant: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds needs a whole number from 1")
    if not scenarios(options.only):
        parser.error(f"no scenario has that in its name: {', '.join(options.only)}; "
                     f"there are {', '.join(scenario.name for scenario in scenarios())}")
    return options


def chosen(options, shapes):
    """The contestants that run in one of the shapes, in the order in which they run."""
    found = []
    if "ambassador" in options.contestants:
        found.append(field.ambassador(ROOT / "build/release/ambassador"))
    if options.against:
        short, binary = revision.build(ROOT, options.against)
        found.append(field.ambassador(binary, f"ambassador@{short}"))
    found += [peer for peer in field.PEER_LIST if peer.name in options.contestants and shapes & set(peer.shapes)]
    if not found:
        raise BenchError("none of these contestants runs in any of these scenarios")
    for contestant in found:
        field.check_installed(contestant)
    return found


def minutes(racing, planned, rounds, seconds):
    """About how long it takes."""
    return sum(rounds * (contestant.seconds(scenario, seconds) + 0.15) + WARM_UP_SECONDS
               for scenario in planned for contestant in racing if scenario.shape in contestant.shapes) / 60


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


def main():
    options = arguments()
    rounds, seconds = (3, 1) if options.quick else (5, 3)
    rounds = options.rounds or rounds
    cores = machine.two_cores()
    planned = scenarios(options.only)
    racing = chosen(options, {scenario.shape for scenario in planned})
    print(f"bench: {len(planned)} scenarios, {len(racing)} contestants, {rounds} rounds of {seconds} s: "
          f"about {max(1, minutes(racing, planned, rounds, seconds)):.0f} min", flush=True)
    heading = [
        f"{command(options)} on {datetime.date.today().isoformat()}",
        f"{machine.description()}; the proxy on core {cores[0]}, wrk and the upstream (nginx) on core {cores[1]}",
        f"{rounds} rounds of {seconds} s, contestants in turn; 12 fields a request, access log on, one worker each",
        *(f"{contestant.name}: {field.version(contestant)}" for contestant in racing)]
    run = pathlib.Path(tempfile.mkdtemp(prefix="ambassador-bench-"))
    # Servers that change their user must reach their files.
    run.chmod(0o755)
    try:
        results = run_all(racing, planned, rounds, seconds, run, cores, say)
    finally:
        shutil.rmtree(run, ignore_errors=True)
    notes = [contestant.note() + "." for contestant in racing if contestant.note()
             and any(contestant.name in by_name for by_name in results.values())]
    say("")
    print("\n" + plain(heading, notes, results), end="")
    if options.json:
        options.json.write_text(document(heading, notes, results))
    if options.markdown:
        options.markdown.write_text(markdown(heading, notes, results))


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
