"""The README is a front page: it is short, and shows how to begin."""

import xml.etree.ElementTree as xml

import pytest

from reader import documents

README = documents.Document(documents.PROJECT / "README.md")
IMAGES = documents.PROJECT / "docs" / "images"
MOST_WORDS = 1100  # without the blocks of code
MOST_BYTES = 500_000  # of one image
SVG = "{http://www.w3.org/2000/svg}"


def test_it_is_short():
    assert len(README.prose().split()) <= MOST_WORDS


@pytest.mark.parametrize("command", ["./dev run", "./dev test"])
def test_it_shows_the_commands_to_begin_with(command):
    assert command in [shown for block in README.blocks("sh") for shown in block.commands()]


def test_every_image_is_shown_and_described():
    shown = {image: text for path in documents.DOCUMENTS for text, image in documents.Document(path).images()}
    assert [image.name for image in IMAGES.iterdir() if image not in shown] == []
    assert [image.name for image, text in shown.items() if not text.strip()] == []


def test_no_image_is_large():
    assert [image.name for image in IMAGES.iterdir() if image.stat().st_size > MOST_BYTES] == []


@pytest.mark.parametrize("image", sorted(IMAGES.glob("*.svg")), ids=lambda image: image.name)
def test_a_drawing_is_described_and_needs_nothing_from_elsewhere(image):
    text = image.read_text(encoding="utf-8")
    drawing = xml.fromstring(text)
    assert drawing.find(f"{SVG}title").text and drawing.find(f"{SVG}desc").text
    assert "href" not in text and "@import" not in text and "<script" not in text
