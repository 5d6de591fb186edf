import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { freePort } from '../../support/process/debian';
import { bearer, send } from '../../support/http/http';
import { startOidcService, validate } from '../../support/providers/oidc';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import type { Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const AGENT = 'audit-test/1.0';

describe.each(['silent', 'error', 'info'])('R83, R61: the audit with AUTH_LOG_LEVEL=%s', (level) => {
  let database: TestDatabase;
  let provider: ProviderStub;
  let service: Service;
  let account: Account;

  beforeEach(async () => {
    database = await createTestDatabase();
    provider = await ProviderStub.start();
    service = await startOidcService(database, provider, {
      AUTH_LOG_LEVEL: level,
      PORT: String(await freePort()), // a quiet log does not tell it
      AUTH_REGISTRATION: 'example.com',
    });
    account = await register(service);
  });

  afterEach(async () => {
    await service.stop();
    await provider.stop();
    await database.drop();
  });

  const post = (id: string, path: string, body: unknown, token?: string) =>
    send(service, 'POST', path, {
      body,
      headers: { 'X-Request-Id': id, 'User-Agent': AGENT, ...(token !== undefined && bearer(token)) },
    });

  /** The audit lines of the requests whose id begins with `audit-`, once the service has stopped and written all. */
  async function audited(): Promise<Record<string, unknown>[]> {
    await service.stop();
    return service.logs().filter(({ audit, request_id: id }) => audit === true && /^audit-/.test(String(id)));
  }

  it('tells each event with its request, who acts, from where, and the outcome', async () => {
    const { email, password, id, sid, token } = account;
    const user = { kind: 'user', id };
    const unproven = provider.mint({ ...person(), email_verified: false });
    const visitor = person();
    const admitted = await validate(service, provider.mint(visitor));
    const visitorId = (admitted.body.user as { id: string }).id;
    await database.query('UPDATE users SET is_active = false WHERE id = $1', [visitorId]);

    await post('audit-1', '/auth/login', { email, password });
    await post('audit-2', '/auth/login', { email, password: 'wrong' });
    await post('audit-3', '/auth/login', { email: uniqueEmail(), password: 'wrong' });
    await post(
      'audit-4',
      '/auth/password',
      { current_password: 'wrong', new_password: 'another one' },
      token,
    );
    await post('audit-5', '/auth/validate', { token: unproven });
    await post('audit-6', '/auth/validate', { token: provider.mint(visitor) });
    await post('audit-7', '/auth/register', { email: 'x@example.org', password, name: 'X' });
    await post('audit-8', '/auth/logout', {}, token);

    const source = { ip: '127.0.0.1', user_agent: AGENT };
    const denied = { outcome: 'denied', source, level: 'warn' };
    const failure = { outcome: 'failure', source, level: 'warn' };
    const success = { outcome: 'success', source, level: 'info' };
    expect(await audited()).toEqual(
      [
        { request_id: 'audit-1', msg: 'auth.login.succeeded', ...success, actor: user, user_id: id },
        {
          request_id: 'audit-2',
          msg: 'auth.login.failed',
          ...failure,
          actor: null,
          user_id: id,
          reason: 'password',
        },
        { request_id: 'audit-3', msg: 'auth.login.failed', ...failure, actor: null, reason: 'unknown user' },
        {
          request_id: 'audit-4',
          msg: 'auth.password.change-failed',
          ...failure,
          actor: user,
          user_id: id,
        },
        {
          request_id: 'audit-5',
          msg: 'auth.identity.refused',
          ...denied,
          actor: null,
          code: 'email-not-verified',
        },
        { request_id: 'audit-6', msg: 'auth.identity.refused', ...denied, actor: null, user_id: visitorId },
        {
          request_id: 'audit-7',
          msg: 'auth.access.denied',
          ...denied,
          actor: null,
          code: 'registration-closed',
        },
        { request_id: 'audit-8', msg: 'auth.sessions.ended', ...success, user_id: id, session_id: sid },
      ].map((event): unknown => expect.objectContaining(event)),
    );
  });

  it('holds no address, password or token', async () => {
    const { email, password, token } = account;
    await post('audit-1', '/auth/login', { email, password });
    await post('audit-2', '/auth/login', { email, password: 'wrong-and-marked' });
    await post(
      'audit-3',
      '/auth/password',
      { current_password: 'marked', new_password: 'another one' },
      token,
    );
    const text = JSON.stringify(await audited());
    for (const secret of [email, password, 'marked', token]) expect(text).not.toContain(secret);
  });
});
