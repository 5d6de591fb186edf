import { randomBytes, randomUUID } from 'node:crypto';
import { anAdmin, ApiUser, aUser } from '../../support/http/administration';
import { anId, aTime } from '../../support/http/matchers';
import { expectNoServerErrors, expectProblem } from '../../support/http/problem';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

interface Domain {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly parent_domain_id: string | null;
  readonly is_active: boolean;
  readonly is_default?: boolean;
}
interface Tree extends Domain {
  readonly children: readonly Tree[];
}

describe('administration of domains', () => {
  let database: TestDatabase;
  let service: Service;
  let admin: ApiUser;
  let user: ApiUser;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    admin = await anAdmin(service, database);
    user = await aUser(service);
  });

  afterAll(async () => {
    await service?.stop();
    await database?.drop();
    expectNoServerErrors(service);
  });

  const freeKey = () => `d-${randomBytes(6).toString('hex')}`;
  const make = (parent: Domain | null = null, key = freeKey()) =>
    admin.must<Domain>(201, 'POST', '/domains', { key, name: key, parent_domain_id: parent?.id ?? null });
  const move = ({ id }: Domain, parent: Domain | null) =>
    admin.send('PATCH', `/domains/${id}`, { parent_domain_id: parent?.id ?? null });
  const parentOf = async ({ id }: Domain) =>
    (await admin.must<Domain>(200, 'GET', `/domains/${id}`)).parent_domain_id;

  /** What is seen of a tree below one domain, as key and children. */
  async function treeBelow(by: ApiUser, { id }: Domain, query = ''): Promise<unknown> {
    const trees = await by.must<Tree[]>(200, 'GET', `/domains/tree${query}`);
    const short = ({ key, children }: Tree): unknown => ({ [key]: children.map(short) });
    return trees.filter((tree) => tree.id === id).map(short);
  }

  describe('POST /domains', () => {
    it('answers 201 with the domain, and refuses all but administrators (R56)', async () => {
      const parent = await make();
      const key = freeKey();
      expect(
        await admin.must(201, 'POST', '/domains', {
          key,
          name: 'Backend',
          parent_domain_id: parent.id.toUpperCase(),
        }),
      ).toEqual({
        id: anId(),
        key,
        name: 'Backend',
        parent_domain_id: parent.id,
        is_active: true,
        is_default: false,
      });
      expectProblem(await user.send('POST', '/domains', { key: freeKey(), name: 'x' }), 'forbidden');
    });

    it('answers 409 for a key that is taken, and 400 for faults', async () => {
      const { key } = await make();
      expectProblem(await admin.send('POST', '/domains', { key, name: 'x' }), 'key-taken');
      for (const [change, pointer] of [
        [{ key: undefined }, '#/key'],
        [{ key: 'Backend' }, '#/key'],
        [{ key: '-a' }, '#/key'],
        [{ key: 'a\n' }, '#/key'],
        [{ key: 'a'.repeat(64) }, '#/key'],
        [{ name: '' }, '#/name'],
        [{ parent_domain_id: 'engineering' }, '#/parent_domain_id'],
        [{ parent_domain_id: randomUUID() }, '#/parent_domain_id'],
      ] as const) {
        const answer = await admin.send('POST', '/domains', { key: freeKey(), name: 'x', ...change });
        expectProblem(answer, 'invalid-input');
        expect(answer.body.errors).toEqual([{ pointer, detail: expect.any(String) }]);
      }
      await admin.must(201, 'POST', '/domains', { key: `a${freeKey()}`.padEnd(63, '-'), name: 'x' });
    });
  });

  it('GET /domains/{id} answers active ones to everybody, and inactive ones to administrators', async () => {
    const { id, key } = await make();
    const seen = { id, key, name: key, parent_domain_id: null, is_active: true };
    expect(await user.must(200, 'GET', `/domains/${id}`)).toEqual(seen);
    expect(await admin.must(200, 'PATCH', `/domains/${id}`, { is_active: false })).toEqual({
      ...seen,
      is_active: false,
      is_default: false,
    });
    expect(await admin.must(200, 'GET', `/domains/${id}`)).toMatchObject({ is_active: false });
    for (const path of [`/domains/${id}`, `/domains/${randomUUID()}`]) {
      for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as const) {
        expectProblem(await user.send(method, path, body), 'not-found');
      }
      expectProblem(await user.send('PUT', `${path}/users/${user.id}`), 'not-found');
    }
    expectProblem(await admin.send('GET', `/domains/${randomUUID()}`), 'not-found');
    expectProblem(await user.send('GET', '/domains/engineering'), 'invalid-input');
  });

  it('GET /domains/tree shows what hangs on active ancestors; inactive ones only to administrators who ask', async () => {
    const root = await make();
    const [first, second] = [await make(root, `a-${freeKey()}`), await make(root, `b-${freeKey()}`)];
    const leaf = await make(second);
    const all = [{ [root.key]: [{ [first.key]: [] }, { [second.key]: [{ [leaf.key]: [] }] }] }];
    expect(await treeBelow(user, root)).toEqual(all);
    await admin.must(200, 'PATCH', `/domains/${second.id}`, { is_active: false });
    const cut = [{ [root.key]: [{ [first.key]: [] }] }];
    expect(await treeBelow(user, root)).toEqual(cut);
    expect(await treeBelow(admin, root)).toEqual(cut);
    expect(await treeBelow(admin, root, '?include_inactive=true')).toEqual(all);
    expect(await treeBelow(user, root, '?include_inactive=false')).toEqual(cut);
    expectProblem(await user.send('GET', '/domains/tree?include_inactive=true'), 'forbidden');
    expectProblem(await admin.send('GET', '/domains/tree?include_inactive=perhaps'), 'invalid-input');
    const [tree] = await user.must<Tree[]>(200, 'GET', '/domains/tree');
    expect(Object.keys(tree ?? {}).sort()).toEqual(
      ['children', 'id', 'is_active', 'key', 'name', 'parent_domain_id'].sort(),
    );
  });

  describe('PATCH /domains/{id}', () => {
    it('changes what is sent, and nothing for those who are no administrators (R56)', async () => {
      const domain = await make();
      const key = freeKey();
      expect(await admin.must(200, 'PATCH', `/domains/${domain.id}`, { key, name: 'Other' })).toEqual({
        ...domain,
        key,
        name: 'Other',
      });
      expectProblem(await user.send('PATCH', `/domains/${domain.id}`, { name: 'Mine' }), 'forbidden');
      expectProblem(await admin.send('PATCH', `/domains/${domain.id}`, { key: 'engineering' }), 'key-taken');
      for (const member of ['key', 'name', 'is_active', 'is_default']) {
        const answer = await admin.send('PATCH', `/domains/${domain.id}`, { [member]: null });
        expectProblem(answer, 'invalid-input');
        expect(answer.body.errors).toMatchObject([{ pointer: `#/${member}` }]);
      }
    });

    it('moves a domain with all below it, and refuses cycles', async () => {
      const [a, other] = [await make(), await make()];
      const b = await make(a);
      const c = await make(b);
      expect((await move(b, other)).body).toMatchObject({ parent_domain_id: other.id });
      expect(await treeBelow(user, other)).toEqual([{ [other.key]: [{ [b.key]: [{ [c.key]: [] }] }] }]);
      for (const below of [b, c]) expectProblem(await move(b, below), 'domain-cycle');
      expectProblem(await move(other, c), 'domain-cycle');
      const unknown = await admin.send('PATCH', `/domains/${b.id}`, { parent_domain_id: randomUUID() });
      expect(unknown.body.errors).toMatchObject([{ pointer: '#/parent_domain_id' }]);
      expect(await parentOf(b)).toBe(other.id);
      expect((await move(b, null)).body).toMatchObject({ parent_domain_id: null });
    });

    it('refuses a 33rd level, made or moved', async () => {
      let lowest = await make();
      const root = lowest;
      for (let level = 2; level <= 32; level++) lowest = await make(lowest);
      expectProblem(
        await admin.send('POST', '/domains', { key: freeKey(), name: 'x', parent_domain_id: lowest.id }),
        'domain-too-deep',
      );
      expectProblem(await move(root, await make()), 'domain-too-deep');
      expect(await parentOf(root)).toBeNull();
    });
  });

  describe('DELETE /domains/{id}', () => {
    it('refuses one with domains below it, or moves those up', async () => {
      const root = await make();
      const middle = await make(root);
      const leaf = await make(middle);
      expectProblem(await user.send('DELETE', `/domains/${middle.id}`), 'forbidden');
      expectProblem(await admin.send('DELETE', `/domains/${middle.id}`), 'domain-has-children');
      expectProblem(
        await admin.send('DELETE', `/domains/${middle.id}?children=refuse`),
        'domain-has-children',
      );
      expectProblem(await admin.send('DELETE', `/domains/${middle.id}?children=delete`), 'invalid-input');
      await admin.must(204, 'DELETE', `/domains/${middle.id}?children=move-up`);
      expect(await parentOf(leaf)).toBe(root.id);
      await admin.must(204, 'DELETE', `/domains/${root.id}?children=move-up`);
      expect(await parentOf(leaf)).toBeNull();
      await admin.must(204, 'DELETE', `/domains/${leaf.id}`);
      expectProblem(await admin.send('DELETE', `/domains/${leaf.id}`), 'not-found');
    });

    it('keeps the default, which moves by its flag', async () => {
      const [row] = await database.query<{ id: string }>(`SELECT id FROM domains WHERE is_default`);
      const before = row?.id;
      const domain = await make();
      expect(await admin.must(200, 'PATCH', `/domains/${domain.id}`, { is_default: true })).toMatchObject({
        is_default: true,
      });
      expect(await admin.must(200, 'GET', `/domains/${before}`)).toMatchObject({ is_default: false });
      expectProblem(await admin.send('DELETE', `/domains/${domain.id}`), 'default-in-use');
      expectProblem(
        await admin.send('PATCH', `/domains/${domain.id}`, { is_default: false }),
        'default-in-use',
      );
      expect(await (await aUser(service)).must(200, 'GET', '/domains')).toMatchObject([{ id: domain.id }]);
      await admin.must(200, 'PATCH', `/domains/${before}`, { is_default: true });
    });
  });

  it('PATCH and DELETE take If-Match, POST takes Idempotency-Key', async () => {
    const body = { key: freeKey(), name: 'Once' };
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await admin.send<Domain & Record<string, unknown>>('POST', '/domains', body, key);
    expect((await admin.send('POST', '/domains', body, key)).body).toEqual(first.body);
    const path = `/domains/${first.body.id}`;
    expect(first.headers.get('location')).toBe(path);
    const tag = (answer: { headers: Headers }) => ({ 'If-Match': answer.headers.get('etag') ?? '' });
    const before = tag(await admin.send('GET', path));
    expect(before).toEqual(tag(first));
    const changed = await admin.send('PATCH', path, { name: 'Twice' }, before);
    expect(changed.status).toBe(200);
    expectProblem(await admin.send('PATCH', path, { name: 'Thrice' }, before), 'precondition-failed');
    expectProblem(await admin.send('DELETE', path, undefined, before), 'precondition-failed');
    expect((await admin.send('DELETE', path, undefined, tag(changed))).status).toBe(204);
  });

  it('GET /domains/{id}/users answers those assigned, page by page, to administrators only (R55)', async () => {
    const domain = await make();
    const users = [user, await aUser(service), await aUser(service)];
    for (const { id } of users) await admin.must(204, 'PUT', `/domains/${domain.id}/users/${id}`);
    const seen: unknown[] = [];
    for (let cursor = ''; ;) {
      const path = `/domains/${domain.id}/users?limit=2${cursor}`;
      const page = await admin.must<{ items: unknown[]; next_cursor: string | null }>(200, 'GET', path);
      seen.push(...page.items);
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual(
      users.map(({ id, account: { email, name } }) => ({
        user: { id, email, email_verified: false, name, avatar_url: null },
        assigned_at: aTime(),
      })),
    );
    expectProblem(await user.send('GET', `/domains/${domain.id}/users`), 'forbidden');
    expectProblem(await user.send('GET', `/domains/${randomUUID()}/users`), 'not-found');
    expectProblem(await admin.send('GET', `/domains/${domain.id}/users?cursor=x`), 'invalid-input');
  });

  describe('PUT and DELETE /domains/{id}/users/{user_id}', () => {
    it('assign and unassign, as often as they come, by administrators only (R56)', async () => {
      const domain = await make();
      const place = `/domains/${domain.id}/users/${user.id}`;
      const keys = async () =>
        (await user.must<Domain[]>(200, 'GET', '/domains')).map(({ key }) => key).includes(domain.key);
      for (const method of ['PUT', 'DELETE']) {
        expectProblem(await user.send(method, place), 'forbidden');
        await admin.must(204, method, place);
        await admin.must(204, method, place);
        expect(await keys()).toBe(method === 'PUT');
        expectProblem(await admin.send(method, `/domains/${domain.id}/users/${randomUUID()}`), 'not-found');
        expectProblem(await admin.send(method, `/domains/${randomUUID()}/users/${user.id}`), 'not-found');
        expectProblem(await admin.send(method, `/domains/${domain.id}/users/me`), 'invalid-input');
      }
    });

    it('are by hand: they add to what a provider gives, and end that too (R85)', async () => {
      const domain = await make();
      await database.query(
        `INSERT INTO user_domains (domain_id, user_id, given_by_hand, provider_issuers)
         VALUES ($1, $2, false, '{https://idp.example}')`,
        [domain.id, user.id],
      );
      const marks = () =>
        database.query('SELECT given_by_hand, provider_issuers FROM user_domains WHERE domain_id = $1', [
          domain.id,
        ]);
      await admin.must(204, 'PUT', `/domains/${domain.id}/users/${user.id}`);
      expect(await marks()).toEqual([{ given_by_hand: true, provider_issuers: ['https://idp.example'] }]);
      await admin.must(204, 'DELETE', `/domains/${domain.id}/users/${user.id}`);
      expect(await marks()).toEqual([]);
    });
  });
});
