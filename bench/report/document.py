"""The report as JSON: every sample, for a program that compares two runs."""

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
            "name": scenario.name, "shape": scenario.shape, "answer_bytes": scenario.size,
            "connections": scenario.connections,
            "contestants": [dataclasses.asdict(row) | {"samples": [dataclasses.asdict(sample) for sample in by_name[row.name]]}
                            for row in rows(by_name)],
        } for scenario, by_name in results.items()],
    }, indent=2) + "\n"
