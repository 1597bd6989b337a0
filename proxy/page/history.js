// The looks at /status of the last minutes, and what is to be drawn of them.
import { addCounts, countsSince, quantile } from "./counts.js";

/// How far back is looked: by the charts, and by the figures of "last minute".
export const chartSpan = 10 * 60_000;
export const minute = 60_000;
/// Quantiles of a point are of the calls that ended in so long before it.
const quantileSpan = 10_000;

/// The looks, oldest first, with another one; begun anew where the process is another.
export function remember(history, status) {
  const last = history.at(-1);
  const kept = last && last.started_ms === status.started_ms && last.now_ms < status.now_ms ? history : [];
  return [...kept.filter((look) => look.now_ms > status.now_ms - chartSpan), status];
}

/// The newest look that is at least so old, or else the oldest; null where there is only one.
export function lookBefore(history, milliseconds, from = history.at(-1)) {
  const earlier = history.filter((look) => look.now_ms < from.now_ms);
  return earlier.findLast((look) => look.now_ms <= from.now_ms - milliseconds) ?? earlier[0] ?? null;
}

/// The name under which calls without a source (allowed, blocked, refused) are counted, as if they had one.
export const unmappedName = "not in the map";

/// What is counted by itself at a look: the sources, and what has none.
export function namedCounts(look) {
  const unmapped = { ...look.unmapped, source: unmappedName, in_flight: null };
  return look.unmapped.calls > 0 ? [...look.sources, unmapped] : look.sources;
}

/// The counters of one source at a look. Without a name those of all sources; calls without one, of which most may have been
/// blocked at once, would only blur these, and count where there is no source.
export function countsOf(look, source) {
  if (!source) return look.sources.length > 0 ? addCounts(look.sources) : look.unmapped;
  return namedCounts(look).find((one) => one.source === source) ?? addCounts([]);
}

function secondsBetween(now, then) {
  return (now.now_ms - (then ? then.now_ms : now.started_ms)) / 1000;
}

/// What happened between two looks; without an earlier one, since the process began.
export function figures(now, then, source) {
  const counts = countsSince(countsOf(now, source), then && countsOf(then, source));
  const seconds = secondsBetween(now, then);
  const at = (q) => quantile(q, counts.durations, now.bounds);
  return { ...counts, rate: seconds > 0 ? counts.calls / seconds : 0, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/// Columns to draw: times in seconds, calls and failures a second, and the quantiles in milliseconds.
export function chartColumns(history, source) {
  const columns = { times: [], rates: [], failures: [], p50: [], p95: [], p99: [] };
  const milliseconds = (seconds) => (Number.isFinite(seconds) && seconds !== null ? seconds * 1000 : null);
  for (let i = 1; i < history.length; ++i) {
    const [then, now] = [history[i - 1], history[i]];
    const last = figures(now, then, source);
    const lately = figures(now, lookBefore(history, quantileSpan, now), source);
    columns.times.push(now.now_ms / 1000);
    columns.rates.push(last.rate);
    columns.failures.push(last.failed / secondsBetween(now, then));
    columns.p50.push(milliseconds(lately.p50));
    columns.p95.push(milliseconds(lately.p95));
    columns.p99.push(milliseconds(lately.p99));
  }
  return columns;
}
