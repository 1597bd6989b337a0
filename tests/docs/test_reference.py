"""The table of keys is what the schema makes of it."""

import subprocess
import sys

from harness.ambassador import BINARY
from reader.documents import PROJECT

GENERATE = PROJECT / "docs" / "generate.py"


def check(generate):
    return subprocess.run([sys.executable, generate, BINARY, "--check"], capture_output=True, text=True, check=False)


def test_the_reference_is_up_to_date():
    done = check(GENERATE)
    assert done.returncode == 0, done.stderr


def test_a_stale_reference_is_found(tmp_path):
    (tmp_path / "generate.py").write_text(GENERATE.read_text())
    reference = (PROJECT / "docs" / "configuration.md").read_text()
    (tmp_path / "configuration.md").write_text(reference.replace("| `workers` | auto", "| `workers` | car"))
    done = check(tmp_path / "generate.py")
    assert done.returncode == 1
    assert "./dev docs" in done.stderr
