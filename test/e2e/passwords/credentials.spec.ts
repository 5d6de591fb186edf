import { register } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { expectAccepted } from '../../support/tokens/token-outcome';
import { ProviderStub } from '../../support/providers/provider-stub';
import { login } from '../../support/tokens/sessions';
import { useDatabase } from '../../support/database/test-database';
import { useService } from '../../support/process/use-service';

/** What there is of credentials in a new service, and what there is not. */
describe('credentials', () => {
  const provider = ProviderStub.use();
  const database = useDatabase({ empty: true });
  const service = useService({ database, provider, env: { AUTH_DOCS: 'true' } });

  it('R45: there are no accounts until somebody makes one', async () => {
    const [row] = await database.query(
      `SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM sessions) AS sessions`,
    );
    expect(row).toEqual({ users: 0, sessions: 0 });
  });

  it('R43: a password of ten years ago still opens the door: time alone ends none', async () => {
    const account = await register(service);
    await database.query(`UPDATE users SET created_at = created_at - interval '10 years' WHERE id = $1`, [
      account.id,
    ]);
    expect((await login(service, account)).status).toBe(200);
  });

  it('R43: nothing asks for a hint or a secret question', async () => {
    const { body } = await send<{ components: { schemas: Record<string, { properties?: object }> } }>(
      service,
      'GET',
      '/openapi.json',
    );
    const members = Object.values(body.components.schemas).flatMap(({ properties = {} }) =>
      Object.keys(properties),
    );
    expect(members).toContain('current_password');
    const others = members.filter((name) => name !== 'token_type_hint'); // of a token, RFC 7009 section 2.1
    expect(others.filter((name) => /hint|question|reminder/i.test(name))).toEqual([]);
  });

  it('R22: a provider’s token opens no session', async () => {
    const { id } = await expectAccepted(service, provider.mint());
    expect(await database.query('SELECT FROM sessions WHERE user_id = $1', [id])).toEqual([]);
  });
});
