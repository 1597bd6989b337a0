import assert from "node:assert/strict";
import { test } from "node:test";

import {
  chartColumns,
  chartSpan,
  countsOf,
  figures,
  lookBefore,
  namedCounts,
  remember,
  unmappedName,
} from "../../proxy/page/history.js";

const counts = (calls, failed = 0) => ({ calls, failed, retries: 0, in_flight: 0, durations: [calls, 0] });
const look = (seconds, calls, { failed = 0, started = 0, unmapped = 0 } = {}) => ({
  now_ms: seconds * 1000,
  started_ms: started,
  bounds: [0.01],
  sources: [
    { source: "http://a", ...counts(calls, failed) },
    { source: "http://b", ...counts(2 * calls) },
  ],
  unmapped: counts(unmapped),
});

const historyOf = (...looks) => looks.reduce((history, one) => remember(history, one), []);

test("looks are kept for as long as is drawn", () => {
  const history = historyOf(look(0, 0), look(chartSpan / 1000 - 1, 1), look(chartSpan / 1000 + 1, 2));
  assert.deepEqual(
    history.map((one) => one.now_ms / 1000),
    [chartSpan / 1000 - 1, chartSpan / 1000 + 1],
  );
});

test("another process begins another history", () => {
  assert.equal(historyOf(look(1, 5), look(2, 0, { started: 1500 })).length, 1);
});

test("the look of a minute ago is the newest that is so old, or else the oldest", () => {
  const history = historyOf(look(0, 0), look(30, 1), look(35, 2), look(100, 3));
  assert.equal(lookBefore(history, 60_000).now_ms, 35_000);
  assert.equal(lookBefore(historyOf(look(90, 0), look(100, 1)), 60_000).now_ms, 90_000);
  assert.equal(lookBefore(historyOf(look(100, 1)), 60_000), null);
});

test("a rate is what came between two looks, by their own time", () => {
  const seen = figures(look(10, 50, { failed: 4 }), look(5, 20), "http://a");
  assert.equal(seen.rate, 6);
  assert.equal(seen.failed, 4);
  assert.equal(seen.p50, 0.005);
});

test("without an earlier look a rate is since the start", () => {
  assert.equal(figures(look(10, 50, { started: 5000 }), null, "http://a").rate, 10);
});

test("the whole is that of the sources, where there is one", () => {
  assert.equal(countsOf(look(1, 10, { unmapped: 99 })).calls, 30);
  assert.equal(countsOf({ ...look(1, 10, { unmapped: 99 }), sources: [] }).calls, 99);
});

test("calls that have no source have a name of their own, once there are any", () => {
  assert.equal(namedCounts(look(1, 1)).length, 2);
  assert.equal(countsOf(look(1, 1, { unmapped: 7 }), unmappedName).calls, 7);
});

test("of a source that is not there nothing was counted", () => {
  assert.equal(countsOf(look(1, 1), "http://gone").calls, 0);
});

test("a chart has a point for each look but the first, and gaps where nothing was called", () => {
  const { times, rates, failures, p95 } = chartColumns(
    historyOf(look(0, 0), look(2, 10, { failed: 2 }), look(20, 10, { failed: 2 })),
    "http://a",
  );
  assert.deepEqual(times, [2, 20]);
  assert.deepEqual(rates, [5, 0]);
  assert.deepEqual(failures, [1, 0]);
  assert.deepEqual(p95, [9.5, null]);
});
