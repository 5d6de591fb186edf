import { randomBytes } from 'node:crypto';
import { register, uniqueEmail } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { goodRequests } from '../support/http/every-route';
import { bearer, send } from '../support/http/http';
import { NODE } from '../support/process/node';
import { validate } from '../support/providers/oidc';
import { run } from '../support/process/program';
import { built } from '../support/process/build';
import { person, ProviderStub } from '../support/providers/provider-stub';
import { untilReady } from '../support/process/readiness';
import { startService, type Service } from '../support/process/service';
import { changePassword, refreshed, signIn } from '../support/tokens/sessions';
import { createTestDatabase, query, type TestDatabase } from '../support/database/test-database';

const SEED = 'src/cli/seed.cli.js';

/** R86: two real roles of PostgreSQL, one that owns the tables and one that serves. */
describe('a role that only serves', () => {
  let database: TestDatabase;
  let owner: string;
  let server: string;

  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
    [owner, server] = [await makeRole('owner'), await makeRole('server')];
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} OWNER TO ${userOf(owner)}`);
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC'); // as PostgreSQL 15 and newer have it
    await database.query(`GRANT ALL ON SCHEMA public TO ${userOf(owner)}`);
  });

  afterEach(async () => {
    await database.drop();
    for (const url of [owner, server]) await query(process.env.TEST_SERVER_URL!, `DROP ROLE ${userOf(url)}`);
  });

  /** The address of the database as a new role without any right. */
  async function makeRole(name: string): Promise<string> {
    const url = new URL(database.url);
    url.username = `${name}_${randomBytes(6).toString('hex')}`;
    url.password = randomBytes(12).toString('hex');
    await database.query(`CREATE ROLE ${url.username} LOGIN PASSWORD '${url.password}'`);
    return url.href;
  }

  const userOf = (url: string) => new URL(url).username;
  const start = (env: Record<string, string> = {}) =>
    startService({ databaseUrl: server, env: { AUTH_DATABASE_MIGRATION_URL: owner, ...env } });

  async function expectToServe(service: Service): Promise<void> {
    const account = await register(service);
    for (const { send: request } of goodRequests(account))
      expect((await request(service)).status).toBeLessThan(300);
    const session = await signIn(service, account);
    const { accessToken } = await refreshed(service, session.refreshToken);
    expect((await changePassword(service, accessToken, account.password, 'another one')).status).toBe(200);
    const ended = await send(service, 'DELETE', '/auth/sessions?include_current=true', {
      headers: bearer((await signIn(service, { ...account, password: 'another one' })).accessToken),
    });
    expect(ended.status).toBe(204);
    await expectToAdminister(service);
  }

  /** Teams, domains and users are created and deleted. */
  async function expectToAdminister(service: Service): Promise<void> {
    const account = await register(service);
    await database.query("UPDATE users SET role = 'admin' WHERE id = $1", [account.id]);
    const headers = bearer(account.token);
    const key = `d${randomBytes(6).toString('hex')}`;
    for (const [path, body] of [
      ['/teams', { name: key }],
      ['/domains', { key, name: key }],
      ['/users', { email: uniqueEmail(), name: key }],
    ] as const) {
      const created = await send(service, 'POST', path, { headers, body });
      expect({ path, status: created.status }).toEqual({ path, status: 201 });
      const address = `${path}/${String(created.body.id)}`;
      expect((await send(service, 'DELETE', address, { headers })).status).toBe(204);
    }
  }

  it('serves with what the role that migrates gives it, and may do nothing else', async () => {
    const provider = await ProviderStub.start();
    const service = await start({
      AUTH_OIDC_ISSUER: provider.issuer,
      AUTH_OIDC_AUDIENCE: 'app',
      AUTH_OIDC_GROUPS_CLAIM: 'groups',
      AUTH_OIDC_DOMAINS_CLAIM: 'areas',
      AUTH_ALLOW_DEV_HEADERS: 'true',
      AUTH_CLEANUP_INTERVAL_SECONDS: '1',
    });
    try {
      await expectToServe(service);
      const visitor = { ...person(), groups: ['eng', 'product'], areas: ['sales'] };
      for (const groups of [['eng', 'product'], ['design'], []]) {
        const answer = await validate(service, provider.mint({ ...visitor, groups }));
        expect(answer.body.valid).toBe(true);
      }
      const logout = { headers: bearer(provider.mint(visitor)) };
      expect((await send(service, 'POST', '/auth/logout', logout)).status).toBe(204);
      const headers = { 'X-User-Email': uniqueEmail() };
      expect((await send(service, 'GET', '/auth/me', { headers })).status).toBe(200);
      await database.query(
        `UPDATE sessions SET ended_at = now() - interval '40 days', created_at = now() - interval '50 days' WHERE ended_at IS NOT NULL`,
      );
      await eventually('dead sessions are removed', async () => {
        const rows = await database.query("SELECT FROM sessions WHERE ended_at < now() - interval '30 days'");
        return rows.length === 0 || undefined;
      });
    } finally {
      await service.stop();
      await provider.stop();
    }
    expect(service.logs().filter(({ level }) => level === 'error')).toEqual([]);
    for (const statement of [
      'CREATE TABLE more (id int)',
      'ALTER TABLE users ADD COLUMN more int',
      'DROP TABLE sessions',
      'TRUNCATE sessions',
      "INSERT INTO applied_seeds (key) VALUES ('x')",
      'DELETE FROM applied_seeds',
      'TRUNCATE teams',
      "UPDATE turns SET rule = 'x' WHERE false; DELETE FROM turns",
      'DELETE FROM migrations',
      'CREATE SCHEMA more',
    ]) {
      await expect(query(server, statement)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('may call what it calls, also where functions are not for everyone', async () => {
    await query(owner, 'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');
    const service = await start();
    await expectToServe(service);
    expect(await service.stop()).toBe(0);
  });

  it('starts alone where nothing is pending, and writes nothing', async () => {
    await (await start()).stop();
    const before = await database.query('SELECT key, xmin::text FROM applied_seeds ORDER BY key');
    const service = await start({ AUTH_DATABASE_MIGRATION_URL: '' });
    await expectToServe(service);
    expect(await service.stop()).toBe(0);
    expect(await database.query('SELECT key, xmin::text FROM applied_seeds ORDER BY key')).toEqual(before);
  });

  it('waits alone for a role that may migrate, and says so; a command is enough', async () => {
    const service = await startService({ databaseUrl: server, until: 'listening' });
    try {
      await eventually(
        'it tells',
        () =>
          service
            .logs()
            .some(
              ({ level, msg }) => level === 'error' && String(msg).includes('AUTH_DATABASE_MIGRATION_URL'),
            ) || undefined,
      );
      expect((await send(service, 'GET', '/health/ready')).status).toBe(503);
      const { status, output } = await run(NODE, [built(SEED)], {
        DATABASE_URL: server,
        AUTH_DATABASE_MIGRATION_URL: owner,
      });
      expect([status, output]).toEqual([0, expect.stringMatching(/migration .*: run/)]);
      await untilReady(service);
      await expectToServe(service);
    } finally {
      await service.stop();
    }
  });

  it('has its rights to every table decided', async () => {
    await (await start()).stop();
    const tables = await database.query<{ name: string; readable: boolean }>(
      `SELECT relname AS name, has_table_privilege($1, oid, 'SELECT') AS readable FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
      [userOf(server)],
    );
    expect(tables.filter(({ readable }) => !readable)).toEqual([]);
    expect(tables.length).toBeGreaterThan(9);
    const [rights] = await database.query(
      `SELECT has_table_privilege($1, 'audit_events', 'INSERT') AS may_insert,
         has_table_privilege($1, 'audit_events', 'UPDATE, DELETE, TRUNCATE') AS may_change,
         has_table_privilege($1, 'audit_retention', 'UPDATE') AS may_expire`,
      [userOf(server)],
    );
    expect(rights).toEqual({ may_insert: true, may_change: false, may_expire: false }); // R61, R86
  });

  it('is served by the one role of DATABASE_URL as ever where no other is named', async () => {
    const service = await startService({ databaseUrl: owner });
    await expectToServe(service);
    await service.stop();
  });
});
