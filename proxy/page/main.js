// Asks the admin port every two seconds, and shows what it says.
import { askJson } from "./ask.js";
import { showBlocked } from "./blocked_view.js";
import { keepCalls } from "./calls.js";
import { showCalls } from "./calls_view.js";
import { Charts, showChoice } from "./charts_view.js";
import { byId } from "./dom.js";
import { explainOnSubmit } from "./explain_view.js";
import { lookBefore, minute, namedCounts, remember } from "./history.js";
import { showConfiguration, showNotice, showState, showTiles, showUnreachable } from "./overview_view.js";
import { showEndpoints, showSources } from "./tables_view.js";

const interval = 2000;

const charts = new Charts();
let history = [];
let kept = { calls: [], blocked: [] };
let lastCall = 0;
let pausedCalls = null; // what was shown then
let answeredAt = new Date();

function showFigures() {
  const now = history.at(-1);
  if (!now) return;
  const sinceStart = document.querySelector("input[name=window]:checked").value === "start";
  // A first look has nothing to be compared with: it shows what was since the start.
  const then = sinceStart ? null : lookBefore(history, minute);
  showTiles(now, then);
  showSources(now, then);
}

function showCharts() {
  if (history.length > 0) charts.show(history, byId("charted").value);
}

function showLog() {
  const now = history.at(-1);
  if (now) showCalls(pausedCalls ?? kept.calls, byId("filter").value, now.log, pausedCalls !== null);
}

function show() {
  const now = history.at(-1);
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

/// Whether what was kept must be asked for again: by another process, or since another configuration says what would help.
function isStale(status) {
  const before = history.at(-1);
  return !before || before.started_ms !== status.started_ms || before.configuration.number !== status.configuration.number;
}

async function look() {
  const status = await askJson("/status");
  if (isStale(status)) [kept, lastCall] = [{ calls: [], blocked: [] }, 0];
  const { last, calls } = await askJson(`/calls?after=${lastCall}`);
  history = remember(history, status);
  kept = keepCalls(kept, calls);
  lastCall = last;
}

async function lookAgain() {
  try {
    if (!document.hidden) {
      await look();
      answeredAt = new Date();
      show();
    }
  } catch {
    showUnreachable(answeredAt);
  }
  setTimeout(lookAgain, interval);
}

function pause() {
  pausedCalls = pausedCalls === null ? kept.calls : null;
  byId("pause").setAttribute("aria-pressed", String(pausedCalls !== null));
  showLog();
}

byId("filter").addEventListener("input", showLog);
byId("pause").addEventListener("click", pause);
byId("charted").addEventListener("change", showCharts);
for (const choice of document.querySelectorAll("input[name=window]")) choice.addEventListener("change", showFigures);
explainOnSubmit();
lookAgain();
