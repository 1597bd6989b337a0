"""Every command of the documents is run, as it stands there, and prints what they show."""

import time

import pytest

from harness import needs
from harness.limits import LINE
from reader import documents, output
from reader.place import KUBERNETES, Place, stays

# What cannot be run here, by how it begins, and why.
NOT_RUN = {
    "./dev test": "it runs these tests",
    "docker": "the image is built and run by tests/image, which needs rights that these tests do not",
    "apt-get": "tests/package installs the package, in a Debian of its own",
    "systemctl": "tests/package does it, in a Debian of its own",
    "journalctl": "tests/package does it, in a Debian of its own",
    "kubectl logs": "there is no cluster",
    "kubectl port-forward": "there is no cluster; what it leads to is on the same port here",
}


@pytest.fixture(name="place")
def _place(tmp_path):
    """place(document) is where its commands can be run."""
    made = []

    def make(document):
        made.append(Place(tmp_path, document))
        return made[-1]

    yield make
    for place in made:
        place.close()


@pytest.mark.parametrize("document", **documents.named(documents.GUIDES))
def test_every_command_does_what_the_document_shows(document, place):
    blocks = list(document.blocks())
    if not any(block.language == "sh" for block in blocks):
        return
    if "kubectl apply" in document.text:
        needs_of_kubernetes()
    read(document, blocks, place(document))


def needs_of_kubernetes():
    needs.program("node")
    if not (KUBERNETES / "node_modules").is_dir():
        needs.missing("kubernetes schemas", f"not installed: npm ci --prefix {KUBERNETES}")


def read(document, blocks, place):
    """From top to bottom. A `text` block is what the commands before it print; or, where there is none, the log."""
    printed = None
    for block in blocks:
        where = f"{document.name}:{block.line}"
        if block.file:
            place.write(block)
        if block.language == "sh":
            printed = do(block.commands(), place)
        elif block.language == "text":
            if printed is None:
                assert becomes_logged(block.text, place.server), f"{where}: the log is\n{place.server.out.text()}"
            else:
                assert output.is_all(block.text, printed), f"{where}: what came out is\n{printed}"
            printed = None


def do(commands, place):
    """What they print; nothing where the last one stays."""
    printed = ""
    for command in commands:
        if why_not_run(command):
            continue
        if stays(command):
            place.serve(command)
            printed = None
        else:
            printed = (printed or "") + place.run(command)
    return printed


def why_not_run(command):
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), None)


def becomes_logged(shown, server):
    """A call is logged when it is over, which may be after its answer has come."""
    deadline = time.monotonic() + LINE
    while not output.is_within(shown, server.out.text() + "\n"):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_nothing_is_left_out_without_need():
    commands = [command for guide in documents.GUIDES for block in documents.Document(guide).blocks("sh")
                for command in block.commands()]  # fmt: skip
    assert [start for start in NOT_RUN if not any(command.startswith(start) for command in commands)] == []


@pytest.mark.parametrize("shown, text, same", [
    ("a\n", "a\n", True),
    ("a\n", "a\nb\n", False),
    ("a …\n", "a b c\n", True),
    ("a\n…\nb\n", "a\nx\ny\nb\n", True),
    ("a\n…\n", "b\n", False),
    ("2026-11-22T06:34:54.903Z a 12ms\n", "2027-01-01T00:00:00.000Z a 3ms\n", True),
])  # fmt: skip
def test_output_is_compared_line_by_line(shown, text, same):
    assert output.is_all(shown, text) == same
