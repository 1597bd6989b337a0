"""Whether what came out is what a document shows: times are any time, `…` is any text, a line of `…` any number of lines."""

import re

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DURATION = re.compile(r"\b\d+ms\b")


def plain(text):
    return DURATION.sub("0ms", TIME.sub("TIME", text))


def pattern(shown):
    lines = [r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in plain(shown).splitlines()]
    return re.compile("".join(lines))


def is_all(shown, text):
    return pattern(shown).fullmatch(plain(text)) is not None


def is_within(shown, text):
    """Whether these lines are somewhere among those that came out."""
    return pattern("…\n" + shown + "…\n").fullmatch(plain(text)) is not None
