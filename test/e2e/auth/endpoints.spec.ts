import { createServer, type AddressInfo } from 'node:net';
import { VERSION } from '../../../src/common/version';
import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { bearer, send, type Answer } from '../../support/http/http';
import { aDeviceToken, aTime, aRefreshToken, aToken, anId } from '../../support/http/matchers';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem, wholeProblem } from '../../support/http/problem';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase } from '../../support/database/test-database';
import { forge } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

const PASSWORD = 'correct horse battery';
const EMAIL_RULE = 'must be an e-mail address such as name@example.com';
const PASSWORD_RULE = 'must be a text of at most 256 characters, without U+0000 and lone surrogates';
const NAME_RULE = 'must be a text of 1 to 200 characters without control characters';
const CHALLENGE = 'Bearer realm="promptstack-auth"';

const GENERAL = { id: anId(), name: 'General', external_ref: null, is_active: true };
const ENGINEERING_DOMAIN = {
  id: anId(),
  key: 'engineering',
  name: 'Engineering',
  parent_domain_id: null,
  is_active: true,
};

/** The whole context of a person who has just registered. */
function newcomer({ email, name }: Pick<Account, 'email' | 'name'>) {
  return {
    id: anId(),
    email,
    email_verified: false,
    name,
    avatar_url: null,
    created_at: aTime(),
    teams: [{ ...GENERAL, role: null }],
    role: 'user',
    domains: [ENGINEERING_DOMAIN],
    effective_domains: [{ id: anId(), key: 'engineering' }],
  };
}

/** What every JSON answer with tokens or identity has. */
function expectPrivateJson(answer: Answer<unknown>, status: number): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('x-request-id')).toMatch(/^[\w.-]+$/);
}

describe('the endpoints of the core', () => {
  const service = useService();
  const { database } = service;

  const get = <Body = Record<string, unknown>>(path: string, { token }: { token: string }) =>
    send<Body>(service, 'GET', path, { headers: bearer(token) });
  const post = <Body = Record<string, unknown>>(path: string, body: unknown) =>
    send<Body>(service, 'POST', path, { body });

  describe('POST /auth/register', () => {
    it('answers 201 with a token and the new person, who is in General and engineering', async () => {
      const account = { email: uniqueEmail(), password: PASSWORD, name: 'Ada Lovelace' };
      const answer = await post('/auth/register', account);
      expectPrivateJson(answer, 201);
      expect(answer.body).toEqual({
        access_token: aToken(),
        refresh_token: aRefreshToken(),
        device_token: aDeviceToken(),
        token_type: 'bearer',
        expires_in: 1800,
        user: newcomer(account),
      });
    });

    it('issues a token with the documented header and claims', async () => {
      const { token, email, id } = await register(service);
      const [header, claims] = token
        .split('.')
        .slice(0, 2)
        .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, number>);
      expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt' });
      expect(claims).toMatchObject({ iss: 'promptstack-auth', sub: email, uid: id, jti: anId() });
      expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(1800);
    });

    it('answers and keeps the address in lower case', async () => {
      const email = uniqueEmail();
      const answer = await post('/auth/register', {
        email: email.toUpperCase(),
        password: PASSWORD,
        name: 'Ada',
      });
      expect(answer.body.user).toEqual(newcomer({ email, name: 'Ada' }));
    });

    it('answers 409 when the address is taken, in any letter case', async () => {
      const { email } = await register(service);
      for (const taken of [email, email.toUpperCase()]) {
        const answer = await post('/auth/register', { email: taken, password: PASSWORD, name: 'Eve' });
        expectProblem(answer, 'email-already-registered');
        expect(answer.body).toEqual(wholeProblem('email-already-registered', '/auth/register'));
        expectDocumented('POST', '/auth/register', answer);
      }
    });

    it('answers 400 and names every field at fault', async () => {
      const answer = await post('/auth/register', { email: 'nobody', password: 12345678, name: '' });
      expectProblem(answer, 'invalid-input');
      expect(answer.body).toEqual(
        wholeProblem('invalid-input', '/auth/register', {
          detail: `email ${EMAIL_RULE}; password ${PASSWORD_RULE}; name ${NAME_RULE}`,
          errors: [
            { pointer: '#/email', detail: EMAIL_RULE },
            { pointer: '#/password', detail: PASSWORD_RULE },
            { pointer: '#/name', detail: NAME_RULE },
          ],
        }),
      );
    });

    it('answers 400 to a password that is too short, and says how long it must be', async () => {
      const answer = await post('/auth/register', { email: uniqueEmail(), password: 'short', name: 'Ada' });
      expect(answer.body).toEqual(
        wholeProblem('invalid-input', '/auth/register', {
          detail: 'password must have 8 to 256 characters',
          errors: [{ pointer: '#/password', detail: 'must have 8 to 256 characters' }],
        }),
      );
    });
  });

  describe('POST /auth/login', () => {
    it('answers 200 with a token and the person, for the address in any letter case', async () => {
      const account = await register(service);
      for (const email of [account.email, account.email.toUpperCase()]) {
        const answer = await post('/auth/login', { email, password: account.password });
        expectPrivateJson(answer, 200);
        expect(answer.body).toEqual({
          access_token: aToken(),
          refresh_token: aRefreshToken(),
          device_token: aDeviceToken(),
          token_type: 'bearer',
          expires_in: 1800,
          user: { ...newcomer(account), id: account.id },
        });
      }
    });

    it('answers the same 401 to a wrong password and to an unknown address', async () => {
      const { email } = await register(service);
      for (const address of [email, uniqueEmail()]) {
        const answer = await post('/auth/login', { email: address, password: 'wrong horse battery' });
        expectProblem(answer, 'invalid-credentials');
        expect(answer.body).toEqual(
          wholeProblem('invalid-credentials', '/auth/login', { detail: 'Incorrect email or password' }),
        );
        expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
        expect(answer.headers.get('cache-control')).toBe('no-store');
      }
    });

    it('answers 400 without a password', async () => {
      const answer = await post('/auth/login', { email: uniqueEmail() });
      expectProblem(answer, 'invalid-input');
      expect(answer.body.errors).toEqual([{ pointer: '#/password', detail: PASSWORD_RULE }]);
    });
  });

  describe.each(['/auth/register', '/auth/login', '/auth/validate'])('POST %s', (path) => {
    it('answers 400 to what is not JSON', async () => {
      const answer = await post(path, '{"email":');
      expectProblem(answer, 'malformed-json');
      expect(answer.body).toEqual(wholeProblem('malformed-json', path));
      expectDocumented('POST', path, answer);
    });

    it('answers 413 to a body of more than 16 KiB', async () => {
      const answer = await post(path, { pad: 'x'.repeat(16 * 1024) });
      expectProblem(answer, 'body-too-large');
      expect(answer.body).toEqual(wholeProblem('body-too-large', path));
      expectDocumented('POST', path, answer);
    });

    it('answers 415 to another media type', async () => {
      const answer = await send(service, 'POST', path, {
        body: 'email=ada',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      });
      expectProblem(answer, 'unsupported-media-type');
      expect(answer.body).toEqual(wholeProblem('unsupported-media-type', path));
      expectDocumented('POST', path, answer);
    });

    it('answers 405 to GET, and allows POST', async () => {
      const answer = await send(service, 'GET', path);
      expectProblem(answer, 'method-not-allowed');
      expect(answer.body).toEqual(wholeProblem('method-not-allowed', path));
      expect(answer.headers.get('allow')).toBe('POST');
    });
  });

  describe('POST /auth/validate', () => {
    it('answers 200 with the person whose token it is', async () => {
      const account = await register(service);
      const answer = await post('/auth/validate', { token: account.token });
      expectPrivateJson(answer, 200);
      expect(answer.body).toEqual({
        valid: true,
        user: { ...newcomer(account), id: account.id },
        error: null,
      });
    });

    it('answers 200 with valid false to a token that is refused', async () => {
      const account = await register(service);
      const foreign = forge(account, { claims: { iss: 'somebody-else' } });
      for (const token of ['', 'not.a.token', `${account.token}x`, foreign]) {
        const answer = await post('/auth/validate', { token });
        expectPrivateJson(answer, 200);
        expect(answer.body).toEqual({ valid: false, user: null, error: 'Invalid or expired token' });
      }
    });

    it('answers 400 without a token string', async () => {
      for (const body of [{}, { token: 5 }, { token: null }, { token: ['a.b.c'] }]) {
        const answer = await post('/auth/validate', body);
        expectProblem(answer, 'invalid-input');
        expect(answer.body).toEqual(
          wholeProblem('invalid-input', '/auth/validate', {
            detail: 'token must be a token (a string)',
            errors: [{ pointer: '#/token', detail: 'must be a token (a string)' }],
          }),
        );
      }
    });
  });

  describe.each(['/auth/me', '/users/me'])('GET %s', (path) => {
    it('answers 200 with the whole person', async () => {
      const account = await register(service);
      const answer = await get(path, account);
      expectPrivateJson(answer, 200);
      expect(answer.body).toEqual({ ...newcomer(account), id: account.id });
    });

    it('shows what has changed in the database', async () => {
      const account = await register(service);
      await database.query('UPDATE users SET name = $2, avatar_url = $3 WHERE id = $1', [
        account.id,
        'Countess',
        'https://example.com/ada.png',
      ]);
      const { body } = await get(path, account);
      expect(body).toEqual({
        ...newcomer({ ...account, name: 'Countess' }),
        avatar_url: 'https://example.com/ada.png',
      });
    });

    it('answers empty lists for a person without teams and domains', async () => {
      const account = await register(service);
      await database.query('DELETE FROM team_memberships WHERE user_id = $1', [account.id]);
      await database.query('DELETE FROM user_domains WHERE user_id = $1', [account.id]);
      const { body } = await get(path, account);
      expect(body).toEqual({ ...newcomer(account), teams: [], domains: [], effective_domains: [] });
    });
  });

  describe.each(['/auth/me', '/users/me', '/teams', '/teams/all', '/domains', '/domains/all'])(
    'GET %s, guarded,',
    (path) => {
      it('answers 401 without a credential, with a challenge that names no error', async () => {
        const answer = await send(service, 'GET', path);
        expectProblem(answer, 'authentication-required');
        expect(answer.body).toEqual(wholeProblem('authentication-required', path));
        expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
        expectDocumented('GET', path, answer);
      });

      it('answers 401 to a token that is refused, with a challenge that says so', async () => {
        const answer = await get(path, { token: 'not.a.token' });
        expectProblem(answer, 'invalid-token');
        expect(answer.body).toEqual(wholeProblem('invalid-token', path));
        expect(answer.headers.get('www-authenticate')).toBe(`${CHALLENGE}, error="invalid_token"`);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expectDocumented('GET', path, answer);
      });

      it('answers 400 to an Authorization header with two tokens', async () => {
        const answer = await get(path, { token: 'one two' });
        expectProblem(answer, 'malformed-authorization');
        expect(answer.body).toEqual(wholeProblem('malformed-authorization', path));
        expectDocumented('GET', path, answer);
      });

      it('answers 405 to PUT, and says what it allows', async () => {
        const answer = await send(service, 'PUT', path, { body: {} });
        expectProblem(answer, 'method-not-allowed');
        const more: Record<string, string> = {
          '/users/me': 'PATCH, DELETE, ',
          '/teams': 'POST, ',
          '/domains': 'POST, ',
        };
        expect(answer.headers.get('allow')).toBe(`GET, ${more[path] ?? ''}HEAD`);
      });
    },
  );

  describe('teams', () => {
    const ALUMNI = { id: anId(), name: 'Alumni', external_ref: null, is_active: false };
    const ENGINEERING = { id: anId(), name: 'Engineering', external_ref: 'eng', is_active: true };
    let member: Account;

    beforeAll(async () => {
      member = await register(service);
      await database.query(`INSERT INTO teams (name, is_active) VALUES ('Alumni', false)`);
      await database.query(
        `INSERT INTO team_memberships (user_id, team_id, role)
         SELECT $1, id, CASE name WHEN 'Engineering' THEN 'admin' END FROM teams WHERE name IN ('Engineering', 'Alumni')`,
        [member.id],
      );
    });

    it('GET /teams answers the own teams by name, with roles, and with those that are not active', async () => {
      const answer = await get<unknown>('/teams', member);
      expectPrivateJson(answer, 200);
      expect(answer.body).toEqual([
        { ...ALUMNI, role: null },
        { ...ENGINEERING, role: 'admin' },
        { ...GENERAL, role: null },
      ]);
    });

    it('GET /auth/me shows the same teams', async () => {
      const [teams, me] = [await get<unknown>('/teams', member), await get('/auth/me', member)];
      expect(me.body.teams).toEqual(teams.body);
    });

    it('GET /teams/all answers the active teams by name, without roles', async () => {
      const answer = await get<unknown>('/teams/all', member);
      expectPrivateJson(answer, 200);
      expect(answer.body).toEqual([
        { id: anId(), name: 'Design', external_ref: 'design', is_active: true },
        ENGINEERING,
        GENERAL,
        { id: anId(), name: 'Product', external_ref: 'product', is_active: true },
      ]);
    });
  });

  describe('domains', () => {
    const seeded = (key: string, name: string) => ({ ...ENGINEERING_DOMAIN, key, name });
    let member: Account;
    let engineeringId: string | undefined;

    beforeAll(async () => {
      member = await register(service);
      const [engineering] = await database.query<{ id: string }>(
        `SELECT id FROM domains WHERE key = 'engineering'`,
      );
      engineeringId = engineering?.id;
      await database.query(
        `INSERT INTO domains (key, name, parent_domain_id, is_active)
         VALUES ('platform', 'Platform', $1, true), ('attic', 'Attic', NULL, false)`,
        [engineeringId],
      );
      await database.query(
        `INSERT INTO user_domains (user_id, domain_id) SELECT $1, id FROM domains WHERE key IN ('platform', 'attic')`,
        [member.id],
      );
    });

    const attic = () => ({ ...seeded('attic', 'Attic'), is_active: false });
    const platform = () => ({ ...seeded('platform', 'Platform'), parent_domain_id: engineeringId });

    it('GET /domains answers the own domains by name, with parents, and with those that are not active', async () => {
      const answer = await get<unknown>('/domains', member);
      expectPrivateJson(answer, 200);
      expect(answer.body).toEqual([attic(), ENGINEERING_DOMAIN, platform()]);
    });

    it('GET /auth/me shows the same domains', async () => {
      const [domains, me] = [await get<unknown>('/domains', member), await get('/auth/me', member)];
      expect(me.body.domains).toEqual(domains.body);
    });

    it('GET /domains/all answers the active domains by name', async () => {
      const answer = await get<unknown>('/domains/all', member);
      expectPrivateJson(answer, 200);
      expect(answer.body).toEqual([
        seeded('design', 'Design'),
        ENGINEERING_DOMAIN,
        seeded('marketing', 'Marketing'),
        platform(),
        seeded('product', 'Product Management'),
        seeded('sales', 'Sales'),
      ]);
    });
  });

  describe('health', () => {
    it.each(['/health', '/health/ready'])('GET %s answers 200 while the database is usable', async (path) => {
      const answer = await send(service, 'GET', path);
      expectPrivateJson(answer, 200);
      expect(answer.body).toEqual({
        status: 'ok',
        service: 'auth',
        version: VERSION,
        checks: { database: { status: 'up' } },
      });
    });

    it('GET /health/live answers 200', async () => {
      const answer = await send(service, 'GET', '/health/live');
      expectPrivateJson(answer, 200);
      expect(answer.body).toEqual({ status: 'ok', service: 'auth', version: VERSION });
    });
  });

  it('answers 404 where there is nothing', async () => {
    const answer = await send(service, 'GET', '/nothing');
    expectProblem(answer, 'not-found');
    expect(answer.body).toEqual(wholeProblem('not-found', '/nothing'));
  });
});

describe('a restart', () => {
  it('keeps people and tokens: they log in again, and the token from before still holds', async () => {
    const database = await createTestDatabase();
    const first = await startService({ databaseUrl: database.url });
    const account = await register(first);
    expect(await first.stop('SIGTERM')).toBe(0);

    const second = await startService({ databaseUrl: database.url });
    const login = await send(second, 'POST', '/auth/login', {
      body: { email: account.email, password: account.password },
    });
    const me = await send(second, 'GET', '/auth/me', { headers: bearer(account.token) });
    await second.stop();
    await database.drop();

    expect(login.status).toBe(200);
    expect(login.body.user).toEqual({ ...newcomer(account), id: account.id });
    expect(me.body).toEqual(login.body.user);
  });
});

describe('while the database is out of reach', () => {
  let service: Service;

  beforeAll(async () => {
    const databaseUrl = `postgres://nobody@127.0.0.1:${await closedPort()}/none`;
    service = await startService({ databaseUrl, until: 'listening' });
  });

  afterAll(async () => {
    await service.stop();
  });

  const token = forge({
    id: '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11',
    email: 'ada@example.com',
    sid: 'b1a7f3f4-6f0e-4a39-8d5b-2f0c9f8b7a11',
  });

  it.each(['/health', '/health/ready'])('GET %s answers 503 as JSON', async (path) => {
    const answer = await send(service, 'GET', path);
    expectPrivateJson(answer, 503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(answer.body).toEqual({
      status: 'error',
      service: 'auth',
      version: VERSION,
      checks: { database: { status: 'down' } },
    });
    expectDocumented('GET', path, answer);
  });

  it('GET /health/live answers 200', async () => {
    const answer = await send(service, 'GET', '/health/live');
    expectPrivateJson(answer, 200);
    expect(answer.body).toEqual({ status: 'ok', service: 'auth', version: VERSION });
  });

  it('POST /auth/validate cannot decide about a good token and answers 503', async () => {
    const answer = await send(service, 'POST', '/auth/validate', { body: { token } });
    expectProblem(answer, 'service-unavailable');
    expect(answer.body).toEqual(wholeProblem('service-unavailable', '/auth/validate'));
    expectDocumented('POST', '/auth/validate', answer);
  });

  it.each(['/auth/me', '/users/me', '/teams', '/teams/all', '/domains', '/domains/all'])(
    'GET %s answers 503 to a good token, not 401',
    async (path) => {
      const answer = await send(service, 'GET', path, { headers: bearer(token) });
      expectProblem(answer, 'service-unavailable');
      expectDocumented('GET', path, answer);
    },
  );

  it.each(['/auth/register', '/auth/login'])('POST %s answers 503', async (path) => {
    const body = { email: uniqueEmail(), password: PASSWORD, name: 'Ada' };
    const answer = await send(service, 'POST', path, { body });
    expectProblem(answer, 'service-unavailable');
    expectDocumented('POST', path, answer);
  });
});

/** A port of the loopback where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
