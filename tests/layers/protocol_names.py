"""Only config/protocol compares a scheme or the name of a protocol. All other code reads its rows."""

import re

# wire/ reads a protocol's own bytes; "TCP" in a manifest is the protocol of a container's port.
ALLOWED = ("config/protocol.hpp", "config/protocol.cpp", "wire/", "kubernetes/advice.cpp")

LITERAL = r'"(?:https?|tcp|tls|postgres|rediss?)(?:://)?"(?:sv|s)?'
COMPARISON = re.compile(
    rf'(?:[=!]=\s*{LITERAL}|{LITERAL}\s*[=!]='
    rf'|\b(?:iequals|starts_with|ends_with|begins_with|compare)\s*\([^;()]*?{LITERAL}'
    rf'|\bstring_view\s+\w+\s*(?:=\s*|\{{\s*){LITERAL})', re.IGNORECASE)
COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*')


def compared_names(path, proxy):
    """A line for each comparison of such a text, or constant that holds one, outside of the files that may have it."""
    if path.relative_to(proxy).as_posix().startswith(ALLOWED):
        return []
    text = COMMENT.sub(lambda match: match.group(1) or "", path.read_text(errors="replace"))
    return [f"{path}:{text.count(chr(10), 0, match.end()) + 1}: read the row of config/protocol in place of comparing: "
            f"{' '.join(match.group(0).split())}" for match in COMPARISON.finditer(text)]
