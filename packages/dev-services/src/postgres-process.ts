import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename } from 'node:path';

import type { PostgresBinaries } from './postgres-binaries';
import { type Durability, type PostgresCluster, dataDirectoryArgument } from './postgres-cluster';
import {
  type ServerAccount,
  processExists,
  runCommand,
  sendSignal,
  serverEnvironment,
} from './server-account';
import { waitUntil } from './timing';

const LOG_SIZE_LIMIT = 10 * 1024 * 1024;
const LOG_TAIL_SIZE = 16 * 1024;
const FAST_SHUTDOWN_MS = 10_000;
const FORCED_SHUTDOWN_MS = 3_000;

/** What a running postmaster says of itself in postmaster.pid. */
export interface RunningPostmaster {
  readonly pid: number;
  /** Undefined until the server is ready for connections. */
  readonly port: number | undefined;
}

/** A postmaster this process spawned, which may be about to give way to another. */
export interface SpawnedPostmaster {
  readonly pid: number | undefined;
  /** Why it ended, undefined while it lives. */
  failure(): Promise<string | undefined>;
}

export interface LaunchOptions {
  readonly account: ServerAccount;
  readonly durability: Durability;
  readonly maxConnections: number;
}

export async function findPostmaster(cluster: PostgresCluster): Promise<RunningPostmaster | undefined> {
  const file = await readPostmasterFile(cluster.dataDirectory);
  if (file === undefined || !(await isPostmaster(file.pid, cluster.dataDirectory))) {
    return undefined;
  }
  return file;
}

async function readPostmasterFile(dataDirectory: string): Promise<RunningPostmaster | undefined> {
  const text = await readFile(`${dataDirectory}/postmaster.pid`, 'utf8').catch(() => '');
  // PostgreSQL's miscadmin.h LOCK_FILE_LINE_*: 1 pid, 4 port, 8 status.
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 1) {
    return undefined;
  }
  const ready = lines[7]?.trim() === 'ready' && Number.isInteger(port) && port > 0;
  return { pid, port: ready ? port : undefined };
}

/** A pid in a stale file may belong to any process by now; a postmaster works in its data directory. */
export async function isPostmaster(pid: number, dataDirectory: string): Promise<boolean> {
  if (!processExists(pid)) {
    return false;
  }
  if (process.platform === 'linux') {
    const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return workingDirectory === dataDirectory;
  }
  if (process.platform === 'win32') {
    return true;
  }
  const { output } = await runCommand('ps', ['-p', String(pid), '-o', 'comm='], {
    account: {},
    cwd: '/',
    limit: 5_000,
  });
  return basename(output) === 'postgres';
}

export async function spawnPostmaster(
  binaries: PostgresBinaries,
  cluster: PostgresCluster,
  options: LaunchOptions,
): Promise<SpawnedPostmaster> {
  const port = await findFreePort();
  const log = await openLog(cluster.logFile);
  try {
    const child = spawn(binaries.postgres, serverArguments(cluster, port, options), {
      ...options.account,
      cwd: cluster.dataDirectory,
      env: { ...serverEnvironment(), ...(await pidToOverlook(cluster)) },
      stdio: ['ignore', log.fd, log.fd],
      // Ctrl-C in the terminal must reach the service first, which closes its connections and then stops the server.
      detached: true,
      windowsHide: true,
    });
    let ending: string | undefined;
    child.once('error', (error) => (ending = error.message));
    child.once('exit', (code, signal) => (ending = `ended with ${signal ?? `code ${code}`}`));
    child.unref();
    return {
      pid: child.pid,
      failure: async () =>
        ending === undefined
          ? undefined
          : `${ending}\n${await readLogTail(cluster.logFile, child.pid)}`.trim(),
    };
  } finally {
    await log.close();
  }
}

function serverArguments(cluster: PostgresCluster, port: number, options: LaunchOptions): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '32MB',
    max_connections: String(options.maxConnections),
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    ...(options.durability === 'throwaway'
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
      : {}),
  };
  const settingArguments = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const dataDirectory = dataDirectoryArgument(cluster.dataDirectory, options.account);
  return ['-D', dataDirectory, '-p', String(port), ...settingArguments];
}

/**
 * PostgreSQL takes any living process of its user for the postmaster of a stale postmaster.pid, which happens when
 * pids are reused after a container restarts. Its own way to overlook one pid is to call it the grandparent.
 */
async function pidToOverlook(cluster: PostgresCluster): Promise<NodeJS.ProcessEnv> {
  const file = await readPostmasterFile(cluster.dataDirectory);
  const stale =
    file !== undefined && processExists(file.pid) && !(await isPostmaster(file.pid, cluster.dataDirectory));
  return stale ? { PG_GRANDPARENT_PID: String(file.pid) } : {};
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') {
          resolve(address.port);
        } else {
          reject(new Error('The system gave no free port on 127.0.0.1'));
        }
      });
    });
  });
}

async function openLog(path: string): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  const log = await open(path, flags, 0o600);
  if ((await log.stat()).size > LOG_SIZE_LIMIT) {
    await log.truncate(0);
  }
  return log;
}

/** The last lines the server wrote, those of one process where its pid is given. */
export async function readLogTail(path: string, pid?: number): Promise<string> {
  const log = await open(path, 'r').catch(() => undefined);
  if (log === undefined) {
    return '';
  }
  try {
    const { size } = await log.stat();
    const buffer = Buffer.alloc(LOG_TAIL_SIZE);
    const { bytesRead } = await log.read(buffer, 0, LOG_TAIL_SIZE, Math.max(0, size - LOG_TAIL_SIZE));
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
    const own = lines.filter((line) => line.includes(`[${pid}]`));
    return (own.length > 0 ? own : lines).slice(-15).join('\n');
  } finally {
    await log.close();
  }
}

/** Fast shutdown, then harder; every step waits only so long. */
export async function shutDown(
  pid: number,
  cluster: PostgresCluster,
  pgCtl: () => Promise<string>,
): Promise<void> {
  const gone = async (): Promise<boolean> => !(await isPostmaster(pid, cluster.dataDirectory));
  if (process.platform === 'win32') {
    // Windows has no SIGINT for other processes: Node would end the server without a shutdown.
    const args = ['stop', '-D', cluster.dataDirectory, '-m', 'fast', '-t', '10'];
    await runCommand(await pgCtl(), args, {
      account: {},
      cwd: cluster.folder,
      limit: FAST_SHUTDOWN_MS + 2_000,
    });
    return;
  }
  const steps = [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', FORCED_SHUTDOWN_MS],
    ['SIGKILL', FORCED_SHUTDOWN_MS],
  ] as const;
  for (const [signal, limit] of steps) {
    if (await gone()) {
      return;
    }
    sendSignal(pid, signal);
    // A stopped process handles its signals only after it continues.
    sendSignal(pid, 'SIGCONT');
    if (await waitUntil(gone, limit)) {
      return;
    }
  }
  throw new Error(`The embedded PostgreSQL server (pid ${pid}) did not end.`);
}
