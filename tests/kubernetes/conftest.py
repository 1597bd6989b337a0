"""These tests use the harness of the end-to-end tests, and `cluster` beside it: what stands in for a cluster."""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from cluster.watched import Watched  # noqa: E402
from harness.ambassador import BINARY  # noqa: E402


def pytest_sessionstart(session):
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"no ambassador at {BINARY}: build it, or set AMBASSADOR to its path", returncode=1)


@pytest.fixture(name="watched", scope="session")
def _watched(tmp_path_factory):
    """Busy and broken ambassadors, and a Prometheus that watches them."""
    started = Watched(tmp_path_factory.mktemp("watched"))
    yield started
    started.close()
