import { randomBytes } from 'node:crypto';
import { chown, lstat, mkdir, open, readFile, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { PostgresBinaries } from './postgres-binaries';
import { type ServerAccount, runCommand } from './server-account';
import {
  createTemporarySibling,
  moveIntoPlace,
  removeAbandonedSiblings,
  removeTree,
} from './temporary-directories';

export type Durability = 'safe' | 'throwaway';

export const SUPERUSER = 'promptstack';

/** One initialised PostgreSQL data directory with its password and log. */
export interface PostgresCluster {
  /** Holds everything below; safe to remove while no server runs. */
  readonly folder: string;
  readonly dataDirectory: string;
  readonly passwordFile: string;
  readonly password: string;
  readonly logFile: string;
}

export interface ClusterOptions {
  readonly directory: string;
  readonly durability: Durability;
  readonly account: ServerAccount;
  readonly log: (line: string) => void;
  readonly binaries: () => Promise<PostgresBinaries>;
}

const FOLDER = 'postgres';
const INITDB_LIMIT_MS = 55_000;

/**
 * Opens the cluster in `<directory>/postgres`, creating it when missing. Creation ends in one rename, so processes
 * that race need no lock: the first wins and its data and password can never be mixed with another's.
 */
export async function openCluster(options: ClusterOptions): Promise<PostgresCluster> {
  const directory = resolve(options.directory);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeAbandonedSiblings(directory, FOLDER);
    if (!(await exists(join(directory, FOLDER)))) {
      options.log(`Creating a PostgreSQL database in ${directory}`);
      await createCluster(directory, options);
    }
    return await readCluster(join(directory, FOLDER), options.account);
  } catch (error) {
    throw explainRefusedAccess(error, directory);
  }
}

async function createCluster(directory: string, options: ClusterOptions): Promise<void> {
  const binaries = await options.binaries();
  const temporary = await createTemporarySibling(directory, FOLDER);
  try {
    await initialise(temporary, binaries, options);
  } catch (error) {
    await removeTree(temporary);
    throw error;
  }
  await moveIntoPlace(temporary, join(directory, FOLDER));
}

async function initialise(
  folder: string,
  binaries: PostgresBinaries,
  options: ClusterOptions,
): Promise<void> {
  const { account, durability } = options;
  const { dataDirectory, passwordFile } = pathsIn(folder);
  await mkdir(dataDirectory, { mode: 0o700 });
  await giveTo(account, dataDirectory);
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });

  // The server's account may be unable to walk to the file, so it gets the file itself, for this one reading.
  const password = await open(passwordFile, 'r');
  await giveTo(account, passwordFile);
  try {
    const byDescriptor = account.uid !== undefined;
    const { succeeded, output } = await runCommand(
      binaries.initdb,
      [
        ...['-D', dataDirectoryArgument(dataDirectory, account)],
        ...['--username', SUPERUSER, '--encoding', 'UTF8', '--locale', 'C', '--auth', 'scram-sha-256'],
        ...['--pwfile', byDescriptor ? '/dev/stdin' : passwordFile, '--no-instructions'],
        ...(durability === 'throwaway' ? ['--no-sync'] : []),
      ],
      { account, cwd: dataDirectory, limit: INITDB_LIMIT_MS, stdin: password.fd },
    );
    if (!succeeded) {
      throw new Error(`PostgreSQL could not create a database in ${options.directory}: ${output}`);
    }
    await password.sync();
  } finally {
    await password.close();
    await takeBack(account, passwordFile);
  }
}

async function readCluster(folder: string, account: ServerAccount): Promise<PostgresCluster> {
  const paths = pathsIn(folder);
  await requireOwner(folder, process.getuid?.());
  await requireOwner(paths.dataDirectory, account.uid ?? process.getuid?.());
  const password = (await readFile(paths.passwordFile, 'utf8')).trim();
  return { ...paths, folder, password, dataDirectory: await realpath(paths.dataDirectory) };
}

/**
 * The way the server's account names its data directory. The kernel enters the working directory before it drops
 * root's rights, and this link leads there without a walk through parents that are closed to the account.
 */
export function dataDirectoryArgument(dataDirectory: string, account: ServerAccount): string {
  return account.uid !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : dataDirectory;
}

function pathsIn(folder: string): Pick<PostgresCluster, 'dataDirectory' | 'passwordFile' | 'logFile'> {
  return {
    dataDirectory: join(folder, 'data'),
    passwordFile: join(folder, 'password'),
    logFile: join(folder, 'server.log'),
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return false;
    }
    throw error;
  }
}

async function giveTo(account: ServerAccount, path: string): Promise<void> {
  if (account.uid !== undefined && account.gid !== undefined) {
    await chown(path, account.uid, account.gid);
  }
}

async function takeBack(account: ServerAccount, path: string): Promise<void> {
  if (account.uid !== undefined) {
    await chown(path, 0, 0);
  }
}

async function requireOwner(path: string, uid: number | undefined): Promise<void> {
  const { uid: owner } = await lstat(path);
  if (uid !== undefined && owner !== uid) {
    throw new Error(
      `${path} belongs to user id ${owner}, not to user id ${uid} as this process needs. Start as the user who ` +
        `created it, remove it (its data is lost), or set DATABASE_URL to use a server of your own.`,
    );
  }
}

function explainRefusedAccess(error: unknown, directory: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new Error(
      `${path} is missing. Remove ${join(directory, FOLDER)} to start with an empty database.`,
      {
        cause: error,
      },
    );
  }
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') {
    return error;
  }
  return new Error(
    `This process (user id ${process.getuid?.() ?? 'unknown'}) may not use ${path ?? directory} for the embedded ` +
      `PostgreSQL. Start as the user who owns it, give it to this user, or set DATABASE_URL to use a server of your own.`,
    { cause: error },
  );
}
