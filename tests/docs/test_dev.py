"""./dev explains each of its verbs, and does nothing else while it explains; what it refuses, it leaves as it was."""

import os
import re
import subprocess

import pytest

from harness import needs
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

    def ask(*arguments, program=DEV):
        done = subprocess.run([program, *arguments], capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False,
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


@pytest.mark.parametrize("arguments", [(), ("--keep",), ("",), ("--nonsense", "true"), ("A=1", "true")])
def test_the_bare_root_is_not_made_for_a_usage_error(asked, arguments):
    done = asked(*arguments, program=documents.PROJECT / ".ci" / "bare.sh")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"bare: .+\nusage: \.ci/bare\.sh .+\n", done.stderr)


def test_clean_removes_nothing_that_is_mounted_or_in_use(tmp_path):
    script = f'''
        cp -r {DEV} {documents.PROJECT / ".ci"} {tmp_path}
        mkdir -p {tmp_path}/build/bare/shm && mount -t tmpfs tmpfs {tmp_path}/build/bare/shm && touch {tmp_path}/build/bare/shm/kept
        {tmp_path}/dev clean; echo "mounted: $?"; ls {tmp_path}/build/bare/shm
        umount {tmp_path}/build/bare/shm
        exec {{lock}}>{tmp_path}/build/bare.lock; flock "$lock"
        {tmp_path}/dev clean; echo "in use: $?"; ls {tmp_path}/build
        exec {{lock}}>&-
        {tmp_path}/dev clean; echo "free: $?"; ls {tmp_path}
    '''
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(["unshare", *as_root, "--mount", "bash", "-c", script], capture_output=True, encoding="utf-8", check=False,
                          timeout=30)  # fmt: skip
    if "unshare failed" in done.stderr or "unshare:" in done.stderr:
        needs.missing("unshare", f"no mounts of our own can be made here: {done.stderr}")
    assert done.stdout.split("\n") == ["mounted: 1", "kept", "in use: 1", "bare", "bare.lock", "free: 0", "dev", ""], done.stderr
    assert "dev: something is mounted below build/" in done.stderr and "dev: .ci/bare.sh runs in build/bare" in done.stderr
