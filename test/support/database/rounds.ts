import { Client } from 'pg';
import { eventually } from '../process/eventually';
import type { TestDatabase } from './test-database';

export const ISOLATION_LEVELS = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const;
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

/** Statements of one transaction. */
export type Act = readonly string[];

/** Two connections that race each other, and what is known of the outcomes. */
export class Rivals {
  private constructor(
    private readonly database: TestDatabase,
    private readonly clients: readonly [Client, Client],
  ) {}

  static async of(database: TestDatabase): Promise<Rivals> {
    const clients = [newClient(database), newClient(database)] as const;
    await Promise.all(clients.map((client) => client.connect()));
    return new Rivals(database, clients);
  }

  /** Both at once, each in a transaction; answers undefined for each that committed, else its error. */
  async race(level: IsolationLevel, acts: readonly [Act, Act]): Promise<(Error | undefined)[]> {
    return Promise.all(
      this.clients.map((client, n) =>
        attempt(client, level, acts[n as 0 | 1]).catch((error: Error) => error),
      ),
    );
  }

  /**
   * Lets both look first, then the first act and the second wait for it, then the first commit; answers what became of the
   * second.
   */
  async overtake(level: IsolationLevel, acts: readonly [Act, Act]): Promise<Error | undefined> {
    const [first, second] = this.clients;
    for (const client of this.clients) {
      await client.query(`BEGIN ISOLATION LEVEL ${level}`);
      await client.query('SELECT count(*) FROM users, domains');
    }
    for (const statement of acts[0]) await first.query(statement);
    const late = finish(second, acts[1]).then(
      () => undefined,
      (error: Error) => error,
    );
    await eventually('the second one waits', async () => {
      const waiting = await this.database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length > 0 || undefined;
    });
    await first.query('COMMIT');
    return late;
  }

  async end(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.end()));
  }
}

function newClient(database: TestDatabase): Client {
  return new Client({ connectionString: database.url, query_timeout: 30_000 });
}

async function attempt(client: Client, level: IsolationLevel, act: Act): Promise<undefined> {
  await client.query(`BEGIN ISOLATION LEVEL ${level}`);
  await finish(client, act);
}

async function finish(client: Client, act: Act): Promise<undefined> {
  try {
    for (const statement of act) await client.query(statement);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
