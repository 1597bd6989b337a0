"""From samples to what is said of them: medians over the rounds, their spread, ratios, and how quiet it was."""

import dataclasses
import statistics

QUIET_SPREAD = 0.10
QUIET_FOREIGN = 0.05


@dataclasses.dataclass(frozen=True)
class Row:
    """One contestant in one scenario: medians; `spread` is (largest - smallest) / median of the CPU time."""
    name: str
    cpu: float
    spread: float
    rate: float
    busy: float
    p50: float
    p99: float
    memory: float
    ratios: dict   # of the CPU time to each peer, by name


def median(samples, field):
    return statistics.median(getattr(sample, field) for sample in samples)


def spread(values):
    return (max(values) - min(values)) / statistics.median(values)


def paired_ratio(ours, theirs):
    """The median of the ratios within each round: what drifted between two rounds drops out."""
    return statistics.median(a.cpu / b.cpu for a, b in zip(ours, theirs))


def rows(results):
    """A Row for each contestant of a scenario; the ambassadors have ratios to all others."""
    return [Row(name, median(samples, "cpu"), spread([sample.cpu for sample in samples]), median(samples, "rate"),
                median(samples, "busy"), median(samples, "p50"), median(samples, "p99"), median(samples, "memory"),
                {other: paired_ratio(samples, theirs) for other, theirs in results.items()
                 if name.startswith("ambassador") and other != name})
            for name, samples in results.items()]


def noise(results):
    """(median spread, largest spread, median foreign share, largest foreign share) over everything."""
    spreads = [spread([sample.cpu for sample in samples]) for by_name in results.values() for samples in by_name.values()]
    foreign = [sample.foreign for by_name in results.values() for samples in by_name.values() for sample in samples]
    return statistics.median(spreads), max(spreads), statistics.median(foreign), max(foreign)


def noise_sentence(results):
    middle, most, foreign, most_foreign = noise(results)
    if all(len(samples) == 1 for by_name in results.values() for samples in by_name.values()):
        return f"One round says nothing of noise; others used {foreign:.0%} (median) of the two cores."
    verdict = "quiet" if middle <= QUIET_SPREAD and foreign <= QUIET_FOREIGN else "NOISY"
    return (f"This run was {verdict}: CPU per request varied between rounds by {middle:.0%} (median), {most:.0%} (most); "
            f"others used {foreign:.0%} (median), {most_foreign:.0%} (most) of the two cores. "
            f"A difference under {max(middle, 0.04):.0%} means nothing.")
