import type { ClientBase } from 'pg';

/** Limits in milliseconds that the server keeps too; 0 for none. */
export interface SessionSettings {
  readonly statement_timeout: number;
  readonly lock_timeout: number;
  readonly idle_in_transaction_session_timeout: number;
}

/** What a server answers when a session is opened. */
export interface OpenedSession {
  /** The server process behind the session. */
  readonly pid: number;
  readonly takesNoWrites: boolean;
}

/** SQL: whether the server is a standby, or was told to take no writes. */
export const TAKES_NO_WRITES = `(pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean)`;

/**
 * What our statements mean and how their results are read must not depend on the settings of a role, a database or a server.
 * (The driver itself asks for UTF-8.)
 */
const FIXED = {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  jit: 'off', // short statements: it would compile one that is estimated too high for longer than it runs
};

/**
 * Gives a new session our settings, in one statement: as parameters of the start, which would save it, PgBouncer refuses most
 * of them.
 */
export async function openSession(client: ClientBase, settings: SessionSettings): Promise<OpenedSession> {
  const values = { ...FIXED, ...settings };
  const calls = Object.keys(values).map((name, n) => `set_config('${name}', $${n + 1}, false)`);
  const { rows } = await client.query<{ pid: number; no_writes: boolean }>(
    `SELECT pg_backend_pid() AS pid, ${TAKES_NO_WRITES} AS no_writes FROM (SELECT ${calls.join(', ')}) AS settings`,
    Object.values(values).map(String),
  );
  const [row] = rows;
  if (!row) throw new Error('the server answered nothing');
  return { pid: row.pid, takesNoWrites: row.no_writes };
}
