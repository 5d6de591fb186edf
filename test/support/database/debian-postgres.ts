import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, unprivileged } from '../process/debian';
import { ended } from '../process/ended';
import { eventually } from '../process/eventually';
import { query } from './test-database';

const ROOT = '/usr/lib/postgresql';
const [version = 'none'] = existsSync(ROOT) ? readdirSync(ROOT).sort().reverse() : [];
const BIN = join(ROOT, version, 'bin');
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  wal_level: 'logical',
  fsync: 'off',
  max_connections: '100',
};

/** Debian's PostgreSQL with its tools: pg_dump reads no server that is newer than itself. */
export const POSTGRES_TOOLS = ['postgres', 'initdb', 'pg_basebackup', 'pg_dump', 'pg_restore', 'psql'].map(
  (name) => join(BIN, name),
);

/** A server of Debian's PostgreSQL, for one test file. */
export interface DebianPostgres {
  /** A folder that holds its Unix socket. */
  readonly socketFolder: string;
  readonly port: number;
  url(database: string): string;
  /** Runs a tool of the same version to its end, and answers what it wrote; fails when it does. */
  tool(name: 'pg_dump' | 'pg_restore' | 'psql', args: readonly string[]): string;
  stop(): Promise<void>;
}

/** Starts an empty server; a role `postgres` gets in without a password, over TCP and a Unix socket. */
export function startDebianPostgres(): Promise<DebianPostgres> {
  return start((data, account) => {
    const settings = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    execFileSync(join(BIN, 'initdb'), ['-D', data, ...settings], { ...account, stdio: 'ignore' });
  });
}

/** Starts a standby of a running server, which follows it until `SELECT pg_promote()`. */
export function startStandby(primary: DebianPostgres): Promise<DebianPostgres> {
  return start((data, account) => {
    const settings = ['-d', primary.url('postgres'), '-R', '-c', 'fast', '--no-sync'];
    execFileSync(join(BIN, 'pg_basebackup'), ['-D', data, ...settings], { ...account, stdio: 'ignore' });
  });
}

/** Starts a server on the data that `fill` makes in an empty folder. */
async function start(
  fill: (data: string, account: ReturnType<typeof unprivileged> & { cwd: string }) => void,
): Promise<DebianPostgres> {
  // Short: the address of a Unix socket has 107 bytes at most.
  const folder = mkdtempSync(join(tmpdir(), 'pg-'));
  const data = join(folder, 'data');
  // As Cloud SQL names it.
  const socketFolder = join(folder, 'project:region:instance');
  mkdirSync(data, { mode: 0o700 });
  mkdirSync(socketFolder);
  const account = { ...unprivileged(folder), cwd: folder };
  fill(data, account);
  const port = await freePort();
  const settings = { ...SETTINGS, unix_socket_directories: socketFolder };
  const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(BIN, 'postgres'), ['-D', data, '-p', String(port), ...parameters], {
    ...account,
    stdio: 'ignore',
  });
  const url = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  const stop = async () => {
    child.kill('SIGINT');
    const limit = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended(child);
    clearTimeout(limit);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually('the server takes connections', async () => {
      if (child.exitCode !== null) throw new Error('postgres ended');
      return query(url('postgres'), 'SELECT 1').catch(() => undefined);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    socketFolder,
    port,
    url,
    tool: (name, args) =>
      execFileSync(join(BIN, name), args, {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    stop,
  };
}
