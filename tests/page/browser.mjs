// A headless Chromium, driven by JSON lines on stdin: {"do": NAME, "with": [ARGUMENTS]}. Each is answered by one line on
// stdout, {"is": RESULT} or {"failed": MESSAGE}. What a page must not do (errors, failed requests, requests to elsewhere) is kept, and
// told by `problems`.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, executablePath, profile] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/`)("playwright-core");

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const limit = 10_000;

const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: flags });
let page = null;
let problems = [];

const actions = {
  async open(url, { width = 1280, dark = false } = {}) {
    await page?.close();
    page = await context.newPage();
    problems = [];
    page.setDefaultTimeout(limit);
    page.on("console", (message) => message.type() === "log" || problems.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
    page.on("requestfailed", (request) => problems.push(`failed: ${request.url()} ${request.failure().errorText}`));
    page.on("request", (request) => {
      const wanted = new URL(request.url());
      if (wanted.protocol !== "data:" && wanted.origin !== new URL(url).origin) problems.push(`elsewhere: ${request.url()}`);
    });
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
    const answer = await page.goto(url);
    return answer.status();
  },
  /// Until the expression is true. Asked from outside: the page's policy forbids it to evaluate text.
  async until(condition) {
    for (const end = Date.now() + limit; !(await page.evaluate(condition)); await new Promise((done) => setTimeout(done, 50))) {
      if (Date.now() > end)
        throw new Error(`this did not become true: ${condition}\n${await page.locator("body").innerText()}`);
    }
  },
  text: (selector) => page.locator(selector).innerText(),
  evaluate: (expression) => page.evaluate(expression),
  click: (selector) => page.click(selector),
  fill: (selector, text) => page.fill(selector, text),
  press: (key) => page.keyboard.press(key),
  allow: (permissions) => context.grantPermissions(permissions),
  /// Of the whole page, or of the part that `clip` names.
  screenshot: (path, clip) => page.screenshot({ path, clip, fullPage: true }),
  problems: () => problems,
};

console.log(JSON.stringify({ is: "ready" }));
for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, with: given } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ is: (await actions[name](...given)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ failed: error.message }));
  }
}
await context.close();
