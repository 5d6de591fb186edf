import { Client } from 'pg';
import { register, uniqueEmail } from '../../support/http/accounts';
import { eventually } from '../../support/process/eventually';
import { flushedLogs } from '../../support/process/flushed-logs';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { bearer, send } from '../../support/http/http';
import { expectAccepted, expectRefused, type Person } from '../../support/tokens/token-outcome';
import { me, validate } from '../../support/providers/oidc';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { login } from '../../support/tokens/sessions';
import { useService } from '../../support/process/use-service';

/** R74: an account whose address was never proven, at the moment when the owner of the address comes. */
describe('the linking of an account whose address was never proven', () => {
  const provider = ProviderStub.use();
  const second = ProviderStub.use();
  const service = useService({
    provider,
    env: () => ({
      AUTH_OIDC_GROUPS_CLAIM: 'groups',
      AUTH_OIDC_DOMAINS_CLAIM: 'areas',
      AUTH_OIDC_ISSUERS_FILE: writeIssuersFile([
        { issuer: second.issuer, audience: 'app', groups_claim: 'groups', domains_claim: 'areas' },
      ]),
    }),
  });
  const { database } = service;

  beforeAll(async () => {
    await giveOthers();
  });

  const rightsOf = ({ teams, domains }: Person) => ({
    teams: (teams as { name: string; role: string | null }[]).map(({ name, role }) => [name, role]),
    domains: domains.map(({ key }) => key),
  });
  const NEWCOMER = { teams: [['General', null]], domains: ['engineering'] };

  /** What an operator gave somebody whom they took for the owner of the address. */
  async function giveRights(userId: string): Promise<void> {
    await database.query(
      `INSERT INTO team_memberships (user_id, team_id, role)
       SELECT $1, id, 'owner' FROM teams WHERE name IN ('Design', 'Product')`,
      [userId],
    );
    await database.query(
      `UPDATE team_memberships SET role = 'owner'
       WHERE user_id = $1 AND team_id = (SELECT id FROM teams WHERE name = 'General')`,
      [userId],
    );
    await database.query(
      `INSERT INTO user_domains (user_id, domain_id) SELECT $1, id FROM domains WHERE key = 'sales'`,
      [userId],
    );
  }
  const EVERYTHING = {
    teams: [
      ['Design', 'owner'],
      ['General', 'owner'],
      ['Product', 'owner'],
    ],
    domains: ['engineering', 'sales'],
  };
  const idOf = async (table: 'teams' | 'domains', name: string) => {
    const [row] = await database.query<{ id: string }>(`SELECT id FROM ${table} WHERE name = $1`, [name]);
    return row?.id;
  };

  /** Without another one the rights of the last owner do not end. */
  async function giveOthers(): Promise<void> {
    await database.query(
      `WITH steward AS (INSERT INTO users (email, name) VALUES ($1, 'Steward') RETURNING id)
       INSERT INTO team_memberships (user_id, team_id, role)
       SELECT steward.id, t.id, 'owner' FROM steward, teams t WHERE t.name IN ('Design', 'General', 'Product')`,
      [uniqueEmail()],
    );
  }

  it.each([
    [
      'owner of a team',
      `INSERT INTO team_memberships (user_id, team_id, role) SELECT $1, id, 'owner' FROM teams WHERE name = 'Engineering'`,
    ],
    ['administrator', `UPDATE users SET role = 'admin' WHERE id = $1`],
  ])(
    'R74: does not link where the account is the last %s: 401, and the account stays as it is',
    async (_what, sql) => {
      const squatter = await register(service);
      await database.query(sql, [squatter.id]);
      const token = provider.mint({ ...person(), email: squatter.email });
      const refusal = await send(service, 'GET', '/auth/me', { headers: bearer(token) });
      expect(refusal).toMatchObject({ status: 401, body: { code: 'identity-conflict' } });
      expect((await validate(service, token)).body).toMatchObject({ valid: false });
      expect((await login(service, squatter)).status).toBe(200);
      expect(await flushedLogs(service)).toContainEqual(
        expect.objectContaining({ msg: 'auth.identity.refused', audit: true, code: 'identity-conflict' }),
      );
      const other = [uniqueEmail(), sql.includes('admin') ? 'admin' : 'user'];
      const [row] = await database.query<{ id: string }>(
        `INSERT INTO users (email, name, role) VALUES ($1, 'Other', $2) RETURNING id`,
        other,
      );
      await database.query(sql, [row?.id]);
      const owner = await expectAccepted(service, token);
      expect([owner.id, rightsOf(owner)]).toEqual([squatter.id, NEWCOMER]);
      const [user] = await database.query('SELECT role FROM users WHERE id = $1', [squatter.id]);
      expect(user).toEqual({ role: 'user' });
    },
  );

  it('R74: ends team memberships, roles and domain assignments given by hand: the owner begins as a new user', async () => {
    const squatter = await register(service);
    await giveRights(squatter.id);
    expect(rightsOf(await expectAccepted(service, squatter.token))).toEqual(EVERYTHING);
    const owner = await expectAccepted(service, provider.mint({ ...person(), email: squatter.email }));
    expect(owner).toMatchObject({ id: squatter.id, email_verified: true });
    expect(rightsOf(owner)).toEqual(NEWCOMER);
    await expectRefused(service, squatter.token);
    expect((await login(service, squatter)).status).toBe(401);
  });

  it('R74: ends the keys of the service accounts that it owns', async () => {
    const account = await register(service);
    await database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [account.id]);
    const call = <Body>(path: string, body: unknown) =>
      send<Body>(service, 'POST', path, { headers: bearer(account.token), body });
    const name = uniqueEmail();
    const made = await call<{ id: string }>('/service-accounts', { name, scopes: ['users:read'] });
    const { body } = await call<{ secret: string }>(`/service-accounts/${made.body.id}/keys`, {});
    const use = () => send(service, 'GET', '/users', { headers: bearer(body.secret) });
    expect((await use()).status).toBe(200);
    await database.query(`UPDATE users SET role = 'admin' WHERE email LIKE 'steward%' OR name = 'Steward'`);
    await expectAccepted(service, provider.mint({ ...person(), email: account.email }));
    expect((await use()).status).toBe(401);
  });

  it('R74: tells in the audit what has ended', async () => {
    const squatter = await register(service);
    await giveRights(squatter.id);
    await expectAccepted(service, provider.mint({ ...person(), email: squatter.email }));
    const [event] = (await flushedLogs(service)).filter(
      ({ msg, user_id: of }) => msg === 'auth.rights.ended' && of === squatter.id,
    );
    expect(event).toMatchObject({ audit: true, reason: 'account-linked', identities: [] });
    expect(event?.domains).toEqual([await idOf('domains', 'Sales')]);
    const teams = event?.teams as unknown[];
    expect(teams).toHaveLength(3);
    for (const name of ['Design', 'General', 'Product']) {
      expect(teams).toContainEqual({ id: await idOf('teams', name), role: 'owner' });
    }
  });

  it('R74: tells nothing where nothing but the defaults was there', async () => {
    const plain = await register(service);
    await expectAccepted(service, provider.mint({ ...person(), email: plain.email }));
    expect(await flushedLogs(service)).not.toContainEqual(
      expect.objectContaining({ msg: 'auth.rights.ended', user_id: plain.id }),
    );
  });

  it('R74: gives what the provider lists in the same moment', async () => {
    const squatter = await register(service);
    await giveRights(squatter.id);
    const claims = { ...person(), email: squatter.email, groups: ['design'], areas: ['marketing'] };
    expect(rightsOf(await expectAccepted(service, provider.mint(claims)))).toEqual({
      teams: [
        ['Design', null],
        ['General', null],
      ],
      domains: ['engineering', 'marketing'],
    });
  });

  it('R74: leaves a proven account its rights and its password', async () => {
    const account = await register(service);
    await giveRights(account.id);
    await database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [account.id]);
    const linked = await expectAccepted(service, provider.mint({ ...person(), email: account.email }));
    expect(rightsOf(linked)).toEqual(EVERYTHING);
    await expectAccepted(service, account.token, account);
    expect((await login(service, account)).status).toBe(200);
  });

  describe('when the address of an account with a provider was changed, and so is proven no more', () => {
    it('R74: ends the identities at other providers too, and what those gave', async () => {
      const claims = { ...person(), groups: ['eng'], areas: ['sales'] };
      const { id } = await expectAccepted(service, second.mint(claims));
      const email = uniqueEmail();
      await database.query('UPDATE users SET email = $2 WHERE id = $1', [id, email]);
      const owner = await expectAccepted(service, provider.mint({ ...person(), email }), { id });
      expect(rightsOf(owner)).toEqual(NEWCOMER);
      expect(await flushedLogs(service)).toContainEqual(
        expect.objectContaining({ msg: 'auth.rights.ended', user_id: id, identities: [second.issuer] }),
      );
      // Whoever came from there has the address that is vouched for there, and an account of it.
      const other = await expectAccepted(service, second.mint(claims), { email: claims.email });
      expect(other.id).not.toBe(id);
    });

    it('R74: ends nothing where the linking is refused', async () => {
      const claims = { ...person(), groups: ['eng'] };
      const token = provider.mint(claims);
      const { id } = await expectAccepted(service, token);
      await giveRights(id);
      const before = rightsOf(await expectAccepted(service, token));
      const email = uniqueEmail();
      await database.query('UPDATE users SET email = $2 WHERE id = $1', [id, email]);
      await expectRefused(service, provider.mint({ ...person(), email }), 'identity-conflict');
      expect(rightsOf(await expectAccepted(service, token, { id, email }))).toEqual(before);
    });
  });

  it('R74: 50 first requests at once end it once', async () => {
    const squatter = await register(service);
    await giveRights(squatter.id);
    const token = provider.mint({ ...person(), email: squatter.email });
    const answers = await Promise.all(Array.from({ length: 50 }, () => me(service, token)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.map(({ body }) => rightsOf(body))).toEqual(answers.map(() => NEWCOMER));
    const events = (await flushedLogs(service)).filter(
      ({ msg, user_id: of }) => msg === 'auth.rights.ended' && of === squatter.id,
    );
    expect(events).toHaveLength(1);
  });

  it('R74: rights that are given while the owner comes end too; those given afterwards stay', async () => {
    const squatter = await register(service);
    const token = provider.mint({ ...person(), email: squatter.email });
    const operator = new Client({ connectionString: database.url });
    await operator.connect();
    try {
      await operator.query('BEGIN');
      await operator.query(
        `INSERT INTO team_memberships (user_id, team_id, role) SELECT $1, id, 'owner' FROM teams WHERE name = 'Design'`,
        [squatter.id],
      );
      const owner = me(service, token);
      await eventually('the linking waits for the operator', async () => {
        const waiting = await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length > 0 || undefined;
      });
      await operator.query('COMMIT');
      expect(rightsOf((await owner).body)).toEqual(NEWCOMER);
    } finally {
      await operator.end();
    }
    await giveRights(squatter.id);
    expect(rightsOf(await expectAccepted(service, token))).toEqual(EVERYTHING);
  });
});
