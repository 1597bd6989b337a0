"""The line that a blocked call's reply gives to paste into the map, or into the allow list."""

import re

LINE = re.compile(r"^\s*(- .*(?:source:|target:).*|- \{.*\}|- \S+)\s*$", re.MULTILINE)


def line_to_paste(body):
    """The first line of the reply that is an item of a YAML list, without its indentation."""
    found = LINE.search(body)
    assert found, f"no line to paste in:\n{body}"
    return found.group(1)
