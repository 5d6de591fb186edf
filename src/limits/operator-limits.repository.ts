import { DataSource } from 'typeorm';
import { operatorDataSourceOptions } from '../database/data-source-options';
import { isNotMigrated } from '../database/postgres-errors';
import { limitKey } from './limit-keys';

const NOT_MIGRATED =
  'the migrations of this version have not run: start the service, or npm run migration:run';

/** What was forgotten about an account. */
export interface ClearedAccount {
  /** Failed guesses in a row; undefined when there was no counter. */
  readonly failures: number | undefined;
  /** Undefined when no user has the address. */
  readonly userId: string | undefined;
}

/** Ends limits on behalf of an operator. */
export class OperatorLimits {
  private readonly source: DataSource;

  constructor(databaseUrl: string) {
    this.source = new DataSource(operatorDataSourceOptions(databaseUrl));
  }

  async open(): Promise<void> {
    await this.source.initialize();
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  /** Forgets the failed guesses at an account, by its normalised address. */
  async clearAccount(email: string): Promise<ClearedAccount> {
    const [row] = await this.rows<{ failures: number }>(
      'DELETE FROM guess_limits WHERE key = $1 RETURNING failures',
      [limitKey('account', email)],
    );
    const users = await this.source.query<{ id: string }[]>('SELECT id FROM users WHERE email = $1', [email]);
    return { failures: row?.failures, userId: users[0]?.id };
  }

  /** Forgets the failures of a source, named as `sourceNetwork` does; answers whether there were any. */
  async clearSource(source: string): Promise<boolean> {
    const keys = ['source', 'client'].map((kind) => limitKey(kind, source));
    const rows = await this.rows('DELETE FROM request_limits WHERE key = ANY ($1) RETURNING count', [keys]);
    return rows.length > 0;
  }

  private async rows<Row>(statement: string, values: unknown[]): Promise<Row[]> {
    try {
      const [rows] = await this.source.query<[Row[], number]>(statement, values);
      return rows;
    } catch (error) {
      throw isNotMigrated(error) ? new Error(NOT_MIGRATED, { cause: error }) : error;
    }
  }
}
