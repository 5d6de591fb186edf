import {
  chmod,
  constants,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  rename,
  symlink,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import {
  createTemporarySibling,
  moveIntoPlace,
  removeAbandonedSiblings,
  removeTree,
} from './temporary-directories';

/** Copies PostgreSQL to a folder of the system's temporary folder that every user can read, once per version. */
export async function copyToSharedFolder(
  nativeFolder: string,
  name: string,
  log: (line: string) => void,
): Promise<string> {
  const parent = tmpdir();
  const folderName = `${name}-${process.getuid?.() ?? 'user'}`;
  const folder = join(parent, folderName);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await isUsable(folder, nativeFolder)) {
      return folder;
    }
    log(`Copying PostgreSQL to ${folder}: its unprivileged user cannot run it in ${nativeFolder}`);
    await makeCopy(nativeFolder, parent, folderName);
  }
  throw new Error(`${folder} is not a complete copy of ${nativeFolder}. Remove it and start again.`);
}

async function makeCopy(nativeFolder: string, parent: string, folderName: string): Promise<void> {
  await removeAbandonedSiblings(parent, folderName);
  const temporary = await createTemporarySibling(parent, folderName);
  try {
    await copyReadable(nativeFolder, temporary);
  } catch (error) {
    await removeTree(temporary);
    throw error;
  }
  await moveIntoPlace(temporary, join(parent, folderName));
}

/** Trusts only a folder that nobody else can have filled; an incomplete one of our own is removed. */
async function isUsable(folder: string, original: string): Promise<boolean> {
  const status = await lstat(folder).catch(() => undefined);
  if (status === undefined) {
    return false;
  }
  const ours = process.getuid === undefined || status.uid === process.getuid();
  if (!status.isDirectory() || !ours || (status.mode & 0o022) !== 0) {
    throw new Error(
      `${folder} does not belong to this user alone, so the PostgreSQL in it is not trusted. Remove it, or set ` +
        `TMPDIR to another folder.`,
    );
  }
  // Cleaners of temporary folders remove single old files.
  const present = new Set(await readdir(folder, { recursive: true }));
  const expected = await readdir(original, { recursive: true });
  const complete = expected.every((path) => present.has(path));
  if (!complete) {
    await setAside(folder);
  }
  return complete;
}

/** Moves first, so that a copy another process puts in its place is never the one being removed. */
async function setAside(folder: string): Promise<void> {
  const aside = await createTemporarySibling(dirname(folder), basename(folder));
  await rename(folder, join(aside, 'incomplete')).catch(() => undefined);
  await removeTree(aside);
}

/** Sets every mode itself: the originals may be closed to others by the umask of the installation. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      await copyReadable(source, target);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), target);
    } else {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      const { mode } = await lstat(source);
      await chmod(target, (mode & 0o100) === 0 ? 0o644 : 0o755);
    }
  }
}
