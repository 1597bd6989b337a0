"""The table of keys in configuration.md, made from the JSON schema, so that the two cannot differ: ./dev docs.

    generate.py BINARY            writes the table between the two marks of docs/configuration.md
    generate.py BINARY --check    exit 1 where that would change it
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

REFERENCE = pathlib.Path(__file__).parent / "configuration.md"
BEGIN, END = "<!-- The keys, made by ./dev docs. -->\n", "<!-- The end of the keys. -->\n"
HEAD = "| key | form | default | variable | meaning |\n| --- | --- | --- | --- | --- |\n"


def rows(section, prefix=""):
    """One row for each key of a section, and then for the keys below it."""
    required = section.get("required", [])
    for name, key in section["properties"].items():
        path = prefix + name
        yield row(path, key, name in required)
        below, step = section_below(key)
        if below:
            yield from rows(below, path + step)


def section_below(key):
    """The section that a key opens, and what stands between the two: [] where it is an entry of a list."""
    for form in [key, *key.get("anyOf", [])]:
        entry = next((entry for entry in alternatives(form.get("items", {})) if "properties" in entry), None)
        if entry:
            return entry, "[]."
    return next((form for form in alternatives(key) if "properties" in form), None), "."


def alternatives(form):
    return [form, *form.get("anyOf", [])]


def row(path, key, is_required):
    default = "required" if is_required else quoted(text_of(key["default"])) if "default" in key else ""
    cells = [quoted(path), escaped(key["title"]), default, quoted(variable(path, key)), escaped(key["description"])]
    return "| " + " | ".join(cells) + " |\n"


def variable(path, key):
    """The environment has what stands in no list, and is no section."""
    only_sections = "properties" in key or "properties" in key.get("items", {})
    return "" if "[]" in path or only_sections else "AMBASSADOR_" + path.upper().replace(".", "_")


def text_of(default):
    if isinstance(default, list):
        return ", ".join(map(text_of, default))
    return default if isinstance(default, str) else json.dumps(default)


def quoted(text):
    return f"`{text}`" if text else ""


def escaped(text):
    """What Markdown would take for a column or for emphasis stays as it is."""
    return re.sub(r"[|*]|\b_|(?<=\s)_", r"\\\g<0>", text)


def with_keys(document, schema):
    before, rest = document.split(BEGIN)
    after = rest.split(END)[1]
    return before + BEGIN + HEAD + "".join(rows(schema)) + END + after


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", metavar="BINARY")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    schema = json.loads(subprocess.run([options.binary, "schema"], check=True, capture_output=True, text=True).stdout)
    old = REFERENCE.read_text(encoding="utf-8")
    new = with_keys(old, schema)
    if new == old:
        return 0
    if options.check:
        print("docs/configuration.md differs from the schema: run ./dev docs", file=sys.stderr)
        return 1
    REFERENCE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
