"""What a C++ file includes, and what it reaches by way of the project's own headers."""

import functools
import re

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


@functools.lru_cache(maxsize=None)
def includes(path):
    """(line, name) for each #include of the file, in order."""
    lines = path.read_text(errors="replace").splitlines()
    found = ((number, INCLUDE.match(line)) for number, line in enumerate(lines, 1))
    return [(number, match.group(2)) for number, match in found if match]


def project_header(name, including, proxy):
    """The project's file that this #include names, or None when it is a system header."""
    for directory in (proxy, including.parent):
        if (directory / name).is_file():
            return (directory / name).resolve()
    return None


def reached(source, proxy):
    """Every project header that the file includes, directly or not."""
    found, waiting = set(), [source]
    while waiting:
        path = waiting.pop()
        for _, name in includes(path):
            header = project_header(name, path, proxy)
            if header and header not in found:
                found.add(header)
                waiting.append(header)
    return found
