import { randomUUID } from 'node:crypto';
import { uniqueEmail } from '../../support/http/accounts';
import { ApiUser, aUser } from '../../support/http/administration';
import { send } from '../../support/http/http';
import { expectNoServerErrors } from '../../support/http/problem';
import { built } from '../../support/process/build';
import { run } from '../../support/process/program';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';
import { signIn } from '../../support/tokens/sessions';
import { payloadOf } from '../../support/tokens/tokens';

interface Validation {
  readonly valid: boolean;
  readonly user: {
    readonly teams: readonly { readonly id: string; readonly role: string | null }[];
    readonly effective_domains: readonly { readonly id: string; readonly key: string }[];
  } | null;
}

describe('a tour of the administration on two replicas', () => {
  let database: TestDatabase;
  let services: [Service, Service];

  beforeAll(async () => {
    database = await createTestDatabase();
    services = [
      await startService({ databaseUrl: database.url }),
      await startService({ databaseUrl: database.url }),
    ];
  });

  afterAll(async () => {
    for (const service of services) {
      await service.stop();
      expectNoServerErrors(service);
    }
    await database.drop();
  });

  const validate = async (replica: 0 | 1, user: ApiUser) =>
    (
      await send<Validation>(services[replica], 'POST', '/auth/validate', {
        body: { token: user.account.token },
      })
    ).body;

  /** By an operator, at the command line. */
  async function appointed(user: ApiUser): Promise<ApiUser> {
    const env = { NODE_ENV: 'test', DATABASE_URL: database.url };
    const grant = ['grant', user.account.email];
    const command = (args: string[]) => run('node', [built('src/cli/admin.cli.js'), ...args], env);
    expect((await command(grant)).status).toBe(1); // nobody has proven the address
    expect(await command([...grant, '--id', user.id])).toMatchObject({ status: 0 });
    return user;
  }

  /** Made by an administrator, and signed in by the code, at the other replica. */
  async function invited(admin: ApiUser, name: string): Promise<ApiUser> {
    const email = uniqueEmail();
    const made = await admin.must<{ id: string; activation: { code: string } }>(201, 'POST', '/users', {
      email,
      name,
    });
    const body = { code: made.activation.code, password: 'correct horse battery' };
    const { status, body: answer } = await send<{ access_token: string; refresh_token: string }>(
      services[1],
      'POST',
      '/auth/activate',
      { body },
    );
    expect(status).toBe(200);
    const [token, refreshToken] = [answer.access_token, answer.refresh_token];
    return new ApiUser(services[1], {
      ...{ email, name, token, refreshToken, id: made.id },
      ...{ password: body.password, sid: payloadOf(token).sid as string },
    });
  }

  it('every change is in the very next answer of validate on the other replica (R16, R17, R75)', async () => {
    const admin = await appointed(await aUser(services[0]));
    const [owner, member] = [await invited(admin, 'Olga Owner'), await invited(admin, 'Max Member')];
    const keys = ['top', 'middle', 'leaf', 'aside'].map((name) => `${name}-${randomUUID()}`) as [
      string,
      string,
      string,
      string,
    ];

    const team = await admin.must<{ id: string }>(201, 'POST', '/teams', { name: 'Tour' });
    const ids: string[] = [];
    for (const [n, key] of keys.entries()) {
      const parent_domain_id = n === 3 ? ids[0] : ids[n - 1];
      const made = await admin.must<{ id: string }>(201, 'POST', '/domains', {
        key,
        name: key,
        parent_domain_id,
      });
      ids.push(made.id);
    }
    await admin.must(201, 'PUT', `/teams/${team.id}/members/${owner.id}`, { role: 'owner' });
    await owner.at(services[1]).must(201, 'POST', `/teams/${team.id}/members`, {
      ...{ email: member.account.email, role: 'admin', allow_unproven: true },
    });
    const roleOf = ({ user }: Validation) => user?.teams.find(({ id }) => id === team.id)?.role;
    expect(roleOf(await validate(0, member))).toBe('admin');
    await owner
      .at(services[0])
      .must(200, 'PUT', `/teams/${team.id}/members/${member.id}`, { role: 'member' });
    expect(roleOf(await validate(1, member))).toBe('member');

    const reached = async (replica: 0 | 1) =>
      (await validate(replica, member)).user?.effective_domains
        .map(({ key }) => key)
        .filter((key) => keys.includes(key));
    await admin.must(204, 'PUT', `/domains/${ids[1]}/users/${member.id}`);
    expect(await reached(1)).toEqual([keys[2], keys[1]]);
    await admin.must(200, 'PATCH', `/domains/${ids[3]}`, { parent_domain_id: ids[2] });
    expect(await reached(1)).toEqual([keys[3], keys[2], keys[1]]);
    await admin.must(200, 'PATCH', `/domains/${ids[2]}`, { is_active: false });
    expect(await reached(1)).toEqual([keys[1]]);
    await admin.must(204, 'DELETE', `/domains/${ids[2]}?children=move-up`);
    expect(await reached(1)).toEqual([keys[3], keys[1]]);

    const refreshOf = (user: ApiUser) =>
      send(services[1], 'POST', '/auth/refresh', { body: { refresh_token: user.account.refreshToken } });
    await admin.must(200, 'PATCH', `/users/${member.id}`, { is_active: false });
    expect(await validate(1, member)).toMatchObject({ valid: false, user: null });
    await admin.must(200, 'PATCH', `/users/${member.id}`, { is_active: true });
    expect(await validate(1, member)).toMatchObject({ valid: false, user: null });
    expect(await validate(0, member)).toMatchObject({ valid: false, user: null });
    expect((await refreshOf(member)).status).toBe(401);
    const again = await signIn(services[1], member.account);
    expect(
      await validate(0, new ApiUser(services[0], { ...member.account, token: again.accessToken })),
    ).toMatchObject({
      valid: true,
      user: { role: 'user' },
    });
  });
});
