"""What connections cost that nobody uses: memory before and while they are open, each after one call."""

import time

from harness.load import holding

# A proxy may give buffers back a little later than it stopped using them.
SETTLE_SECONDS = 1.0


def measure(trial):
    connections = trial.stage.idle_connections(trial.scenario)
    words = trial.command(connections=connections)
    time.sleep(SETTLE_SECONDS)
    before = memory(trial)
    with holding(trial.server, words, trial.stage.load_core):
        time.sleep(SETTLE_SECONDS)
        after = memory(trial)
    trial.check()
    return {"rss": after[0], "pss": after[1], "connections": connections,
            "idle_rss": (after[0] - before[0]) / connections, "idle_pss": (after[1] - before[1]) / connections}


def memory(trial):
    return trial.server.resident_bytes(), trial.server.proportional_bytes()
