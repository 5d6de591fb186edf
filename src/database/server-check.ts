import { randomBytes } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { ConfigurationError } from '../config/configuration-error';
import { BoundedClient } from './bounded-client';
import { poolOf } from './postgres-driver';

/** PostgreSQL 14.0 as `server_version_num`. */
const OLDEST_VERSION = 140_000;

const NO_PREPARED_STATEMENTS =
  'DATABASE_URL leads to a pooler that does not carry prepared statements from one transaction to the next: use its ' +
  'session mode, a newer one that does (PgBouncer 1.21 with max_prepared_statements), or a direct address';
const NO_TRANSACTIONS =
  'DATABASE_URL leads to a pooler in statement mode, which has no transactions: use its session mode, or a direct address';

/** The connection path to the server. */
export interface ServerCheck {
  /** Whether a pooler gives each transaction a different server session, so that session locks have no effect. */
  readonly changesSessions: boolean;
}

/**
 * Refuses a server that is too old, and an unsupported pooler, with a `ConfigurationError`. Needs two free connections of the
 * data source.
 */
export async function checkServer(dataSource: DataSource): Promise<ServerCheck> {
  const pool = poolOf(dataSource);
  const first = await pool.connect();
  try {
    await checkVersion(first);
    return { changesSessions: isBehindPooler(first) && (await checkPooler(first, pool)) };
  } finally {
    first.release(isBehindPooler(first)); // also closes the pooler's session
  }
}

async function checkVersion(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
  const version = Number(rows[0]?.server_version_num);
  if (version < OLDEST_VERSION) {
    const major = version >= 100_000 ? Math.floor(version / 10_000) : (version / 10_000).toFixed(1);
    throw new ConfigurationError([
      `DATABASE_URL leads to PostgreSQL ${major}: this service needs 14 or newer`,
    ]);
  }
}

function isBehindPooler(client: PoolClient): boolean {
  return client instanceof BoundedClient && client.isBehindPooler;
}

/** Checks whether a pooler gives the first connection's server session to a second one. */
async function checkPooler(first: PoolClient, pool: Pool): Promise<boolean> {
  const probe = { name: `probe_${randomBytes(6).toString('hex')}`, text: 'SELECT pg_backend_pid() AS pid' };
  if (pool.options.max < 2) return false; // nothing to compare; statements will fail with 503
  const second = await pool.connect();
  try {
    const before = await pidOf(first, probe);
    await second.query('BEGIN').catch((error: unknown) => refuse(NO_TRANSACTIONS, ['08P01'], error));
    const between = await pidOf(second, probe.text);
    const after = await pidOf(first, probe).catch((error: unknown) =>
      refuse(NO_PREPARED_STATEMENTS, ['26000', '42P05'], error),
    );
    return between === before || after !== before;
  } finally {
    second.release(true);
  }
}

async function pidOf(
  client: PoolClient,
  query: string | { name: string; text: string },
): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>(query);
  return rows[0]?.pid;
}

/** Translates errors of the pooler itself; rethrows any other. */
function refuse(sentence: string, codes: readonly string[], error: unknown): never {
  const { code = '' } = error as { code?: string };
  throw codes.includes(code) ? new ConfigurationError([sentence]) : error;
}
