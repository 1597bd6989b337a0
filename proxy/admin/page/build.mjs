// Makes one HTML file of index.html, its styles and its scripts, and of that a C++ file.
//
//   node build.mjs NODE_MODULES OUTPUT.cpp
//
// A browser takes the styles and scripts inside by their hashes (Content-Security-Policy), so nothing may change them later.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const importLine = /^import \{[^}]*\} from "\.\/([\w-]+\.js)";\n/gm;
const declared = /^(?:export )?(?:async )?(?:function|const|let|class) (\w+)/gm;

function fail(message) {
  console.error(`proxy/admin/page/build.mjs: ${message}`);
  process.exit(1);
}

function read(...parts) {
  const path = join(...parts);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return fail(`cannot read ${path}: ${error.message}`);
  }
}

/// The files that `name` imports and then itself, each once.
function modulesOf(name, found = new Map()) {
  if (found.has(name)) return found;
  found.set(name, "");
  const text = read(here, name);
  for (const [, imported] of text.matchAll(importLine)) modulesOf(imported, found);
  found.delete(name); // behind what it imports
  found.set(name, text);
  return found;
}

/// Modules as one: the names at the top level of all of them must differ.
function joinModules(name) {
  const owners = new Map();
  let joined = "";
  for (const [file, text] of modulesOf(name)) {
    for (const [, word] of text.matchAll(declared)) {
      if (owners.has(word)) fail(`${file} and ${owners.get(word)} both declare ${word}: give one another name`);
      owners.set(word, file);
    }
    const inlined = text.replace(importLine, "").replace(/^export (?=async |function |const |class )/gm, "");
    if (/^(import|export)\b/m.test(inlined)) fail(`${file} has an import or export of a form that is not known here`);
    joined += inlined;
  }
  return joined;
}

function hashOf(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function element(tag, attributes, text) {
  if (text.toLowerCase().includes(`</${tag}`)) fail(`what goes into <${tag}> must not end it`);
  return `<${tag}${attributes}>${text}</${tag}>`;
}

function replaceOnce(page, what, by) {
  if (page.split(what).length !== 2) fail(`index.html must have this once: ${what}`);
  return page.replace(what, () => by);
}

const [modules, output] = process.argv.slice(2);
if (!output) fail("say NODE_MODULES and OUTPUT.cpp");
const uplot = join(modules, "uplot");
const styles = read(uplot, "dist/uPlot.min.css") + read(here, "style.css");
const library = `/*! uPlot\n${read(uplot, "LICENSE")}*/\n${read(uplot, "dist/uPlot.iife.min.js")}`;
const script = joinModules("main.js");

let page = read(here, "index.html");
page = replaceOnce(page, '<link rel="stylesheet" href="style.css">', element("style", "", styles));
page = replaceOnce(
  page,
  '<script type="module" src="main.js"></script>',
  element("script", "", library) + element("script", ' type="module"', script),
);
const policy = [
  "default-src 'none'",
  `script-src ${hashOf(library)} ${hashOf(script)}`,
  `style-src ${hashOf(styles)}`,
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const delimiter = "page";
if (page.includes(`)${delimiter}"`)) fail(`the page has )${delimiter}" in it`);
writeFileSync(
  output,
  `#include "admin/page.hpp"

namespace ambassador::admin {
std::string_view const page_html = R"${delimiter}(${page})${delimiter}";
std::string_view const page_policy = "${policy}";
}  // namespace ambassador::admin
`,
);
