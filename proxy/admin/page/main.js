// Asks the admin port every two seconds, less often while nobody sees the page, and shows what it says.
import { askJson } from "./ask.js";
import { showBlocked } from "./blocked_view.js";
import { emptied, keepCalls, noCalls } from "./calls.js";
import { showCalls } from "./calls_view.js";
import { Charts, showChoice } from "./charts_view.js";
import { byId } from "./dom.js";
import { explainOnSubmit } from "./explain_view.js";
import { span } from "./format.js";
import { minuteBefore, namedCounts, noHistory, pointsOf, remember, secondsBetween } from "./history.js";
import { showConfiguration, showNotice, showState, showTiles, showUnreachable } from "./overview_view.js";
import { showEndpoints, showSources } from "./tables_view.js";

const interval = 2000;
const hiddenInterval = 10_000; // so that there is a last minute when somebody comes back

const charts = new Charts();
let history = noHistory;
let kept = noCalls;
let lastCall = 0;
let pausedCalls = null; // what was shown then
let answeredAt = new Date();
let waiting = null; // the timer of the next look; none during one

const lastLook = () => history.looks.at(-1);
const drawnSource = () => byId("charted").value;

function showFigures() {
  const now = lastLook();
  if (!now) return;
  const sinceStart = document.querySelector("input[name=window]:checked").value === "start";
  const then = sinceStart ? null : minuteBefore(history.looks);
  showTiles(now, then, sinceStart ? "" : span(then && secondsBetween(now, then)));
  showSources(now, then);
}

function showCharts() {
  const now = lastLook();
  if (now) charts.show(pointsOf(history, drawnSource()), now.bounds.at(-1));
}

function showLog() {
  const now = lastLook();
  if (now) showCalls(pausedCalls ?? kept.calls, byId("filter").value, now.log, pausedCalls !== null);
}

function show() {
  const now = lastLook();
  const faults = now.configuration.last_reload?.faults ?? [];
  showState(now);
  showNotice(
    faults.length === 0 ? "" : `The configuration could not be loaded again, and the one from before is in force: ${faults[0]}`,
  );
  showFigures();
  showChoice(namedCounts(now));
  showCharts();
  showEndpoints(now.endpoints);
  showConfiguration(now);
  showBlocked(kept.blocked);
  showLog();
}

/// What is known of the calls already. Of another process nothing; and another configuration says anew what would help.
function knownCalls(status) {
  const before = lastLook();
  if (before?.started_ms !== status.started_ms) return { known: noCalls, after: 0 };
  const isOther = before.configuration.number !== status.configuration.number;
  return isOther ? { known: emptied(kept), after: 0 } : { known: kept, after: lastCall };
}

function setPaused(calls) {
  pausedCalls = calls;
  byId("pause").setAttribute("aria-pressed", String(calls !== null));
}

async function look() {
  const status = await askJson("/status");
  const { known, after } = knownCalls(status);
  const { last, calls } = await askJson(`/calls?after=${after}`);
  if (lastLook()?.started_ms !== status.started_ms) setPaused(null);
  history = remember(history, status, drawnSource());
  kept = keepCalls(known, calls, status.started_ms);
  lastCall = last;
}

async function lookAgain() {
  clearTimeout(waiting);
  waiting = null;
  try {
    await look();
    answeredAt = new Date();
    show();
  } catch {
    showUnreachable(answeredAt);
  }
  waiting = setTimeout(lookAgain, document.hidden ? hiddenInterval : interval);
}

function pause() {
  setPaused(pausedCalls === null ? kept.calls : null);
  showLog();
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && waiting !== null) lookAgain();
});

byId("filter").addEventListener("input", showLog);
byId("pause").addEventListener("click", pause);
byId("charted").addEventListener("change", showCharts);
for (const choice of document.querySelectorAll("input[name=window]")) choice.addEventListener("change", showFigures);
explainOnSubmit();
lookAgain();
