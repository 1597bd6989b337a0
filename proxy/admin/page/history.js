// The looks at /status of the last minute, and the points that are drawn of those of the last minutes.
import { addCounts, countsSince, quantile } from "./counts.js";

/// How far back is looked: by the charts, and by the figures of "last minute".
export const chartSpan = 10 * 60_000;
export const minute = 60_000;
/// Quantiles of a point are of the calls that ended in so long before it.
const quantileSpan = 10_000;
/// A look may be so much older than one wants: those of a page that nobody sees are further apart.
const tolerance = 1.25;

/// `looks` oldest first, the last minute's alone, for they are large. `charts` are the points of all sources (the name is
/// empty) and of the one that is drawn.
export const noHistory = { looks: [], charts: new Map() };

/// Calls that have no source, as if they had one of this name.
const unmappedNames = [
  ["not in the map, passed", "passed"],
  ["not in the map, blocked", "blocked"],
  ["refused", "refused"],
];

/// Whether calls of this name were answered by the ambassador itself.
export function isOwnAnswer(name) {
  return unmappedNames.some(([known, fate]) => known === name && fate !== "passed");
}

/// What is counted by itself at a look: the sources, and what has none.
export function namedCounts(look) {
  const unmapped = unmappedNames.map(([source, fate]) => ({ ...look.unmapped[fate], source, in_flight: null }));
  return [...look.sources, ...unmapped.filter(({ calls }) => calls > 0)];
}

/// The counters of one source at a look. Without a name those of all calls that pass: most blocked ones end at once, and would
/// only blur these.
export function countsOf(look, source) {
  if (!source) return look.total;
  return namedCounts(look).find((one) => one.source === source) ?? addCounts([]);
}

/// How long lies between two looks, in seconds; without an earlier one, since the process began.
export function secondsBetween(now, then) {
  return (now.now_ms - (then ? then.now_ms : now.started_ms)) / 1000;
}

function figuresOf(counts, now, then) {
  const seconds = secondsBetween(now, then);
  const at = (q) => quantile(q, counts.durations, now.bounds);
  return { ...counts, rate: seconds > 0 ? counts.calls / seconds : 0, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/// What happened between two looks; without an earlier one, since the process began.
export function figures(now, then, source) {
  return figuresOf(countsSince(countsOf(now, source), then && countsOf(then, source)), now, then);
}

/// The same of each that is counted by itself.
export function namedFigures(now, then) {
  const before = new Map(then ? namedCounts(then).map((one) => [one.source, one]) : []);
  const since = (one) => countsSince(one, then && (before.get(one.source) ?? addCounts([])));
  return namedCounts(now).map((one) => ({ ...figuresOf(since(one), now, then), source: one.source }));
}

/// The newest look that is so old, or else the oldest; null where there is none, or none that is not much older.
export function lookBefore(looks, milliseconds) {
  const from = looks.at(-1).now_ms;
  const near = looks.slice(0, -1).filter((look) => look.now_ms >= from - tolerance * milliseconds);
  return near.findLast((look) => look.now_ms <= from - milliseconds) ?? near[0] ?? null;
}

/// The look that the last minute began with; null where the process began in it, or none is known.
export function minuteBefore(looks) {
  const { now_ms: now, started_ms: started } = looks.at(-1);
  return now - started <= minute ? null : lookBefore(looks, minute);
}

/// What is drawn for the last of these looks, of which there are two or more: calls and failures a second since the one
/// before, and the quantiles in seconds.
function pointOf(looks, source) {
  const [then, now] = looks.slice(-2);
  const last = figures(now, then, source);
  const { p50, p95, p99 } = figures(now, lookBefore(looks, quantileSpan) ?? then, source);
  return { time: now.now_ms / 1000, rate: last.rate, failures: last.failed / secondsBetween(now, then), p50, p95, p99 };
}

/// The points of a source: as far back as the looks go where it is drawn only now.
export function pointsOf({ looks, charts }, source) {
  return charts.get(source) ?? looks.slice(1).map((_, i) => pointOf(looks.slice(0, i + 2), source));
}

/// The history with another look, while `source` is drawn; begun anew where the process is another.
export function remember(history, status, source) {
  const last = history.looks.at(-1);
  const before = last?.started_ms === status.started_ms && last.now_ms < status.now_ms ? history : noHistory;
  const look = { ...status, total: addCounts([...status.sources, status.unmapped.passed]) };
  const looks = [...before.looks.filter(({ now_ms: time }) => time >= look.now_ms - tolerance * minute), look];
  const next = (name) => {
    const kept = pointsOf(before, name).filter(({ time }) => time * 1000 > look.now_ms - chartSpan);
    return looks.length > 1 ? [...kept, pointOf(looks, name)] : kept;
  };
  return { looks, charts: new Map(["", source].map((name) => [name, next(name)])) };
}
