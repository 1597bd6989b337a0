// What of /calls is shown: the last ones, those that fit a filter, and the blocked ones as what can be done about them.

/// Kept by the page: calls, and groups of blocked ones.
export const maxCalls = 1000;
export const maxBlocked = 300;

export const noCalls = { calls: [], blocked: [] };

const needsAttention = (call) => call.decision === "blocked" || call.decision === "reported";

/// Oldest first, for sort(): the lines of several workers are not quite in order. RFC 3339 in UTC sorts as text does.
export const byTime = (a, b) => (a.time < b.time ? -1 : Number(a.time > b.time));

/// What is kept, with what came of the process that started then: the last calls, and beside them the blocked and reported
/// ones in groups. Each process numbers its calls from 1, so that a number alone names none.
export function keepCalls(kept, came, started) {
  return {
    calls: [...kept.calls, ...came.map((call) => ({ ...call, key: `${started} ${call.number}` }))].slice(-maxCalls),
    blocked: groupBlocked(kept.blocked, came.filter(needsAttention).sort(byTime)),
  };
}

/// What is kept before all calls are asked for again: the places of the groups.
export function emptied(kept) {
  return { calls: [], blocked: kept.blocked.map(({ key }) => ({ key, time: "", count: 0 })) };
}

/// What there is to a call in words: a filter looks at these.
function wordsOf(call) {
  const status = String(call.status);
  return [
    call.method,
    call.source,
    call.target,
    call.decision,
    status,
    `${status[0]}xx`,
    call.upstream,
    call.reason,
    call.request_id,
    call.trace_id,
  ]
    .join(" ")
    .toLowerCase();
}

/// Whether the call has every word of the filter, and none that stands behind a minus.
export function fits(call, filter) {
  const words = wordsOf(call);
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "" && word !== "-")
    .every((word) => (word.startsWith("-") ? !words.includes(word.slice(1)) : words.includes(word)));
}

/// Calls that are the same, as one with how often it was made and when last. In the order in which each was seen first: a
/// repeat moves nothing. Those that were not made for longest go first where there are too many.
export function groupBlocked(groups, calls) {
  const found = new Map(groups.map((group) => [group.key, group]));
  for (const call of calls) {
    const key = [call.decision, call.method, call.source].join(" ");
    const before = found.get(key);
    found.set(key, { ...(before?.time > call.time ? before : call), key, count: (before?.count ?? 0) + 1 });
  }
  const all = [...found.values()].filter((group) => group.count > 0);
  const latest = new Set([...all].sort(byTime).slice(-maxBlocked));
  return all.filter((group) => latest.has(group));
}
