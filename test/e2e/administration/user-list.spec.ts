import { administrator, as, type ManagedUser } from '../../support/http/administrators';
import type { Account } from '../../support/http/accounts';
import { expectDocumented } from '../../support/http/openapi';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, query, type TestDatabase } from '../../support/database/test-database';

interface Page {
  readonly items: ManagedUser[];
  readonly next_cursor: string | null;
}

/** More by `TEST_LIST_USERS=20000`: what is shown must not depend on it. */
const USERS = Number(process.env.TEST_LIST_USERS ?? 2_000);
const WRITERS = 4;

describe('the list of users', () => {
  let database: TestDatabase;
  let service: Service;
  let admin: Account;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    admin = await administrator(service, database);
  });

  afterAll(async () => {
    await service?.stop();
    await database?.drop();
  });

  const list = (parameters: Readonly<Partial<Record<string, string>>>) =>
    as<Page>(admin, service, [
      'GET',
      `/users?${new URLSearchParams(parameters as Record<string, string>).toString()}`,
    ]);
  const names = async (parameters: Record<string, string>): Promise<string[]> => {
    const { status, body } = await list(parameters);
    expect(status).toBe(200);
    return body.items.map(({ name }) => name);
  };
  async function whole(parameters: Record<string, string>): Promise<ManagedUser[]> {
    const items: ManagedUser[] = [];
    let cursor: string | null | undefined;
    do {
      const { body } = await list({ ...parameters, ...(cursor && { cursor }) });
      items.push(...body.items);
      cursor = body.next_cursor;
    } while (cursor !== null);
    return items;
  }

  const add = (email: string, name: string) =>
    database.query('INSERT INTO users (email, name) VALUES ($1, $2)', [email, name]);

  it('finds by the beginning of the address or of a word of the name, without case and without wildcards', async () => {
    await add('zoe@find.example', 'ÉMILE Ångström\u00a0van Zoë');
    await add('percent%_@find.example', '100% _real \\o/');
    for (const q of ['zoe@F', 'émi', 'ÅNG', 'ång', 'VAN z', 'zoë', 'ångström van']) {
      expect({ q, found: await names({ q }) }).toEqual({ q, found: ['ÉMILE Ångström\u00a0van Zoë'] });
    }
    for (const q of ['100%', '_real', '\\o', 'percent%_'])
      expect(await names({ q })).toEqual(['100% _real \\o/']);
    for (const q of ['emi', 'ngström', '%', 'o/', 'find.example']) {
      expect({ q, found: (await names({ q })).filter((name) => /ÉMILE|100/.test(name)) }).toEqual({
        q,
        found: [],
      });
    }
  });

  it('filters by team, domain, role and activity', async () => {
    const [team] = await database.query<{ id: string }>(`SELECT id FROM teams WHERE name = 'General'`);
    const [domain] = await database.query<{ id: string }>(`SELECT id FROM domains WHERE key = 'engineering'`);
    expect(await names({ team: team?.id ?? '' })).toEqual([admin.name]);
    expect(await names({ domain: domain?.id ?? '', role: 'admin', active: 'true' })).toEqual([admin.name]);
    expect(await names({ role: 'admin', active: 'false' })).toEqual([]);
    expect(await names({ team: admin.id })).toEqual([]);
    expectDocumented('GET', '/users', await list({ limit: '1' }));
  });

  it.each([
    { limit: '0' },
    { limit: '201' },
    { limit: '1.5' },
    { limit: '' },
    { sort: 'password_hash' },
    { sort: '-email' },
    { role: 'king' },
    { active: 'perhaps' },
    { team: 'General' },
    { domain: '1' },
    { q: '' },
    { q: ' ' },
    { q: 'x'.repeat(201) },
    { q: 'a\u0000' },
    { cursor: '' },
    { cursor: 'AAAA' },
  ])('R53 refuses %j', async (parameters) => {
    const { status, body } = await list(parameters);
    const pointer = `#/${Object.keys(parameters)[0]}`;
    expect([status, body]).toMatchObject([400, { errors: [{ pointer }] }]);
  });

  it('refuses the cursor of another order or filter', async () => {
    const { body } = await list({ limit: '1' });
    const cursor = body.next_cursor ?? '';
    expect((await list({ limit: '2', cursor })).status).toBe(200);
    for (const other of [{ sort: 'name' }, { q: 'a' }, { active: 'true' }, { role: 'user' }])
      expect((await list({ limit: '1', cursor, ...other })).status).toBe(400);
  });

  it.each(['email', 'name', 'created_at', '-created_at'])(
    `by %s shows each of ${USERS} users that stayed once, and none twice, under ${WRITERS} writers`,
    async (sort) => {
      await database.query(`DELETE FROM users WHERE email LIKE '%@list.example'`);
      // Few names and few times: ties are many. Every third one stays.
      await database.query(
        `INSERT INTO users (email, name, created_at)
         SELECT CASE n % 3 WHEN 0 THEN 'stay' ELSE 'go' END || n || '@list.example', 'Name ' || n % 50,
           timestamptz '2026-01-01' + n % 40 * interval '1 microsecond'
         FROM generate_series(1, ${USERS}) n`,
      );
      const writing = new AbortController();
      const writers = Array.from({ length: WRITERS }, async (_, writer) => {
        for (let n = 1; !writing.signal.aborted; n++) {
          const sql = [
            `INSERT INTO users (email, name) VALUES ('new${writer}-${n}@list.example', 'Name ' || ${n % 60})`,
            `UPDATE users SET name = 'Renamed ${n}' WHERE email = 'go${(n * WRITERS + writer) % USERS}@list.example'`,
            `DELETE FROM users WHERE email = 'go${(n * 7 + writer) % USERS}@list.example'`,
          ][n % 3];
          await query(database.url, sql ?? '');
        }
      });
      const seen = (await whole({ sort, limit: '50' })).map(({ id, email }) => ({ id, email }));
      writing.abort();
      await Promise.all(writers);
      const ids = new Set<string>();
      const twice = seen.filter(({ id, email }) => !email.startsWith('go') && ids.size === ids.add(id).size);
      expect(twice).toEqual([]);
      const stayed = seen.filter(({ email }) => email.startsWith('stay'));
      expect(stayed).toHaveLength(Math.floor(USERS / 3));
    },
  );
});
