import { DataSource, type EntityManager } from 'typeorm';
import { operatorDataSourceOptions } from '../database/data-source-options';
import { isNotMigrated, isRetryable } from '../database/postgres-errors';
import { endSessions } from './end-sessions.repository';

/** Rows per transaction: few enough not to delay a waiting sign-in noticeably. */
const BATCH = 500;
const MAX_ATTEMPTS = 3;
const NOT_MIGRATED =
  'the migrations of this version have not run: start the service, or npm run migration:run';
/** Sorts before every id. */
const FIRST = '00000000-0000-0000-0000-000000000000';
const NOT_EXPIRED = 's.expires_at > now() AND s.idle_expires_at > now()';

/** The result of one transaction: the rows it processed, ordered by id, and how many sessions it ended. */
interface Batch {
  readonly ids: readonly string[];
  readonly ended: number;
}

/**
 * Ends sessions on behalf of an operator, in transactions of bounded size, so that it works on a busy service and with any
 * number of sessions. Calls `onEnded` after each committed batch.
 */
export class OperatorEndings {
  private readonly source: DataSource;

  constructor(
    databaseUrl: string,
    private readonly onEnded: (count: number) => void,
  ) {
    this.source = new DataSource(operatorDataSourceOptions(databaseUrl));
  }

  async open(): Promise<void> {
    await this.source.initialize();
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  /** Ends all sessions, and refuses every token issued before, including provider tokens. */
  endAll(): Promise<void> {
    return this.inBatches(async (after, manager) => {
      const users = await lockIds(manager, 'SELECT id FROM users WHERE id > $1 ORDER BY id', [after]);
      return { ids: users, ended: await endOfUsers(users, manager) };
    });
  }

  /** Does the same for one user; answers the user's id, undefined when no user has that address. */
  async endOfUser(email: string): Promise<string | undefined> {
    const { ids, ended } = await this.transaction(async (manager) => {
      const users = await lockIds(manager, 'SELECT id FROM users WHERE email = $1', [email]);
      return { ids: users, ended: await endOfUsers(users, manager) };
    });
    this.onEnded(ended);
    return ids[0];
  }

  /** Ends the sessions that were opened before a time. */
  endBefore(moment: Date): Promise<void> {
    return this.inBatches(async (after, manager) => {
      const select = `SELECT s.id FROM sessions s
        WHERE s.id > $1 AND s.created_at < $2 AND s.ended_at IS NULL AND ${NOT_EXPIRED} ORDER BY s.id`;
      const ids = await lockIds(manager, select, [after, moment]);
      const ended = await endSessions('s.id = ANY ($2)', [ids], 'ended-by-operator', manager);
      return { ids, ended: ended.length };
    });
  }

  private async inBatches(work: (after: string, manager: EntityManager) => Promise<Batch>): Promise<void> {
    let after: string | undefined = FIRST;
    while (after !== undefined) {
      const from: string = after;
      const { ids, ended } = await this.transaction((manager) => work(from, manager));
      this.onEnded(ended);
      after = ids.length < BATCH ? undefined : ids.at(-1);
    }
  }

  private async transaction(work: (manager: EntityManager) => Promise<Batch>): Promise<Batch> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.source.transaction(work);
      } catch (error) {
        if (isNotMigrated(error)) throw new Error(NOT_MIGRATED, { cause: error });
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}

async function lockIds(manager: EntityManager, select: string, values: unknown[]): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(`${select} LIMIT ${BATCH} FOR NO KEY UPDATE`, values);
  return rows.map(({ id }) => id);
}

/** The users' rows are locked: a concurrent sign-in waits, and its session starts after this. */
async function endOfUsers(ids: readonly string[], manager: EntityManager): Promise<number> {
  const condition = `s.user_id = ANY ($2) AND ${NOT_EXPIRED}`;
  const ended = await endSessions(condition, [ids], 'ended-by-operator', manager);
  await manager.query('UPDATE users SET tokens_not_before = clock_timestamp() WHERE id = ANY ($1)', [ids]);
  return ended.length;
}
