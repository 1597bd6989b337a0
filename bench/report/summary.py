"""From samples to what is said of them: medians over the rounds, their spread, ratios, and how quiet it was."""

import dataclasses
import statistics

from scenarios.figures import KINDS

QUIET_SPREAD = 0.10
QUIET_FOREIGN = 0.05
LEAST_DIFFERENCE = 0.04


@dataclasses.dataclass(frozen=True)
class Row:
    """One contestant in one scenario. Figures by their key; ratios by the peer, then by the key."""
    name: str
    median: dict
    least: dict
    most: dict
    spread: float    # of what is compared first: (most - least) / median
    ratios: dict


def spread(values):
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def paired_ratio(ours, theirs, key):
    """The median of the ratios within each round: what drifted between two rounds drops out."""
    pairs = [a[key] / b[key] for a, b in zip(ours, theirs) if b[key]]
    return statistics.median(pairs) if pairs else float("nan")


def rows(scenario, results):
    """A Row for each contestant of a scenario. Each ambassador has ratios to what comes behind it."""
    kind, names = KINDS[scenario.kind], list(results)
    return [row(kind, name, results[name], {other: results[other] for other in names[names.index(name) + 1:]
                                            if name.startswith("ambassador")})
            for name in names]


def row(kind, name, samples, others):
    values = {figure.key: [sample[figure.key] for sample in samples] for figure in kind.figures}
    return Row(name, {key: statistics.median(found) for key, found in values.items()},
               {key: min(found) for key, found in values.items()}, {key: max(found) for key, found in values.items()},
               spread(values[kind.compared[0].key]),
               {other: {figure.key: paired_ratio(samples, theirs, figure.key) for figure in kind.compared}
                for other, theirs in others.items()})


def noise(results):
    """(median spread, largest spread, median foreign share, largest foreign share) of all that was compared."""
    spreads = [one.spread for scenario, by_name in results.items() for one in rows(scenario, by_name)]
    foreign = [sample["foreign"] for by_name in results.values() for samples in by_name.values() for sample in samples
               if "foreign" in sample] or [0.0]
    return statistics.median(spreads), max(spreads), statistics.median(foreign), max(foreign)


def noise_sentence(results):
    middle, most, foreign, most_foreign = noise(results)
    if all(len(samples) == 1 for by_name in results.values() for samples in by_name.values()):
        return f"One round says nothing of noise; others used {foreign:.0%} (median) of the cores."
    verdict = "quiet" if middle <= QUIET_SPREAD and foreign <= QUIET_FOREIGN else "NOISY"
    return (f"This run was {verdict}: what is compared varied between rounds by {middle:.0%} (median), {most:.0%} (most); "
            f"others used {foreign:.0%} (median), {most_foreign:.0%} (most) of the cores. "
            f"A difference under {max(middle, LEAST_DIFFERENCE):.0%} means nothing.")
