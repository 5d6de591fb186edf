import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** As in runtime/cached-script.cjs. */
const FILE = `code-${process.version}-${process.platform}-${process.arch}.bin`;
const LIMIT_MS = 60_000;

/** Whether this version of Node has left what it compiled beside the packages and the service's files of a build. */
export function hasCodeCache(build) {
  return ['bundle', 'own'].every((folder) => existsSync(join(build, folder, FILE)));
}

/**
 * Lets a service of this build start and stop, and keeps what Node compiled of packages and service. Without it a start takes
 * longer. Answers what went wrong: where the service does not come up, that is for the service to say.
 */
export function makeCodeCache(build) {
  const script = join(import.meta.dirname, 'keep-code.cjs');
  const { error, signal, status, stderr } = spawnSync(process.execPath, [script, build], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: { PATH: process.env.PATH },
  });
  return status === 0 ? undefined : (error?.message ?? signal ?? stderr);
}
