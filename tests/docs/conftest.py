"""These tests use the harness of the end-to-end tests, and `reader` beside it: who reads a document, and does what it says."""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from harness.ambassador import BINARY  # noqa: E402


def pytest_sessionstart(session):
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"no ambassador at {BINARY}: build it, or set AMBASSADOR to its path", returncode=1)
