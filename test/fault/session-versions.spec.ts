import { createHash, createHmac, randomBytes } from 'node:crypto';
import { register } from '../support/http/accounts';
import { startService, type Service } from '../support/process/service';
import { endReasonOf, logoutBy, refresh, refreshed } from '../support/tokens/sessions';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const KEY = 'a-key-of-the-tests-for-refresh-tokens-0123456789';

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** A replica of version 1.0.0: its statements as they were, and its way to a child. */
class FormerReplica {
  constructor(private readonly database: TestDatabase) {}

  /** Opens a session as a login did. */
  async signIn(userId: string): Promise<{ sid: string; refreshToken: string }> {
    const refreshToken = `psr_${randomBytes(32).toString('base64url')}`;
    const [row] = await this.database.query<{ id: string }>(
      `INSERT INTO sessions (user_id, current_token_hash, expires_at, idle_expires_at, user_agent, ip_address)
       SELECT u.id, $2, now() + make_interval(days => 30), now() + make_interval(days => 7), 'node', '127.0.0.1'
       FROM users u WHERE u.id = $1 FOR SHARE RETURNING id`,
      [userId, hashOf(refreshToken)],
    );
    return { sid: row?.id ?? '', refreshToken };
  }

  /** The child of a newest token. */
  async exchange(parent: string): Promise<string> {
    const child = `psr_${createHmac('sha256', KEY).update(parent).digest('base64url')}`;
    const rows = await this.database.query(
      `WITH rotated AS (
         UPDATE sessions s
         SET previous_token_hash = s.current_token_hash, current_token_hash = $2, rotated_at = clock_timestamp(),
             last_used_at = now(), idle_expires_at = least(s.expires_at, now() + make_interval(days => 7))
         FROM users u
         WHERE s.current_token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > now() AND s.idle_expires_at > now()
           AND u.id = s.user_id AND u.is_active
         RETURNING s.id, s.user_id
       ), used AS (
         INSERT INTO used_refresh_tokens (hash, session_id) SELECT $1, id FROM rotated
       )
       SELECT id AS session_id, user_id FROM rotated`,
      [hashOf(parent), hashOf(child)],
    );
    if (rows.length !== 1) throw new Error('version 1.0.0 refuses the token');
    return child;
  }

  /** Whether it takes a token for one that is retried. (Then it looks for the child, has none, and answers 503.) */
  async takesForRetry(parent: string): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT s.id FROM used_refresh_tokens t JOIN sessions s ON s.id = t.session_id
       WHERE t.hash = $1 AND s.previous_token_hash = $1 AND s.ended_at IS NULL AND s.rotated_at > clock_timestamp() - interval '10 s'`,
      [hashOf(parent)],
    );
    return rows.length === 1;
  }
}

describe('refresh tokens while replicas of version 1.0.0 run beside, or ran before', () => {
  let database: TestDatabase;
  let service: Service;
  let former: FormerReplica;

  beforeAll(async () => {
    database = await createTestDatabase();
    former = new FormerReplica(database);
    service = await startService({ databaseUrl: database.url, env: { AUTH_REFRESH_TOKEN_KEY: KEY } });
  });

  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  /** A session whose tokens were exchanged by turns, `o` by the old version and `n` by the new one, opened by the first. */
  async function chainOf(turns: string): Promise<{ sid: string; chain: string[] }> {
    const account = await register(service);
    const { sid, refreshToken } = turns.startsWith('o') ? await former.signIn(account.id) : account;
    const chain = [refreshToken];
    for (const turn of turns.slice(1)) {
      const newest = chain.at(-1) ?? '';
      chain.push(
        turn === 'o' ? await former.exchange(newest) : (await refreshed(service, newest)).refreshToken,
      );
    }
    return { sid, chain };
  }

  const TURNS = ['oooo', 'ooon', 'onnn', 'nnno', 'nono', 'onon', 'nnoonn', 'noonoon'];

  describe.each(TURNS)('exchanged by turns: %s', (turns) => {
    it.each(Array.from(turns.slice(0, -2), (_turn, at) => at))(
      'ancestor %i ends the session (R23)',
      async (at) => {
        const { sid, chain } = await chainOf(turns);
        expect((await refresh(service, chain[at] ?? '')).status).toBe(401);
        expect(await endReasonOf(database, sid)).toBe('refresh-token-reuse');
        expect((await refresh(service, chain.at(-1) ?? '')).status).toBe(401);
      },
    );

    it('the parent of the newest gets it again, and the newest serves (D4)', async () => {
      const { sid, chain } = await chainOf(turns);
      const [parent = '', newest = ''] = chain.slice(-2);
      expect((await refreshed(service, parent)).refreshToken).toBe(newest);
      const next = await refreshed(service, newest);
      expect((await refreshed(service, newest)).refreshToken).toBe(next.refreshToken);
      expect(await endReasonOf(database, sid)).toBeNull();
    });

    it('whoever holds one may sign out (R25)', async () => {
      for (const at of [0, -1]) {
        const { sid, chain } = await chainOf(turns);
        expect((await logoutBy(service, chain.at(at) ?? '')).status).toBe(204);
        expect(await endReasonOf(database, sid)).toBe('logout');
      }
    });
  });

  it('a retry that comes to the old version after an exchange by the new one is no reuse there', async () => {
    const { chain } = await chainOf('nonn');
    expect(await former.takesForRetry(chain[2] ?? '')).toBe(true);
    expect(await former.takesForRetry(chain[1] ?? '')).toBe(false);
  });

  it('the rows of tokens that version 1.0.0 used stay, and no further ones come (R79)', async () => {
    const { sid, chain } = await chainOf('oooonnnnnnnnnn');
    const rows = await database.query<{ hash: Buffer }>(
      'SELECT hash FROM used_refresh_tokens WHERE session_id = $1',
      [sid],
    );
    const kept = [...chain.slice(0, 3), ...chain.slice(-2, -1)].map((token) => hashOf(token).toString('hex'));
    expect(rows.map(({ hash }) => hash.toString('hex')).sort()).toEqual(kept.sort());
  });
});
