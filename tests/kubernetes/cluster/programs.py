"""helm, kubectl and our validator, each run to its end. What npm has not installed is missing by name."""

import pathlib
import subprocess

from harness.environment import clean
from harness.limits import COMMAND
from harness.needs import missing, program

HERE = pathlib.Path(__file__).resolve().parent.parent
PROJECT = HERE.parent.parent
CHARTS = PROJECT / "charts"


def run(command, stdin="", cwd=None, env=None):
    return subprocess.run(
        [str(part) for part in command], input=stdin, cwd=cwd, env=clean(env), timeout=COMMAND, capture_output=True,
        encoding="utf-8", errors="backslashreplace", check=False)  # fmt: skip


def installed(name):
    """The path of a program that `npm ci` brings."""
    path = HERE / "node_modules" / ".bin" / name
    return path if path.exists() else missing(name, f"not installed: npm ci --prefix {HERE}")


def validate(manifests, *options):
    """The errors of these Kubernetes manifests: one a line, none if all is well."""
    installed("js-yaml")
    done = run([program("node"), HERE / "validate.mjs", "-", *options], stdin=manifests)
    assert (done.returncode == 0) == (not done.stderr), done.stderr
    return done.stderr.splitlines()
