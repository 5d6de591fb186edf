import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';
import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectAccepted } from '../../support/tokens/token-outcome';
import { startOidcService } from '../../support/providers/oidc';
import { expectNoServerErrors, expectProblem } from '../../support/http/problem';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { spawnService, startService, type Service } from '../../support/process/service';
import { login, logout, refresh } from '../../support/tokens/sessions';

const PASSWORD = 'correct horse battery';

/** R73: who may register, and whether passwords count. */
describe('registration and password sign-in as settings', () => {
  let database: TestDatabase;
  let open: Service;
  let provider: ProviderStub;
  const started: Service[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    provider = await ProviderStub.start();
    open = await serviceWith({});
  });

  afterAll(async () => {
    for (const service of started) {
      await service.stop();
      expectNoServerErrors(service);
    }
    await provider?.stop();
    await database?.drop();
  });

  async function serviceWith(env: Record<string, string>): Promise<Service> {
    const service = await startService({ databaseUrl: database.url, env });
    started.push(service);
    return service;
  }

  const tryToRegister = (service: Service, email: string) =>
    send(service, 'POST', '/auth/register', { body: { email, password: PASSWORD, name: 'Ada' } });
  const usersWith = (email: string) => database.query('SELECT FROM users WHERE email = $1', [email]);

  /** Expects a refusal that is no fault of the caller's credential, and tells it in a sentence. */
  const expectForbidden = (answer: Answer, code: 'registration-closed' | 'password-sign-in-disabled') => {
    expectProblem(answer, code);
    expect(answer.status).toBe(403);
  };

  describe('AUTH_REGISTRATION', () => {
    it('R73: closed lets nobody register, and everybody who has an account sign in', async () => {
      const closed = await serviceWith({ AUTH_REGISTRATION: 'closed' });
      const account = await register(open);
      const email = uniqueEmail();
      expectForbidden(await tryToRegister(closed, email), 'registration-closed');
      expect(await usersWith(email)).toEqual([]);
      // A taken address is no different: who has an account is not told.
      expectForbidden(await tryToRegister(closed, account.email), 'registration-closed');
      expect((await login(closed, account)).status).toBe(200);
    });

    describe('a list of domains', () => {
      let listed: Service;

      beforeAll(async () => {
        listed = await serviceWith({ AUTH_REGISTRATION: ' Example.ORG, bücher.example ' });
      });

      it.each([
        ['ada@example.org'],
        [' Bob@EXAMPLE.org '],
        ['grace@bücher.example'],
        ['joan@xn--bcher-kva.example'],
        ['mary@BU\u0308CHER.example'], // the same name, decomposed
      ])('R73: lets %s register', async (email) =>
        expect((await tryToRegister(listed, email)).status).toBe(201),
      );

      it.each([
        'ada@example.com',
        'ada@sub.example.org',
        'ada@notexample.org',
        'ada@example.org.evil.example',
        'example.org@evil.example',
        'ada@bucher.example',
        'ada@xn--bcher-kva.example.com',
      ])('R73: does not let %s register', async (email) => {
        expectForbidden(await tryToRegister(listed, email), 'registration-closed');
        expect(await usersWith(email)).toEqual([]);
      });

      it('R73: says bad input as ever', async () => {
        expectProblem(await tryToRegister(listed, 'no address'), 'invalid-input');
      });
    });

    it('R73: closes no door of a provider: its user gets an account at first sight', async () => {
      const closed = await startOidcService(database, provider, { AUTH_REGISTRATION: 'closed' });
      started.push(closed);
      await expectAccepted(closed, provider.mint(person()));
    });

    it.each(['open,example.com', '@example.com'])(
      'R73: %j stops the start, naming the setting and what is allowed',
      async (value) => {
        const faulty = spawnService({ DATABASE_URL: database.url, AUTH_REGISTRATION: value });
        const status = await new Promise((resolve) => faulty.process.once('close', resolve));
        expect(status).toBe(1);
        expect(faulty.output()).toContain(
          'AUTH_REGISTRATION must be open, closed, or a comma-separated list of address domains such as example.com',
        );
      },
    );
  });

  describe('AUTH_PASSWORD_SIGN_IN=false', () => {
    let passwordless: Service;
    let account: Account;

    beforeAll(async () => {
      passwordless = await startOidcService(database, provider, { AUTH_PASSWORD_SIGN_IN: 'false' });
      started.push(passwordless);
      account = await register(open);
    });

    it('R73: nobody registers, whatever AUTH_REGISTRATION says', async () => {
      const email = uniqueEmail();
      expectForbidden(await tryToRegister(passwordless, email), 'password-sign-in-disabled');
      expect(await usersWith(email)).toEqual([]);
    });

    it('R73: nobody signs in with a password: one answer for a right, a wrong and nobody’s', async () => {
      const answers = await Promise.all([
        login(passwordless, account),
        login(passwordless, { ...account, password: 'wrong horse battery' }),
        login(passwordless, { ...account, email: uniqueEmail() }),
      ]);
      for (const answer of answers) expectForbidden(answer as never, 'password-sign-in-disabled');
      const texts = answers.map(({ text }) => text.replace(/"request_id":"[^"]*"/, ''));
      expect(new Set(texts).size).toBe(1);
    });

    it('R73: nobody changes a password', async () => {
      const answer = await send(passwordless, 'POST', '/auth/password', {
        headers: bearer(account.token),
        body: { current_password: account.password, new_password: 'another horse battery' },
      });
      expectForbidden(answer, 'password-sign-in-disabled');
      expect((await login(open, account)).status).toBe(200);
    });

    it('R73: nobody confirms an act with a password; a recent sign-in is proof enough', async () => {
      const { token, password } = await register(open);
      const headers = bearer(token);
      const end = (body?: unknown) =>
        send(passwordless, 'DELETE', '/auth/sessions', { headers, ...(body !== undefined && { body }) });
      expectForbidden(await end({ password }), 'password-sign-in-disabled');
      expectForbidden(await end({ password: 'wrong horse battery' }), 'password-sign-in-disabled');
      expect((await end()).status).toBe(204);
    });

    it('R73: sessions of before go on, and can be ended', async () => {
      const { refreshToken } = await register(open);
      const renewed = await refresh(passwordless, refreshToken);
      expect(renewed.status).toBe(200);
      await expectAccepted(passwordless, renewed.body.access_token);
      expect((await logout(passwordless, renewed.body.access_token)).status).toBe(204);
    });

    it('R73: people of providers come in', async () => {
      await expectAccepted(passwordless, provider.mint(person()));
    });

    it('R73: the start warns when there is no other way in', async () => {
      const closedUp = await serviceWith({ AUTH_PASSWORD_SIGN_IN: 'false' });
      const warning = expect.objectContaining({
        level: 'warn',
        msg: expect.stringMatching(/^AUTH_PASSWORD_SIGN_IN is false and there is no other way to sign in/),
      });
      expect(closedUp.logs()).toContainEqual(warning);
      expect(passwordless.logs()).not.toContainEqual(warning);
    });
  });
});
