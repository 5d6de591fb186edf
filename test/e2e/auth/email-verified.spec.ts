import { register, uniqueEmail } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { validate } from '../../support/providers/oidc';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { login, refresh } from '../../support/tokens/sessions';
import { forge, payloadOf } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

interface WithUser {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly user: { readonly id: string; readonly email_verified: boolean };
}

/** R72: what an answer and a token say of the proof of an address. */
describe('email_verified', () => {
  const provider = ProviderStub.use();
  const service = useService({ provider });
  const { database } = service;

  const prove = (id: string) =>
    database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [id]);
  const isVerified = async (token: string) => {
    const { email_verified } = await expectAccepted(service, token);
    return email_verified;
  };

  it('R72: is false after a registration, in every answer and in the token', async () => {
    const body = { email: uniqueEmail(), password: 'correct horse battery', name: 'Ada' };
    const registered = await send<WithUser>(service, 'POST', '/auth/register', { body });
    const entered = await login(service, body);
    const renewed = await refresh(service, entered.body.refresh_token);
    for (const answer of [registered, entered, renewed]) {
      expect(answer.body.user).toMatchObject({ email_verified: false });
      expect(payloadOf(answer.body.access_token).email_verified).toBe(false);
    }
    const { access_token: token } = registered.body;
    expect(await isVerified(token)).toBe(false);
    expect((await validate(service, token)).body.user).toMatchObject({ email_verified: false });
    const headers = bearer(token);
    expect((await send(service, 'GET', '/users/me', { headers })).body.email_verified).toBe(false);
    const changed = await send(service, 'PATCH', '/users/me', { headers, body: { name: 'Ada King' } });
    expect(changed.body.email_verified).toBe(false);
  });

  it('R72: is true once the address is proven: at once in answers, in tokens from the next one on', async () => {
    const account = await register(service);
    await prove(account.id);
    expect(await isVerified(account.token)).toBe(true);
    const { body } = await refresh(service, account.refreshToken);
    expect(body.user).toMatchObject({ email_verified: true });
    expect(payloadOf(body.access_token).email_verified).toBe(true);
  });

  it('R72: is true for the person of a provider that vouches for the address', async () => {
    expect(await isVerified(provider.mint(person()))).toBe(true);
  });

  it('R72: is false again once the address changes, by SQL too, and also when it changes back', async () => {
    const claims = person();
    const token = provider.mint(claims);
    const { id } = await expectAccepted(service, token);
    await database.query('UPDATE users SET email = $2 WHERE id = $1', [id, uniqueEmail()]);
    expect(await isVerified(token)).toBe(false);
    await database.query('UPDATE users SET email = $2 WHERE id = $1', [id, claims.email]);
    expect(await isVerified(token)).toBe(false);
  });

  describe('the claims of an access token about its sign-in', () => {
    it('say when and how the person signed in, also after a refresh', async () => {
      const account = await register(service);
      const [row] = await database.query<{ at: number }>(
        `UPDATE sessions SET created_at = created_at - interval '2 hours' WHERE id = $1
         RETURNING floor(extract(epoch FROM created_at))::int AS at`,
        [account.sid],
      );
      const first = payloadOf(account.token);
      expect(first).toMatchObject({ auth_time: expect.any(Number), amr: ['pwd'] });
      expect(first.auth_time).toBeLessThanOrEqual(first.iat as number);
      const renewed = payloadOf((await refresh(service, account.refreshToken)).body.access_token);
      expect(renewed).toMatchObject({ auth_time: row?.at, amr: ['pwd'] });
    });

    it('are not required of tokens of before', async () => {
      const account = await register(service);
      await expectAccepted(service, forge(account), account);
    });

    it.each([
      ['email_verified', 'true'],
      ['email_verified', 1],
      ['email_verified', null],
      ['auth_time', '1700000000'],
      ['auth_time', null],
      ['amr', 'pwd'],
      ['amr', ['pwd', 5]],
      ['amr', ['']],
      ['amr', null],
    ])('are of their types: refuses %s %j', async (claim, value) => {
      const account = await register(service);
      await expectRefused(service, forge(account, { claims: { [claim]: value } }));
    });
  });
});
