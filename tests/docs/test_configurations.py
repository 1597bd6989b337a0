"""Every YAML block of the documents is a configuration that `check` takes. Kubernetes' objects are judged
where commands read them."""

import pytest

from harness.ambassador import run
from reader import documents

BLOCKS = [(document, block) for document in map(documents.Document, documents.GUIDES)
          for block in document.blocks("yaml") if "apiVersion:" not in block.text]  # fmt: skip


@pytest.mark.parametrize("document, block", BLOCKS, ids=[f"{document.name}:{block.line}" for document, block in BLOCKS])
def test_is_taken_by_check(document, block, tmp_path):
    file = tmp_path / "block.yaml"
    file.write_text(block.text)
    done = run("check", "-c", file, "--no-files", cwd=tmp_path)
    assert done.returncode == 0, f"{document.name}:{block.line}\n{done.stderr}"
    assert "error" not in done.stderr
