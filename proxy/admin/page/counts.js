// Rates, shares and quantiles, made of what /status counts since the start: two looks at the same counters, and what lies
// between them. Nothing here knows of the page or of a clock.

/// Counters are added up over sources; `durations` are calls by bucket.
export function addCounts(all) {
  const sum = { calls: 0, failed: 0, retries: 0, in_flight: 0, durations: [] };
  for (const counts of all) {
    sum.calls += counts.calls;
    sum.failed += counts.failed;
    sum.retries += counts.retries;
    sum.in_flight += counts.in_flight ?? 0;
    counts.durations.forEach((calls, i) => (sum.durations[i] = (sum.durations[i] ?? 0) + calls));
  }
  return sum;
}

/// What was counted between two looks; without an earlier one all of it. A source that is new then was at 0.
export function countsSince(now, then) {
  if (!then) return now;
  const between = (key) => Math.max(0, now[key] - then[key]);
  return {
    calls: between("calls"),
    failed: between("failed"),
    retries: between("retries"),
    in_flight: now.in_flight,
    durations: now.durations.map((calls, i) => Math.max(0, calls - (then.durations[i] ?? 0))),
  };
}

/// The share of calls that went well, 0 to 1; null where there was none.
export function success({ calls, failed }) {
  return calls === 0 ? null : (calls - failed) / calls;
}

/// The `q`-quantile (0 to 1) in seconds, even inside a bucket; null where there was no call, Infinity above the last bound.
export function quantile(q, durations, bounds) {
  const calls = durations.reduce((sum, one) => sum + one, 0);
  if (calls === 0) return null;
  const rank = q * calls;
  let below = 0;
  for (let i = 0; i < bounds.length; ++i) {
    if (durations[i] > 0 && below + durations[i] >= rank) {
      const lower = i === 0 ? 0 : bounds[i - 1];
      return lower + (bounds[i] - lower) * ((rank - below) / durations[i]);
    }
    below += durations[i];
  }
  return Infinity;
}
