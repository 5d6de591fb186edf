import { createHash } from 'node:crypto';
import { register, type Account } from '../../support/http/accounts';
import { flushedLogs } from '../../support/process/flushed-logs';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { aDeviceToken } from '../../support/http/matchers';
import { startService, type Service } from '../../support/process/service';
import {
  changedPassword,
  endReasonOf,
  FOREIGN_REFRESH_TOKEN,
  isValid,
  logout,
  passGrace,
  refresh,
  REFRESH_TOKEN,
  refreshed,
  signIn,
} from '../../support/tokens/sessions';
import { payloadOf } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

describe('POST /auth/refresh', () => {
  const service = useService();
  const { database } = service;

  /** Expects a refusal that says nothing of its cause. */
  function expectRefused(answer: Answer<unknown>): void {
    expectProblem(answer as Answer, 'invalid-token');
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(answer.body).toMatchObject({ detail: 'Invalid or expired token' });
  }

  /** Expects a session to be over for every token of it that is given. */
  async function expectEnded(sid: string, accessToken: string, newest: string): Promise<void> {
    expect(await isValid(service, accessToken)).toBe(false);
    expectRefused(await refresh(service, newest));
    expect(await endReasonOf(database, sid)).toBe('refresh-token-reuse');
  }

  /** What the audit says of a person, in order. */
  async function auditOf(account: Account): Promise<unknown[]> {
    return (await flushedLogs(service))
      .filter(({ audit, user_id }) => audit === true && user_id === account.id)
      .map(({ msg }) => msg);
  }

  describe('with the newest token of a session', () => {
    it('answers 200 with new tokens of the same session, not to be cached (R22, R49)', async () => {
      const account = await register(service);
      const answer = await refresh(service, account.refreshToken);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toEqual({
        access_token: expect.any(String),
        token_type: 'bearer',
        expires_in: 1800,
        refresh_token: expect.stringMatching(REFRESH_TOKEN),
        device_token: aDeviceToken(),
        user: (await send(service, 'GET', '/auth/me', { headers: bearer(account.token) })).body,
      });
      expect(answer.body.refresh_token).not.toBe(account.refreshToken);
      expect(answer.body.access_token).not.toBe(account.token);
      expect(payloadOf(answer.body.access_token)).toMatchObject({
        sid: account.sid,
        uid: account.id,
        sub: account.email,
      });
    });

    it('leaves the access tokens of before good until they expire', async () => {
      const account = await register(service);
      const { accessToken } = await refreshed(service, account.refreshToken);
      expect(await isValid(service, account.token)).toBe(true);
      expect(await isValid(service, accessToken)).toBe(true);
    });

    it('goes on from child to child, each another one', async () => {
      const account = await register(service);
      const chain = [account.refreshToken];
      for (let step = 0; step < 5; step++) {
        chain.push((await refreshed(service, chain.at(-1) ?? '')).refreshToken);
      }
      expect(new Set(chain).size).toBe(6);
    });

    it('answers with the person as they are now (R17)', async () => {
      const account = await register(service);
      await database.query(`UPDATE users SET name = 'Ada King' WHERE id = $1`, [account.id]);
      const { body } = await refresh(service, account.refreshToken);
      expect(body.user).toMatchObject({ id: account.id, name: 'Ada King' });
    });

    it('puts off the end of an unused session, but never past its absolute end (R26)', async () => {
      const account = await register(service);
      await database.query(
        `UPDATE sessions SET expires_at = now() + interval '3 days', idle_expires_at = now() + interval '1 hour'
         WHERE id = $1`,
        [account.sid],
      );
      await refreshed(service, account.refreshToken);
      const [row] = await database.query(
        'SELECT idle_expires_at = expires_at AS at_the_end, last_used_at > created_at AS used FROM sessions WHERE id = $1',
        [account.sid],
      );
      expect(row).toEqual({ at_the_end: true, used: true });
    });

    it('keeps nothing but the hashes of the tokens, of one child each (R22, I3)', async () => {
      const account = await register(service);
      const { refreshToken } = await refreshed(service, account.refreshToken);
      const hash = (token: string) => createHash('sha256').update(token).digest();
      const rows = await database.query(
        `SELECT s.current_token_hash, s.previous_token_hash, u.hash FROM sessions s
         JOIN used_refresh_tokens u ON u.session_id = s.id WHERE s.id = $1`,
        [account.sid],
      );
      expect(rows).toEqual([
        {
          current_token_hash: hash(refreshToken),
          previous_token_hash: hash(account.refreshToken),
          hash: hash(account.refreshToken),
        },
      ]);
    });
  });

  describe('with a token that was used before', () => {
    it('answers a retry of the immediate parent within the grace with the very same child and a fresh access token (R24)', async () => {
      const account = await register(service);
      const first = await refreshed(service, account.refreshToken);
      const retry = await refreshed(service, account.refreshToken);
      expect(retry.refreshToken).toBe(first.refreshToken);
      expect(retry.sid).toBe(first.sid);
      expect(payloadOf(retry.accessToken).jti).not.toBe(payloadOf(first.accessToken).jti);
      expect(await isValid(service, retry.accessToken)).toBe(true);
      expect(await auditOf(account)).not.toContain('auth.refresh.reused');
    });

    it('ends the session, its newest pair included, when the parent comes after the grace (P19, R23)', async () => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      await passGrace(database, account.sid);
      expectRefused(await refresh(service, account.refreshToken));
      await expectEnded(account.sid, child.accessToken, child.refreshToken);
    });

    it('ends the session when an older ancestor comes, within the grace too (R23)', async () => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      const grandchild = await refreshed(service, child.refreshToken);
      expectRefused(await refresh(service, account.refreshToken));
      await expectEnded(account.sid, grandchild.accessToken, grandchild.refreshToken);
    });

    it('still serves the parent one second before the grace is over', async () => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      await database.query(
        `UPDATE sessions SET rotated_at = clock_timestamp() - interval '9 seconds' WHERE id = $1`,
        [account.sid],
      );
      expect((await refreshed(service, account.refreshToken)).refreshToken).toBe(child.refreshToken);
    });

    it("leaves the person's other sessions alone", async () => {
      const account = await register(service);
      const other = await signIn(service, account);
      await refreshed(service, account.refreshToken);
      await passGrace(database, account.sid);
      expectRefused(await refresh(service, account.refreshToken));
      expect(await isValid(service, other.accessToken)).toBe(true);
      expect((await refresh(service, other.refreshToken)).status).toBe(200);
    });

    it('tells the audit once of the reuse that ended the session (R23, R61)', async () => {
      const account = await register(service);
      await refreshed(service, account.refreshToken);
      await passGrace(database, account.sid);
      for (let attempt = 0; attempt < 3; attempt++) {
        expectRefused(await refresh(service, account.refreshToken));
      }
      const lines = (await flushedLogs(service)).filter(({ msg }) => msg === 'auth.refresh.reused');
      expect(lines.filter(({ user_id }) => user_id === account.id)).toEqual([
        expect.objectContaining({ level: 'warn', audit: true, session_id: account.sid }),
      ]);
    });
  });

  describe('with a grace of 0', () => {
    let strict: Service;

    beforeAll(async () => {
      strict = await startService({
        databaseUrl: database.url,
        env: { AUTH_REFRESH_TOKEN_GRACE_SECONDS: '0' },
      });
    });

    afterAll(() => strict.stop());

    it('takes a token once; a second use ends the session (D4)', async () => {
      const account = await register(strict);
      const child = await refreshed(strict, account.refreshToken);
      expectRefused(await refresh(strict, account.refreshToken));
      await expectEnded(account.sid, child.accessToken, child.refreshToken);
    });
  });

  describe('with what is no refresh token of ours', () => {
    it.each([
      ['no body', undefined],
      ['an empty object', {}],
      ['null', { refresh_token: null }],
      ['a number', { refresh_token: 5 }],
      ['a list', { refresh_token: [FOREIGN_REFRESH_TOKEN] }],
      ['an object', { refresh_token: { $ne: null } }],
    ])('answers 400 that names the field for %s', async (_what, body) => {
      const answer = await send(service, 'POST', '/auth/refresh', { body });
      expectProblem(answer, 'invalid-input');
      expect(answer.body.errors).toEqual([
        { pointer: '#/refresh_token', detail: 'must be a refresh token (a text that starts with psr_)' },
      ]);
    });

    it.each([
      ['an empty text', ''],
      ['garbage', 'garbage'],
      ['the prefix alone', 'psr_'],
      ['a well-formed token that was never issued', FOREIGN_REFRESH_TOKEN],
      ['one character too many', `${FOREIGN_REFRESH_TOKEN}A`],
      ['one character too few', FOREIGN_REFRESH_TOKEN.slice(0, -1)],
      ['a line break at the end', `${FOREIGN_REFRESH_TOKEN}\n`],
      ['U+0000', `psr_${'\0'.repeat(43)}`],
      ['a lone surrogate', 'psr_\ud800'],
      ['15 kB', 'psr_'.repeat(3750)],
    ])('answers 401 for %s', async (_what, token) => {
      expectRefused(await refresh(service, token));
    });

    it('refuses other spellings of a good token, and leaves it good', async () => {
      const { refreshToken } = await register(service);
      for (const spelling of [
        ` ${refreshToken}`,
        `${refreshToken} `,
        `Bearer ${refreshToken}`,
        refreshToken.slice(4),
      ]) {
        expectRefused(await refresh(service, spelling));
      }
      expect((await refresh(service, refreshToken)).status).toBe(200);
    });

    it('ends no session because of a token that was never ours', async () => {
      const account = await register(service);
      expectRefused(await refresh(service, FOREIGN_REFRESH_TOKEN));
      expect(await isValid(service, account.token)).toBe(true);
      expect((await refresh(service, account.refreshToken)).status).toBe(200);
    });

    it('refuses an access token, and the session goes on (R10)', async () => {
      const account = await register(service);
      expectRefused(await refresh(service, account.token));
      expect(await isValid(service, account.token)).toBe(true);
    });

    it('reads no token from the header or the query (R48)', async () => {
      const { refreshToken } = await register(service);
      const answer = await send(service, 'POST', `/auth/refresh?refresh_token=${refreshToken}`, {
        headers: bearer(refreshToken),
      });
      expectProblem(answer, 'invalid-input');
      expect((await refresh(service, refreshToken)).status).toBe(200);
    });
  });

  describe('of a session that is over', () => {
    it.each([
      ['unused for too long', 'idle_expires_at'],
      ['too old', 'expires_at'],
    ])('answers 401 when it is %s, and its access token is refused too (R26)', async (_what, column) => {
      const account = await register(service);
      await database.query(`UPDATE sessions SET ${column} = now() - interval '1 second' WHERE id = $1`, [
        account.sid,
      ]);
      expectRefused(await refresh(service, account.refreshToken));
      expect(await isValid(service, account.token)).toBe(false);
    });

    it('answers 401 after a logout, for the newest token and for the parent within the grace (R18)', async () => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      expect((await logout(service, child.accessToken)).status).toBe(204);
      expectRefused(await refresh(service, child.refreshToken));
      expectRefused(await refresh(service, account.refreshToken));
      expect(await endReasonOf(database, account.sid)).toBe('logout');
    });

    it('answers 401 to the others after a change of password; the session that changed it goes on (P18, R20)', async () => {
      const account = await register(service);
      const other = await signIn(service, account);
      const changed = await changedPassword(
        service,
        account.token,
        account.password,
        'another horse, another battery',
      );
      expectRefused(await refresh(service, other.refreshToken));
      expect((await refresh(service, changed.refreshToken)).status).toBe(200);
    });
  });

  describe('of a person who may not come in', () => {
    it('answers 401 while they are not active, and also when they are again: the session has ended (P18, R16, R75)', async () => {
      const account = await register(service);
      await database.query('UPDATE users SET is_active = false WHERE id = $1', [account.id]);
      expectRefused(await refresh(service, account.refreshToken));
      await database.query('UPDATE users SET is_active = true WHERE id = $1', [account.id]);
      expectRefused(await refresh(service, account.refreshToken));
    });

    it('answers 401 to their retry within the grace, while they are not active and afterwards (P18, R75)', async () => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      await database.query('UPDATE users SET is_active = false WHERE id = $1', [account.id]);
      expectRefused(await refresh(service, account.refreshToken));
      await database.query('UPDATE users SET is_active = true WHERE id = $1', [account.id]);
      for (const token of [account.refreshToken, child.refreshToken]) {
        expectRefused(await refresh(service, token));
      }
      expect(await endReasonOf(database, account.sid)).toBe('user-deactivated');
    });

    it('answers 401 when they are deleted, and nothing of their sessions is left (P18)', async () => {
      const account = await register(service);
      const child = await refreshed(service, account.refreshToken);
      await database.query('DELETE FROM users WHERE id = $1', [account.id]);
      expectRefused(await refresh(service, child.refreshToken));
      expectRefused(await refresh(service, account.refreshToken));
      const left = await database.query('SELECT FROM used_refresh_tokens WHERE session_id = $1', [
        account.sid,
      ]);
      expect(left).toEqual([]);
    });
  });

  it('keeps every token out of the log, of refreshes that serve and that do not (R62)', async () => {
    const account = await register(service);
    const child = await refreshed(service, account.refreshToken);
    await refreshed(service, account.refreshToken);
    await passGrace(database, account.sid);
    await refresh(service, account.refreshToken);
    await refresh(service, child.refreshToken);
    expect(await auditOf(account)).toEqual([
      'auth.registered',
      'auth.refreshed',
      'auth.refresh.retried',
      'auth.refresh.reused',
      'auth.refresh.refused',
    ]);
    for (const token of [account.refreshToken, child.refreshToken, account.token, child.accessToken]) {
      expect(service.output()).not.toContain(token);
    }
    expect(service.output()).not.toMatch(/psr_/);
  });
});
