/** What production needs, in a folder of its own: the build, and the few packages that are no part of it. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildInto } from './builds.mjs';
import { makeCodeCache } from './code-cache.mjs';

/** Loaded by Node itself, in threads and browsers too (LEFT_ALONE in packages.mjs, and what worker threads load). */
const PACKAGES = [
  ...['bcryptjs', 'hash-wasm', 'pino', 'piscina', 'swagger-ui-dist', 'undici'],
  ...['api', 'sdk-trace', 'resources', 'exporter-trace-otlp-http'].map((name) => `@opentelemetry/${name}`),
];
/** No program reads them. */
const UNUSED = /\.(map|md|d\.[cm]?ts)$|\/(test|tests|benchmark|examples?|docs|\.github|build\/(esm|esnext))$/;
/** For development only. */
const NOT_SERVED = ['packages', 'tools', 'bench'];

/** @param {string} root of the project @param {string} folder absolute, replaced */
export async function buildForProduction(root, folder) {
  rmSync(folder, { recursive: true, force: true });
  await buildInto(root, join(folder, 'dist'));
  const { name, version, license, engines } = readJson(join(root, 'package.json'));
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ name, version, license, engines }, null, 2)}\n`,
  );
  for (const path of withDependencies(root)) {
    mkdirSync(join(folder, path), { recursive: true });
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      // Its own packages below it are in the list where they are needed.
      filter: (file) =>
        !UNUSED.test(file) && !file.slice(join(root, path).length).startsWith('/node_modules'),
    });
  }
  const fault = makeCodeCache(join(folder, 'dist'));
  if (fault !== undefined) throw new Error(`the service does not start: ${fault}`);
  for (const name of NOT_SERVED) rmSync(join(folder, 'dist', name), { recursive: true, force: true });
}

/** Their folders and those of all that they need, as they are installed: nested ones stay nested. */
function withDependencies(root) {
  const { packages } = readJson(join(root, 'package-lock.json'));
  const found = new Set();
  const add = (path) => {
    if (found.has(path) || !existsSync(join(root, path))) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path];
    for (const name of Object.keys(dependencies)) {
      if (name in optionalDependencies) continue;
      const installed = nearest(packages, path, name);
      if (installed !== undefined) add(installed);
    }
  };
  for (const name of PACKAGES) add(`node_modules/${name}`);
  return [...found].sort();
}

/** Where Node finds a package for another one. */
function nearest(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[path]) return path;
    if (at === '') return undefined;
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
