#!/usr/bin/env node
// Validates Kubernetes YAML as strictly as an API server with strict fields: unknown fields, types, what is required, and names
// that may be there once only.
//
//   node validate.mjs [FILE… | -] [--without-schema APIVERSION/KIND]…
//
// Every object needs a schema, unless its kind is named by --without-schema. Exit 0, 1 with an error a line on stderr, or
// 2 for a wrong usage.
//
// The schemas are compiled to code, which lets unknown fields pass. So the object is handed over inside a Proxy that notes
// what is read: a field that no schema ever looks at is one that Kubernetes does not know.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import yaml from 'js-yaml';

const require = createRequire(import.meta.url);
const PACKAGES = ['kubernetes-models', '@kubernetes-models/prometheus-operator'];

// A Date is a timestamp that stood without quotes.
const hasFields = (value) => typeof value === 'object' && value !== null && !(value instanceof Date);

function schemaOf({ apiVersion, kind }) {
  for (const name of PACKAGES) {
    try {
      const model = require(`${name}/${apiVersion}`)[kind];
      if (model?.kind === kind) return model.prototype.validate;
    } catch (error) {
      if (!['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(error.code)) throw error;
    }
  }
  return undefined;
}

// To the API server a null is the same as no field.
function withoutNulls(value) {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!hasFields(value)) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutNulls(field)]));
}

// The value, and in `read` the fields of each of its objects that were looked at. Who lists the fields of an object takes
// whatever is in it: labels, data, annotations.
function watched(value, read) {
  if (!hasFields(value)) return value;
  const fields = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, watched(field, read)]));
  const seen = new Set();
  read.set(value, seen);
  const note = (name) => { if (typeof name === 'string') seen.add(name); };
  return new Proxy(Array.isArray(value) ? Object.values(fields) : fields, {
    get(target, name) { note(name); return target[name]; },
    ownKeys(target) { Reflect.ownKeys(target).forEach(note); return Reflect.ownKeys(target); },
  });
}

function* unknownFields(value, read, path) {
  for (const [name, field] of Object.entries(value)) {
    const here = Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name;
    if (!read.get(value).has(name)) yield `${here}: unknown field`;
    else if (hasFields(field)) yield* unknownFields(field, read, here);
  }
}

function* schemaErrors(validate, object, read) {
  try {
    validate.call(watched(object, read));
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    for (const { instancePath, message, params } of error.errors) {
      const path = instancePath.slice(1).replace(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.');
      yield `${path || 'the object'}: ${message}${params?.allowedValues ? ` (${params.allowedValues.join(', ')})` : ''}`;
    }
  }
}

// What no schema says: in which lists two entries may not be the same, by which of their fields. A port may be there once for
// each protocol; names of container ports are the whole Pod's, of its init containers too where these stay.
const name = (entry) => entry.name;
const numbered = (field) => (entry) => `${entry[field]}/${entry.protocol ?? 'TCP'}`;
const IN_A_SERVICE = [['ports', 'name', name], ['ports', 'port', numbered('port')]];
const IN_A_CONTAINER = [['env', 'name', name], ['volumeMounts', 'mountPath', (mount) => mount.mountPath],
  ['ports', 'containerPort', numbered('containerPort')]];

const list = (value) => (Array.isArray(value) ? value : []);

function* repeated(entries, field, key, path) {
  const seen = new Set();
  for (const entry of entries.filter(hasFields)) {
    const value = key(entry);
    if (value !== undefined && seen.has(value)) yield `${path}: the ${field} ${value} is there twice`;
    seen.add(value);
  }
}

function* repeatedInPod(spec, path) {
  const containers = ['initContainers', 'containers'].flatMap((field) => list(spec[field]));
  yield* repeated(containers, 'name', name, `${path}.containers`);
  yield* repeated(list(spec.volumes), 'name', name, `${path}.volumes`);
  yield* repeated(containers.flatMap((container) => list(container?.ports)), 'name', name, `${path}.containers.ports`);
  for (const container of containers.filter(hasFields)) {
    for (const [field, what, key] of IN_A_CONTAINER) {
      yield* repeated(list(container[field]), what, key, `${path}.containers.${container.name}.${field}`);
    }
  }
}

function* repetitions({ kind, spec }) {
  if (!hasFields(spec)) return;
  if (kind === 'Service') {
    for (const [field, what, key] of IN_A_SERVICE) yield* repeated(list(spec[field]), what, key, `spec.${field}`);
  }
  if (kind === 'Pod') yield* repeatedInPod(spec, 'spec');
  if (hasFields(spec.template?.spec)) yield* repeatedInPod(spec.template.spec, 'spec.template.spec');
  const job = spec.jobTemplate?.spec?.template?.spec;
  if (hasFields(job)) yield* repeatedInPod(job, 'spec.jobTemplate.spec.template.spec');
}

function* errorsOf(object, withoutSchema) {
  if (!hasFields(object) || !object.apiVersion || !object.kind) {
    yield 'not an object of Kubernetes: apiVersion and kind are missing';
    return;
  }
  const validate = schemaOf(object);
  if (!validate) {
    const kind = `${object.apiVersion}/${object.kind}`;
    if (!withoutSchema.has(kind)) yield `no schema for ${kind}; if that is right, say --without-schema ${kind}`;
    return;
  }
  const cleaned = withoutNulls(object);
  const read = new Map();
  yield* schemaErrors(validate, cleaned, read);
  yield* unknownFields(cleaned, read, '');
  yield* repetitions(cleaned);
}

function* objectsOf(text, source) {
  for (const document of yaml.loadAll(text, null, { filename: source })) {
    if (document?.kind === 'List') yield* document.items;
    else if (document !== null && document !== undefined) yield document;
  }
}

function usage() {
  try {
    return parseArgs({ allowPositionals: true, options: { 'without-schema': { type: 'string', multiple: true, default: [] } } });
  } catch (error) {
    console.error(`validate: ${error.message}`);
    process.exit(2);
  }
}

const { positionals, values } = usage();
let objects = 0;
let errors = 0;
const report = (where, message) => { errors += 1; console.error(`${where}: ${message}`); };
for (const source of positionals.length ? positionals : ['-']) {
  try {
    for (const object of objectsOf(readFileSync(source === '-' ? 0 : source, 'utf8'), source)) {
      objects += 1;
      const where = `${source}: ${object?.kind ?? 'document'}/${object?.metadata?.name ?? '?'}`;
      for (const error of errorsOf(object, new Set(values['without-schema']))) report(where, error);
    }
  } catch (error) {
    report(source, error.message);
  }
}
if (!objects && !errors) report(positionals.join(' ') || '-', 'no object in it');
console.log(`${objects} objects, ${errors} errors`);
process.exitCode = errors ? 1 : 0;
