"""HTTP/1 is one version of HTTP: only its codec, the sessions that speak it, and two small clients know it."""

import re

ALLOWED = ("wire/http1/", "session/http/", "upstream/via_tunnel.", "upstream/health_checks.")
NAME = re.compile(r"\bhttp1\b")
COMMENT = re.compile(r"//[^\n]*")


def http1_elsewhere(path, proxy):
    """A line for each place that names `http1` outside of the files that may."""
    if path.relative_to(proxy).as_posix().startswith(ALLOWED):
        return []
    lines = path.read_text(errors="replace").splitlines()
    return [f"{path}:{number}: http1 is named here; only these may: {', '.join(ALLOWED)}"
            for number, line in enumerate(lines, 1) if NAME.search(COMMENT.sub("", line))]
