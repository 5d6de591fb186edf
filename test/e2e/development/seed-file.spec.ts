import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended } from '../../support/process/ended';
import { send } from '../../support/http/http';
import { spawnService, startService } from '../../support/process/service';
import { createTestDatabase, type TestDatabase, useDatabase } from '../../support/database/test-database';

const PASSWORD = 'a password of the seed file';
const FILE = {
  teams: [{ name: 'Payments', external_ref: 'payments' }],
  domains: [{ key: 'shop', name: 'Shop', children: [{ key: 'checkout', name: 'Checkout' }] }],
  people: [
    {
      email: 'Ada@Example.com',
      name: 'Ada',
      password: PASSWORD,
      email_verified: true,
      teams: ['General', { name: 'Payments', role: 'owner' }],
      domains: ['checkout'],
    },
    { email: 'bob@example.com', name: 'Bob' },
  ],
};

interface SignIn {
  readonly user: {
    name: string;
    teams: { name: string; role: string | null }[];
    domains: { key: string; parent_domain_id: string | null }[];
  };
}

describe('AUTH_SEED_FILE', () => {
  let database: TestDatabase;
  let directory: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-seed-'));
  });

  afterEach(async () => {
    rmSync(directory, { recursive: true });
    await database.drop();
  });

  const write = (content: unknown): string => {
    const path = join(directory, 'seed.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const start = (content: unknown, env: Record<string, string> = {}) =>
    startService({ databaseUrl: database.url, env: { AUTH_SEED_FILE: write(content), ...env } });
  const login = (service: { url: string }, email = 'ada@example.com', password = PASSWORD) =>
    send<SignIn>(service, 'POST', '/auth/login', { body: { email, password } });

  it('makes people with passwords, teams, roles and nested domains before the service is ready', async () => {
    const service = await start(FILE);
    const { status, body } = await login(service);
    expect(status).toBe(200);
    expect(body.user.teams).toMatchObject([
      { name: 'General', role: null },
      { name: 'Payments', role: 'owner' },
    ]);
    expect(body.user.domains).toMatchObject([{ key: 'checkout' }]);
    const rows = await database.query(
      `SELECT u.email, u.password_hash IS NULL AS no_password, u.email_verified_at IS NOT NULL AS proven,
         (SELECT p.key FROM domains d JOIN domains p ON p.id = d.parent_domain_id WHERE d.key = 'checkout') AS parent
       FROM users u ORDER BY email`,
    );
    expect(rows).toEqual([
      { email: 'ada@example.com', no_password: false, proven: true, parent: 'shop' },
      { email: 'bob@example.com', no_password: true, proven: false, parent: 'shop' },
    ]);
    expect(service.output()).not.toContain(PASSWORD);
    await service.stop();
  });

  it('changes nothing that is there: a second start makes what is new and leaves the rest', async () => {
    await (await start(FILE)).stop();
    await database.query(`UPDATE users SET name = 'Ada the second' WHERE email = 'ada@example.com'`);
    const changed = {
      ...FILE,
      people: [...FILE.people, { email: 'eve@example.com', name: 'Eve', password: PASSWORD }],
    };
    const [first, second] = await Promise.all([start(changed), start(changed)]);
    expect((await login(first)).body.user.name).toBe('Ada the second');
    expect((await login(second, 'eve@example.com')).body.user.teams).toMatchObject([{ name: 'General' }]);
    expect(await database.query('SELECT FROM users')).toHaveLength(3);
    await Promise.all([first.stop(), second.stop()]);
  });

  it.each([
    ['no JSON', '{"people": [', 'must hold a JSON object'],
    ['a list', [], 'must hold a JSON object'],
    ['a member twice', '{"people": [], "people": []}', 'names a member twice in an object'],
    ['an unknown member', { users: [] }, 'users property users should not exist'],
    ['no address', { people: [{ email: 'ada', name: 'Ada' }] }, 'people/0/email must be an e-mail address'],
    [
      'a role that is none',
      { people: [{ email: 'a@example.com', name: 'A', teams: [{ name: 'General', role: 'boss' }] }] },
      'people/0/teams/0/role must be one of owner, admin, member',
    ],
    [
      'a key that is none, further down',
      { domains: [{ key: 'a', name: 'A', children: [{ key: 'B!', name: 'B' }] }] },
      'domains/0/children/0/key must be 1 to 63 characters',
    ],
    [
      'a person twice',
      {
        people: [
          { email: 'a@example.com', name: 'A' },
          { email: 'A@example.com', name: 'A' },
        ],
      },
      'people: a@example.com stands twice',
    ],
    [
      'a team that nobody made',
      { people: [{ email: 'a@example.com', name: 'A', teams: ['Nowhere'] }] },
      'a@example.com is in the team "Nowhere", which is neither in the file nor in the database',
    ],
  ])('that holds %s ends the start, names the place, and makes nothing', async (_name, content, message) => {
    const service = spawnService({ DATABASE_URL: database.url, AUTH_SEED_FILE: write(content) });
    expect(await ended(service.process)).toBe(1);
    expect(service.output()).toContain(message);
    expect(await database.query('SELECT FROM users')).toHaveLength(0);
  });

  it('that is missing ends the start', async () => {
    const service = spawnService({
      DATABASE_URL: database.url,
      AUTH_SEED_FILE: join(directory, 'none.json'),
    });
    expect(await ended(service.process)).toBe(1);
    expect(service.output()).toContain('AUTH_SEED_FILE: the file is missing or closed to this process');
  });

  it('is refused in production', async () => {
    const service = spawnService({
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      AUTH_SEED_FILE: write(FILE),
    });
    expect(await ended(service.process)).toBe(1);
    expect(service.output()).toContain('AUTH_SEED_FILE must not be set in production');
  });
});

describe('POST /dev/token', () => {
  const database = useDatabase();

  const ask = (service: { url: string }, body: unknown) =>
    send<SignIn & { access_token: string }>(service, 'POST', '/dev/token', { body });

  it('answers tokens of an existing user as login gives, while AUTH_ALLOW_DEV_HEADERS=true', async () => {
    const service = await startService({
      databaseUrl: database.url,
      env: { AUTH_ALLOW_DEV_HEADERS: 'true' },
    });
    const person = { email: 'dev@example.com', password: PASSWORD, name: 'Dev' };
    const registered = await send(service, 'POST', '/auth/register', { body: person });
    const { status, body } = await ask(service, { email: 'DEV@example.com' });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(Object.keys(registered.body).sort());
    const token = body.access_token;
    expect((await send(service, 'POST', '/auth/validate', { body: { token } })).body).toMatchObject({
      valid: true,
      user: { email: person.email },
    });
    expect((await ask(service, { email: 'nobody@example.com' })).body).toMatchObject({ code: 'not-found' });
    expect((await ask(service, { email: 'nobody' })).body).toMatchObject({ code: 'invalid-input' });
    const { paths } = (await send<{ paths: object }>(service, 'GET', '/openapi.json')).body;
    expect(Object.keys(paths)).toContain('/dev/token');
    await database.query(`UPDATE users SET is_active = false WHERE email = $1`, [person.email]);
    expect((await ask(service, { email: person.email })).status).toBe(404);
    await service.stop();
  });

  it('is 404 otherwise', async () => {
    const service = await startService({ databaseUrl: database.url });
    const { status, body } = await ask(service, { email: 'dev@example.com' });
    expect([status, (body as unknown as { code: string }).code]).toEqual([404, 'not-found']);
    const { paths } = (await send<{ paths: object }>(service, 'GET', '/openapi.json')).body;
    expect(Object.keys(paths)).not.toContain('/dev/token');
    await service.stop();
  });
});
