import assert from "node:assert/strict";
import { test } from "node:test";

import {
  chartSpan,
  countsOf,
  figures,
  isOwnAnswer,
  lookBefore,
  minute,
  minuteBefore,
  namedCounts,
  namedFigures,
  noHistory,
  pointsOf,
  remember,
} from "../../proxy/admin/page/history.js";

const counts = (calls, failed = 0) => ({ calls, failed, retries: 0, in_flight: 0, durations: [calls, 0] });
const status = (seconds, calls, { failed = 0, started = 0, passed = 0, blocked = 0, refused = 0 } = {}) => ({
  now_ms: seconds * 1000,
  started_ms: started,
  bounds: [0.01],
  sources: [
    { source: "http://a", ...counts(calls, failed) },
    { source: "http://b", ...counts(2 * calls) },
  ],
  unmapped: { passed: counts(passed), blocked: counts(blocked), refused: counts(refused) },
});

const historyOf = (source, ...all) => all.reduce((history, one) => remember(history, one, source), noHistory);
const looksOf = (...all) => historyOf("", ...all).looks;
const look = (...given) => looksOf(status(...given))[0];
const secondsOf = (looks) => looks.map((one) => one.now_ms / 1000);
const every2Seconds = (end) => Array.from({ length: end / 2 + 1 }, (_, i) => status(2 * i, i));

test("whole looks are kept for little more than a minute, and points as long as they are drawn", () => {
  const end = (2 * chartSpan) / 1000;
  const { looks, charts } = historyOf("http://a", ...every2Seconds(end));
  assert.ok(looks.length < 40);
  assert.ok(secondsOf(looks)[0] <= end - minute / 1000);
  for (const points of charts.values()) assert.equal(points.length, chartSpan / 2000);
});

test("another process begins another history", () => {
  const history = historyOf("", status(1, 5), status(2, 6), status(3, 0, { started: 2500 }));
  assert.deepEqual(secondsOf(history.looks), [3]);
  assert.equal(pointsOf(history, "").length, 0);
});

test("the look of a minute ago is the newest that is so old, or else the oldest", () => {
  const looks = looksOf(...[30, 35, 39, 45, 100].map((seconds) => status(seconds, 0)));
  assert.equal(lookBefore(looks, minute).now_ms, 39_000);
  assert.equal(lookBefore(looksOf(status(90, 0), status(100, 1)), minute).now_ms, 90_000);
  assert.equal(lookBefore(looksOf(status(100, 1)), minute), null);
});

test("no look that is much older than a minute is that of a minute ago", () => {
  const before = every2Seconds(60);
  assert.equal(lookBefore(looksOf(...before, status(600, 5400)), minute), null);
  assert.equal(lookBefore([status(0, 0), status(600, 5400)], minute), null);
  assert.equal(lookBefore(looksOf(...before, status(600, 5400), status(602, 5401)), minute).now_ms, 600_000);
});

test("the last minute of a process that began in it is all since its start", () => {
  const young = looksOf(status(70, 5, { started: 12_000 }), status(72, 9, { started: 12_000 }));
  assert.equal(minuteBefore(young), null);
  assert.equal(figures(young.at(-1), minuteBefore(young), "http://a").calls, 9);
  const older = looksOf(status(71, 5, { started: 12_000 }), status(73, 9, { started: 12_000 }));
  assert.equal(minuteBefore(older).now_ms, 71_000);
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

test("the whole is that of all calls which passed, with a source or without", () => {
  assert.equal(countsOf(look(1, 10, { passed: 5, blocked: 99, refused: 99 })).calls, 35);
});

test("calls that have no source have names of their own, once there are any", () => {
  assert.equal(namedCounts(look(1, 1)).length, 2);
  const all = namedCounts(look(1, 1, { passed: 5, blocked: 6, refused: 7 })).slice(2);
  assert.deepEqual(
    all.map(({ source, calls, in_flight: inFlight }) => [source, calls, inFlight, isOwnAnswer(source)]),
    [
      ["not in the map, passed", 5, null, false],
      ["not in the map, blocked", 6, null, true],
      ["refused", 7, null, true],
    ],
  );
});

test("of a source that is not there nothing was counted", () => {
  assert.equal(countsOf(look(1, 1), "http://gone").calls, 0);
});

test("the figures by name are those of each, and of one that is new all of it", () => {
  const [a, b, blocked] = namedFigures(look(10, 50, { blocked: 8 }), look(5, 20));
  assert.deepEqual([a.source, a.calls, a.rate], ["http://a", 30, 6]);
  assert.deepEqual([b.source, b.calls, b.rate], ["http://b", 60, 12]);
  assert.deepEqual([blocked.calls, blocked.in_flight], [8, null]);
});

test("a chart has a point for each look but the first, and none of a quantile where nothing was called", () => {
  const points = pointsOf(historyOf("", status(0, 0), status(2, 10, { failed: 2 }), status(20, 10, { failed: 2 })), "http://a");
  assert.deepEqual(
    points.map(({ time, rate, failures, p95 }) => [time, rate, failures, p95]),
    [
      [2, 5, 1, 0.0095],
      [20, 0, 0, null],
    ],
  );
});

test("a source that is drawn anew has points as far back as the looks go, and then goes on", () => {
  const all = every2Seconds(120);
  const before = historyOf("", ...all);
  assert.ok(pointsOf(before, "http://a").length >= 30);
  assert.equal(pointsOf(before, "").length, 60);
  const after = remember(before, status(122, 61), "http://a");
  assert.equal(pointsOf(after, "http://a").length, pointsOf(before, "http://a").length + 1);
  assert.equal(pointsOf(after, "http://a").at(-1).rate, 0.5);
});

test("a point of what took longer than all bounds says just that", () => {
  const slow = status(2, 0);
  slow.sources[0] = { source: "http://a", ...counts(1), durations: [0, 1] };
  assert.equal(pointsOf(historyOf("http://a", status(0, 0), slow), "http://a")[0].p99, Infinity);
});
