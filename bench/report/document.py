"""The report as JSON: every sample, for a program that compares two runs. Seconds, bytes, shares, calls a second."""

import dataclasses
import json

from report.summary import noise, rows


def document(heading, notes, results):
    middle, most, foreign, most_foreign = noise(results)
    return json.dumps({
        "heading": heading,
        "notes": notes,
        "noise": {"spread": middle, "largest_spread": most, "foreign": foreign, "largest_foreign": most_foreign},
        "scenarios": [{
            "name": scenario.name, "title": scenario.title, "shape": scenario.shape, "kind": scenario.kind,
            "connections": scenario.connections, "workers": scenario.workers,
            "contestants": [dataclasses.asdict(row) | {"samples": by_name[row.name]} for row in rows(scenario, by_name)],
        } for scenario, by_name in results.items()],
    }, indent=2) + "\n"
