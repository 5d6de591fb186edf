/**
 * Builds the package into `dist/`: CommonJS with declarations by TypeScript, and for each entry an ES module that names the same
 * exports. One implementation: `instanceof` and Nest's tokens hold whichever way a program loads it.
 */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';

const require = createRequire(import.meta.url);
const folder = import.meta.dirname;
const dist = join(folder, 'dist');

rmSync(dist, { recursive: true, force: true });
const tsc = join(require.resolve('typescript/package.json'), '../bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(folder, 'tsconfig.build.json')], { stdio: 'inherit' });

const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
for (const entry of Object.values(exports)) {
  if (typeof entry === 'string') continue;
  const file = entry.require.default;
  const base = file.replace('./dist/', './');
  writeFileSync(join(folder, entry.import.types), `export * from '${base}';\n`);
  // The names come from the text: loading an adapter would want its framework.
  const names = [
    ...readFileSync(join(folder, file), 'utf8').matchAll(
      /^exports\.(\w+) = |^Object\.defineProperty\(exports, "(\w+)"/gm,
    ),
  ]
    .map(([, assigned, defined]) => assigned ?? defined)
    .filter((name) => name !== '__esModule' && name !== undefined);
  const unique = [...new Set(names)].sort();
  writeFileSync(
    join(folder, entry.import.default),
    `import kit from '${base}';\n${unique.map((name) => `export const ${name} = kit.${name};`).join('\n')}\n`,
  );
}
chmodSync(join(dist, 'test-double/cli.js'), 0o755);
