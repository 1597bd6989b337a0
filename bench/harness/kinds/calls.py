"""As many calls as come through: what one costs the proxy."""

from harness import load
from harness.usage import foreign, usage


def measure(trial, *more, seconds=None):
    words = trial.command(*more)
    before = usage(trial)
    found = load.run(trial.server, words, seconds or trial.stage.seconds, trial.stage.load_core)
    after = usage(trial)
    trial.check()
    used = after.proxy - before.proxy
    return {
        "cpu": used / found["calls"], "rate": found["rate"], "rss": trial.server.resident_bytes(),
        "busy": used / (after.time - before.time) / len(trial.stage.cores_of(trial.setting)),
        **{key: found["latency"][key] / 1e6 for key in ("p50", "p99", "p999")},
        "foreign": foreign(trial, before, after),
    }
