// The head of the page: how the process is, its figures in large, and its configuration.
import { success } from "./counts.js";
import { byId, make, setClass, setText, sync } from "./dom.js";
import { age, clock, duration, number, percent, rate, timeOfDay } from "./format.js";
import { figures } from "./history.js";

export function showState(status) {
  setText(byId("version"), status.version);
  const failed = status.configuration.last_reload?.faults.length > 0;
  const words = status.draining ? "draining" : failed ? "ready, with the configuration from before" : "ready";
  setText(byId("state"), words);
  setText(byId("uptime"), `up ${age((status.now_ms - status.started_ms) / 1000)}`);
  setClass(byId("state"), `state ${status.draining || failed ? "fair" : "good"}`);
}

/// What the reader must know before all else; nothing hides it.
export function showNotice(text) {
  byId("notice").hidden = text === "";
  setText(byId("notice"), text);
}

export function showUnreachable(since) {
  setText(byId("state"), "not reachable");
  setText(byId("uptime"), "");
  setClass(byId("state"), "state bad");
  showNotice(`The ambassador has not answered since ${clock(since)}. What is shown is from then; asking again.`);
}

/// `when` says what the figures are of, where the choice does not.
export function showTiles(now, then, when) {
  const seen = figures(now, then);
  const told = (text) => (when ? `${text}, ${when}` : text);
  const since = (key) => now[key] - (then ? then[key] : 0);
  const tiles = [
    { name: "Calls per second", value: rate(seen.rate), more: told(`${number(seen.calls)} calls`) },
    { name: "Success", value: percent(success(seen)), more: told(`${number(seen.failed)} failed`) },
    { name: "Latency, p95", value: duration(seen.p95), more: told(`p50 ${duration(seen.p50)}`) },
    {
      name: "Blocked",
      value: number(since("blocked")),
      more: told(`${number(since("reported"))} reported`),
      loud: since("blocked") > 0,
    },
  ];
  const create = ({ name }) => make("div", {}, make("dt", {}, name), make("dd"), make("dd", { class: "quiet" }));
  sync(
    byId("tiles"),
    tiles,
    (tile) => tile.name,
    create,
    (element, tile) => {
      const [, value, more] = element.children;
      setText(value, tile.value);
      setText(more, tile.more);
      setClass(value, tile.loud ? "value bad" : "value");
    },
  );
}

function lastReload({ last_reload: last }) {
  if (last === null) return "none since the start";
  return `${last.faults.length === 0 ? "taken" : "NOT taken"} at ${timeOfDay(last.time)}`;
}

const unmappedWords = { block: "blocked", report: "passed, and reported", allow: "passed" };

export function showConfiguration(status) {
  const { configuration } = status;
  const loadedAgo = age((status.now_ms - Date.parse(configuration.loaded)) / 1000);
  const facts = [
    { name: "From", value: configuration.origin },
    { name: "In force since", value: `${timeOfDay(configuration.loaded)}, ${loadedAgo} ago` },
    { name: "Last reload", value: lastReload(configuration), bad: configuration.last_reload?.faults.length > 0 },
    { name: "Not in the map", value: unmappedWords[configuration.unmapped] },
    ...(configuration.last_reload?.faults ?? []).map((fault, i) => ({
      name: i === 0 ? "Error" : `Error ${i + 1}`,
      value: fault,
      bad: true,
    })),
  ];
  const create = ({ name }) => make("div", {}, make("dt", {}, name), make("dd"));
  sync(
    byId("configuration"),
    facts,
    (fact) => fact.name,
    create,
    (element, fact) => {
      setText(element.lastChild, fact.value);
      setClass(element.lastChild, fact.bad ? "bad" : "");
    },
  );
}
