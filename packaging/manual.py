#!/usr/bin/env python3
"""A manual page with the configuration's keys in it, on stdout: one source for them, the reference in docs/.

    manual.py PAGE REFERENCE

PAGE is mdoc(7) with a line `@KEYS@`. In REFERENCE the rows of the table that begins with HEADER are the keys.
"""

import itertools
import pathlib
import re
import sys
import textwrap

HEADER = "| key | form | default | variable | meaning |"


def main():
    page, reference = (pathlib.Path(path).read_text() for path in sys.argv[1:])
    if HEADER not in reference:
        sys.exit(f"manual.py: {sys.argv[2]} has no table that begins with {HEADER}")
    print(page.replace("@KEYS@", "\n".join(item(*row) for row in rows(reference))), end="")


def rows(reference):
    """The cells of each row."""
    below = reference.partition(HEADER)[2].splitlines()[2:]
    for line in itertools.takewhile(lambda line: line.startswith("|"), below):
        yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def item(key, form, default, variable, meaning):
    # `required` in Markdown's marks is a value.
    presence = "Required." if default == "required" else f"Default: {default}." if default else ""
    sentences = [*re.split(r"(?<=\.) (?=[A-Z])", meaning), f"Form: {form}.", presence, f"Variable: {variable}." if variable else ""]
    return "\n".join([f".It Ic {plain(key)}", *(line for sentence in sentences for line in filled(plain(sentence)))])


def plain(markdown):
    return re.sub(r"\\(.)", r"\1", markdown.replace("`", ""))


def filled(sentence):
    """Lines that mdoc takes for text: none begins with what is a macro to it."""
    lines = textwrap.wrap(sentence.replace("\\", "\\e"), 78, break_on_hyphens=False, break_long_words=False)
    return [f"\\&{line}" if line[0] in ".'" else line for line in lines]


if __name__ == "__main__":
    main()
