"""./dev bench instructions: counts the instructions of operations and of whole calls by callgrind, and compares them with
bench/baseline/instructions.json. Exits 1 when one grew by more than 3 %."""

import argparse
import json
import pathlib
import shutil
import sys

from counting import calls, callgrind, micro
from counting.baseline import compare, differences, document
from counting.made_with import made_with
from counting.report import judge, table
from harness.errors import BenchError

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"
DUMPS = ROOT / "build/instructions"
BASELINE = ROOT / "bench/baseline/instructions.json"


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench instructions", description=__doc__)
    parser.add_argument("--update", action="store_true", help="make what is counted the baseline; needs --reason")
    parser.add_argument("--reason", metavar="WHY", help="why the counts changed; kept in the baseline")
    options = parser.parse_args()
    if options.update != bool(options.reason and options.reason.strip()):
        parser.error("--update and --reason belong together: a baseline changes for a reason")
    return options


def count():
    """Instructions by name. The dumps stay, for callgrind_annotate."""
    callgrind.check_installed()
    shutil.rmtree(DUMPS, ignore_errors=True)
    DUMPS.mkdir(parents=True)
    counts = micro.count(BUILD / "ambassador-micro", DUMPS)
    return counts | calls.count(BUILD / "ambassador", DUMPS, say)


def say(text):
    print(f"instructions: {text}", file=sys.stderr, flush=True)


def main():
    options = arguments()
    kept = json.loads(BASELINE.read_text()) if BASELINE.exists() else {"made_with": {}, "instructions": {}}
    counts, now = count(), made_with(BUILD)
    rows = compare(counts, kept["instructions"])
    print(table(rows))
    if options.update:
        BASELINE.write_text(document(options.reason.strip(), now, counts))
        print(f"\nWritten to {BASELINE.relative_to(ROOT)}: commit it together with what changed the counts.")
        return 0
    sentences, passes = judge(rows, differences(now, kept["made_with"]))
    for sentence in sentences:
        print("\n" + sentence)
    print(f"\nWhere they are spent: callgrind_annotate --threshold=100 {DUMPS.relative_to(ROOT)}/FILE | less")
    return 0 if passes else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"instructions: {error}", file=sys.stderr)
        sys.exit(1)
