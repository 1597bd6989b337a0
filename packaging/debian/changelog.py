#!/usr/bin/env python3
"""CHANGELOG.md as Debian wants a changelog, on stdout: one entry a release, one `*` for each of its points.

    changelog.py CHANGELOG.md CONTACT

A release that has no date yet has that of SOURCE_DATE_EPOCH, or today's.
"""

import datetime
import email.utils
import os
import pathlib
import re
import sys
import textwrap

HEADING = re.compile(r"^## (\d[\w.~+-]*), (unreleased|\d{4}-\d\d-\d\d)$", re.MULTILINE)


def main():
    path, contact = sys.argv[1:]
    _, *parts = HEADING.split(pathlib.Path(path).read_text())
    if not parts:
        sys.exit(f"changelog.py: {path} has no heading such as: ## 0.1.0, 2026-12-24")
    for version, date, text in zip(parts[0::3], parts[1::3], parts[2::3]):
        print(entry(version, date, text, contact))


def entry(version, date, text, contact):
    points = [" ".join(point.split()) for point in re.split(r"^- ", text, flags=re.MULTILINE) if point.strip()]
    lines = [textwrap.fill(point, 78, initial_indent="  * ", subsequent_indent="    ") for point in points]
    signature = f" -- {contact}  {email.utils.format_datetime(time_of(date))}"
    return "\n".join([f"ambassador ({version}) stable; urgency=medium", "", *lines, "", signature, ""])


def time_of(date):
    if date != "unreleased":
        return datetime.datetime.fromisoformat(date).replace(tzinfo=datetime.timezone.utc)
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    return datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", now)), datetime.timezone.utc)


if __name__ == "__main__":
    main()
