import assert from "node:assert/strict";
import { test } from "node:test";

import { age, duration, number, percent, rate, span, timeOfDay } from "../../proxy/admin/page/format.js";

const table = (name, format, rows) => test(name, () => rows.forEach(([value, text]) => assert.equal(format(value), text)));

table("durations", duration, [
  [null, "–"],
  [0, "< 1 ms"],
  [0.00049, "0.49 ms"],
  [0.0123, "12.3 ms"],
  [0.999, "999 ms"],
  [1, "1 s"],
  [12.34, "12.3 s"],
  [Infinity, "> 60 s"],
]);
table("rates", rate, [
  [0, "0"],
  [0.001, "< 0.01"],
  [0.25, "0.25"],
  [3.14159, "3.1"],
  [38.47, "38.5"],
  [1234.5, "1,235"],
]);
table("shares are rounded down", percent, [
  [null, "–"],
  [1, "100 %"],
  [0.99999, "99.9 %"],
  [0.995, "99.5 %"],
  [0.5, "50 %"],
  [0, "0 %"],
]);
table("ages", age, [
  [null, "–"],
  [-1, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3600, "1 h 0 min"],
  [90_000, "1 d 1 h"],
]);
table("spans", span, [
  [null, "since the start"],
  [2.1, "last 2 s"],
  [14, "last 14 s"],
  [60.4, ""],
  [71, "last 71 s"],
]);
table("numbers", number, [
  [0, "0"],
  [1234567, "1,234,567"],
]);

test("a time of day has the milliseconds that were written", () => {
  assert.match(timeOfDay("2026-11-22T06:34:54.903Z"), /^\d\d:\d4:54\.903$|^\d\d:\d\d:54\.903$/);
  assert.match(timeOfDay("2026-11-22T06:34:54Z"), /^\d\d:\d\d:54$/);
});
