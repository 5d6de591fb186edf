import { Client } from 'pg';
import { register, type Account } from '../../support/http/accounts';
import { eventually } from '../../support/process/eventually';
import { flushedLogs } from '../../support/process/flushed-logs';
import { bearer, send, type Answer } from '../../support/http/http';
import { aDeviceToken, aRefreshToken, aToken } from '../../support/http/matchers';
import { expectProblem } from '../../support/http/problem';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import {
  changedPassword,
  changePassword,
  endReasonOf,
  isValid,
  login,
  logout,
  refresh,
  refreshed,
  signIn,
  tokensOf,
  type AuthBody,
  type TokenPair,
} from '../../support/tokens/sessions';
import { forge, payloadOf } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

const NEW_PASSWORD = 'another horse, another battery';

describe('POST /auth/password', () => {
  const provider = ProviderStub.use();
  const env = { AUTH_ALLOW_DEV_HEADERS: 'true', AUTH_PASSWORD_BLOCKLIST: 'true' };
  const service = useService({ provider, env });
  const { database } = service;
  const replica = useService({ provider, env, database });

  /** Expects 400 for one field, and that nothing has changed. */
  async function expectRefused(
    answer: Answer,
    account: Account,
    pointer: string,
    detail: RegExp,
  ): Promise<void> {
    expectProblem(answer, 'invalid-input');
    expect(answer.body.errors).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
    expect((await login(service, account)).status).toBe(200);
  }

  it('answers 200 with a new pair; the new password opens the door and the old one no longer (R43, R84)', async () => {
    const account = await register(service);
    const answer = await changePassword(service, account.token, account.password, NEW_PASSWORD);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: aToken(),
      token_type: 'bearer',
      expires_in: 1800,
      refresh_token: aRefreshToken(),
      device_token: aDeviceToken(),
      user: (await send(service, 'GET', '/auth/me', { headers: bearer(answer.body.access_token as string) }))
        .body,
    });
    expectProblem((await login(service, account)) as unknown as Answer, 'invalid-credentials');
    expect((await login(service, { ...account, password: NEW_PASSWORD })).status).toBe(200);
  });

  it('ends the other sessions, those of the same second too (R20)', async () => {
    const account = await register(service);
    const others = [await signIn(service, account), await signIn(service, account)];
    await changePassword(service, account.token, account.password, NEW_PASSWORD);
    for (const { sid, accessToken, refreshToken } of others) {
      expect(await isValid(replica, accessToken)).toBe(false);
      expectProblem((await refresh(replica, refreshToken)) as unknown as Answer, 'invalid-token');
      expect(await endReasonOf(database, sid)).toBe('password-changed');
    }
  });

  describe('the present session (R84)', () => {
    const list = (token: string) =>
      send<{ id: string; created_at: string; current: boolean }[]>(service, 'GET', '/auth/sessions', {
        headers: bearer(token),
      });

    it('goes on with the new pair, on every replica', async () => {
      const account = await register(service);
      const [before] = (await list(account.token)).body;
      const pair = await changedPassword(service, account.token, account.password, NEW_PASSWORD);
      expect(pair.sid).toBe(account.sid);
      for (const each of [service, replica]) expect(await isValid(each, pair.accessToken)).toBe(true);
      expect((await list(pair.accessToken)).body).toMatchObject([
        { id: account.sid, created_at: before?.created_at, current: true },
      ]);
      const child = await refreshed(replica, pair.refreshToken);
      expect(child.sid).toBe(account.sid);
      for (const each of [service, replica]) expect(await isValid(each, child.accessToken)).toBe(true);
    });

    it('lets nothing of before in: not its access tokens, not its refresh tokens, nor a retry in the grace (R78)', async () => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      const pair = await changedPassword(service, child.accessToken, account.password, NEW_PASSWORD);
      for (const each of [service, replica]) {
        for (const token of [account.token, child.accessToken]) {
          expect(await isValid(each, token)).toBe(false);
          expectProblem(await send(each, 'GET', '/auth/me', { headers: bearer(token) }), 'invalid-token');
        }
        for (const token of [child.refreshToken, account.refreshToken]) {
          expectProblem((await refresh(each, token)) as unknown as Answer, 'invalid-token');
        }
      }
      // Whoever still holds those cannot sign the owner out with them either.
      expect((await logout(replica, child.accessToken)).status).toBe(204);
      for (const refresh_token of [child.refreshToken, account.refreshToken]) {
        const answer = await send(service, 'POST', '/auth/logout', { body: { refresh_token } });
        expect(answer.status).toBe(204);
      }
      expect(await endReasonOf(database, account.sid)).toBeNull();
      expect(await isValid(replica, pair.accessToken)).toBe(true);
      expect((await refresh(replica, pair.refreshToken)).status).toBe(200);
    });

    it('can be signed out with the new tokens, and with those that came of them', async () => {
      for (const choose of [
        (pair: TokenPair) => pair,
        (pair: TokenPair) => refreshed(service, pair.refreshToken),
      ]) {
        const account = await register(service);
        const pair = await choose(
          await changedPassword(service, account.token, account.password, NEW_PASSWORD),
        );
        expect((await logout(service, pair.accessToken)).status).toBe(204);
        expect(await isValid(replica, pair.accessToken)).toBe(false);
        expect(await endReasonOf(database, account.sid)).toBe('logout');
      }
    });

    it('counts as authenticated at that moment', async () => {
      const account = await register(service);
      await signIn(service, account);
      await database.query(`UPDATE sessions SET created_at = created_at - interval '1 hour' WHERE id = $1`, [
        account.sid,
      ]);
      const token = forge(account);
      const removal = (bearing: string) =>
        send(service, 'DELETE', '/auth/sessions', { headers: bearer(bearing) });
      expectProblem(await removal(token), 'reauthentication-required');
      const pair = await changedPassword(service, token, account.password, NEW_PASSWORD);
      const { auth_time, iat, amr } = payloadOf(pair.accessToken);
      expect(Math.abs(Number(auth_time) - Number(iat))).toBeLessThanOrEqual(1);
      expect(amr).toEqual(['pwd']);
      const child = payloadOf((await refreshed(replica, pair.refreshToken)).accessToken);
      expect(child).toMatchObject({ auth_time, amr: ['pwd'] });
      expect((await removal(pair.accessToken)).status).toBe(204);
    });

    it('can be given new tokens again and again', async () => {
      const account = await register(service);
      const pairs: TokenPair[] = [{ ...account, accessToken: account.token }];
      let password = account.password;
      for (let round = 0; round < 4; round++) {
        const next = `${NEW_PASSWORD} ${round}`;
        pairs.push(await changedPassword(service, pairs.at(-1)?.accessToken ?? '', password, next));
        password = next;
      }
      const valid = await Promise.all(pairs.map(({ accessToken }) => isValid(replica, accessToken)));
      expect(valid).toEqual([false, false, false, false, true]);
    });

    it('takes no access token that names another version of it', async () => {
      const account = await register(service);
      for (const session_version of [1, -1, 0.5, '0', null, [0]]) {
        const token = forge(account, { claims: { session_version } });
        expect(await isValid(service, token)).toBe(false);
      }
      const { accessToken } = await changedPassword(service, account.token, account.password, NEW_PASSWORD);
      const { session_version } = payloadOf(accessToken);
      for (const wrong of [undefined, 0, Number(session_version) + 1]) {
        const token = forge(account, { claims: { session_version: wrong } });
        expect(await isValid(service, token)).toBe(false);
      }
    });

    it('gives no token to a refresh that is exchanged before the change and reads the session after it (I1)', async () => {
      const account = await register(service);
      const holder = new Client({ connectionString: database.url });
      await holder.connect();
      try {
        await holder.query('BEGIN');
        await holder.query('LOCK TABLE teams IN ACCESS EXCLUSIVE MODE'); // read for the answer, not for the exchange
        const renewed = refresh(replica, account.refreshToken);
        await eventually('the exchange is done', async () => {
          const rows = await database.query('SELECT FROM sessions WHERE id = $1 AND rotated_at IS NOT NULL', [
            account.sid,
          ]);
          return rows.length > 0 || undefined;
        });
        // What a change of password does; the route itself would wait for the table too.
        await database.query(`UPDATE sessions SET token_version = token_version + 1 WHERE id = $1`, [
          account.sid,
        ]);
        await holder.query('COMMIT');
        expectProblem((await renewed) as unknown as Answer, 'invalid-token');
      } finally {
        await holder.end();
      }
    });

    it('lets no refresh win over the change: whatever it gets is worth nothing after both (I1)', async () => {
      for (let round = 0; round < 40; round++) {
        const account = await register(service);
        const [pair, renewed] = await Promise.all([
          changedPassword(service, account.token, account.password, NEW_PASSWORD),
          refresh(round % 2 === 0 ? service : replica, account.refreshToken),
        ]);
        expect([200, 401]).toContain(renewed.status);
        const got = renewed.status === 200 ? [tokensOf(renewed)] : [];
        for (const { accessToken, refreshToken } of [{ ...account, accessToken: account.token }, ...got]) {
          expect(await isValid(replica, accessToken)).toBe(false);
          expect((await refresh(service, refreshToken)).status).toBe(401);
        }
        expect(await isValid(replica, pair.accessToken)).toBe(true);
        expect((await refresh(replica, pair.refreshToken)).status).toBe(200);
      }
    });
  });

  it('leaves the sessions that the new password opens right afterwards', async () => {
    const account = await register(service);
    await changePassword(service, account.token, account.password, NEW_PASSWORD);
    const { accessToken } = await signIn(service, { ...account, password: NEW_PASSWORD });
    expect(await isValid(service, accessToken)).toBe(true);
  });

  it("ends nobody else's sessions", async () => {
    const [account, stranger] = [await register(service), await register(service)];
    await changePassword(service, account.token, account.password, NEW_PASSWORD);
    expect(await isValid(service, stranger.token)).toBe(true);
    expect((await login(service, stranger)).status).toBe(200);
  });

  it('tells the audit of the change, and no log of the passwords (R61, R62)', async () => {
    const account = await register(service);
    const [secret, replacement] = ['marked-secret-one', 'marked-secret-two'];
    const { accessToken } = await changedPassword(service, account.token, account.password, secret);
    const pair = await changedPassword(service, accessToken, secret, replacement);
    await changePassword(service, pair.accessToken, secret, replacement);
    const events = (await flushedLogs(service))
      .filter(({ audit, user_id }) => audit === true && user_id === account.id)
      .map(({ msg }) => msg);
    expect(events.filter((msg) => msg === 'auth.password.changed')).toHaveLength(2);
    expect(service.output()).not.toContain('marked-secret');
  });

  it('by somebody without a session here who is switched off while the password is looked at: 401, and changes nothing (R75)', async () => {
    const account = await register(service);
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('UPDATE users SET is_active = false WHERE id = $1', [account.id]);
      const change = send(service, 'POST', '/auth/password', {
        headers: { 'X-User-Email': account.email },
        body: { current_password: account.password, new_password: NEW_PASSWORD },
      });
      await eventually('the change waits for the row of the user', async () => {
        const waiting = await database.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return waiting.length > 0 || undefined;
      });
      await holder.query('COMMIT');
      expectProblem(await change, 'invalid-token');
    } finally {
      await holder.end();
    }
    await database.query('UPDATE users SET is_active = true WHERE id = $1', [account.id]);
    expect((await login(service, account)).status).toBe(200);
  });

  it('by somebody without a session here opens one each time: those that end are removed beyond 100 (R79)', async () => {
    const account = await register(service);
    await database.query(
      `INSERT INTO sessions (user_id, expires_at, idle_expires_at, ended_at, current_token_hash)
       SELECT $1, now(), now(), now(), sha256(n::text::bytea) FROM generate_series(1, 105) n`,
      [account.id],
    );
    const answer = await send(service, 'POST', '/auth/password', {
      headers: { 'X-User-Email': account.email },
      body: { current_password: account.password, new_password: NEW_PASSWORD },
    });
    expect(answer.status).toBe(200);
    const [row] = await database.query('SELECT count(*)::int AS count FROM sessions WHERE user_id = $1', [
      account.id,
    ]);
    expect(row).toEqual({ count: 101 });
  });

  describe('with the wrong current password', () => {
    it('answers 400 that names the field, and changes nothing (R43)', async () => {
      const account = await register(service);
      const other = await signIn(service, account);
      const answer = await changePassword(service, account.token, 'wrong horse', NEW_PASSWORD);
      await expectRefused(answer, account, '#/current_password', /^is not your current password$/);
      expect(answer.body.detail).toBe('current_password is not your current password');
      expect(await isValid(service, other.accessToken)).toBe(true);
    });

    it('says so before it says anything of the new one', async () => {
      const account = await register(service);
      const answer = await changePassword(service, account.token, 'wrong horse', 'short');
      await expectRefused(answer, account, '#/current_password', /current/);
    });

    it.each([
      ['in other letter case', (password: string) => password.toUpperCase()],
      ['with a space behind', (password: string) => `${password} `],
      ['empty', () => ''],
    ])('takes none that is %s', async (_what, spell) => {
      const account = await register(service);
      const answer = await changePassword(service, account.token, spell(account.password), NEW_PASSWORD);
      await expectRefused(answer, account, '#/current_password', /current/);
    });

    it("takes another person's password for none", async () => {
      const [account, other] = [
        await register(service),
        await register(service, { password: 'a password of the other' }),
      ];
      const answer = await changePassword(service, account.token, other.password, NEW_PASSWORD);
      await expectRefused(answer, account, '#/current_password', /current/);
    });
  });

  describe('with an unfit new password', () => {
    it.each([
      ['too short', 'seven77', /^must have 8 to 256 characters$/],
      ['too long', 'x'.repeat(257), /at most 256 characters/],
      ['well known', 'password123', /well-known/],
      ['with U+0000', 'correct\0horse', /without U\+0000/],
      ['with a lone surrogate', 'correct horse \ud800', /lone surrogates/],
    ])('answers 400 that names the field when it is %s (R35, R37, R52)', async (_what, password, detail) => {
      const account = await register(service);
      const answer = await changePassword(service, account.token, account.password, password);
      await expectRefused(answer, account, '#/new_password', detail);
    });

    it("answers 400 when it is made of the person's own address (R37)", async () => {
      const account = await register(service);
      const answer = await changePassword(service, account.token, account.password, `${account.email}1`);
      await expectRefused(answer, account, '#/new_password', /your own name or address/);
    });

    it.each([
      ['a number', 12345678901],
      ['a list', [NEW_PASSWORD]],
      ['null', null],
      ['missing', undefined],
    ])('answers 400 when it is %s', async (_what, new_password) => {
      const account = await register(service);
      const answer = await send(service, 'POST', '/auth/password', {
        body: { current_password: account.password, new_password },
        headers: bearer(account.token),
      });
      await expectRefused(answer, account, '#/new_password', /text/);
    });
  });

  it('takes a long password in Unicode whole (D2, D3)', async () => {
    const account = await register(service);
    const long = 'пароль 🔑 '.repeat(25);
    expect((await changePassword(service, account.token, account.password, long)).status).toBe(200);
    expect((await login(service, { ...account, password: long })).status).toBe(200);
    expect((await login(service, { ...account, password: long.slice(0, -1) })).status).toBe(401);
  });

  it('answers 400 to a person without a password: there is no current one', async () => {
    const email = `headers-${Date.now()}@example.com`;
    const answer = await send(service, 'POST', '/auth/password', {
      body: { current_password: 'anything', new_password: NEW_PASSWORD },
      headers: { 'X-User-Email': email },
    });
    expectProblem(answer, 'invalid-input');
    expect(answer.body.errors).toEqual([
      { pointer: '#/current_password', detail: 'is not your current password' },
    ]);
    expect((await login(service, { email, password: NEW_PASSWORD })).status).toBe(401);
  });

  it.each([
    ['development headers', (email: string) => ({ 'X-User-Email': email })],
    ["a provider's token", (email: string) => bearer(provider.mint({ ...person(), email }))],
  ])('ends every session when the request comes with %s, and opens one', async (_what, credential) => {
    const account = await register(service);
    await database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [account.id]);
    const answer = await send<AuthBody>(service, 'POST', '/auth/password', {
      body: { current_password: account.password, new_password: NEW_PASSWORD },
      headers: credential(account.email),
    });
    const { accessToken, refreshToken } = tokensOf(answer);
    expect(await isValid(replica, account.token)).toBe(false);
    expect(await isValid(replica, accessToken)).toBe(true);
    expect((await refresh(replica, refreshToken)).status).toBe(200);
  });

  it('answers 401 without a token, and with one of an ended session', async () => {
    const account = await register(service);
    const body = { current_password: account.password, new_password: NEW_PASSWORD };
    expectProblem(await send(service, 'POST', '/auth/password', { body }), 'authentication-required');
    await send(service, 'POST', '/auth/logout', { headers: bearer(account.token) });
    const answer = await changePassword(service, account.token, account.password, NEW_PASSWORD);
    expectProblem(answer, 'invalid-token');
    expect((await login(service, account)).status).toBe(200);
  });
});
