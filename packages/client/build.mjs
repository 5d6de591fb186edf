/**
 * Builds the package into `dist/`: CommonJS with declarations by TypeScript, and for each entry an ES module that names the same
 * exports. One implementation: `instanceof` and Nest's tokens hold whichever way a program loads it. Nothing is done when nothing has
 * changed since the last time; who uses `dist/` meanwhile finds the former one whole.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { withLock } from '../../tools/build/lock.mjs';

const require = createRequire(import.meta.url);
const folder = import.meta.dirname;
const dist = join(folder, 'dist');
const stamp = join(folder, '.built');
const lock = join(folder, '.building');

await withLock(lock, () => {
  const inputs = hashOfInputs();
  if (existsSync(dist) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return;
  const next = `${dist}.next`;
  rmSync(next, { recursive: true, force: true });
  build(next);
  const former = `${dist}.former`;
  rmSync(former, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, former);
  renameSync(next, dist);
  rmSync(former, { recursive: true, force: true });
  writeFileSync(stamp, inputs);
});

function build(into) {
  const tsc = join(require.resolve('typescript/package.json'), '../bin/tsc');
  const args = [tsc, '-p', join(folder, 'tsconfig.build.json'), '--outDir', into];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const entry of Object.values(exports)) if (typeof entry !== 'string') writeModule(entry, into);
  chmodSync(join(into, 'test-double/cli.js'), 0o755);
}

/** The ES module of an entry, and its types. */
function writeModule({ import: module, require: { default: file } }, into) {
  const base = file.replace('./dist/', './');
  const inBuild = (path) => join(into, path.replace('./dist/', ''));
  writeFileSync(inBuild(module.types), `export * from '${base}';\n`);
  // The names come from the text: loading an adapter would want its framework.
  const text = readFileSync(inBuild(file), 'utf8');
  const names = [...text.matchAll(/^exports\.(\w+) = |^Object\.defineProperty\(exports, "(\w+)"/gm)]
    .map(([, assigned, defined]) => assigned ?? defined)
    .filter((name) => name !== '__esModule' && name !== undefined);
  const lines = [...new Set(names)].sort().map((name) => `export const ${name} = kit.${name};`);
  writeFileSync(inBuild(module.default), `import kit from '${base}';\n${lines.join('\n')}\n`);
}

function hashOfInputs() {
  const sources = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256').update(require('typescript/package.json').version);
  for (const path of [
    ...sources,
    ...['package.json', 'build.mjs', 'tsconfig.build.json'].map((name) => join(folder, name)),
  ].sort())
    hash.update(path).update(readFileSync(path));
  return hash.digest('hex');
}
