"""The documents, taken apart: fenced blocks, headings and links."""

import dataclasses
import functools
import pathlib
import re

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
# What tells a user what to do; of the others only the links are looked at.
GUIDES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
DOCUMENTS = [
    *GUIDES,
    *(PROJECT / name for name in ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((PROJECT / "bench").glob("**/README.md")),
    *sorted((PROJECT / "charts").glob("**/README.md")),
]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"(?:#|//) (\S+\.(?:yaml|json))\n")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


@dataclasses.dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int

    @property
    def file(self):
        """The name of the file that the block is, where its first line says so."""
        named = NAMED.match(self.text)
        return named and named.group(1)

    def commands(self):
        """The commands of a `sh` block, each as one line."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [" ".join(line.split()) for line in lines if line.strip() and not line.startswith("#")]


@dataclasses.dataclass(frozen=True)
class Document:
    path: pathlib.Path

    @property
    def name(self):
        return str(self.path.relative_to(PROJECT))

    @functools.cached_property
    def text(self):
        return self.path.read_text(encoding="utf-8")

    def blocks(self, *languages):
        for found in FENCE.finditer(self.text):
            if not languages or found.group(1) in languages:
                yield Block(found.group(1), found.group(2), self.text.count("\n", 0, found.start()) + 1)

    def prose(self):
        return FENCE.sub("", self.text)

    def anchors(self):
        """The names by which the headings are linked to."""
        return {slug(heading) for heading in HEADING.findall(self.prose())}

    def links(self):
        """Those to images too."""
        return LINK.findall(self.prose())

    def images(self):
        """(what is said in place of the image, the file) of each."""
        return [(text, (self.path.parent / link).resolve()) for text, link in IMAGE.findall(self.prose())]


def slug(heading):
    plain = LINK.sub(lambda link: link.group(0)[1:].split("]")[0], heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def named(paths):
    """(documents, names) for pytest.mark.parametrize."""
    documents = [Document(path) for path in paths]
    return {"argvalues": documents, "ids": [document.name for document in documents]}
