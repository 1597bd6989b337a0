"""What `ambassador --help` knows: the promises that the manual and the completions must keep up with."""

import re
import subprocess

from harness.ambassador import BINARY
from harness.environment import clean


def commands():
    """The commands by name, and "" for none of them; each with its options."""
    top = help_of()
    names = re.findall(r"^  (\w+) ", top.partition("Subcommands:")[2].partition("\n\n")[0], re.MULTILINE)
    assert "run" in names, top
    return {"": options_in(top)} | {name: options_in(help_of(name)) for name in names}


def options_in(text):
    """-c, --config …; the examples below are prose."""
    lines = re.findall(r"^ +(-[\w-]+(?:,-[\w-]+)*)", text.partition("\nExamples")[0], re.MULTILINE)
    return {option for line in lines for option in line.split(",")}


def help_of(*command):
    run = subprocess.run([BINARY, *command, "--help"], env=clean(), capture_output=True, text=True, timeout=20, check=True)
    return run.stdout
