"""Links lead to what is there, and every guide can be found from the README."""

import re

import pytest

from reader import documents

FILE = re.compile(r"`((?:tests|bench|config|charts|docs|proxy)/[\w./*-]+)`")
EXTERNAL = ("http://", "https://", "mailto:")


def internal(document):
    """(the file that is linked to, the anchor in it or an empty text, the link)"""
    for link in document.links():
        if not link.startswith(EXTERNAL):
            path, _, anchor = link.partition("#")
            yield (document.path.parent / path).resolve() if path else document.path, anchor, link


def broken(document):
    for path, anchor, link in internal(document):
        if not path.exists():
            yield f"{link}: there is no such file"
        elif anchor and anchor not in documents.Document(path).anchors():
            yield f"{link}: there is no such heading"


@pytest.mark.parametrize("document", **documents.named(documents.DOCUMENTS))
def test_links_lead_to_what_is_there(document):
    assert list(broken(document)) == []


@pytest.mark.parametrize("document", **documents.named(documents.GUIDES))
def test_files_that_are_named_are_there(document):
    assert [name for name in FILE.findall(document.text) if not any(documents.PROJECT.glob(name))] == []


def test_every_guide_is_linked_from_the_readme():
    linked = {path for path, _, _ in internal(documents.Document(documents.PROJECT / "README.md"))}
    assert [guide.name for guide in documents.GUIDES[1:] if guide not in linked] == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    text = "# One, two: three\n[x](#one-two-three) [y](#four) [z](b.md) [w](https://e.example/) ![v](c.png)\n"
    (tmp_path / "a.md").write_text(text)
    assert [fault.split(":")[0] for fault in broken(documents.Document(tmp_path / "a.md"))] == ["#four", "b.md", "c.png"]
