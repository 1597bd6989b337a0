"""Calls at a fixed rate, the same for all: how long they take when the proxy is not full."""

from harness.kinds import calls

REFERENCE = "haproxy"
CALIBRATION_RUNS = 2
# Percentiles with three nines need calls behind them: so many times the length of another run.
LONGER = 2


def rate_for(scenario, trials):
    """The scenario's own, or its share of what the reference can do; without the reference, of what the first can do."""
    if scenario.rate > 1:
        return scenario.rate
    reference = next((trial for trial in trials if trial.contestant.name == REFERENCE), trials[0])
    return scenario.rate * max(reference.load(reference.stage.seconds)["rate"] for _ in range(CALIBRATION_RUNS))


def measure(trial, rate):
    seconds = trial.stage.seconds * LONGER
    sample = calls.measure(trial, "--rate", f"{rate:g}", seconds=seconds)
    return sample | {"held": sample["rate"] / rate}
