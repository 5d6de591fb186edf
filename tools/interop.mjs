/**
 * The layer `npm run test:interop`: installs the packages of `test/interop/` when their lock file has changed, then runs Jest there.
 *
 *   node tools/interop.mjs [--all] [--write] [what Jest takes]
 *
 * --all also runs what is large or slow to start (CI does not); --write renews the rows in docs/ of what ran.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'test/interop');
const stamp = join(folder, 'node_modules/.installed');
const lock = createHash('sha256')
  .update(readFileSync(join(folder, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stdout.write('installing the packages of test/interop\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], folder);
  writeFileSync(stamp, lock);
}
const args = process.argv.slice(2);
const own = { '--all': { INTEROP_ALL: 'true' }, '--write': { INTEROP_WRITE: 'true' } };
const given = args.filter((arg) => arg in own);
run(
  join(root, 'node_modules/.bin/jest'),
  [
    '-c',
    'jest.interop.config.mjs',
    ...args.filter((arg) => !(arg in own)),
    ...(given.includes('--write') ? ['--runInBand'] : []), // the files write the same page
  ],
  root,
  Object.assign({}, ...given.map((arg) => own[arg])),
);

function run(program, parameters, cwd, variables = {}) {
  const { status, error } = spawnSync(program, parameters, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...variables },
  });
  if (error) process.stderr.write(`${program}: ${error.message}\n`);
  if (status !== 0) process.exit(status ?? 1);
}
