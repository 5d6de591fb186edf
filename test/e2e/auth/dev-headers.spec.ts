import { once } from 'node:events';
import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { sendLines } from '../../support/http/raw-http';
import { spawnService, startService, TEST_SECRET } from '../../support/process/service';
import { createTestDatabase } from '../../support/database/test-database';
import { useService } from '../../support/process/use-service';

interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly teams: { name: string; role: string | null }[];
  readonly domains: { key: string }[];
}

describe('development headers', () => {
  let account: Account;
  const service = useService({ env: { AUTH_ALLOW_DEV_HEADERS: 'true' } });
  const { database } = service;

  beforeAll(async () => {
    account = await register(service);
  });

  const me = (headers: Record<string, string>, path = '/auth/me') =>
    send<User>(service, 'GET', path, { headers });
  /** Header lines as they are, byte for byte. */
  const meRaw = (...lines: string[]) => {
    const bytes = lines.map((line) => Buffer.from(line).toString('latin1'));
    return sendLines(service, ['GET /auth/me HTTP/1.1', 'Host: x', ...bytes]);
  };
  const rows = (email: string) =>
    database.query<{ name: string; password_hash: string | null }>(
      'SELECT name, password_hash FROM users WHERE email = $1',
      [email],
    );

  it('are the person of that address, in any spelling of it, on every guarded route', async () => {
    for (const spelling of [account.email, account.email.toUpperCase(), `  ${account.email} `]) {
      expect((await me({ 'X-User-Email': spelling })).body.id).toBe(account.id);
    }
    expect((await me({ 'x-user-email': account.email }, '/users/me')).body.id).toBe(account.id);
    const teams = await send<User['teams']>(service, 'GET', '/teams', {
      headers: { 'X-User-Email': account.email },
    });
    expect(teams.body).toMatchObject([{ name: 'General' }]);
  });

  it('make an unknown person, in the team General and the domain engineering, without a password', async () => {
    const email = uniqueEmail();
    const { status, body } = await me({ 'X-User-Email': email.toUpperCase(), 'X-User-Name': 'Grace Hopper' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      email,
      name: 'Grace Hopper',
      teams: [{ name: 'General', role: null }],
      domains: [{ key: 'engineering' }],
    });
    expect(await rows(email)).toEqual([{ name: 'Grace Hopper', password_hash: null }]);
    const login = await send(service, 'POST', '/auth/login', { body: { email, password: '' } });
    expectProblem(login, 'invalid-credentials');
  });

  it('name an unknown person by the address when no name is given, or a blank one', async () => {
    for (const name of ['', '   ']) {
      const email = uniqueEmail();
      expect((await me({ 'X-User-Email': email, 'X-User-Name': name })).body.name).toBe(email.split('@')[0]);
    }
    const email = uniqueEmail();
    expect((await me({ 'X-User-Email': email })).body.name).toBe(email.split('@')[0]);
  });

  it('change the name when another is given, and only then', async () => {
    const email = uniqueEmail();
    await me({ 'X-User-Email': email, 'X-User-Name': 'Before' });
    expect((await me({ 'X-User-Email': email })).body.name).toBe('Before');
    expect((await me({ 'X-User-Email': email, 'X-User-Name': ' After ' })).body.name).toBe('After');
    expect(await rows(email)).toMatchObject([{ name: 'After' }]);
    expect((await me({ 'X-User-Email': email })).body.name).toBe('After');
  });

  it.each(['Zoë Ångström', '山田太郎', 'Ada 👩‍🚀', 'أدا', 'a \ufffd b'])(
    'read the name %s as UTF-8',
    async (name) => {
      const email = uniqueEmail();
      const answer = await meRaw(`X-User-Email: ${email}`, `X-User-Name: ${name}`);
      expect(answer.body.name).toBe(name);
      expect(await rows(email)).toMatchObject([{ name }]);
    },
  );

  it('read a name that is no UTF-8 as Latin-1', async () => {
    const lines = [
      'GET /auth/me HTTP/1.1',
      'Host: x',
      `X-User-Email: ${uniqueEmail()}`,
      'X-User-Name: Zo\u00eb',
    ];
    expect((await sendLines(service, lines)).body.name).toBe('Zoë'); // the helper writes Latin-1
  });

  it('R57: decide before a bearer token, good or bad', async () => {
    const email = uniqueEmail();
    for (const token of [account.token, 'x']) {
      expect((await me({ 'X-User-Email': email, ...bearer(token) })).body.email).toBe(email);
    }
    const refused = await me({ 'X-User-Email': 'nobody', ...bearer(account.token) });
    expectProblem(refused as never, 'invalid-input');
  });

  it('leave a request without them to the bearer token', async () => {
    expect((await me(bearer(account.token))).body.id).toBe(account.id);
    expectProblem((await me(bearer('x'))) as never, 'invalid-token');
    expectProblem((await me({})) as never, 'authentication-required');
    expectProblem(await meRaw('Authorization: Bearer a b'), 'malformed-authorization');
  });

  it('answer 400 to a name alone, also beside a token', async () => {
    for (const headers of [{}, bearer(account.token)]) {
      for (const name of ['Grace', '']) {
        const answer = await me({ 'X-User-Name': name, ...headers });
        expectProblem(answer as never, 'invalid-input');
        expect(answer.text).toContain('X-User-Email');
      }
    }
  });

  it.each([
    '',
    'x',
    '@other.example',
    'a@',
    'a@b',
    'a b@example.com',
    'a@example.com, b@example.com',
    'ſ@example.com',
    "' OR 1=1--",
    '<a@example.com>',
  ])('answer 400 to the address %j, and make nobody', async (email) => {
    const before = await database.query('SELECT count(*) FROM users');
    const answer = await meRaw(`X-User-Email: ${email}`);
    expectProblem(answer, 'invalid-input');
    if (email.length > 1) expect(answer.text).not.toContain(email);
    expect(await database.query('SELECT count(*) FROM users')).toEqual(before);
  });

  it('answer 400 to two addresses in two lines', async () => {
    const lines = [uniqueEmail(), uniqueEmail()].map((email) => `X-User-Email: ${email}`);
    expectProblem(await meRaw(...lines), 'invalid-input');
  });

  it.each(['x'.repeat(201), '\u0085', '\u009b31m', 'tab\tinside'])(
    'answer 400 to the name %.20j, and rename nobody',
    async (name) => {
      const answer = await meRaw(`X-User-Email: ${account.email}`, `X-User-Name: a${name}`);
      expectProblem(answer, 'invalid-input');
      expect(await rows(account.email)).toMatchObject([{ name: account.name }]);
    },
  );

  it('refuse a person who is not active, without making or renaming anybody', async () => {
    const person = await register(service);
    await database.query('UPDATE users SET is_active = false WHERE id = $1', [person.id]);
    const answer = await me({ 'X-User-Email': person.email, 'X-User-Name': 'Other' });
    expect(answer.status).toBe(401);
    expect(await rows(person.email)).toMatchObject([{ name: person.name }]);
  });

  it('R44: make one person of 50 first requests at the same time', async () => {
    const email = uniqueEmail();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => me({ 'X-User-Email': email, 'X-User-Name': 'Grace' })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({
      status: 200,
      body: { teams: [{ name: 'General' }], domains: [{ key: 'engineering' }] },
    });
    expect(await rows(email)).toHaveLength(1);
  });

  it('change nothing on public routes', async () => {
    const email = uniqueEmail();
    const headers = { 'X-User-Email': email };
    const answer = await send(service, 'POST', '/auth/validate', { headers, body: { token: 'x' } });
    expect(answer.body.valid).toBe(false);
    expect((await send(service, 'GET', '/health', { headers })).status).toBe(200);
    expect(await rows(email)).toEqual([]);
  });
});

describe('R57: without AUTH_ALLOW_DEV_HEADERS', () => {
  it('development headers are air', async () => {
    const database = await createTestDatabase();
    const service = await startService({ databaseUrl: database.url });
    const { email, token, id, name } = await register(service);
    const spellings = [
      'X-User-Email',
      'x-user-email',
      'X_User_Email',
      'X-USER-EMAIL',
      'X-Forwarded-User',
      'X-Forwarded-Email',
      'Remote-User',
    ];
    for (const header of spellings) {
      const answer = await send(service, 'GET', '/auth/me', { headers: { [header]: email } });
      expectProblem(answer, 'authentication-required');
    }
    const both = await send(service, 'GET', '/auth/me', {
      headers: { ...bearer(token), 'X-User-Email': uniqueEmail(), 'X-User-Name': 'Other' },
    });
    expect(both.body).toMatchObject({ id, name });
    await service.stop();
    await database.drop();
  });

  it.each(['true', '1', 'TRUE'])('production does not start with them: %j', async (value) => {
    const spawned = spawnService({
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      AUTH_JWT_SECRET_KEY: TEST_SECRET,
      AUTH_PASSWORD_HASH_COST: '12',
      AUTH_ALLOW_DEV_HEADERS: value,
    });
    const [status] = (await once(spawned.process, 'close')) as [number | null];
    expect(status).toBe(1);
    expect(spawned.output()).toMatch(/faults:\n {2}- AUTH_ALLOW_DEV_HEADERS must [^\n]+\n$/);
  });
});
