import { register } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { flushedLogs } from '../support/process/flushed-logs';
import { startService, type Service } from '../support/process/service';
import { isValid, refreshed, signIn } from '../support/tokens/sessions';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const DEAD = 1200;
const TOKENS_OF_ONE = 2300;
const BATCH = 500;

interface Removal {
  readonly removed_from: string;
  readonly removed: number;
  readonly under_lock: boolean;
}

describe('the cleanup of dead sessions by two replicas (R69)', () => {
  let database: TestDatabase;
  let replicas: Service[];

  beforeAll(async () => {
    database = await createTestDatabase();
    // Every deletion by a replica leaves a note: of what, how many, and whether its process held a lock of all processes.
    await database.query(`
      CREATE TABLE removals (removed_from text, removed int, under_lock boolean);
      CREATE FUNCTION note_removal() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO removals SELECT TG_TABLE_NAME, (SELECT count(*) FROM gone),
          EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND pid = pg_backend_pid());
        RETURN NULL;
      END $$;
      CREATE TRIGGER note AFTER DELETE ON sessions REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION note_removal();
      CREATE TRIGGER note AFTER DELETE ON used_refresh_tokens REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION note_removal();`);
    const start = () =>
      startService({ databaseUrl: database.url, env: { AUTH_CLEANUP_INTERVAL_SECONDS: '1' } });
    replicas = await Promise.all([start(), start()]);
  });

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await database.drop();
  });

  it('removes each once, in bounded batches under one lock, says how many, and leaves the living and the lately dead', async () => {
    const [replica] = replicas as [Service];
    const account = await register(replica);
    const child = await refreshed(replica, account.refreshToken);
    const lately = await signIn(replica, account);
    await database.query(
      `UPDATE sessions SET ended_at = now() - interval '23 hours', idle_expires_at = now() - interval '23 hours' WHERE id = $1`,
      [lately.sid],
    );
    await database.query(
      `WITH dead AS (
         INSERT INTO sessions (user_id, current_token_hash, expires_at, idle_expires_at, ended_at)
         SELECT $1, sha256(n::text::bytea), now() + interval '1 day',
           now() + CASE WHEN n % 2 = 0 THEN interval '1 day' ELSE interval '-25 hours' END,
           CASE WHEN n % 2 = 0 THEN now() - interval '25 hours' END
         FROM generate_series(1, $2::int) AS n
         RETURNING id
       )
       INSERT INTO used_refresh_tokens (hash, session_id)
       SELECT sha256(('used ' || n)::bytea), (SELECT id FROM dead LIMIT 1) FROM generate_series(1, $3::int) AS n`,
      [account.id, DEAD, TOKENS_OF_ONE],
    );

    await eventually('the dead are gone', async () => {
      const [row] = await database.query<{ left: number }>('SELECT count(*)::int AS left FROM sessions');
      return row?.left === 2 ? true : undefined;
    });

    const living = await database.query('SELECT id FROM sessions ORDER BY created_at');
    expect(living).toEqual([{ id: account.sid }, { id: lately.sid }]);
    expect(await isValid(replica, child.accessToken)).toBe(true);
    expect(await database.query('SELECT session_id FROM used_refresh_tokens')).toEqual([
      { session_id: account.sid },
    ]);

    const removals = await database.query<Removal>('SELECT * FROM removals');
    const total = (table: string) =>
      removals
        .filter(({ removed_from }) => removed_from === table)
        .reduce((sum, { removed }) => sum + removed, 0);
    expect(total('sessions')).toBe(DEAD);
    expect(total('used_refresh_tokens')).toBe(TOKENS_OF_ONE);
    expect(Math.max(...removals.map(({ removed }) => removed))).toBe(BATCH);
    expect(removals.every(({ under_lock }) => under_lock)).toBe(true);

    const reported = await eventually('what was removed is told', async () => {
      const logs = (await Promise.all(replicas.map(flushedLogs))).flat();
      const lines = logs.filter(({ msg }) => msg === 'dead sessions removed');
      const sum = (key: string) => lines.reduce((count, line) => count + Number(line[key]), 0);
      return sum('sessions') === DEAD ? { sessions: DEAD, tokens: sum('tokens') } : undefined;
    });
    expect(reported).toEqual({ sessions: DEAD, tokens: TOKENS_OF_ONE });
  });
});
