import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { register, type Account } from '../../support/http/accounts';
import { startService, TEST_SECRET, type Service } from '../../support/process/service';
import { endReasonOf, isValid, logoutBy, refresh, refreshed, signIn } from '../../support/tokens/sessions';
import { useService } from '../../support/process/use-service';

type Env = Record<string, string>;

const OWN_KEY = 'a-key-of-the-tests-for-refresh-tokens-0123456789';
const NEW_SECRET = 'another-secret-of-the-tests-0123456789-abcdef';

/** The key that a service derives from its secret when it is given none for refresh tokens (ADR 0031). */
const derivedKey = Buffer.from(hkdfSync('sha256', TEST_SECRET, '', 'promptstack-auth refresh tokens', 32));

/** The child of a token as version 1.0.0 derived it: from key and parent alone. */
function unsaltedChild(key: string | Buffer, parent: string): string {
  return `psr_${createHmac('sha256', key).update(parent).digest('base64url')}`;
}

/** The bytes of a token: 12 of the family, 4 of the generation, 16 of the secret. */
function bytesOf(token: string): Buffer {
  return Buffer.from(token.slice(4), 'base64url');
}

function tokenOf(...parts: Buffer[]): string {
  return `psr_${Buffer.concat(parts).toString('base64url')}`;
}

describe('refresh tokens of a session', () => {
  const service = useService();
  const { database } = service;

  /** Does work with a service of these settings, and stops it. */
  async function served<T>(env: Env, work: (service: Service) => Promise<T>): Promise<T> {
    const own = await startService({ databaseUrl: database.url, env });
    try {
      return await work(own);
    } finally {
      await own.stop('SIGKILL');
    }
  }

  /** The tokens of a session that is refreshed so often, the first one first. */
  async function chainOf(account: Account, exchanges: number): Promise<string[]> {
    const chain = [account.refreshToken];
    for (let step = 0; step < exchanges; step++) {
      chain.push((await refreshed(service, chain.at(-1) ?? '')).refreshToken);
    }
    return chain;
  }

  describe('beside a key that has leaked', () => {
    it.each<[string, Env, string | Buffer, Env]>([
      [
        'AUTH_REFRESH_TOKEN_KEY',
        { AUTH_REFRESH_TOKEN_KEY: OWN_KEY },
        OWN_KEY,
        { AUTH_REFRESH_TOKEN_KEY: NEW_SECRET },
      ],
      ['derived from AUTH_JWT_SECRET_KEY', {}, derivedKey, { AUTH_JWT_SECRET_KEY: NEW_SECRET }],
    ])(
      'open nothing from an old token, before the key is replaced as after it: %s (R77)',
      async (_which, env, leaked, replaced) => {
        const owner = await served(env, (before) => register(before));
        const newest = await served(env, (before) => refreshed(before, owner.refreshToken));
        const guess = unsaltedChild(leaked, owner.refreshToken);
        const open = (service: Service) => refresh(service, guess);
        const [before, after] = [await served(env, open), await served({ ...env, ...replaced }, open)];
        expect([before.status, after.status]).toEqual([401, 401]);
        // and the new key signs nobody out
        await served({ ...env, ...replaced }, (service) => refreshed(service, newest.refreshToken));
        expect(await endReasonOf(database, owner.sid)).toBeNull();
      },
    );

    it('are drawn anew at each exchange: the same parent of the same row gets another child (R77)', async () => {
      const { id, sid, refreshToken } = await register(service);
      await database.query(`CREATE TABLE kept AS SELECT * FROM sessions WHERE id = '${sid}'`);
      const first = await refreshed(service, refreshToken);
      await database.query('DELETE FROM sessions WHERE user_id = $1', [id]);
      await database.query('INSERT INTO sessions SELECT * FROM kept');
      const second = await refreshed(service, refreshToken);
      expect(second.sid).toBe(first.sid);
      expect(second.refreshToken).not.toBe(first.refreshToken);
      expect((await refresh(service, first.refreshToken)).status).toBe(401);
    });
  });

  it('are given to a retry as they were, after a restart too (R77, D4)', async () => {
    const { refreshToken } = await register(service);
    const child = await served({}, (first) => refreshed(first, refreshToken));
    const retry = await served({}, (second) => refreshed(second, refreshToken));
    expect(retry).toMatchObject({ refreshToken: child.refreshToken, sid: child.sid });
  });

  describe('that was exchanged very often', () => {
    it('leave one row of theirs after 1,000 exchanges, and the very first one still ends the session (R79, R23)', async () => {
      const account = await register(service);
      await chainOf(account, 1000);
      const [rows] = await database.query(
        `SELECT (SELECT count(*)::int FROM sessions WHERE user_id = $1) AS sessions,
                (SELECT count(*)::int FROM used_refresh_tokens WHERE session_id = $2) AS used`,
        [account.id, account.sid],
      );
      expect(rows).toEqual({ sessions: 1, used: 1 });
      expect((await refresh(service, account.refreshToken)).status).toBe(401);
      expect(await endReasonOf(database, account.sid)).toBe('refresh-token-reuse');
      expect(await isValid(service, account.token)).toBe(false);
    }, 120_000);

    it.each([0, 1, 9, 17, 18])(
      'end the session by ancestor %i of 20, at whatever age (R79, R23)',
      async (which) => {
        const account = await register(service);
        const chain = await chainOf(account, 20);
        expect((await refresh(service, chain[which] ?? '')).status).toBe(401);
        expect(await endReasonOf(database, account.sid)).toBe('refresh-token-reuse');
        expect((await refresh(service, chain.at(-1) ?? '')).status).toBe(401);
      },
    );

    it.each([0, 9, 19, 20])(
      'sign out by token %i of 20, as whoever holds one may (R79, R25)',
      async (which) => {
        const account = await register(service);
        const chain = await chainOf(account, 20);
        expect((await logoutBy(service, chain[which] ?? '')).status).toBe(204);
        expect(await endReasonOf(database, account.sid)).toBe('logout');
      },
    );
  });

  describe('that were never given out', () => {
    it.each<[string, (newest: Buffer) => string]>([
      ['another secret in the newest one', (b) => tokenOf(b.subarray(0, 16), randomBytes(16))],
      ['a generation to come', (b) => tokenOf(b.subarray(0, 12), Buffer.from([0, 0, 1, 0]), b.subarray(16))],
      [
        'another family, an earlier generation',
        (b) => tokenOf(randomBytes(12), Buffer.alloc(4), b.subarray(16)),
      ],
    ])('are refused and end nothing: %s', async (_what, forge) => {
      const account = await register(service);
      const newest = (await chainOf(account, 3)).at(-1) ?? '';
      const forged = forge(bytesOf(newest));
      expect((await refresh(service, forged)).status).toBe(401);
      expect((await logoutBy(service, forged)).status).toBe(204);
      expect(await endReasonOf(database, account.sid)).toBeNull();
      expect((await refresh(service, newest)).status).toBe(200);
    });

    it('are not found by the id of a session, which access tokens tell', async () => {
      const account = await register(service);
      const id = Buffer.from(account.sid.replaceAll('-', ''), 'hex');
      const newest = (await chainOf(account, 2)).at(-1) ?? '';
      expect((await refresh(service, tokenOf(id, randomBytes(16)))).status).toBe(401);
      expect((await refresh(service, newest)).status).toBe(200);
    });
  });

  it('are of another family in each session, of the same person too', async () => {
    const account = await register(service);
    const other = await signIn(service, account);
    const [one, two] = [account, other].map(({ refreshToken }) => bytesOf(refreshToken).subarray(0, 12));
    expect(one?.equals(two as Buffer)).toBe(false);
    await refreshed(service, account.refreshToken);
    await refreshed(service, other.refreshToken);
  });
});
