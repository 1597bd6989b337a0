"""The operations of bench/micro: each has its own dump, which the program asks callgrind for."""

import subprocess

from counting import callgrind
from harness.errors import BenchError

TIMES = 1000


def count(program, directory):
    """Instructions of each operation, by its name."""
    run = subprocess.run(callgrind.command(directory / "micro", program, "--count", TIMES), env=callgrind.environment(),
                         capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    if run.returncode:
        raise BenchError(f"{program.name} ended with status {run.returncode} under callgrind:\n{run.stderr[-2000:]}")
    return by_name(sorted(directory.glob("micro.*"), key=lambda dump: int(dump.suffix[1:])))


def by_name(dumps):
    """Instructions by name; the dumps get the names too, for who looks into them."""
    counts = {}
    for dump in dumps:
        text = dump.read_text()
        name = callgrind.name(text)
        counts[name] = callgrind.total(text) / TIMES
        dump.rename(dump.with_name(callgrind.file_name(name)))
    if not counts:
        raise BenchError("callgrind wrote no dump of an operation")
    return counts
