// The live table of calls.
import { byTime, fits } from "./calls.js";
import { byId, fillRow, longText, make, makeRow, setClass, setText, sync } from "./dom.js";
import { milliseconds, number, timeOfDay } from "./format.js";

const shownCalls = 200;
const columns = [["Time", "time"], ["Call", "wide"], ["Status", "number"], ["Took", "number"], ["Upstream"]];

function createRow(call) {
  const row = makeRow(columns);
  const passed = call.decision === "mapped" || call.decision === "allowed";
  const upstream = call.upstream + (call.tries > 1 ? ` (${number(call.tries)} tries)` : "");
  fillRow(row, [
    timeOfDay(call.time),
    "",
    call.status === 0 ? "–" : String(call.status),
    passed ? milliseconds(call.duration_ms) : "–",
    upstream || "–",
  ]);
  const [, cell, status] = row.cells;
  const urls = make("div");
  if (!passed) urls.append(make("span", { class: `badge ${call.decision}` }, call.decision), " ");
  urls.append(make("strong", {}, call.method), ` ${call.source}`);
  if (call.target) urls.append(make("span", { class: "quiet" }, ` → ${call.target}`));
  cell.append(longText(urls));
  if (call.reason) cell.append(longText(make("p", { class: "quiet" }, call.reason)));
  setClass(status, `number ${call.status === 0 || call.status >= 500 ? "bad" : ""}`.trim());
  return row;
}

/// Why there may be less here than there was.
function missing({ share, lines_dropped: dropped }) {
  const notes = [];
  if (share === 0) notes.push("The log has only calls that did not end well (log.calls: errors), and so has this.");
  if (share > 0 && share < 1)
    notes.push(`Of the calls that end well the log has ${number(share * 100)} % (log.calls), and so has this.`);
  if (dropped > 0) notes.push(`${number(dropped)} lines of the log were dropped, because its reader is too slow.`);
  return notes;
}

export function showCalls(calls, filter, log, paused) {
  const fitting = calls.filter((call) => fits(call, filter)).sort(byTime);
  const rows = fitting.slice(-shownCalls).reverse();
  sync(
    byId("calls"),
    rows,
    (call) => call.key,
    createRow,
    () => {},
  );
  byId("calls").closest(".scroll").hidden = rows.length === 0;
  const notes = missing(log);
  if (calls.length === 0) notes.unshift("No call yet: what the app calls comes here.");
  else if (fitting.length === 0) notes.unshift(`None of the last ${number(calls.length)} calls fits the filter.`);
  if (paused) notes.unshift("Paused: what came since is shown when it goes on.");
  setText(byId("calls-note"), notes.join(" "));
}
