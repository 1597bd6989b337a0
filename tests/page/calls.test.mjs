import assert from "node:assert/strict";
import { test } from "node:test";

import { fits, groupBlocked, keepCalls, maxBlocked, maxCalls } from "../../proxy/page/calls.js";

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

test("only so many calls are kept, and blocked ones beside them", () => {
  const blocked = call({ decision: "blocked" });
  let kept = keepCalls({ calls: [], blocked: [] }, [blocked]);
  kept = keepCalls(
    kept,
    Array.from({ length: maxCalls }, () => call()),
  );
  assert.equal(kept.calls.length, maxCalls);
  assert.deepEqual(kept.blocked, [blocked]);
  kept = keepCalls(
    kept,
    Array.from({ length: 2 * maxBlocked }, () => call({ decision: "reported" })),
  );
  assert.equal(kept.blocked.length, maxBlocked);
});

test("equal blocked calls are one with a count, the last first", () => {
  const groups = groupBlocked([
    call({ source: "http://a", time: "1" }),
    call({ source: "http://b", time: "2" }),
    call({ source: "http://a", time: "3", paste: "newer" }),
  ]);
  assert.deepEqual(
    groups.map(({ source, count, time, paste }) => [source, count, time, paste]),
    [
      ["http://a", 2, "3", "newer"],
      ["http://b", 1, "2", undefined],
    ],
  );
});

test("blocked calls of another method or decision are others", () => {
  assert.equal(groupBlocked([call(), call({ method: "POST" }), call({ decision: "reported" })]).length, 3);
});
