"""Where a document names a version of the ambassador, it is this one."""

import re

import pytest

from harness.ambassador import run
from reader import documents

VERSION = re.compile(r"\bambassador[:_](\d+\.\d+\.\d+)")


@pytest.mark.parametrize("document", **documents.named(documents.GUIDES))
def test_the_version_is_this_one(document, tmp_path):
    this = run("--version", cwd=tmp_path).stdout.split()[-1]
    assert set(VERSION.findall(document.text)) <= {this}
