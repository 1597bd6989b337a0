"""The artefacts under test, and what the tests share with the end-to-end tests."""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path.insert(0, str(PROJECT / "tests/e2e"))
sys.path.insert(0, str(HERE))

ARTEFACTS = pathlib.Path(os.environ.get("AMBASSADOR_ARTEFACTS", PROJECT / "build/release/artefacts"))


def pytest_sessionstart(session):
    if not list(ARTEFACTS.glob("*.deb")):
        pytest.exit(f"no package in {ARTEFACTS}: ./dev package makes it", returncode=1)


@pytest.fixture(name="project", scope="session")
def _project():
    return PROJECT


@pytest.fixture(name="artefacts", scope="session")
def _artefacts():
    return ARTEFACTS


@pytest.fixture(name="deb", scope="session")
def _deb():
    (deb,) = ARTEFACTS.glob("*.deb")
    return deb
