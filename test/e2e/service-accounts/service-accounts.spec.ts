import { randomUUID } from 'node:crypto';
import { eventually } from '../../support/process/eventually';
import { useService } from '../../support/process/use-service';
import { anAdmin, aUser, prove, type ApiUser } from '../../support/http/administration';
import { bearer, send } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { aKey, aService, basic } from '../../support/http/services';

type Account = {
  readonly id: string;
  readonly name: string;
  readonly scopes: string[];
  readonly owner_id: string | null;
  readonly created_at: string;
};
type Key = {
  readonly id: string;
  readonly secret?: string | null;
  readonly last_used_at: string | null;
};
type Page<T> = {
  readonly items: T[];
  readonly next_cursor: string | null;
};

const KEY = /^psk_[A-Za-z0-9_-]{26,200}$/;

describe('service accounts and their keys', () => {
  const service = useService();
  const { database } = service;
  let admin: ApiUser;

  beforeAll(async () => {
    admin = await anAdmin(service, database);
  });

  const listUsers = (headers: Record<string, string>) => send(service, 'GET', '/users', { headers });
  const works = async (key: string) => {
    const answer = await listUsers(bearer(key));
    if (![200, 401].includes(answer.status)) throw new Error(`${answer.status}: ${answer.text}`);
    return answer.status === 200;
  };

  it('are made by an administrator, who owns them, and have the documented shapes', async () => {
    const name = `Prompt store ${randomUUID()}`;
    const scopes = ['users:read', 'tokens:validate'];
    const made = await admin.send<Account>('POST', '/service-accounts', { name, scopes });
    expect(made.status).toBe(201);
    expectDocumented('POST', '/service-accounts', made);
    const { id } = made.body;
    expect(made.body).toEqual({ id, name, scopes, owner_id: admin.id, created_at: expect.any(String) });
    expect(made.headers.get('location')).toBe(`/service-accounts/${id}`);
    const got = await admin.send<Account>('GET', `/service-accounts/${id}`);
    expect(got.body).toEqual(made.body);
    expect(got.headers.get('etag')).toBe(made.headers.get('etag'));
    const key = await admin.send<Key>('POST', `/service-accounts/${id}/keys`, {
      name: 'first',
      expires_at: '2100-01-01T00:00:00Z',
    });
    expectDocumented('POST', '/service-accounts/{id}/keys', key);
    expect(key.status).toBe(201);
    expect(key.body.secret).toMatch(KEY);
    const shown = { ...key.body, secret: undefined };
    expect(shown).toMatchObject({
      name: 'first',
      expires_at: '2100-01-01T00:00:00.000Z',
      last_used_at: null,
    });
    const { body } = await admin.send<Page<Key>>('GET', `/service-accounts/${id}/keys`);
    expect(body).toEqual({ items: [{ ...shown, secret: undefined }], next_cursor: null });
    expect(JSON.stringify(body)).not.toContain('psk_');
    expect((await admin.send<Key>('GET', `/service-accounts/${id}/keys/${key.body.id}`)).body).toEqual(
      body.items[0],
    );
  });

  it('a key is stored as a hash only', async () => {
    const { key } = await aService(admin, ['users:read']);
    for (const table of ['service_keys', 'service_accounts', 'idempotency_keys']) {
      const rows = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${table} t`);
      const secret = key.slice(26);
      expect(rows.filter(({ row }) => row.includes(secret))).toEqual([]);
    }
  });

  it('are administered by administrators alone, by no service', async () => {
    const user = await aUser(service);
    const all = await aService(admin, [
      ...(['tokens:validate', 'users:read', 'users:write'] as const),
      ...(['teams:write', 'domains:write', 'audit:read'] as const),
    ]);
    const paths = [`/service-accounts/${all.id}`, `/service-accounts/${all.id}/keys`, '/service-accounts'];
    for (const path of paths) {
      expectProblem(await user.send('GET', path), 'forbidden');
      expectProblem(await send(service, 'GET', path, { headers: bearer(all.key) }), 'forbidden');
    }
    const created = await send(service, 'POST', paths[1]!, { headers: bearer(all.key), body: {} });
    expectProblem(created, 'forbidden');
  });

  it('a key is a bearer token and the secret of HTTP Basic, raw and form-encoded', async () => {
    const { id, key } = await aService(admin, ['users:read']);
    const encoded = (text: string) =>
      text.replaceAll(/[-_]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
    for (const headers of [bearer(key), basic(id, key), basic(encoded(id), encoded(key))]) {
      expect((await listUsers(headers)).status).toBe(200);
    }
  });

  it('refuses unknown, expired, revoked and malformed keys alike, and a key with another client_id', async () => {
    const [one, other] = [await aService(admin, ['users:read']), await aService(admin, ['users:read'])];
    const expired = await aService(admin, ['users:read']);
    await database.query(`UPDATE service_keys SET expires_at = now() WHERE id = $1`, [expired.keyId]);
    await admin.must(204, 'DELETE', `/service-accounts/${other.id}/keys/${other.keyId}`);
    const forged = `${one.key.slice(0, -7)}${one.key.at(-7) === 'A' ? 'B' : 'A'}${one.key.slice(-6)}`;
    const answers = await Promise.all(
      [
        ...[expired.key, other.key, forged, 'psk_nonsense', `${one.key}x`].map(bearer),
        ...[basic(other.id, one.key), basic('', one.key), basic(one.id, expired.key)],
      ].map(listUsers),
    );
    for (const answer of answers) expectProblem(answer, 'invalid-token');
    const told = answers.map(({ body, headers }) => [body.detail, headers.get('www-authenticate')]);
    expect(new Set(told.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(await works(one.key)).toBe(true);
  });

  it('R56 reaches what its scopes allow, at once as they change', async () => {
    const { id, key } = await aService(admin, ['users:read']);
    const create = () =>
      send(service, 'POST', '/teams', { headers: bearer(key), body: { name: randomUUID() } });
    const refused = await create();
    expectProblem(refused, 'insufficient-scope');
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="promptstack-auth", error="insufficient_scope", scope="teams:write"',
    );
    await admin.must(200, 'PATCH', `/service-accounts/${id}`, { scopes: ['teams:write'] });
    expect((await create()).status).toBe(201);
    expectProblem(await listUsers(bearer(key)), 'insufficient-scope');
  });

  it('R56 administers teams with their members, domains and users by scope; users:write makes no administrator', async () => {
    const { key } = await aService(admin, ['users:write', 'teams:write', 'domains:write']);
    const user = await aUser(service);
    await prove(database, user);
    const call = <Body = Record<string, string>>(method: string, path: string, body?: unknown) =>
      send<Body>(service, method, path, { headers: bearer(key), ...(body !== undefined && { body }) });
    const team = (await call('POST', '/teams', { name: randomUUID() })).body.id;
    const domain = (await call('POST', '/domains', { key: randomUUID(), name: 'Domain' })).body.id;
    const email = user.account.email;
    const calls: [string, string, number, unknown?][] = [
      ['PUT', `/teams/${team}/members/${user.id}`, 201, { role: 'owner' }],
      ['GET', `/teams/${team}/members`, 200],
      ['DELETE', `/teams/${team}/members/${user.id}`, 409], // the last owner
      ['GET', `/teams/${team}`, 200],
      ['GET', '/teams/all', 200],
      ['PATCH', `/teams/${team}`, 200, { is_active: false }],
      ['DELETE', `/teams/${team}`, 204],
      ['PUT', `/domains/${domain}/users/${user.id}`, 204],
      ['GET', `/domains/${domain}/users`, 200],
      ['GET', '/domains/tree?include_inactive=true', 200],
      ['PATCH', `/domains/${domain}`, 200, { name: 'Other' }],
      ['DELETE', `/domains/${domain}`, 204],
      ['GET', `/users/${user.id}`, 200], // users:write includes users:read
      ['POST', '/users/lookup', 200, { ids: [user.id] }],
      ['PATCH', `/users/${user.id}`, 200, { name: 'Ada King' }],
      ['PATCH', `/users/${user.id}`, 403, { role: 'admin' }],
      ['POST', '/users', 403, { email: `x-${email}`, name: 'X', role: 'admin' }],
      ['POST', '/users', 201, { email: `y-${email}`, name: 'Y' }],
      ['DELETE', `/users/${user.id}`, 204],
    ];
    for (const [method, path, status, body] of calls) {
      expect([method, path, (await call(method, path, body)).status]).toEqual([method, path, status]);
    }
  });

  it.each([
    ['GET', '/auth/me'],
    ['GET', '/users/me'],
    ['PATCH', '/users/me'],
    ['DELETE', '/users/me'],
    ['GET', '/users/me/export'],
    ['POST', '/auth/password'],
    ['GET', '/auth/sessions'],
    ['DELETE', '/auth/sessions'],
    ['DELETE', `/auth/sessions/${randomUUID()}`],
    ['GET', '/teams'],
    ['GET', '/domains'],
  ])('R56 a service with every scope may not %s %s: that is for users', async (method, path) => {
    const { key } = await aService(admin, [
      ...(['tokens:validate', 'users:read', 'users:write'] as const),
      ...(['teams:write', 'domains:write', 'audit:read'] as const),
    ]);
    const answer = await send(service, method, path, { headers: bearer(key) });
    expectProblem(answer, 'forbidden');
    expectDocumented(method, path.replace(/[0-9a-f-]{36}/, '{id}'), answer);
  });

  it('end with the key, with all keys of the account, and with the account', async () => {
    const { id, key, keyId } = await aService(admin, ['users:read']);
    const [second, third] = [await aKey(admin, id), await aKey(admin, id)];
    const states = async () => [await works(key), await works(second.key), await works(third.key)];
    expect(await states()).toEqual([true, true, true]); // so that a rotation can overlap
    await admin.must(204, 'DELETE', `/service-accounts/${id}/keys/${keyId}`);
    expect(await states()).toEqual([false, true, true]);
    expectProblem(await admin.send('DELETE', `/service-accounts/${id}/keys/${keyId}`), 'not-found');
    expectProblem(await admin.send('GET', `/service-accounts/${id}/keys/${keyId}`), 'not-found');
    await admin.must(204, 'DELETE', `/service-accounts/${id}/keys`);
    expect(await states()).toEqual([false, false, false]);
    const last = await aKey(admin, id);
    expect(await works(last.key)).toBe(true);
    await admin.must(204, 'DELETE', `/service-accounts/${id}`);
    expect(await works(last.key)).toBe(false);
    expectProblem(await admin.send('GET', `/service-accounts/${id}/keys`), 'not-found');
  });

  it.each([
    ['deactivated', 'UPDATE users SET is_active = false WHERE id = $1'],
    ['deleted', 'DELETE FROM users WHERE id = $1'],
  ])(
    'R75 end when their owner is %s, by whomever; a later activation revives nothing',
    async (_what, sql) => {
      const owner = await anAdmin(service, database);
      const { id, key } = await aService(owner, ['users:read']);
      const handedOver = await aService(owner, ['users:read']);
      await admin.must(200, 'PATCH', `/service-accounts/${handedOver.id}`, { owner_id: admin.id });
      expect(await works(key)).toBe(true);
      await database.query(sql, [owner.id]);
      expect([await works(key), await works(handedOver.key)]).toEqual([false, true]);
      const made = await admin.send('POST', `/service-accounts/${id}/keys`, {});
      if (sql.startsWith('UPDATE')) expectProblem(made, 'owner-inactive');
      else expect(made.status).toBe(201);
      await database.query('UPDATE users SET is_active = true WHERE id = $1', [owner.id]);
      expect(await works(key)).toBe(false);
    },
  );

  it('takes a new owner who is active, or nobody', async () => {
    const { id } = await aService(admin, []);
    const user = await aUser(service);
    const change = (owner_id: unknown) =>
      admin.send<Account>('PATCH', `/service-accounts/${id}`, { owner_id });
    expect((await change(user.id)).body.owner_id).toBe(user.id);
    expect((await change(null)).body.owner_id).toBeNull();
    await database.query('UPDATE users SET is_active = false WHERE id = $1', [user.id]);
    for (const owner of [user.id, randomUUID(), 'nonsense', 5]) {
      const answer = await change(owner);
      expectProblem(answer, 'invalid-input');
      expect(answer.text).toContain('owner_id');
    }
  });

  it('names are unique, and input is strict', async () => {
    const { id, name } = await aService(admin, []);
    const other = await aService(admin, []);
    expectProblem(await admin.send('POST', '/service-accounts', { name, scopes: [] }), 'name-taken');
    expectProblem(await admin.send('PATCH', `/service-accounts/${other.id}`, { name }), 'name-taken');
    for (const body of [
      { name: 'x' },
      { scopes: [] },
      { name: '', scopes: [] },
      { name: 'x', scopes: ['services:write'] },
      { name: 'x', scopes: ['users:read', 'everything'] },
      { name: 'x', scopes: 'users:read' },
      { name: 'x', scopes: null },
    ])
      expectProblem(await admin.send('POST', '/service-accounts', body), 'invalid-input');
    for (const body of [
      { expires_at: '2020-01-01T00:00:00Z' },
      { expires_at: 'tomorrow' },
      { expires_at: 5 },
      { name: '' },
    ])
      expectProblem(await admin.send('POST', `/service-accounts/${id}/keys`, body), 'invalid-input');
  });

  it('a repetition with its Idempotency-Key makes no second key, and shows no secret', async () => {
    const { id } = await aService(admin, []);
    const headers = { 'Idempotency-Key': randomUUID() };
    const path = `/service-accounts/${id}/keys`;
    const [first, second] = [
      await admin.send<Key>('POST', path, {}, headers),
      await admin.send<Key>('POST', path, {}, headers),
    ];
    expect(first.body.secret).toMatch(KEY);
    expect(second).toMatchObject({ status: 201, body: { ...first.body, secret: null } });
    expect((await admin.must<Page<Key>>(200, 'GET', path)).items).toHaveLength(2);
  });

  it('a change takes If-Match', async () => {
    const { id } = await aService(admin, []);
    const path = `/service-accounts/${id}`;
    const tag = (await admin.send('GET', path)).headers.get('etag') ?? '';
    const change = () => admin.send('PATCH', path, { name: randomUUID() }, { 'If-Match': tag });
    expect((await change()).status).toBe(200);
    expectProblem(await change(), 'precondition-failed');
    expectProblem(await admin.send('DELETE', path, undefined, { 'If-Match': tag }), 'precondition-failed');
  });

  it('are listed in pages, each once', async () => {
    for (let n = 0; n < 5; n++) await aService(admin, []);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor && `&cursor=${cursor}`;
      const page: Page<Account> = await admin.must<Page<Account>>(
        200,
        'GET',
        `/service-accounts?limit=2${query}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    const all = await database.query<{ id: string }>('SELECT id FROM service_accounts');
    expect(seen.toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  it('records the minute of the last use, with one write however many calls there are', async () => {
    const { id, key, keyId } = await aService(admin, ['users:read']);
    await Promise.all(Array.from({ length: 50 }, () => listUsers(bearer(key))));
    const path = `/service-accounts/${id}/keys/${keyId}`;
    const used = await eventually('the use is recorded', async () => {
      const { last_used_at: at } = await admin.must<Key>(200, 'GET', path);
      return at ?? undefined;
    });
    expect(used).toMatch(/:00\.000Z$/);
    expect(Math.abs(Date.now() - Date.parse(used))).toBeLessThan(120_000);
    // The row number of its version moves with each write.
    const version = () =>
      database.query('SELECT xmin::text FROM service_keys WHERE id = $1', [keyId]).then(([row]) => row);
    const before = await version();
    const minute = new Date().getUTCMinutes();
    await Promise.all(Array.from({ length: 50 }, () => listUsers(bearer(key))));
    if (new Date().getUTCMinutes() === minute) expect(await version()).toEqual(before);
  });

  it('R61 R62 acts are audited, and no log line has a key', async () => {
    const { id, key, keyId } = await aService(admin, ['users:read']);
    await listUsers(bearer(key));
    await listUsers(bearer(`${key.slice(0, -1)}_`));
    await admin.must(200, 'PATCH', `/service-accounts/${id}`, { scopes: [] });
    await admin.must(204, 'DELETE', `/service-accounts/${id}/keys/${keyId}`);
    await admin.must(204, 'DELETE', `/service-accounts/${id}`);
    const events = await eventually('all is logged', () => {
      const lines = service.logs().filter((line) => line.audit === true && line.service_id === id);
      return Promise.resolve(lines.length >= 5 ? lines : undefined);
    });
    expect(events.map(({ msg }) => msg)).toEqual([
      ...['service-account.created', 'service-key.created', 'service-account.updated'],
      ...['service-key.revoked', 'service-account.deleted'],
    ]);
    for (const event of events) expect(event.actor).toEqual({ kind: 'user', id: admin.id });
    expect(service.output()).not.toContain(key.slice(26, -6));
    const requests = service.logs().filter((line) => line.service_id === id && line.route === '/users');
    expect(requests.length).toBeGreaterThan(0);
  });
});
