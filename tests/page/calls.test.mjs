import assert from "node:assert/strict";
import { test } from "node:test";

import { byTime, emptied, fits, groupBlocked, keepCalls, maxBlocked, maxCalls, noCalls } from "../../proxy/admin/page/calls.js";

const call = (more = {}) => ({
  number: 1,
  method: "GET",
  source: "http://orders/1",
  target: "http://orders.shop/1",
  decision: "mapped",
  status: 200,
  upstream: "10.0.0.1:80",
  reason: "",
  request_id: "r-7",
  trace_id: "",
  time: "t",
  ...more,
});

test("a filter wants every word, in any case and any place", () => {
  assert.ok(fits(call(), ""));
  assert.ok(fits(call(), "ORDERS get"));
  assert.ok(fits(call(), "10.0.0.1 r-7"));
  assert.ok(!fits(call(), "orders post"));
});

test("a word behind a minus must not be there", () => {
  assert.ok(!fits(call(), "orders -shop"));
  assert.ok(fits(call(), "-health -"));
});

test("a filter knows classes of statuses", () => {
  assert.ok(fits(call({ status: 503 }), "5xx"));
  assert.ok(!fits(call(), "5xx"));
});

const many = (count, more) => Array.from({ length: count }, (_, i) => call({ number: i, ...more?.(i) }));

test("only so many calls are kept, and groups of blocked ones beside them", () => {
  const blocked = call({ decision: "blocked" });
  let kept = keepCalls(noCalls, [blocked], 7);
  kept = keepCalls(kept, many(maxCalls), 7);
  assert.equal(kept.calls.length, maxCalls);
  assert.equal(kept.blocked.length, 1);
  kept = keepCalls(
    kept,
    many(2 * maxBlocked, (i) => ({ decision: "reported", source: `http://${i}`, time: String(1000 + i) })),
    7,
  );
  assert.equal(kept.blocked.length, maxBlocked);
});

test("calls of two processes differ where their numbers do not", () => {
  const [first] = keepCalls(noCalls, [call()], 7).calls;
  const [second] = keepCalls(noCalls, [call()], 8).calls;
  assert.notEqual(first.key, second.key);
});

test("calls are ordered by their time, and in one moment as they came", () => {
  const calls = [call({ time: "2" }), call({ time: "1" }), call({ time: "2", number: 2 })];
  assert.deepEqual(
    calls.sort(byTime).map(({ time, number }) => [time, number]),
    [
      ["1", 1],
      ["2", 1],
      ["2", 2],
    ],
  );
});

const shape = (groups) => groups.map(({ source, count, time, paste }) => [source, count, time, paste]);
const a = (more) => call({ source: "http://a", ...more });
const b = (more) => call({ source: "http://b", ...more });

test("equal blocked calls are one with a count, where the first of them was", () => {
  let groups = groupBlocked([], [a({ time: "1" }), b({ time: "2" }), a({ time: "3", paste: "newer" })]);
  assert.deepEqual(shape(groups), [
    ["http://a", 2, "3", "newer"],
    ["http://b", 1, "2", undefined],
  ]);
  groups = groupBlocked(groups, [a({ time: "4" })]);
  assert.deepEqual(shape(groups)[0], ["http://a", 3, "4", undefined]);
});

test("a group has the greatest time, in whatever order its calls came", () => {
  assert.deepEqual(shape(groupBlocked([], [a({ time: "3", paste: "newer" }), a({ time: "2", paste: "older" })])), [
    ["http://a", 2, "3", "newer"],
  ]);
});

test("what was blocked first is first, in whatever order the lines of workers came", () => {
  const { blocked } = keepCalls(noCalls, [b({ time: "2" }), a({ time: "1" })].map((one) => ({ ...one, decision: "blocked" })), 7);
  assert.deepEqual(
    blocked.map(({ source }) => source),
    ["http://a", "http://b"],
  );
});

test("blocked calls of another method or decision are others", () => {
  assert.equal(groupBlocked([], [call(), call({ method: "POST" }), call({ decision: "reported" })]).length, 3);
});

test("of too many groups those that were not called for longest go", () => {
  const sources = many(maxBlocked, (i) => ({ source: `http://${i}`, time: String(1000 + i) }));
  const groups = groupBlocked(groupBlocked([], sources), [
    call({ source: "http://0", time: "5000" }),
    call({ source: "http://new", time: "5001" }),
  ]);
  assert.deepEqual(
    [groups.length, groups[0].source, groups[1].source, groups.at(-1).source],
    [maxBlocked, "http://0", "http://2", "http://new"],
  );
});

test("groups keep their places when all calls are asked for again, and those that are not there any more go", () => {
  const gone = call({ source: "http://gone" });
  const kept = { calls: [a()], blocked: groupBlocked([], [a({ time: "1", paste: "old" }), gone, b({ time: "2" })]) };
  const again = groupBlocked(emptied(kept).blocked, [b({ time: "2" }), a({ time: "1", paste: "new" })]);
  assert.deepEqual(shape(again), [
    ["http://a", 1, "1", "new"],
    ["http://b", 1, "2", undefined],
  ]);
});
