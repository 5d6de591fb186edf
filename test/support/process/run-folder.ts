import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const PREFIX = 'promptstack-auth-test-';

/**
 * Makes the folder that is the temporary folder of all that a run starts, so that nothing is left of what a test that has
 * failed did not remove. Those of runs that were killed go too.
 */
export function makeRunFolder(): string {
  const parent = tmpdir();
  const left = readdirSync(parent).filter((name) => name.startsWith(PREFIX) && !isAlive(ownerOf(name)));
  for (const name of left) removeRunFolder(join(parent, name));
  const folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  chmodSync(folder, 0o755); // servers with a user of their own have to enter it
  return folder;
}

/** Removes such a folder, and ends the database servers that still have their data in it. */
export function removeRunFolder(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (basename(path) === 'postmaster.pid') endServer(join(folder, path));
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function endServer(pidFile: string): void {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    if (isPostgres(pid)) process.kill(pid, 'SIGQUIT');
  } catch {
    // it has ended meanwhile
  }
}

/** A number may long be that of another process. */
function isPostgres(pid: number): boolean {
  return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
}

function ownerOf(name: string): number {
  return Number.parseInt(name.slice(PREFIX.length), 10);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
