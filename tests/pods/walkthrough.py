"""A README as a script: each ```sh block is run, and where a ```text block follows, it is what must come out.

In the expected text `…` stands for anything in a line, and a line of only `…` for any lines; columns may be wider than shown.
What only looks is looked at again until it fits: a log line, a roll-out and a new configuration take their time, and a user
would look again too.
"""

import dataclasses
import pathlib
import re
import subprocess
import time

from harness.environment import clean
from harness.limits import COMMAND
from harness.process import Lines

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LOOKS = ("kubectl get ", "kubectl logs ", "kubectl describe ", "curl ")
PATIENCE = 30.0
DONE = "-- done: "


@dataclasses.dataclass
class Step:
    commands: str
    expected: str | None  # None: the commands must succeed
    line: int

    def only_looks(self):
        return all(command.startswith(LOOKS) for command in self.commands.replace("\\\n", " ").strip().split("\n"))


def steps(text):
    """The blocks of a README. A `text` block that follows no commands is a mistake in it."""
    found = []
    for block in FENCE.finditer(text):
        kind, body, line = block[1], block[2], text.count("\n", 0, block.start()) + 1
        if kind == "sh":
            found.append(Step(body, None, line))
        elif kind == "text":
            assert found and found[-1].expected is None, f"line {line}: a text block after no sh block"
            found[-1].expected = body
    return found


def fits(expected, output):
    pattern = "".join("(.*\n)*" if line.strip() == "…" else _line(line) + "\n" for line in expected.strip("\n").split("\n"))
    return re.fullmatch(pattern, output.strip("\n") + "\n") is not None


def _line(text):
    """Tables are as wide as what is in them: two spaces stand for two or more."""
    parts = re.split(r"(…| {2,})", text)
    return "".join({"…": ".*", "  ": "  +"}.get(part[:2], re.escape(part)) for part in parts)


class Shell:
    """One bash for all of a README, as a user has it; until `close`."""

    def __init__(self, enter, environment, cwd):
        self._bash = subprocess.Popen(
            [*enter, "bash", "--norc"], env=clean(environment), cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", start_new_session=True)  # fmt: skip
        self._out = Lines(self._bash.stdout)
        self._count = 0

    def run(self, commands):
        """The exit status of the last command, and what all of them printed."""
        seen = len(self._out.all())
        self._count += 1
        mark = f"{DONE}{self._count} "
        self._bash.stdin.write(f"{{\n{commands}\n}} </dev/null\nprintf '\\n{mark}%d\\n' $?\n")
        self._bash.stdin.flush()
        ended = self._out.wait_for(lambda line: line.startswith(mark), 2 * COMMAND)
        output = self._out.all()[seen:]
        assert ended, f"not over in time:\n{commands}\n" + "\n".join(output)
        return int(ended[0].removeprefix(mark)), "\n".join(output[:output.index(ended[0])]).strip("\n")

    def close(self):
        self._bash.stdin.close()
        try:
            self._bash.wait(COMMAND)
        except subprocess.TimeoutExpired:
            self._bash.kill()
            self._bash.wait()


def walk(readme, shell):
    """Does all of it, and fails at the first step that is not as the README says."""
    for step in steps(pathlib.Path(readme).read_text(encoding="utf-8")):
        problem = _try(step, shell)
        deadline = time.monotonic() + PATIENCE
        while problem and step.only_looks() and time.monotonic() < deadline:
            time.sleep(0.2)
            problem = _try(step, shell)
        assert not problem, f"{readme}:{step.line}: {problem}"


def _try(step, shell):
    status, output = shell.run(step.commands)
    if step.expected is None:
        return f"ended with {status}:\n{step.commands}\n{output}" if status else None
    return None if fits(step.expected, output) else f"{step.commands}\nexpected\n{step.expected}\nand there came\n{output}"
