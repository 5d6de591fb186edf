import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { flushedLogs } from '../../support/process/flushed-logs';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectAccepted } from '../../support/tokens/token-outcome';
import { expectProblem } from '../../support/http/problem';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { isValid, refreshed, signIn, type TokenPair } from '../../support/tokens/sessions';
import { forge, payloadOf } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

const UNKNOWN_ID = '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e';
const seconds = () => Math.floor(Date.now() / 1000);

describe('ending other sessions asks for a sign-in of the last 10 minutes or the password (R84)', () => {
  const provider = ProviderStub.use();
  const options = { provider, env: { AUTH_ALLOW_DEV_HEADERS: 'true' } };
  const first = useService(options);
  const { database } = first;
  const replicas = [first, useService({ ...options, database })] as const;

  const remove = (token: string, path: string, body?: unknown) =>
    send(replicas[0], 'DELETE', `/auth/sessions${path}`, {
      headers: bearer(token),
      ...(body !== undefined && { body }),
    });

  /** Puts the sign-in of a session back in time. */
  const age = (sid: string, by: string) =>
    database.query(`UPDATE sessions SET created_at = created_at - $2::interval WHERE id = $1`, [sid, by]);

  function expectDone(answer: Answer): void {
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
  }

  function expectProofWanted(answer: Answer): void {
    expectProblem(answer, 'reauthentication-required');
    expect(answer.headers.get('www-authenticate')).toBeNull();
  }

  /** A person whose sign-in in the session of `token` is 11 minutes ago, and who has signed in elsewhere since. */
  async function stale(): Promise<{ account: Account; other: TokenPair }> {
    const account = await register(replicas[0]);
    await age(account.sid, '11 minutes');
    return { account, other: await signIn(replicas[0], account) };
  }

  const everyOther = (sid: string) => ['', '?include_current=true', '?include_current=false', `/${sid}`];

  it('answers 403 to an older sign-in, and ends nothing', async () => {
    const { account, other } = await stale();
    for (const path of everyOther(other.sid)) expectProofWanted(await remove(account.token, path));
    for (const token of [account.token, other.accessToken])
      expect(await isValid(replicas[1], token)).toBe(true);
  });

  it.each(['', '?include_current=true', '/other'])(
    'with the password as the body of DELETE /auth/sessions%s answers 204, and the other session is over',
    async (path) => {
      const { account, other } = await stale();
      const { password } = account;
      expectDone(await remove(account.token, path.replace('other', other.sid), { password }));
      expect(await isValid(replicas[1], other.accessToken)).toBe(false);
      expect(await isValid(replicas[1], account.token)).toBe(path !== '?include_current=true');
    },
  );

  it.each([
    ['wrong', 'wrong horse battery'],
    ['in other letter case', 'CORRECT HORSE BATTERY'],
    ['empty', ''],
  ])(
    'answers 400 that names the field to a password that is %s, also right after the sign-in',
    async (_what, password) => {
      const { account, other } = await stale();
      for (const token of [account.token, other.accessToken]) {
        const answer = await remove(token, '', { password });
        expectProblem(answer, 'invalid-input');
        expect(answer.body.errors).toEqual([
          { pointer: '#/password', detail: 'is not your current password' },
        ]);
      }
      for (const token of [account.token, other.accessToken])
        expect(await isValid(replicas[1], token)).toBe(true);
    },
  );

  it.each([[5], [['x']], [{ a: 1 }], [true]])('answers 400 to the password %j', async (password) => {
    const { account, other } = await stale();
    for (const path of everyOther(other.sid)) {
      expectProblem(await remove(account.token, path, { password }), 'invalid-input');
    }
    expect(await isValid(replicas[1], other.accessToken)).toBe(true);
  });

  it('tells the audit of a wrong password, and no log what it was (R61, R62)', async () => {
    const { account } = await stale();
    await remove(account.token, '', { password: 'marked-secret' });
    const told = (await flushedLogs(replicas[0])).filter(
      ({ msg, user_id }) => msg === 'auth.reauthentication.failed' && user_id === account.id,
    );
    expect(told).toHaveLength(1);
    expect(replicas[0].output()).not.toContain('marked-secret');
  });

  it("does not take another person's password", async () => {
    const { account, other } = await stale();
    const stranger = await register(replicas[0], { password: 'a password of the stranger' });
    expectProblem(await remove(account.token, '', { password: stranger.password }), 'invalid-input');
    expect(await isValid(replicas[1], other.accessToken)).toBe(true);
  });

  it('lets the present session be ended at any time', async () => {
    const { account } = await stale();
    expectDone(await remove(account.token, `/${account.sid.toUpperCase()}`));
    expect(await isValid(replicas[1], account.token)).toBe(false);
  });

  it('does not tell without proof which sessions there are', async () => {
    const { account } = await stale();
    const victim = await register(replicas[0]);
    for (const id of [UNKNOWN_ID, victim.sid]) {
      expectProofWanted(await remove(account.token, `/${id}`));
      expectProblem(await remove(account.token, `/${id}`, { password: account.password }), 'not-found');
    }
    expect(await isValid(replicas[1], victim.token)).toBe(true);
  });

  it.each([
    ['9 minutes 50 seconds', 204],
    ['10 minutes 1 second', 403],
  ])('goes by the time of the sign-in: %s ago is %d', async (ago, status) => {
    const account = await register(replicas[0]);
    await age(account.sid, ago);
    expect((await remove(account.token, '')).status).toBe(status);
  });

  it('goes by the sign-in, not by the last refresh; refreshed tokens tell the same auth_time and amr', async () => {
    const account = await register(replicas[0]);
    await age(account.sid, '11 minutes');
    const child = await refreshed(replicas[1], account.refreshToken);
    const [row] = await database.query<{ at: number }>(
      'SELECT floor(extract(epoch FROM created_at))::float8 AS at FROM sessions WHERE id = $1',
      [account.sid],
    );
    expect(payloadOf(child.accessToken)).toMatchObject({ auth_time: row?.at, amr: ['pwd'] });
    expect(Math.abs(Number(row?.at) - (seconds() - 660))).toBeLessThan(10);
    expectProofWanted(await remove(child.accessToken, ''));
  });

  it('takes of session and token the one that says the longer time', async () => {
    const [fresh, old] = [await register(replicas[0]), await register(replicas[0])];
    await age(old.sid, '11 minutes');
    expectProofWanted(await remove(forge(fresh, { claims: { auth_time: seconds() - 601 } }), ''));
    expectProofWanted(await remove(forge(old, { claims: { auth_time: seconds() } }), ''));
    expectDone(await remove(forge(fresh, { claims: { auth_time: seconds() - 590 } }), ''));
  });

  it.each(['now', null, [], {}, true])('refuses a token whose auth_time is %j', async (auth_time) => {
    const account = await register(replicas[0]);
    expectProblem(await remove(forge(account, { claims: { auth_time } }), ''), 'invalid-token');
  });

  it('is given by development headers: each request says anew who acts', async () => {
    const { account, other } = await stale();
    const headers = { 'X-User-Email': account.email };
    expectDone(await send(replicas[0], 'DELETE', `/auth/sessions/${other.sid}`, { headers }));
    expectDone(await send(replicas[0], 'DELETE', '/auth/sessions', { headers }));
    for (const token of [account.token, other.accessToken])
      expect(await isValid(replicas[1], token)).toBe(false);
  });

  describe("with a provider's token", () => {
    /** An account with a session and with an identity at the provider. */
    async function linked(): Promise<{ account: Account; claims: ReturnType<typeof person> }> {
      const email = uniqueEmail();
      const account = await register(replicas[0], { email });
      await database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [account.id]);
      const claims = { ...person(), email };
      await expectAccepted(replicas[1], provider.mint(claims), { id: account.id });
      return { account, claims };
    }

    it.each<[string, () => Record<string, unknown>, number]>([
      ['auth_time 9 minutes ago', () => ({ auth_time: seconds() - 540, iat: seconds() - 1200 }), 204],
      ['auth_time 11 minutes ago', () => ({ auth_time: seconds() - 660 }), 403],
      ['no auth_time, issued 9 minutes ago', () => ({ iat: seconds() - 540 }), 204],
      ['no auth_time, issued 11 minutes ago', () => ({ iat: seconds() - 660 }), 403],
      ['an auth_time in milliseconds', () => ({ auth_time: Date.now() }), 403],
      ['an auth_time 20 s ahead', () => ({ auth_time: seconds() + 20, iat: seconds() + 20 }), 204],
      ['an auth_time that is no time', () => ({ auth_time: String(seconds()) }), 403],
      ['an auth_time that is null', () => ({ auth_time: null }), 403],
    ])('%s', async (_what, times, status) => {
      const { account, claims } = await linked();
      const token = provider.mint({ ...claims, ...times() });
      const answer = await remove(token, `/${account.sid}`);
      if (status === 403) expectProofWanted(answer);
      else expectDone(answer);
      expect(await isValid(replicas[1], account.token)).toBe(status === 403);
    });

    it.each<[string, () => Record<string, unknown>, number]>([
      ['auth_time 9 minutes ago', () => ({ auth_time: seconds() - 540, iat: seconds() - 1200 }), 204],
      ['auth_time 11 minutes ago, issued now', () => ({ auth_time: seconds() - 660 }), 403],
      ['no auth_time, issued 11 minutes ago', () => ({ iat: seconds() - 660 }), 403],
    ])('DELETE /users/me, %s', async (_what, times, status) => {
      const { account, claims } = await linked();
      const headers = bearer(provider.mint({ ...claims, ...times() }));
      const answer = await send(replicas[0], 'DELETE', '/users/me', { headers });
      if (status === 403) expectProofWanted(answer);
      else expectDone(answer);
      const [row] = await database.query('SELECT FROM users WHERE id = $1', [account.id]);
      expect(row === undefined).toBe(status === 204);
      const again = await send(replicas[1], 'GET', '/auth/me', { headers });
      expect(again.status).toBe(status === 204 ? 401 : 200);
    });

    it('the password of the account is proof as well', async () => {
      const { account, claims } = await linked();
      const token = provider.mint({ ...claims, auth_time: seconds() - 660 });
      expectDone(await remove(token, '', { password: account.password }));
      expect(await isValid(replicas[1], account.token)).toBe(false);
    });

    it('somebody without a password has none to send: 400', async () => {
      const token = provider.mint({ auth_time: seconds() - 660 });
      expectProblem(await remove(token, '', { password: 'anything at all' }), 'invalid-input');
      expectProofWanted(await remove(token, ''));
    });
  });
});
