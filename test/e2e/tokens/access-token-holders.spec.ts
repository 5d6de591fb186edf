import { register, uniqueEmail } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { signIn } from '../../support/tokens/sessions';
import { forge } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

interface Named {
  readonly name: string;
}

describe('the person behind an access token', () => {
  const service = useService();
  const { database } = service;
  const replica = useService({ database });

  it('R16, J17: is refused on every replica once deleted', async () => {
    const account = await register(service);
    await expectAccepted(replica, account.token, account);
    await database.query('DELETE FROM users WHERE id = $1', [account.id]);
    await expectRefused(service, account.token);
    await expectRefused(replica, account.token);
  });

  it('R16, J17, R75: is refused on every replica while not active; after that a new token is needed', async () => {
    const account = await register(service);
    await database.query('UPDATE users SET is_active = false WHERE id = $1', [account.id]);
    await expectRefused(service, account.token);
    await expectRefused(replica, account.token);
    await database.query('UPDATE users SET is_active = true WHERE id = $1', [account.id]);
    await expectRefused(replica, account.token);
    await expectAccepted(replica, (await signIn(service, account)).accessToken, account);
  });

  it('R16, J17: is refused when there never was such a person', async () => {
    const { sid } = await register(service);
    const id = '6a1f7f0e-8d0f-4a57-9b0e-7f6f3f1e2a10';
    await expectRefused(service, forge({ id, email: uniqueEmail(), sid }));
  });

  it('D9: inherits no token of the person who had the address before', async () => {
    const before = await register(service);
    await database.query('DELETE FROM users WHERE id = $1', [before.id]);
    const after = await register(service, { email: before.email });
    await expectRefused(service, before.token);
    await expectAccepted(service, after.token, after);
  });

  it('D9: loses the token with the address', async () => {
    const account = await register(service);
    await database.query('UPDATE users SET email = $2 WHERE id = $1', [account.id, uniqueEmail()]);
    await expectRefused(service, account.token);
  });

  it('R17: has the teams, domains, roles and names of this moment', async () => {
    const account = await register(service);
    await expectBelongs(account.token, ['General'], ['engineering']);
    await database.query(
      `INSERT INTO team_memberships (user_id, team_id, role)
       SELECT $1, id, 'admin' FROM teams WHERE name IN ('Design', 'Product')`,
      [account.id],
    );
    await database.query(
      `INSERT INTO user_domains (user_id, domain_id) SELECT $1, id FROM domains WHERE key = 'sales'`,
      [account.id],
    );
    await database.query('UPDATE users SET name = $2 WHERE id = $1', [account.id, 'Countess']);
    const user = await expectBelongs(
      account.token,
      ['Design', 'General', 'Product'],
      ['engineering', 'sales'],
    );
    expect(user.name).toBe('Countess');
    expect(user.teams.map(({ role }) => role)).toEqual(['admin', null, 'admin']);
    await database.query('DELETE FROM team_memberships WHERE user_id = $1', [account.id]);
    await database.query('DELETE FROM user_domains WHERE user_id = $1', [account.id]);
    await expectBelongs(account.token, [], []);
  });

  async function expectBelongs(token: string, teams: string[], domains: string[]) {
    type User = Named & { teams: (Named & { role: unknown })[]; domains: { key: string }[] };
    const { body } = await send<{ user: User }>(service, 'POST', '/auth/validate', { body: { token } });
    expect(body.user.teams.map(({ name }) => name)).toEqual(teams);
    expect(body.user.domains.map(({ key }) => key)).toEqual(domains);
    const guarded = await send<Named[]>(replica, 'GET', '/teams', { headers: bearer(token) });
    expect(guarded.body.map(({ name }) => name)).toEqual(teams);
    return body.user;
  }
});
