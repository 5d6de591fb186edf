import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { administrator } from '../../support/http/administrators';
import { bearer, send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { useMailServer } from '../../support/mail/mail-server';
import { codeIn } from '../../support/mail/received-mail';
import { ProviderStub } from '../../support/providers/provider-stub';
import { useService } from '../../support/process/use-service';

const PASSWORD = 'another horse battery';

describe('the old address after a change, for the 7 days in which that can be undone', () => {
  const mails = useMailServer();
  const provider = ProviderStub.use();
  const service = useService({ provider, env: () => ({ ...mails.env, AUTH_ALLOW_DEV_HEADERS: 'true' }) });
  const { database } = service;
  const proving = useService({
    database,
    env: () => ({ ...mails.env, AUTH_REQUIRE_VERIFIED_EMAIL: 'true' }),
  });

  async function changeAddress(account: Account, wanted: string): Promise<void> {
    await send(service, 'PUT', '/users/me/email', {
      headers: bearer(account.token),
      body: { email: wanted },
    });
    const code = codeIn(await mails.next(wanted, /Confirm your new/));
    expect((await send(service, 'POST', '/auth/email/change', { body: { code } })).status).toBe(200);
  }

  it('nobody else gets it, on whichever way, and each way answers as for a taken one', async () => {
    const owner = await register(service);
    const wanted = uniqueEmail();
    await changeAddress(owner, wanted);
    const { email } = owner;
    const admin = await administrator(service, database);
    const asAdmin = { headers: bearer(admin.token) };
    const body = { email, password: PASSWORD, name: 'Somebody' };

    expectProblem(await send(service, 'POST', '/auth/register', { body }), 'email-already-registered');
    const silent = await send(proving, 'POST', '/auth/register', { body });
    expect([silent.status, silent.body]).toEqual([202, { verification: 'sent' }]);
    expectProblem(
      await send(service, 'POST', '/users', { ...asAdmin, body: { email, name: 'Somebody' } }),
      'email-already-registered',
    );
    const another = await register(service);
    expectProblem(
      await send(service, 'PATCH', `/users/${another.id}`, { ...asAdmin, body: { email } }),
      'email-already-registered',
    );
    const asked = await send(service, 'PUT', '/users/me/email', {
      headers: bearer(another.token),
      body: { email },
    });
    expect([asked.status, asked.text]).toEqual([202, '{}']);
    // First sight of a user of a provider, and of development headers: decided, and nobody is let in.
    const token = provider.mint({ sub: 'of-the-old-address', email, email_verified: true });
    const seen = await send(service, 'POST', '/auth/validate', { body: { token } });
    expect([seen.status, seen.body]).toMatchObject([200, { valid: false, user: null }]);
    expect((await send(service, 'GET', '/auth/me', { headers: bearer(token) })).status).toBe(401);
    const dev = await send(service, 'GET', '/auth/me', { headers: { 'X-User-Email': email } });
    expect(dev.status).toBeLessThan(500);
    expect(dev.status).toBeGreaterThanOrEqual(400);
    const [row] = await database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM users WHERE email = $1',
      [email],
    );
    expect(row?.n).toBe(0);

    // Its user may come back to it, by a change like any other.
    const undo = codeIn(await mails.next(email, /your account was changed/));
    expect((await send(service, 'POST', '/auth/email/undo', { body: { code: undo } })).status).toBe(204);
    expect(mails.to(email).filter(({ headers }) => /Confirm your new/.test(headers.subject ?? ''))).toEqual(
      [],
    );
  });

  it('is free when they are over, and the code is dead', async () => {
    const owner = await register(service);
    await changeAddress(owner, uniqueEmail());
    const undo = codeIn(await mails.next(owner.email, /your account was changed/));
    await database.query('UPDATE verification_codes SET expires_at = now() WHERE user_id = $1', [owner.id]);
    await register(service, { email: owner.email });
    expectProblem(await send(service, 'POST', '/auth/email/undo', { body: { code: undo } }), 'code-invalid');
  });
});
