// What of /calls is shown: the last ones, those that fit a filter, and the blocked ones as what can be done about them.

/// Kept by the page.
export const maxCalls = 1000;
export const maxBlocked = 300;

const needsAttention = (call) => call.decision === "blocked" || call.decision === "reported";

/// What is kept, with what came: the last calls, and beside them the last blocked and reported ones.
export function keepCalls(kept, came) {
  return {
    calls: [...kept.calls, ...came].slice(-maxCalls),
    blocked: [...kept.blocked, ...came.filter(needsAttention)].slice(-maxBlocked),
  };
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

/// Blocked calls that are the same, as one with how often it was made and when last; the last one first.
export function groupBlocked(calls) {
  const groups = new Map();
  for (const call of calls) {
    const key = [call.decision, call.method, call.source].join(" ");
    const count = (groups.get(key)?.count ?? 0) + 1;
    groups.delete(key);
    groups.set(key, { ...call, key, count });
  }
  return [...groups.values()].reverse();
}
