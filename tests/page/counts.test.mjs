import assert from "node:assert/strict";
import { test } from "node:test";

import { addCounts, countsSince, quantile, success } from "../../proxy/admin/page/counts.js";

const counts = (calls, failed, durations, more = {}) => ({ calls, failed, retries: 0, durations, in_flight: 0, ...more });

test("a difference is what came between two looks", () => {
  const between = countsSince(
    counts(10, 3, [4, 6], { retries: 5, in_flight: 2 }),
    counts(4, 1, [1, 3], { retries: 4, in_flight: 9 }),
  );
  assert.deepEqual(between, { calls: 6, failed: 2, retries: 1, in_flight: 2, durations: [3, 3] });
});

test("without an earlier look all counts", () => {
  assert.deepEqual(countsSince(counts(10, 3, [4, 6]), null), counts(10, 3, [4, 6]));
});

test("a source that is new was at 0 before", () => {
  assert.equal(countsSince(counts(3, 0, [3]), addCounts([])).durations[0], 3);
});

test("a counter that began anew gives no negative rate", () => {
  assert.equal(countsSince(counts(1, 0, [1]), counts(9, 2, [9])).calls, 0);
});

test("sources are added up, bucket by bucket", () => {
  assert.deepEqual(
    addCounts([counts(1, 0, [1, 0]), counts(2, 1, [0, 2], { in_flight: 4 })]),
    counts(3, 1, [1, 2], { in_flight: 4 }),
  );
});

test("success is a share of the calls, and unknown where there was none", () => {
  assert.equal(success(counts(4, 1, [])), 0.75);
  assert.equal(success(counts(0, 0, [])), null);
});

const bounds = [0.001, 0.01, 0.1];

test("a quantile lies inside its bucket", () => {
  assert.equal(quantile(0.5, [10, 0, 0, 0], bounds), 0.0005);
  assert.equal(quantile(1, [10, 0, 0, 0], bounds), 0.001);
  assert.equal(quantile(0.5, [0, 10, 0, 0], [1, 3, 5]), 2);
});

test("a quantile passes over empty buckets", () => {
  assert.equal(quantile(0.5, [1, 0, 1, 0], bounds), 0.001);
  assert.ok(quantile(0.99, [1, 0, 1, 0], bounds) > 0.01);
});

test("a quantile above all bounds is said to be just that", () => {
  assert.equal(quantile(0.99, [0, 0, 0, 5], bounds), Infinity);
});

test("of no call there is no quantile", () => {
  assert.equal(quantile(0.5, [0, 0, 0, 0], bounds), null);
});
