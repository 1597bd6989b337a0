"""What a blocked call's reply gives to paste into the configuration: a key of the top level, and items below it."""

import json
import re

SNIPPET = re.compile(r"^(map|allow):\n((?:[ \t]+\S.*\n?)+)", re.MULTILINE)


def explanation(body):
    """The reply's text, also where a client that prefers JSON got that."""
    return "\n".join(map(str, json.loads(body).values())) if body.startswith("{") else body


def to_paste(body):
    """The key and the lines below it."""
    found = SNIPPET.search(explanation(body))
    assert found, f"nothing to paste in:\n{body}"
    return found.group(1), found.group(2).rstrip("\n") + "\n"


def pasted(config, body):
    """The configuration with that in its place, as a user would put it."""
    key, lines = to_paste(body)
    head = re.search(rf"^{key}:\n", config, re.MULTILINE)
    if not head:
        return config + f"{key}:\n{lines}"
    return config[: head.end()] + lines + config[head.end() :]
