import { lstat, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { processExists } from './server-account';

/** Longer than any launcher works on one directory, so an older one is abandoned even if its pid lives again. */
const ABANDONED_AFTER_MS = 5 * 60_000;

/** Makes `<parent>/<name>.tmp-<pid>-<random>`; the pid tells later starts whose it was. */
export function createTemporarySibling(parent: string, name: string): Promise<string> {
  return mkdtemp(join(parent, `${name}.tmp-${process.pid}-`));
}

/** Renames the finished directory into place; false when another process was first, ours is then removed. */
export async function moveIntoPlace(temporary: string, final: string): Promise<boolean> {
  try {
    await rename(temporary, final);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    await removeTree(temporary);
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || (code === 'EPERM' && process.platform === 'win32')) {
      return false;
    }
    throw error;
  }
}

/** Removes the half-made siblings that killed processes left behind. */
export async function removeAbandonedSiblings(parent: string, name: string): Promise<void> {
  const prefix = `${name}.tmp-`;
  const entries = await readdir(parent);
  for (const entry of entries.filter((candidate) => candidate.startsWith(prefix))) {
    const path = join(parent, entry);
    if (await isAbandoned(path, Number.parseInt(entry.slice(prefix.length), 10))) {
      await removeTree(path).catch(() => undefined);
    }
  }
}

async function isAbandoned(path: string, pid: number): Promise<boolean> {
  try {
    const { uid, mtimeMs } = await lstat(path);
    const ours = process.getuid === undefined || uid === process.getuid();
    return ours && (!processExists(pid) || Date.now() - mtimeMs > ABANDONED_AFTER_MS);
  } catch {
    return false;
  }
}

export function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}
