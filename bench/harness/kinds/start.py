"""From exec to the first answered call, and the memory after it."""

import time


def measure(trial):
    trial.check()
    return {"start": time.monotonic() - trial.server.started, "rss": trial.server.resident_bytes(),
            "pss": trial.server.proportional_bytes()}
