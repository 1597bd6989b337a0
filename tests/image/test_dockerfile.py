"""The Dockerfile, read by a linter as strict as a builder."""

import pathlib
import subprocess

from harness import needs

HERE = pathlib.Path(__file__).resolve().parent
LINTER = HERE / "node_modules/dockerfile-utils/bin/dockerfile-utils"


def lint(path):
    node = needs.program("node")
    if not LINTER.exists():
        needs.missing("npm dockerfile-utils", f"not installed: npm ci --prefix {HERE}")
    return subprocess.run([node, LINTER, "lint", path], capture_output=True, text=True, timeout=60, check=False)


def test_is_clean():
    done = lint(HERE.parents[1] / "Dockerfile")
    assert done.returncode == 0, done.stdout


def test_a_mistake_is_found(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nHEALTHCHECK --intrval=3s CMD x\n")
    assert "intrval" in lint(tmp_path / "Dockerfile").stdout
