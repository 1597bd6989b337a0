// The tables of sources and endpoints.
import { success } from "./counts.js";
import { byId, fillRow, makeRow, setClass, sync } from "./dom.js";
import { age, duration, number, percent, rate } from "./format.js";
import { isOwnAnswer, namedFigures } from "./history.js";

const sourceColumns = [
  ["Source", "wide"],
  ["Calls/s", "number"],
  ["Success", "number"],
  ["p50", "number"],
  ["p95", "number"],
  ["p99", "number"],
  ["In flight", "number"],
  ["Retries", "number"],
];
const endpointColumns = [["Address"], ["Source"], ["State"], ["In flight", "number"], ["DNS age", "number"]];

export function showSources(now, then) {
  sync(
    byId("sources"),
    namedFigures(now, then),
    (one) => one.source,
    () => makeRow(sourceColumns),
    (row, seen) => {
      const { source, in_flight: inFlight } = seen;
      // What the end of a TCP connection means is not known, and to be blocked is no success.
      const share = source.startsWith("tcp:") || isOwnAnswer(source) ? null : success(seen);
      fillRow(row, [
        source,
        rate(seen.rate),
        percent(share),
        duration(seen.p50),
        duration(seen.p95),
        duration(seen.p99),
        inFlight === null ? "–" : number(inFlight),
        number(seen.retries),
      ]);
      setClass(row.cells[2], share !== null && share < 0.95 ? "number bad" : "number");
    },
  );
}

/// That an endpoint is healthy nobody has asked: calls go there, and those before gave no reason to leave it out.
const stateWords = (state) => (state === "healthy" ? "in use" : state);

export function showEndpoints(endpoints) {
  byId("endpoints-none").hidden = endpoints.length > 0;
  byId("endpoints").parentElement.hidden = endpoints.length === 0;
  const keyOf = (one) => `${one.source} ${one.address}`;
  sync(
    byId("endpoints"),
    endpoints,
    keyOf,
    () => makeRow(endpointColumns),
    (row, one) => {
      fillRow(row, [one.address, one.source, stateWords(one.state), number(one.in_flight), age(one.dns_age_s)]);
      setClass(row.cells[2], one.state === "healthy" ? "good" : one.available ? "fair" : "bad");
    },
  );
}
