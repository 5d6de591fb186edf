import { randomUUID } from 'node:crypto';
import { anAdmin, ApiUser, aUser, prove } from '../../support/http/administration';
import { send } from '../../support/http/http';
import { expectNoServerErrors } from '../../support/http/problem';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

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

  it('every change is in the very next answer of validate on the other replica (R16, R17, R75)', async () => {
    const admin = await anAdmin(services[0], database);
    const [owner, member] = [await aUser(services[0]), await aUser(services[1])];
    await prove(database, owner, member);
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
    await owner
      .at(services[1])
      .must(201, 'POST', `/teams/${team.id}/members`, { email: member.account.email, role: 'admin' });
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

    await database.query('UPDATE users SET is_active = false WHERE id = $1', [member.id]);
    expect(await validate(1, member)).toMatchObject({ valid: false, user: null });
    await database.query('UPDATE users SET is_active = true WHERE id = $1', [member.id]);
    expect(await validate(0, member)).toMatchObject({ valid: false, user: null });
  });
});
