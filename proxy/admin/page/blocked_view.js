// Blocked and reported calls, each with the lines that would let it pass and a button that copies them.
import { byId, longText, make, setText, sync } from "./dom.js";
import { number, timeOfDay } from "./format.js";

const shown = 20;

async function copy(button) {
  const lines = button.previousElementSibling;
  const say = (words) => {
    button.textContent = words;
    setText(byId("copied"), words);
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };
  try {
    await navigator.clipboard.writeText(`${lines.textContent}\n`);
    say("Copied");
  } catch {
    getSelection().selectAllChildren(lines);
    say("Press Ctrl+C");
  }
}

/// What can be done about a call; it changes with the configuration.
function remedyOf(call) {
  if (call.covered_by) return { kind: "good", words: `The configuration in force lets it pass: ${call.covered_by}` };
  if (call.paste) return { kind: "paste", words: call.paste.trimEnd() };
  return { kind: "quiet", words: "A line in the map does not help here." };
}

function createRemedy(kind, call) {
  if (kind !== "paste") return make("p", { class: kind });
  const button = make("button", { type: "button", "aria-label": `Copy the lines for ${call.source}` }, "Copy");
  button.addEventListener("click", () => copy(button));
  return make("div", { class: kind }, longText(make("pre")), button);
}

function createBlocked(call) {
  const name = make("span", { class: `badge ${call.decision}` }, call.decision);
  const title = make("p", { class: "call" }, name, " ", make("strong", {}, call.method), " ", call.source);
  const when = make("p", { class: "quiet" });
  return make("li", {}, make("div", {}, longText(title), longText(when)), make("p"));
}

/// In place, for a button may be under somebody's pointer.
function updateBlocked(item, call) {
  const times = call.count > 1 ? `${number(call.count)} times, last at` : "at";
  setText(item.firstChild.lastChild, `${times} ${timeOfDay(call.time)}${call.reason ? ` · ${call.reason}` : ""}`);
  const { kind, words } = remedyOf(call);
  if (item.lastChild.className !== kind) item.lastChild.replaceWith(createRemedy(kind, call));
  setText(item.querySelector("pre") ?? item.lastChild, words);
}

/// `groups` as they were first seen; the newest is on top.
export function showBlocked(groups) {
  byId("blocked-none").hidden = groups.length > 0;
  sync(byId("blocked"), groups.slice(-shown).reverse(), (call) => call.key, createBlocked, updateBlocked);
  const more = groups.length - shown;
  byId("blocked-more").hidden = more <= 0;
  setText(byId("blocked-more"), `and ${number(more)} more`);
}
