import { Client, type ClientConfig } from 'pg';
import { withinTime } from '../common/within-time';

/** Settings that a server reports unasked (since PostgreSQL 14) when it starts to take reads only; each `on` or `off`. */
const READ_ONLY_SETTINGS = ['in_hot_standby', 'default_transaction_read_only'];

type QueryCallback = (error: Error | null, result: unknown) => void;

/**
 * A connection whose statements have a limit. When the limit passes, the connection is closed: the statement fails, and
 * the pool drops a connection that may be dead. (pg's own `query_timeout` gives the connection, still busy, back to
 * the pool.)
 *
 * It is closed as well when its server takes no writes (any more): that is no primary, and what it tells, of sessions
 * that ended for one, may be old news.
 */
export function boundedClient(limitMs: number): typeof Client {
  const BoundedClient = class extends Client {
    constructor(config?: ClientConfig) {
      super(config);
      // A connection can be lost between two listeners of its users; that must not end the process.
      this.on('error', () => undefined);
      let isConnected = false;
      this.once('connect', () => (isConnected = true));
      this.connection.on(
        'parameterStatus',
        ({ parameterName: name, parameterValue: value }: ServerSetting) => {
          if (!READ_ONLY_SETTINGS.includes(name) || value !== 'on') return;
          const error = new ReadOnlyServerError();
          // The report comes after the rows and before the end of the statement: it must not succeed any more.
          if (isConnected) this.connection.emit('error', error);
          this.connection.stream.destroy(error);
        },
      );
    }

    override query(...parameters: unknown[]): never {
      const close = () => this.connection.stream.destroy(new DatabaseTimeoutError('a statement', limitMs));
      const timer = setTimeout(close, limitMs);
      const stop = () => clearTimeout(timer);
      const last = parameters.length - 1;
      const callback = parameters[last];
      if (typeof callback === 'function') {
        parameters[last] = (error: Error | null, result: unknown) => {
          stop();
          (callback as QueryCallback)(error, result);
        };
      }
      const result: unknown = (super.query as (...rest: unknown[]) => unknown)(...parameters);
      if (result instanceof Promise) result.then(stop, stop);
      return result as never;
    }
  };
  return BoundedClient;
}

interface ServerSetting {
  readonly parameterName: string;
  readonly parameterValue: string;
}

/** The server takes no writes; the code is the one that it gives to whoever tries (SQLSTATE 25006). */
class ReadOnlyServerError extends Error {
  readonly code = '25006';

  constructor() {
    super('the server takes no writes');
    this.name = 'ReadOnlyServerError';
  }
}

/** A wait for the database has passed its limit. */
export class DatabaseTimeoutError extends Error {
  constructor(what: string, limitMs: number) {
    super(`${what} took longer than ${limitMs} ms`);
    this.name = 'DatabaseTimeoutError';
  }
}

/** Fails with a DatabaseTimeoutError when the work takes longer; the work's own limits must end it. */
export function withinDatabaseLimit<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return withinTime(limitMs, work, () => new DatabaseTimeoutError('the database', limitMs));
}
