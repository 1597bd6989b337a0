"""The configuration's part of each values.schema.json, made from config/schema.json, so that the two cannot differ: ./dev docs.

    generate.py            writes "$defs" at the end of each chart's values.schema.json
    generate.py --check    exit 1 where that would change one
"""

import argparse
import json
import pathlib
import sys

CHARTS = pathlib.Path(__file__).parent
SCHEMA = CHARTS.parent / "config" / "schema.json"
BEGIN, END = '  "$defs": {\n    "config": {\n', "    }\n  }\n}\n"


def as_helm_reads(schema):
    """Without what is only for people's eyes. Helm reads a bare `on` as true, even as a key."""
    if isinstance(schema, list):
        return [as_helm_reads(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: as_helm_reads(value) for name, value in schema.items() if name not in ("title", "default")}
    if "properties" in schema:
        kept["properties"] = {name: as_helm_reads(value) for name, value in schema["properties"].items()}
        if "on" in kept["properties"]:
            kept["properties"]["true"] = kept["properties"]["on"]
    if len(set(map(type, kept.get("enum", [])))) > 1:
        kept["anyOf"] = enums_of_one_type(kept.pop("enum"))
    return kept


def enums_of_one_type(values):
    """To Helm "503" and 503 in one enum are the same value twice, which may not be."""
    types = {type(value): None for value in values}
    return [{"enum": [value for value in values if type(value) is one]} for one in types]


def definition(schema):
    """A line for each key of the configuration."""
    lines = [f"        {json.dumps(name)}: {json.dumps(as_helm_reads(key))}" for name, key in schema["properties"].items()]
    head = '      "type": "object",\n      "additionalProperties": false,\n      "properties": {\n'
    return head + ",\n".join(lines) + "\n      }\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    made = BEGIN + definition(json.loads(SCHEMA.read_text(encoding="utf-8"))) + END
    stale = 0
    for path in sorted(CHARTS.glob("*/values.schema.json")):
        old = path.read_text(encoding="utf-8")
        new = old.partition(BEGIN)[0] + made
        if new == old:
            continue
        stale = 1
        if options.check:
            print(f"charts/{path.parent.name}/{path.name} differs from config/schema.json: run ./dev docs", file=sys.stderr)
        else:
            path.write_text(new, encoding="utf-8")
    return stale if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
