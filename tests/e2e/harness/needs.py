"""What a test needs on this machine. Missing: skipped, with its name and why; with CI set that is a failure."""

import functools
import os
import pathlib
import shutil
import subprocess

import pytest

from harness.environment import SYSTEM_PATH, clean

E2E = pathlib.Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"


def missing(what, why):
    """Ends the test: skipped on a user's machine, failed in CI."""
    message = f"{what}: {why}"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def program(name):
    """The path of a program; sbin counts, also for a user whose PATH lacks it."""
    path = shutil.which(name, path=SYSTEM_PATH + ":" + os.environ.get("PATH", ""))
    return path or missing(name, "not installed")


def python_module(name):
    if not _python_has(name):
        missing(f"python3-{name}", f"{PYTHON} has no module {name}")


def node_module(name):
    program("node")
    if not (E2E / "node_modules" / name).is_dir():
        missing(f"npm {name}", f"not installed: npm ci --prefix {E2E}")


def perl_module(name):
    if subprocess.run([program("perl"), f"-M{name}", "-e", "1"], capture_output=True, check=False).returncode:
        missing(f"perl {name}", "not installed")


def php_extension(name):
    loaded = subprocess.run([program("php"), "-m"], capture_output=True, text=True, check=False).stdout.split()
    if name not in loaded:
        missing(f"php-{name}", "not installed")


@functools.cache
def _python_has(name):
    return subprocess.run([PYTHON, "-c", f"import {name}"], env=clean(), capture_output=True, check=False).returncode == 0
