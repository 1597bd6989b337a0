"""The examples do what their READMEs say, command by command."""

import pathlib

import pytest

from walkthrough import steps, walk

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "charts" / "examples"
READMES = sorted(str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("README.md"))


@pytest.mark.parametrize("readme", READMES)
def test_every_command_gives_what_the_readme_shows(shell, readme):
    assert steps((EXAMPLES / readme).read_text(encoding="utf-8"))
    walk(EXAMPLES / readme, shell)
