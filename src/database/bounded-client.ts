import { Client, type ClientConfig } from 'pg';
import { withinTime } from '../common/within-time';

type QueryCallback = (error: Error | null, result: unknown) => void;

/**
 * A connection whose statements have a limit. When the limit passes, the connection is closed: the statement fails, and
 * the pool drops a connection that may be dead. (pg's own `query_timeout` gives the connection, still busy, back to
 * the pool.)
 */
export function boundedClient(limitMs: number): typeof Client {
  const BoundedClient = class extends Client {
    constructor(config?: ClientConfig) {
      super(config);
      // A connection can be lost between two listeners of its users; that must not end the process.
      this.on('error', () => undefined);
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
