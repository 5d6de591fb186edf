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

/** Debian's PostgreSQL with its tools: pg_dump reads no server that is newer than itself. */
export const POSTGRES_TOOLS = ['postgres', 'initdb', 'pg_dump', 'pg_restore', 'psql'].map((name) =>
  join(BIN, name),
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
export async function startDebianPostgres(): Promise<DebianPostgres> {
  // Short: the address of a Unix socket has 107 bytes at most.
  const folder = mkdtempSync(join(tmpdir(), 'pg-'));
  const data = join(folder, 'data');
  // As Cloud SQL names it.
  const socketFolder = join(folder, 'project:region:instance');
  mkdirSync(data, { mode: 0o700 });
  mkdirSync(socketFolder);
  const account = unprivileged(folder);
  execFileSync(
    join(BIN, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    {
      ...account,
      cwd: folder,
      stdio: 'ignore',
    },
  );
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketFolder,
    wal_level: 'logical',
    fsync: 'off',
    max_connections: '100',
  };
  const child = spawn(
    join(BIN, 'postgres'),
    [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...account, cwd: folder, stdio: 'ignore' },
  );
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
