import { Client, type ClientConfig, type QueryResult } from 'pg';
import { withTimeout } from '../common/deadline';
import { histogram } from '../common/metrics/instruments';
import type { Span } from '../common/tracing/span';
import { startSpan } from '../common/tracing/tracing';
import { openSession, TAKES_NO_WRITES, type SessionSettings } from './session-settings';

/** Settings that a server reports unasked (since PostgreSQL 14) when it becomes read-only; each `on` or `off`. */
const READ_ONLY_SETTINGS = ['in_hot_standby', 'default_transaction_read_only'];
/** Maximum age of the server's last answer behind a pooler, which reports nothing. */
const ASK_AGAIN_MS = 1_000;

const STATEMENT_DURATION = histogram(
  'auth_database_statement_duration_seconds',
  'Time from sending a statement of the service to its last row',
  [],
  [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
);

type QueryCallback = (error: Error | null, result: unknown) => void;

/** Settings and limits of every connection. */
export interface ConnectionLimits {
  /** Limit of a statement in milliseconds. */
  readonly statementMs: number;
  readonly session: SessionSettings;
  /** Whether they serve requests, so that their statements and waits are measured. */
  readonly isMeasured?: boolean;
}

/**
 * The one file that reaches into pg: a connection whose statements have a limit. When the limit passes, the connection is closed: the statement fails, and
 * the pool drops a connection that may be dead. (pg's own `query_timeout` gives the connection, still busy, back to
 * the pool.)
 *
 * It is closed as well when its server takes no writes (any more): that is no primary, and what it tells, of sessions
 * that ended for one, may be old news. PostgreSQL reports it; a pooler in between answers from memory, so that the server
 * behind it is asked.
 */
export class BoundedClient extends Client {
  /** Whether a pooler is between this process and the server. */
  isBehindPooler = false;
  private askedAt = 0;

  constructor(
    private readonly limits: ConnectionLimits,
    config?: ClientConfig,
  ) {
    super(config);
    // A connection can be lost while no other listener is attached; that must not end the process.
    this.on('error', () => undefined);
    let isConnected = false;
    this.once('connect', () => (isConnected = true));
    this.connection.on('parameterStatus', ({ parameterName: name, parameterValue: value }: ServerSetting) => {
      // At the start a pooler may report another server's settings: open() asks.
      if (isConnected && READ_ONLY_SETTINGS.includes(name) && value === 'on') this.refuseServer();
    });
  }

  /** Sets up the session independently of role and database settings; fails when the server is read-only. */
  async open(): Promise<void> {
    const { pid, takesNoWrites } = await openSession(this, this.limits.session);
    if (takesNoWrites) throw new ReadOnlyServerError();
    // The process id of the server side; missing in pg's types.
    this.isBehindPooler = pid !== (this as unknown as { processID: number }).processID;
    this.askedAt = performance.now();
  }

  /** Closes the connection at once: a running statement fails with this error. Settles when the pool no longer hands it out. */
  async close(error: Error): Promise<void> {
    const { stream } = this.connection;
    if (stream.closed) return;
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.destroy(error);
    await closed;
  }

  override query(...parameters: unknown[]): never {
    const { statementMs, isMeasured } = this.limits;
    const start = performance.now();
    const close = () => this.connection.stream.destroy(new DatabaseTimeoutError('a statement', statementMs));
    const timer = setTimeout(close, statementMs);
    const span = isMeasured ? startStatementSpan(parameters[0]) : undefined;
    const stop = (error?: unknown) => {
      clearTimeout(timer);
      if (isMeasured) STATEMENT_DURATION.observeSince(start);
      span?.end(undefined, error instanceof Error);
    };
    const last = parameters.length - 1;
    const callback = parameters[last];
    if (typeof callback === 'function') {
      parameters[last] = (error: Error | null, result: unknown) => {
        stop(error);
        (callback as QueryCallback)(error, result);
      };
    }
    if (this.isBehindPooler && performance.now() - this.askedAt > ASK_AGAIN_MS) this.ask();
    const result: unknown = (super.query as (...rest: unknown[]) => unknown)(...parameters);
    if (result instanceof Promise) result.then(() => stop(), stop);
    return result as never;
  }

  /** Asks the server before the next statement, which fails when the server is read-only. */
  private ask(): void {
    this.askedAt = performance.now();
    super.query(
      `SELECT ${TAKES_NO_WRITES} AS no_writes`,
      (error: Error | null, result: QueryResult<{ no_writes: boolean }>) => {
        if (error === null && result.rows[0]?.no_writes) this.refuseServer();
      },
    );
  }

  /** The report arrives after the rows and before the end of the statement, which must not succeed then. */
  private refuseServer(): void {
    const error = new ReadOnlyServerError();
    this.connection.emit('error', error);
    this.connection.stream.destroy(error);
  }
}

/** The span of a statement of TypeORM, without its parameters; prepared ones have theirs in `Database.statement`. */
function startStatementSpan(statement: unknown): Span | undefined {
  if (typeof statement !== 'string') return undefined;
  const name = /\w+/.exec(statement)?.[0].toUpperCase() ?? 'statement';
  return startSpan(name, 'client', { 'db.system.name': 'postgresql', 'db.query.text': statement });
}

interface ServerSetting {
  readonly parameterName: string;
  readonly parameterValue: string;
}

/** The server is read-only; the code is the one of its own error (SQLSTATE 25006). */
class ReadOnlyServerError extends Error {
  readonly code = '25006';

  constructor() {
    super('the server takes no writes');
    this.name = 'ReadOnlyServerError';
  }
}

/** A wait for the database exceeded its limit. */
export class DatabaseTimeoutError extends Error {
  constructor(what: string, limitMs: number) {
    super(`${what} took longer than ${limitMs} ms`);
    this.name = 'DatabaseTimeoutError';
  }
}

/** Rejects with a `DatabaseTimeoutError` when the work takes longer; the work's own limits must end it. */
export function withinDatabaseLimit<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return withTimeout(limitMs, work, () => new DatabaseTimeoutError('the database', limitMs));
}
