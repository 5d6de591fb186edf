import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 50;
/** Far longer than a build takes. */
const LIMIT_MS = 60_000;

/**
 * Runs an action while no other process of this machine runs one under the same lock file. A process that has died holds
 * no lock. It spares work: whoever gets past it does no harm.
 */
export async function withLock(file, action) {
  const deadline = Date.now() + LIMIT_MS;
  while (!take(file)) {
    removeIfLeft(file);
    if (Date.now() > deadline) throw new Error(`${file} is held for over ${LIMIT_MS / 1000} s: remove it`);
    await sleep(PAUSE_MS);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function removeIfLeft(file) {
  let holder;
  try {
    holder = Number(readFileSync(file, 'utf8'));
    if (holder > 0) process.kill(holder, 0);
  } catch (error) {
    if (error.code !== 'ESRCH') return; // it is gone, or somebody else's
    const left = `${file}-${holder}-${process.pid}`;
    try {
      renameSync(file, left); // only one of those who see it succeeds
      rmSync(left);
    } catch {
      // another was first
    }
  }
}
