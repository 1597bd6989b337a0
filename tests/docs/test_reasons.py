"""Whatever the log, a reply or Proxy-Status may say, troubleshooting.md speaks of."""

import re

import pytest

from reader import documents

GUIDE = documents.Document(documents.PROJECT / "docs" / "troubleshooting.md")
PROXY = documents.PROJECT / "proxy"


def found_in(pattern, *paths):
    """What the pattern's group finds in these sources, each once and in order."""
    return list(dict.fromkeys(text for path in paths for text in re.findall(pattern, (PROXY / path).read_text())))


def section(heading):
    return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", GUIDE.text, re.MULTILINE | re.DOTALL).group(1)


REASONS = found_in(r'case Reason::\w+: return "(\w+)"', "observe/reason.cpp")
SENTENCES = found_in(r'case Errc::\w+: return "([^"]+)"', "base/error.cpp")
REPLY = "session/http/reply.cpp"
WORDS = found_in(r'\{\d{3}, "(\w+)"\}', REPLY) + found_in(r'\.proxy_status = "(\w+)"', REPLY)
ROWS = found_in(r'((?:case Reason::\w+:\s+)+)return \{(\d{3}), "(\w+)"\};', REPLY)
EXCEPTIONS = found_in(r'if \(reason == Reason::(\w+) && [^\n]*\) return \{(\d{3}), "(\w+)"\};', REPLY)
OF_THEIR_OWN = found_in(r'reply_with\(\{(\d{3}), "(\w+)"\},\s+\{\.reason = Reason::(\w+)', REPLY)
REPLIES = [
    *((status, reason, word) for cases, status, word in ROWS for reason in re.findall(r"Reason::(\w+)", cases)),
    *((status, reason, word) for reason, status, word in EXCEPTIONS),
    *((status, reason, word) for status, word, reason in OF_THEIR_OWN)]  # fmt: skip
MISSES = found_in(r'return "(\w+) " \+', "route/nearest_miss.cpp")


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_explained(reason):
    assert f"`{reason}`" in section("Every reason")


@pytest.mark.parametrize("word", dict.fromkeys(WORDS))
def test_every_word_of_proxy_status_is_explained(word):
    assert f"`{word}`" in section("Every word of Proxy-Status")


@pytest.mark.parametrize("status, reason, word", REPLIES)
def test_every_reply_is_explained_with_its_status_and_its_word(status, reason, word):
    assert f"`{reason}`" in row_with(section("Every word of Proxy-Status"), f"`{word}`")
    assert status in row_with(section("Every reason"), f"`{reason}`")


def row_with(table, cell):
    return next(line for line in table.splitlines() if cell in line.split(" | ")[0])


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_is_explained(sentence):
    assert f"| {sentence} |" in section("Every sentence")


@pytest.mark.parametrize("miss", MISSES)
def test_every_kind_of_miss_is_explained(miss):
    assert f"`{miss} " in section("403: blocked")


def test_nothing_is_explained_that_does_not_exist():
    rows = [re.findall(r"`(\w+)`", line) for line in section("Every word of Proxy-Status").splitlines()]
    assert {word for row in rows for word in row} - set(WORDS) - set(REASONS) == set()
    explained = re.findall(r"^\| ([^|]+) \| \[", section("Every sentence"), re.MULTILINE)
    assert set(explained) - set(SENTENCES) == set()


def test_the_sources_are_still_read_rightly():
    """Where they are written in another way, the patterns above find nothing, and would complain of nothing."""
    assert len(REASONS) > 30 and len(WORDS) == 20 and len(SENTENCES) > 25 and len(REPLIES) > 30 and len(MISSES) == 5
    assert len(EXCEPTIONS) == 2 and len(OF_THEIR_OWN) == 2
