"""./dev explains each of its verbs, and does nothing else while it explains."""

import re
import subprocess

import pytest

from reader import documents

DEV = documents.PROJECT / "dev"
OVERVIEW = subprocess.run([DEV, "help"], capture_output=True, encoding="utf-8", check=True).stdout
VERBS = sorted(set(re.findall(r"^  ([a-z]+)\b", OVERVIEW.split("Examples")[0], re.MULTILINE)))
# What would install or build something.
WORKERS = ("apt-get", "sudo", "cmake", "ninja", "npm", "docker", "mmdebstrap")


@pytest.fixture(name="asked")
def _asked(tmp_path):
    """asked(arguments…) is what ./dev gives where every program that would change something only leaves a note."""
    note, programs = tmp_path / "note", tmp_path / "programs"
    programs.mkdir()
    for name in WORKERS:
        (programs / name).write_text(f"#!/bin/sh\necho {name} >> {note}\nexit 1\n")
        (programs / name).chmod(0o755)

    def ask(*arguments):
        done = subprocess.run([DEV, *arguments], capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False,
                              timeout=30, env={"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path)})  # fmt: skip
        assert not note.exists(), f"./dev {arguments} called {note.read_text()}"
        return done

    return ask


def test_the_overview_has_verbs():
    assert {"run", "build", "test", "lint", "bench", "clean"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_a_verb_is_explained(asked, verb, option):
    done = asked(verb, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"./dev {verb}" in done.stdout


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"run"}))
def test_help_may_stand_behind_other_arguments(asked, verb):
    assert asked(verb, "nonsense", "--help").stdout == asked("help", verb, "nonsense").stdout != ""


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",), ("help", "help"), ("help", ""), ("--help", "--help")])
def test_the_overview_is_shown(asked, arguments):
    done = asked(*arguments)
    assert (done.returncode, done.stdout) == (0, OVERVIEW)


@pytest.mark.parametrize("arguments", [
    ("nonsense",), ("help", "nonsense"), ("build", "nonsense"), ("clean", "nonsense"), ("fuzz", "nonsense"),
    ("fuzz", "--seconds", "5", "more"), ("fuzz", "--seconds", "0"), ("lint", "nonsense"), ("lint", "--since"),
    ("lint", "--since="), ("lint", "--since", "HEAD", "more"), ("test", "--preset"), ("test", "--preset", "nonsense"),
    ("docs", "nonsense"), ("image", "--arch", "nonsense"), ("package", "nonsense"),
])  # fmt: skip
def test_a_usage_error_changes_nothing_and_says_what_is_wrong(asked, arguments):
    done = asked(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"dev: .+\ndev: see \./dev help\n", done.stderr)
