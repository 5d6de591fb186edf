import { immutable } from './immutable';

/** Where the database is and how long we wait for it. */
export class DatabaseConfig {
  /** Unset: the embedded PostgreSQL, outside production only. */
  readonly url: string | undefined;
  /** Of the role that migrates; unset: the one that serves does. */
  readonly migrationUrl: string | undefined;
  readonly poolSize: number;
  /** Milliseconds for one statement, and for one wait for a connection. */
  readonly timeoutMs: number;

  constructor(values: DatabaseConfig) {
    Object.assign(this, immutable({ ...values }));
    Object.freeze(this);
  }
}
