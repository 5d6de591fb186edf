import { register, type Account } from '../support/accounts';
import { flushedLogs } from '../support/flushed-logs';
import { bearer, send, type Answer } from '../support/http';
import { expectProblem } from '../support/problem';
import { startService, type Service } from '../support/service';
import { changePassword, endReasonOf, isValid, login, refresh, signIn } from '../support/sessions';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

const NEW_PASSWORD = 'another horse, another battery';

describe('POST /auth/password', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({
      databaseUrl: database.url,
      env: { AUTH_ALLOW_DEV_HEADERS: 'true', AUTH_PASSWORD_BLOCKLIST: 'true' },
    });
  });

  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

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

  it('answers 204; the new password opens the door and the old one no longer (R43)', async () => {
    const account = await register(service);
    const answer = await changePassword(service, account.token, account.password, NEW_PASSWORD);
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
    expectProblem((await login(service, account)) as unknown as Answer, 'invalid-credentials');
    expect((await login(service, { ...account, password: NEW_PASSWORD })).status).toBe(200);
  });

  it('ends the other sessions, those of the same second too, and not the present one (R20)', async () => {
    const account = await register(service);
    const others = [await signIn(service, account), await signIn(service, account)];
    await changePassword(service, account.token, account.password, NEW_PASSWORD);
    for (const { sid, accessToken, refreshToken } of others) {
      expect(await isValid(service, accessToken)).toBe(false);
      expectProblem((await refresh(service, refreshToken)) as unknown as Answer, 'invalid-token');
      expect(await endReasonOf(database, sid)).toBe('password-changed');
    }
    expect(await isValid(service, account.token)).toBe(true);
    expect((await refresh(service, account.refreshToken)).status).toBe(200);
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
    await changePassword(service, account.token, account.password, secret);
    await changePassword(service, account.token, secret, replacement);
    await changePassword(service, account.token, secret, replacement);
    const events = (await flushedLogs(service))
      .filter(({ audit, user_id }) => audit === true && user_id === account.id)
      .map(({ msg }) => msg);
    expect(events.filter((msg) => msg === 'auth.password.changed')).toHaveLength(2);
    expect(service.output()).not.toContain('marked-secret');
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
    expect((await changePassword(service, account.token, account.password, long)).status).toBe(204);
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

  it('ends every session when the request belongs to none', async () => {
    const account = await register(service);
    const answer = await send(service, 'POST', '/auth/password', {
      body: { current_password: account.password, new_password: NEW_PASSWORD },
      headers: { 'X-User-Email': account.email },
    });
    expect(answer.status).toBe(204);
    expect(await isValid(service, account.token)).toBe(false);
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
