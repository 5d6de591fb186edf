import type { ClientBase } from 'pg';

/** Limits in milliseconds that the server enforces too; 0 for none. */
export interface SessionSettings {
  readonly statement_timeout: number;
  readonly lock_timeout: number;
  readonly idle_in_transaction_session_timeout: number;
}

/** The server's answer when a session is opened. */
export interface OpenedSession {
  /** The server process of the session. */
  readonly pid: number;
  readonly takesNoWrites: boolean;
}

/** SQL: whether the server is a standby, or set to read-only. */
export const TAKES_NO_WRITES = `(pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean)`;

/**
 * Settings that keep the meaning and results of statements independent of those of role, database and server. (The driver
 * itself requests UTF-8.)
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
  jit: 'off', // for short statements, compilation would take longer than execution
};

/**
 * Applies the settings to a new session, in one statement: as start-up parameters, PgBouncer would refuse most of them.
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
