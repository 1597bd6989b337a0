"""Whether few connections find all the workers: one that has nothing to do while another is full is a core wasted."""

import statistics

# Where connections land is a throw of dice for some: so it is thrown often.
THROWS = 8
THROW_SECONDS = 0.25
# Of its even share of the work. A worker that did less had no connection.
IDLE_SHARE = 0.1


def measure(trial):
    throws = [throw(trial) for _ in range(THROWS)]
    return {key: statistics.mean(one[key] for one in throws) for key in throws[0]}


def throw(trial):
    before = trial.server.thread_seconds()
    found = trial.load(THROW_SECONDS)
    after = trial.server.thread_seconds()
    work = [seconds - before.get(thread, 0) for thread, seconds in after.items()]
    return shares(work, trial.scenario.workers) | {"rate": found["rate"]}


def shares(work, workers):
    """The busiest threads are the workers: others only write the log, or wait for signals."""
    busiest = (sorted(work, reverse=True) + [0.0] * workers)[:workers]
    even = sum(busiest) / workers
    return {"busiest": busiest[0] / sum(busiest), "idle_workers": sum(seconds < even * IDLE_SHARE for seconds in busiest)}
