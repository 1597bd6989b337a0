// Asks /explain what a call would do. Nothing is called.
import { askJson } from "./ask.js";
import { byId, longText, make } from "./dom.js";

const lines = [
  ["Rule", "rule"],
  ["Goes to", "target"],
  ["On the way", "changes"],
  ["Why", "reason"],
];
const looks = { mapped: "good", allowed: "good", reported: "fair", blocked: "bad", refused: "bad" };

function answer(explanation) {
  const facts = make("dl", { class: "facts" });
  const add = (name, value, look = "") =>
    facts.append(make("div", {}, make("dt", {}, name), longText(make("dd", { class: look }, value))));
  add("Decision", explanation.decision, looks[explanation.decision]);
  for (const [name, key] of lines) if (explanation[key]) add(name, explanation[key]);
  if (explanation.targets.length > 1) add("Or to", explanation.targets.slice(1).join(", "));
  const parts = [facts];
  if (explanation.paste)
    parts.push(
      make("p", { class: "quiet" }, "To let it pass, add to the configuration:"),
      longText(make("pre", {}, explanation.paste.trimEnd())),
    );
  return parts;
}

export function explainOnSubmit() {
  byId("explain").addEventListener("submit", async (event) => {
    event.preventDefault();
    const query = new URLSearchParams({ method: byId("explain-method").value, url: byId("explain-url").value.trim() });
    try {
      byId("explained").replaceChildren(...answer(await askJson(`/explain?${query}`)));
    } catch (error) {
      byId("explained").replaceChildren(make("p", { class: "bad" }, error.message));
    }
  });
}
