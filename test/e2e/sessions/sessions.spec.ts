import { createHash } from 'node:crypto';
import { register } from '../../support/http/accounts';
import { flushedLogs } from '../../support/process/flushed-logs';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { startService, type Service } from '../../support/process/service';
import {
  endReasonOf,
  FOREIGN_REFRESH_TOKEN,
  inLanes,
  isValid,
  login,
  logout,
  refresh,
  REFRESH_TOKEN,
  refreshed,
  signIn,
  type TokenPair,
} from '../../support/tokens/sessions';
import { forge, goodClaims, payloadOf, signHs256, GOOD_HEADER } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

interface ListedSession {
  readonly id: string;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
  readonly user_agent: string | null;
  readonly ip_address: string | null;
  readonly current: boolean;
}

const UNKNOWN_ID = '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e';
const DAY_MS = 24 * 60 * 60 * 1000;
const STEP_MS = 15 * 60 * 1000;
/** A time in steps of 15 minutes. */
const COARSE = /^\d{4}-\d\d-\d\dT\d\d:(00|15|30|45):00\.000Z$/;

describe('sessions', () => {
  const service = useService();
  const { database } = service;

  const list = (token: string) =>
    send<ListedSession[]>(service, 'GET', '/auth/sessions', { headers: bearer(token) });
  const remove = (token: string, path: string) =>
    send(service, 'DELETE', `/auth/sessions${path}`, { headers: bearer(token) });
  const logoutWith = (body: unknown, headers: Record<string, string> = {}) =>
    send(service, 'POST', '/auth/logout', { body, headers });

  /** Expects an answer of 204 without a body. */
  function expectDone(answer: Answer): void {
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
  }

  /** Expects that nothing of a session works any more. */
  async function expectOver({ accessToken, refreshToken }: Omit<TokenPair, 'sid'>): Promise<void> {
    expect(await isValid(service, accessToken)).toBe(false);
    const guarded = await send(service, 'GET', '/auth/me', { headers: bearer(accessToken) });
    expectProblem(guarded, 'invalid-token');
    expectProblem((await refresh(service, refreshToken)) as unknown as Answer, 'invalid-token');
  }

  async function expectLiving({ accessToken, refreshToken }: Omit<TokenPair, 'sid'>): Promise<void> {
    expect(await isValid(service, accessToken)).toBe(true);
    expect((await refresh(service, refreshToken)).status).toBe(200);
  }

  describe('opening one', () => {
    it('comes with registration and with each login: another session, another refresh token (R22)', async () => {
      const account = await register(service);
      const pairs = [
        { sid: account.sid, refreshToken: account.refreshToken },
        await signIn(service, account),
        await signIn(service, account),
      ];
      expect(new Set(pairs.map(({ sid }) => sid)).size).toBe(3);
      expect(new Set(pairs.map(({ refreshToken }) => refreshToken)).size).toBe(3);
      for (const { refreshToken } of pairs) expect(refreshToken).toMatch(REFRESH_TOKEN);
    });

    it('lasts 7 days unused and 30 days at most (R26)', async () => {
      const { sid } = await register(service);
      const [row] = await database.query(
        `SELECT expires_at - created_at = interval '30 days' AS absolute,
                idle_expires_at - created_at = interval '7 days' AS idle FROM sessions WHERE id = $1`,
        [sid],
      );
      expect(row).toEqual({ absolute: true, idle: true });
    });

    it('opens none for a refused login', async () => {
      const account = await register(service);
      expect((await login(service, { ...account, password: 'wrong horse' })).status).toBe(401);
      expect((await list(account.token)).body).toHaveLength(1);
    });

    it('leaves neither the refresh token nor its bytes in any column of the database (R22)', async () => {
      const account = await register(service);
      const { refreshToken } = await refreshed(service, account.refreshToken);
      const columns = await database.query<{ table_name: string; column_name: string }>(
        `SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type IN ('text', 'bytea', 'character varying', 'json', 'jsonb')`,
      );
      expect(columns).toContainEqual({ table_name: 'sessions', column_name: 'current_token_hash' });
      const find = async (needle: Buffer) => {
        const found: string[] = [];
        for (const { table_name, column_name } of columns) {
          const rows = await database.query(
            `SELECT FROM "${table_name}" t WHERE position($1 IN
               CASE WHEN pg_typeof(t."${column_name}") = 'bytea'::regtype THEN t."${column_name}"::text::bytea
                    ELSE convert_to(t."${column_name}"::text, 'UTF8') END) > 0 LIMIT 1`,
            [needle],
          );
          if (rows.length > 0) found.push(`${table_name}.${column_name}`);
        }
        return found;
      };
      for (const token of [account.refreshToken, refreshToken]) {
        const secret = token.slice(4);
        expect(await find(Buffer.from(secret))).toEqual([]);
        expect(await find(Buffer.from(secret, 'base64url'))).toEqual([]);
      }
      expect(await find(Buffer.from(account.email))).toEqual(['users.email']);
      const hash = createHash('sha256').update(refreshToken).digest();
      expect(await find(hash)).toEqual(['sessions.current_token_hash']);
    });

    it('never shows the refresh token again: no other answer carries it', async () => {
      const account = await register(service);
      for (const path of ['/auth/me', '/users/me', '/auth/sessions']) {
        const answer = await send(service, 'GET', path, { headers: bearer(account.token) });
        expect(answer.status).toBe(200);
        expect(answer.text).not.toMatch(/psr_|hash/);
      }
    });
  });

  describe('of a user who signs in very often', () => {
    const rowsOf = async (id: string) => {
      const [row] = await database.query<{ active: number; ended: number }>(
        `SELECT count(*) FILTER (WHERE ended_at IS NULL)::int AS active, count(ended_at)::int AS ended
         FROM sessions WHERE user_id = $1`,
        [id],
      );
      return row;
    };

    it('leaves 100 active ones after 150 sign-ins, ten at a time, and ends the least recently used (R79)', async () => {
      const account = await register(service);
      const others: TokenPair[] = [];
      await inLanes(60, 1, async () => void others.push(await signIn(service, account)));
      const used = await refreshed(service, account.refreshToken); // the oldest one
      await inLanes(89, 10, async () => void (await signIn(service, account)));
      expect(await rowsOf(account.id)).toEqual({ active: 100, ended: 50 });
      const newest = await signIn(service, account);
      expect(await rowsOf(account.id)).toEqual({ active: 100, ended: 51 });
      const listed = (await list(newest.accessToken)).body.map(({ id }) => id);
      expect(listed).toHaveLength(100);
      expect(listed).toEqual(expect.arrayContaining([account.sid, newest.sid]));
      const ended = others.filter(({ sid }) => !listed.includes(sid));
      expect(ended).toEqual(others.slice(0, 51));
      await expectLiving(used);
      await expectOver(others[0] as TokenPair);
      const told = (await flushedLogs(service)).filter(
        ({ reason, user_id }) => reason === 'too-many-sessions' && user_id === account.id,
      );
      expect(told.reduce((sum, { count }) => sum + Number(count), 0)).toBe(51);
    });

    it('keeps 100 ended ones after 250 sign-ins and sign-outs, the latest, with the rows of their tokens (R79)', async () => {
      const account = await register(service);
      let last = account.sid;
      await inLanes(250, 1, async () => {
        const { accessToken, refreshToken, sid } = await signIn(service, account);
        await refreshed(service, refreshToken);
        await logout(service, accessToken);
        last = sid;
      });
      expect(await rowsOf(account.id)).toEqual({ active: 1, ended: 101 });
      expect(await endReasonOf(database, last)).toBe('logout');
      const [tokens] = await database.query(
        `SELECT count(*)::int FROM used_refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1`,
        [account.id],
      );
      expect(tokens).toEqual({ count: 101 });
    });

    it('ends what is beyond 100 of the many that version 1.0.0 left, so that all can be listed and ended (R20)', async () => {
      const account = await register(service);
      await database.query(
        `INSERT INTO sessions (user_id, current_token_hash, created_at, last_used_at, expires_at, idle_expires_at)
         SELECT $1, sha256(('many ' || n)::bytea), now() - n * interval '1 minute', now() - n * interval '1 minute',
           now() + interval '9 days', now() + interval '1 day'
         FROM generate_series(1, 1500) AS n`,
        [account.id],
      );
      const newest = await signIn(service, account);
      const living = (await list(newest.accessToken)).body;
      expect(living).toHaveLength(100);
      expect(living.slice(0, 2).map(({ id }) => id)).toEqual([newest.sid, account.sid]);
      expect(await rowsOf(account.id)).toEqual({ active: 100, ended: 1402 });
      const told = (await flushedLogs(service)).filter(
        ({ reason, user_id }) => reason === 'too-many-sessions' && user_id === account.id,
      );
      expect(told).toMatchObject([{ msg: 'auth.sessions.ended', count: 1402 }]);
      expectDone(await remove(newest.accessToken, ''));
      expect((await list(newest.accessToken)).body).toHaveLength(1);
    });

    it('ends no active one for those that have expired', async () => {
      const account = await register(service);
      await database.query(
        `INSERT INTO sessions (user_id, current_token_hash, expires_at, idle_expires_at)
         SELECT $1, sha256(('expired ' || n)::bytea), now() - interval '1 minute', now() - interval '1 minute'
         FROM generate_series(1, 150) AS n`,
        [account.id],
      );
      await signIn(service, account);
      expect(await isValid(service, account.token)).toBe(true);
      expect(await rowsOf(account.id)).toEqual({ active: 100, ended: 52 });
    });
  });

  describe('GET /auth/sessions', () => {
    it('lists the living sessions of the caller, the newest first, with the present one marked (R21)', async () => {
      const account = await register(service);
      const phone = await signIn(service, account, { 'User-Agent': 'Phone/1.0' });
      const tablet = await signIn(service, account, { 'User-Agent': 'Tablet/2.0' });
      await register(service);
      const answer = await list(phone.accessToken);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body.map(({ id, user_agent, current }) => ({ id, user_agent, current }))).toEqual([
        { id: tablet.sid, user_agent: 'Tablet/2.0', current: false },
        { id: phone.sid, user_agent: 'Phone/1.0', current: true },
        { id: account.sid, user_agent: 'node', current: false },
      ]);
    });

    it('says of each exactly what the contract names, in its form', async () => {
      const account = await register(service);
      const [session, ...others] = (await list(account.token)).body;
      expect(others).toEqual([]);
      expect(session).toEqual({
        id: account.sid,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        last_used_at: expect.stringMatching(COARSE),
        expires_at: expect.stringMatching(COARSE),
        user_agent: 'node',
        ip_address: '127.0.0.1',
        current: true,
      });
      const [used, ends] = [session?.last_used_at, session?.expires_at].map((time = '') => Date.parse(time));
      expect(Number(ends) - Number(used)).toBe(7 * DAY_MS);
      expect(Date.parse(session?.created_at ?? '') - Number(used)).toBeLessThan(STEP_MS);
    });

    it('moves last_used_at and expires_at with each refresh', async () => {
      const account = await register(service);
      await database.query(
        `UPDATE sessions SET created_at = created_at - interval '1 day', last_used_at = last_used_at - interval '1 day',
           idle_expires_at = idle_expires_at - interval '1 day' WHERE id = $1`,
        [account.sid],
      );
      const [before] = (await list(account.token)).body;
      await refreshed(service, account.refreshToken);
      const [after] = (await list(account.token)).body;
      expect(after?.created_at).toBe(before?.created_at);
      for (const time of ['last_used_at', 'expires_at'] as const) {
        expect(Date.parse(after?.[time] ?? '') - Date.parse(before?.[time] ?? '')).toBeGreaterThan(
          DAY_MS - 1,
        );
      }
    });

    it('tells no time of a refresh finer than 15 minutes, in no answer that a bearer may read (R78)', async () => {
      const account = await register(service);
      const other = await signIn(service, account);
      const answers = async () => {
        const texts: string[] = [];
        for (const path of ['/auth/sessions', '/auth/me', '/users/me']) {
          texts.push((await send(service, 'GET', path, { headers: bearer(account.token) })).text);
        }
        return texts;
      };
      const seen = new Set<string>();
      for (const seconds of [0, 0.001, 1, 899.999]) {
        await database.query(
          `UPDATE sessions SET last_used_at = t.used, idle_expires_at = t.used + interval '7 days'
           FROM (SELECT date_bin('15 minutes', now(), 'epoch') - interval '15 minutes' + make_interval(secs => $2) AS used) t
           WHERE id = $1`,
          [other.sid, seconds],
        );
        seen.add((await answers()).join('\n'));
      }
      expect(seen.size).toBe(1);
      for (const { last_used_at, expires_at } of (await list(account.token)).body) {
        expect([last_used_at, expires_at]).toEqual([
          expect.stringMatching(COARSE),
          expect.stringMatching(COARSE),
        ]);
      }
    });

    it('keeps a user agent of any length short, and does without one', async () => {
      const account = await register(service);
      const long = await signIn(service, account, { 'User-Agent': `${'x'.repeat(2000)}` });
      const foreign = await signIn(service, account, { 'User-Agent': 'Caf\u00e9 <script>' });
      const byId = new Map(
        (await list(account.token)).body.map((session) => [session.id, session.user_agent]),
      );
      expect(byId.get(long.sid)).toBe('x'.repeat(200));
      expect(byId.get(foreign.sid)).toBe('Caf\u00e9 <script>');
    });

    it('does not list sessions that are ended, unused for too long, or too old', async () => {
      const account = await register(service);
      const [ended, idle, old] = [
        await signIn(service, account),
        await signIn(service, account),
        await signIn(service, account),
      ];
      await logout(service, ended.accessToken);
      await database.query(`UPDATE sessions SET idle_expires_at = now() WHERE id = $1`, [idle.sid]);
      await database.query(`UPDATE sessions SET expires_at = now() WHERE id = $1`, [old.sid]);
      expect((await list(account.token)).body.map(({ id }) => id)).toEqual([account.sid]);
    });

    it('answers 401 without a token', async () => {
      expectProblem(await send(service, 'GET', '/auth/sessions'), 'authentication-required');
    });
  });

  describe('DELETE /auth/sessions/{id}', () => {
    it('answers 204, and that session alone is over (R18, R21)', async () => {
      const account = await register(service);
      const other = await signIn(service, account);
      expectDone(await remove(account.token, `/${other.sid}`));
      await expectOver(other);
      expect(await endReasonOf(database, other.sid)).toBe('ended-by-user');
      expect(await isValid(service, account.token)).toBe(true);
    });

    it('ends the present session too', async () => {
      const account = await register(service);
      expectDone(await remove(account.token, `/${account.sid.toUpperCase()}`));
      await expectOver({ accessToken: account.token, refreshToken: account.refreshToken });
    });

    it("answers 404 for another person's session, as for one that never was, and leaves it alone (R21, R25)", async () => {
      const [account, victim] = [await register(service), await register(service)];
      const foreign = await remove(account.token, `/${victim.sid}`);
      const unknown = await remove(account.token, `/${UNKNOWN_ID}`);
      for (const answer of [foreign, unknown]) {
        expectProblem(answer, 'not-found');
        expect(answer.body.detail).toBe('There is no active session with this id.');
      }
      await expectLiving({ accessToken: victim.token, refreshToken: victim.refreshToken });
    });

    it('answers 404 for a session that is over already', async () => {
      const account = await register(service);
      const other = await signIn(service, account);
      expectDone(await remove(account.token, `/${other.sid}`));
      expectProblem(await remove(account.token, `/${other.sid}`), 'not-found');
    });

    it.each(['1', 'current', `${UNKNOWN_ID}x`, "'%20OR%201=1--", '%00', 'null'])(
      'answers 400 for the malformed id %s',
      async (id) => {
        const account = await register(service);
        const answer = await remove(account.token, `/${id}`);
        expectProblem(answer, 'invalid-input');
        expect(answer.body.errors).toEqual([
          { pointer: '#/id', detail: 'must be the id of a session (a UUID)' },
        ]);
        expect(await isValid(service, account.token)).toBe(true);
      },
    );

    it('still answers 405 to a method that the address does not know', async () => {
      const { token, sid } = await register(service);
      const answer = await send(service, 'PUT', `/auth/sessions/${sid}`, { headers: bearer(token) });
      expectProblem(answer, 'method-not-allowed');
      expect(answer.headers.get('allow')).toBe('DELETE');
    });

    it('answers 401 without a token', async () => {
      const { sid, token } = await register(service);
      expectProblem(await send(service, 'DELETE', `/auth/sessions/${sid}`), 'authentication-required');
      expect(await isValid(service, token)).toBe(true);
    });
  });

  describe('DELETE /auth/sessions', () => {
    it.each(['', '?include_current=false'])('with "%s" ends all but the present one (R21)', async (query) => {
      const account = await register(service);
      const others = [await signIn(service, account), await signIn(service, account)];
      const stranger = await register(service);
      expectDone(await remove(account.token, query));
      for (const other of others) await expectOver(other);
      await expectLiving({ accessToken: account.token, refreshToken: account.refreshToken });
      await expectLiving({ accessToken: stranger.token, refreshToken: stranger.refreshToken });
    });

    it.each(['true', 'True', 'TRUE', '1', 'yes', 'on', 't', 'Y'])(
      'with include_current=%s ends the present one as well',
      async (value) => {
        const account = await register(service);
        const other = await signIn(service, account);
        expectDone(await remove(account.token, `?include_current=${value}`));
        await expectOver(other);
        await expectOver({ accessToken: account.token, refreshToken: account.refreshToken });
      },
    );

    it.each(['False', 'FALSE', '0', 'no', 'off', 'f', 'N'])(
      'with include_current=%s ends all but the present one',
      async (value) => {
        const account = await register(service);
        const other = await signIn(service, account);
        expectDone(await remove(account.token, `?include_current=${value}`));
        await expectOver(other);
        await expectLiving({ accessToken: account.token, refreshToken: account.refreshToken });
      },
    );

    it.each(['2', 'ja', 'null', ' true', '', 'true&include_current=false', 'true&include_current=true'])(
      'answers 400 to include_current=%s and ends nothing',
      async (value) => {
        const account = await register(service);
        const other = await signIn(service, account);
        const answer = await remove(account.token, `?include_current=${value}`);
        expectProblem(answer, 'invalid-input');
        expect(answer.body.errors).toEqual([
          { pointer: '#/include_current', detail: 'must be true or false' },
        ]);
        await expectLiving(other);
      },
    );

    it('answers 401 without a token', async () => {
      expectProblem(await send(service, 'DELETE', '/auth/sessions'), 'authentication-required');
    });
  });

  describe('POST /auth/logout', () => {
    it('with a bearer token answers 204, and the session is over at the next request (R18)', async () => {
      const account = await register(service);
      const other = await signIn(service, account);
      expectDone(await logout(service, account.token));
      await expectOver({ accessToken: account.token, refreshToken: account.refreshToken });
      expect(await endReasonOf(database, account.sid)).toBe('logout');
      await expectLiving(other);
    });

    it('holds for every access token of the session, whichever was sent (R19)', async () => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      expectDone(await logout(service, account.token));
      await expectOver(child);
    });

    it('with an expired access token of ours answers 204 all the same', async () => {
      const account = await register(service);
      const now = Math.floor(Date.now() / 1000);
      const expired = forge(account, { claims: { iat: now - 7200, exp: now - 3600 } });
      expect(await isValid(service, expired)).toBe(false);
      expectDone(await logout(service, expired));
      await expectOver({ accessToken: account.token, refreshToken: account.refreshToken });
    });

    it.each([
      ['the newest', (child: TokenPair) => child.refreshToken],
      ['a used one', (_child: TokenPair, parent: string) => parent],
    ])('with %s of its refresh tokens alone answers 204', async (_which, choose) => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      expectDone(await logoutWith({ refresh_token: choose(child, account.refreshToken) }));
      await expectOver(child);
      expect(await endReasonOf(database, account.sid)).toBe('logout');
    });

    it('answers 204 as often as it is asked, by either token', async () => {
      const account = await register(service);
      for (let time = 0; time < 2; time++) {
        expectDone(await logout(service, account.token));
        expectDone(await logoutWith({ refresh_token: account.refreshToken }));
      }
      expect(await endReasonOf(database, account.sid)).toBe('logout');
    });

    it('tells the audit once, however often it is asked', async () => {
      const account = await register(service);
      await logout(service, account.token);
      await logout(service, account.token);
      const lines = (await flushedLogs(service)).filter(
        ({ msg, user_id }) => msg === 'auth.sessions.ended' && user_id === account.id,
      );
      expect(lines).toEqual([
        expect.objectContaining({ audit: true, session_id: account.sid, reason: 'logout', count: 1 }),
      ]);
    });

    it.each([
      ['an empty JSON object', {}],
      ['null for the refresh token', { refresh_token: null }],
    ])('with a bearer token takes %s as a body', async (_what, body) => {
      const account = await register(service);
      expectDone(await logoutWith(body, bearer(account.token)));
      expect(await isValid(service, account.token)).toBe(false);
    });

    it.each([
      ['a token that was never issued', FOREIGN_REFRESH_TOKEN],
      ['garbage', 'garbage'],
      ['an empty text', ''],
    ])('answers 204 to %s as a refresh token, and ends nothing (R25)', async (_what, token) => {
      const account = await register(service);
      expectDone(await logoutWith({ refresh_token: token }));
      await expectLiving({ accessToken: account.token, refreshToken: account.refreshToken });
    });

    it('answers 204 to an access token in the place of the refresh token, and ends nothing (R10)', async () => {
      const account = await register(service);
      expectDone(await logoutWith({ refresh_token: account.token }));
      expect(await isValid(service, account.token)).toBe(true);
    });

    it.each([
      ['garbage', () => 'garbage'],
      ['a refresh token (R10)', (account: { refreshToken: string }) => account.refreshToken],
      [
        'a token with another signature',
        (account: { token: string }) => `${account.token.slice(0, -8)}AAAAAAAA`,
      ],
    ])('answers 401 to %s as a bearer token and ends nothing', async (_what, make) => {
      const account = await register(service);
      expectProblem(await logout(service, make(account)), 'invalid-token');
      await expectLiving({ accessToken: account.token, refreshToken: account.refreshToken });
    });

    it.each([
      ['of another issuer', { iss: 'somebody-else' }],
      ['without a session', { sid: undefined }],
    ])(
      'answers 401 to a bearer token of our key that is %s: only its times are forgiven',
      async (_what, claims) => {
        const account = await register(service);
        expectProblem(await logout(service, forge(account, { claims })), 'invalid-token');
        expect(await isValid(service, account.token)).toBe(true);
      },
    );

    it('takes a bearer token of a replica whose clock is ahead (O10)', async () => {
      const account = await register(service);
      const future = Math.floor(Date.now() / 1000) + 3600;
      const token = forge(account, { claims: { iat: future, nbf: future, exp: future + 1800 } });
      expect((await logout(service, token)).status).toBe(204);
      expect(await isValid(service, account.token)).toBe(false);
    });

    it('answers 401 with a bare challenge when there is no token at all (R47)', async () => {
      for (const body of [undefined, {}]) {
        const answer = await logoutWith(body);
        expectProblem(answer, 'authentication-required');
        expect(answer.headers.get('www-authenticate')).not.toContain('error=');
      }
    });

    it.each([5, ['x'], { a: 1 }, true])('answers 400 to the refresh token %j', async (refresh_token) => {
      expectProblem(await logoutWith({ refresh_token }), 'invalid-input');
    });

    it("does not end another person's session with a token that names it (R25)", async () => {
      const [account, victim] = [await register(service), await register(service)];
      expectDone(await logout(service, forge({ ...account, sid: victim.sid })));
      await expectLiving({ accessToken: victim.token, refreshToken: victim.refreshToken });
    });
  });

  describe('an access token', () => {
    /** Expects both ways in to refuse a token. */
    async function expectRefused(token: string): Promise<void> {
      expect(await isValid(service, token)).toBe(false);
      expectProblem(await send(service, 'GET', '/auth/me', { headers: bearer(token) }), 'invalid-token');
    }

    it('names its session and itself, each token another jti (D9)', async () => {
      const account = await register(service);
      const tokens = [account.token, (await refreshed(service, account.refreshToken)).accessToken];
      expect(tokens.map((token) => payloadOf(token).sid)).toEqual([account.sid, account.sid]);
      expect(new Set(tokens.map((token) => payloadOf(token).jti)).size).toBe(2);
    });

    it('is refused with the session of another person (R22)', async () => {
      const [account, other] = [await register(service), await register(service)];
      await expectRefused(forge({ ...account, sid: other.sid }));
      await expectRefused(forge({ ...other, sid: account.sid }));
    });

    it('is refused with a session that never was', async () => {
      await expectRefused(forge({ ...(await register(service)), sid: UNKNOWN_ID }));
    });

    it.each([
      ['no sid', undefined],
      ['null', null],
      ['an empty text', ''],
      ['a number', 5],
      ['a list', [UNKNOWN_ID]],
      ['no UUID', 'x'],
      ['a UUID and more', `${UNKNOWN_ID}\n`],
    ])('is refused with %s for its session (D9)', async (_what, sid) => {
      const account = await register(service);
      await expectRefused(signHs256(GOOD_HEADER, { ...goodClaims(account), sid }));
    });

    it.each([
      ['no jti', undefined],
      ['a jti that is a number', 5],
      ['an empty jti', ''],
    ])('is refused with %s (D9)', async (_what, jti) => {
      await expectRefused(forge(await register(service), { claims: { jti } }));
    });

    it('is refused at once when its person is no longer active, and after they are deleted (R16)', async () => {
      const account = await register(service);
      await database.query('UPDATE users SET is_active = false WHERE id = $1', [account.id]);
      await expectRefused(account.token);
      await database.query('DELETE FROM users WHERE id = $1', [account.id]);
      await expectRefused(account.token);
    });
  });

  it('refuses a refresh token as a bearer token and to validate (R10)', async () => {
    const { refreshToken } = await register(service);
    expect(await isValid(service, refreshToken)).toBe(false);
    for (const path of ['/auth/me', '/auth/sessions', '/teams']) {
      expectProblem(await send(service, 'GET', path, { headers: bearer(refreshToken) }), 'invalid-token');
    }
    expect((await refresh(service, refreshToken)).status).toBe(200);
  });

  describe('of a person who came by development headers', () => {
    let development: Service;

    beforeAll(async () => {
      development = await startService({
        databaseUrl: database.url,
        env: { AUTH_ALLOW_DEV_HEADERS: 'true' },
      });
    });

    afterAll(() => development.stop());

    it('are listed and ended like those of anybody; none is the present one', async () => {
      const account = await register(development);
      const headers = { 'X-User-Email': account.email };
      const listed = await send<ListedSession[]>(development, 'GET', '/auth/sessions', { headers });
      expect(listed.body).toMatchObject([{ id: account.sid, current: false }]);
      expectDone(await send(development, 'DELETE', '/auth/sessions', { headers }));
      expect(await isValid(development, account.token)).toBe(false);
    });
  });
});
