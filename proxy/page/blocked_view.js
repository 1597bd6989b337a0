// Blocked and reported calls, each with the lines that would let it pass and a button that copies them.
import { groupBlocked } from "./calls.js";
import { byId, make, setText, sync } from "./dom.js";
import { number, timeOfDay } from "./format.js";

const shown = 20;

async function copy(text, button) {
  const say = (words) => {
    button.textContent = words;
    setText(byId("copied"), words);
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    say("Press Ctrl+C");
  }
}

function remedyOf(call) {
  if (call.covered_by) return make("p", { class: "good" }, `The configuration in force lets it pass: ${call.covered_by}`);
  if (!call.paste) return make("p", { class: "quiet" }, "A line in the map does not help here.");
  const button = make("button", { type: "button", "aria-label": `Copy the lines for ${call.source}` }, "Copy");
  button.addEventListener("click", () => copy(call.paste, button));
  return make("div", { class: "paste" }, make("pre", { tabindex: "0" }, call.paste.trimEnd()), button);
}

function createBlocked(call) {
  const name = make("span", { class: `badge ${call.decision}` }, call.decision);
  const title = make("p", { class: "call" }, name, " ", make("strong", {}, call.method), " ", call.source);
  return make("li", {}, make("div", {}, title, make("p", { class: "quiet" })), remedyOf(call));
}

/// Lines that differ make it another item: what can be done about a call changes with the configuration.
const keyOf = (call) => [call.key, call.paste, call.covered_by].join(" ");

export function showBlocked(calls) {
  const groups = groupBlocked(calls).slice(0, shown);
  byId("blocked-none").hidden = groups.length > 0;
  sync(byId("blocked"), groups, keyOf, createBlocked, (element, call) => {
    const times = call.count > 1 ? `${number(call.count)} times, last at` : "at";
    setText(element.firstChild.lastChild, `${times} ${timeOfDay(call.time)}${call.reason ? ` · ${call.reason}` : ""}`);
  });
}
