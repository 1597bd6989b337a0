"""bench/baseline/instructions.json: what each operation and each call may cost, and why it last changed."""

import dataclasses
import enum
import json

TOLERANCE = 0.03


class Verdict(enum.Enum):
    SAME = "same"
    GREW = "grew"
    SHRANK = "shrank"
    NEW = "not in the baseline"
    GONE = "only in the baseline"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    count: float | None
    baseline: float | None

    @property
    def change(self):
        return self.count / self.baseline - 1

    @property
    def verdict(self):
        if self.baseline is None:
            return Verdict.NEW
        if self.count is None:
            return Verdict.GONE
        if self.change > TOLERANCE:
            return Verdict.GREW
        return Verdict.SHRANK if self.change < -TOLERANCE else Verdict.SAME


def compare(counts, baseline):
    """A row for each name of either, in the order of the counts."""
    names = [*counts, *(name for name in baseline if name not in counts)]
    return [Row(name, counts.get(name), baseline.get(name)) for name in names]


def differences(made_with, baseline):
    """What was another when the baseline was made, as sentences' parts."""
    return [f"{name} {made_with.get(name, 'unknown')} instead of {baseline.get(name, 'unknown')}"
            for name in sorted({*made_with, *baseline}) if made_with.get(name) != baseline.get(name)]


def document(reason, made_with, counts):
    return json.dumps({"reason": reason, "made_with": made_with,
                       "instructions": {name: rounded(count) for name, count in counts.items()}}, indent=2) + "\n"


def rounded(count):
    """Small ones have a decimal: 3 % of 20 instructions is less than one."""
    return round(count) if count >= 100 else round(count, 1)
