import { startTestDouble, type TestDouble } from '../../../packages/client/src/test-double';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { register, uniqueEmail } from '../../support/http/accounts';
import { anAdmin } from '../../support/http/administration';
import { follow } from '../../support/http/event-feed';
import { bearer, send } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { aService } from '../../support/http/services';
import { eventually } from '../../support/process/eventually';
import { useResource } from '../../support/process/use-resource';
import { useService } from '../../support/process/use-service';

let double: TestDouble;
useResource(
  async () => {
    double = await startTestDouble();
  },
  () => double.close(),
);
const service = useService();

/** The same tests for the double and for the service: what consumers see of both is alike. */
describe.each<[string, { readonly url: string }, () => Promise<{ key: string }>]>([
  [
    'the test double',
    {
      get url() {
        return double.url;
      },
    },
    () => Promise.resolve({ key: double.key }),
  ],
  [
    'the service',
    service,
    async () => aService(await anAdmin(service, service.database), ['tokens:validate']),
  ],
])('%s', (_name, server, credential) => {
  /** Sends a request, and holds the answer against the document. */
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await send(server, method, path, { ...(body !== undefined && { body }), headers });
    expectDocumented(method, path, answer);
    return answer;
  }

  it('POST /auth/register signs in a user of the default team and domain', async () => {
    const email = uniqueEmail();
    const account = { email: email.toUpperCase(), password: 'correct horse battery', name: 'Ada' };
    const { status, body, headers } = await call('POST', '/auth/register', account);
    expect({ status, cache: headers.get('Cache-Control') }).toEqual({ status: 201, cache: 'no-store' });
    expect(body).toMatchObject({
      token_type: 'bearer',
      expires_in: 1_800,
      user: {
        email,
        role: 'user',
        email_verified: false,
        teams: [{ name: 'General', external_ref: null, is_active: true }],
        domains: [{ key: 'engineering', name: 'Engineering', parent_domain_id: null }],
        effective_domains: [{ key: 'engineering' }],
      },
    });
    const again = await call('POST', '/auth/register', { ...account, email });
    expect(again).toMatchObject({ status: 409, body: { code: 'email-already-registered' } });
  });

  it.each([
    [{ email: 'x', password: 'correct horse battery', name: 'Ada' }, '#/email'],
    [{ email: 'x@example.com', password: 'short', name: 'Ada' }, '#/password'],
    [{ email: 'x@example.com', password: 'correct horse battery' }, '#/name'],
  ])('POST /auth/register names the member at fault', async (account, pointer) => {
    const { status, body } = await call('POST', '/auth/register', account);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { code: 'invalid-input', errors: [{ pointer }] },
    });
  });

  it('POST /auth/login takes the right password alone', async () => {
    const { email, password } = await register(server);
    expect(await call('POST', '/auth/login', { email: email.toUpperCase(), password })).toMatchObject({
      status: 200,
    });
    const wrong = await call('POST', '/auth/login', { email, password: 'something else' });
    const unknown = await call('POST', '/auth/login', { email: uniqueEmail(), password });
    for (const answer of [wrong, unknown])
      expect(answer).toMatchObject({ status: 401, body: { detail: 'Incorrect email or password' } });
  });

  it('access tokens have the claims of the contract', async () => {
    const { token, email, id, sid } = await register(server);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt' });
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      iss: 'promptstack-auth',
      sub: email,
      uid: id,
      sid,
      email_verified: false,
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(1_800);
    expect([claims.jti, claims.auth_time, claims.amr]).toEqual([
      expect.any(String),
      expect.any(Number),
      ['pwd'],
    ]);
  });

  it('POST /auth/validate decides', async () => {
    const { token, email } = await register(server);
    const good = await call('POST', '/auth/validate', { token });
    expect(good.body).toMatchObject({ valid: true, error: null, user: { email } });
    for (const bad of ['x', 'a.b.c', `${token}x`, token.slice(0, -6)]) {
      const { status, body } = await call('POST', '/auth/validate', { token: bad });
      expect({ status, body }).toEqual({
        status: 200,
        body: { valid: false, user: null, error: 'Invalid or expired token' },
      });
    }
    expect(await call('POST', '/auth/validate', {})).toMatchObject({
      status: 400,
      body: { code: 'invalid-input' },
    });
    expect(await call('POST', '/auth/validate', '{')).toMatchObject({
      status: 400,
      body: { code: 'malformed-json' },
    });
  });

  it('POST /auth/refresh exchanges once, a retry gets the same; reuse later ends the session', async () => {
    const { refreshToken: first, token } = await register(server);
    const headers = { 'User-Agent': 'contract' };
    const exchange = async (refresh_token: string) =>
      call('POST', '/auth/refresh', { refresh_token }, headers);
    const second = (await exchange(first)).body.refresh_token as string;
    expect((await exchange(first)).body.refresh_token).toBe(second);
    expect((await exchange(second)).status).toBe(200);
    expect(await exchange(first)).toMatchObject({ status: 401, body: { code: 'invalid-token' } });
    expect((await call('POST', '/auth/validate', { token })).body).toMatchObject({ valid: false });
  });

  it('R18: POST /auth/logout ends the session', async () => {
    const { token, refreshToken } = await register(server);
    expect((await call('POST', '/auth/logout', undefined, bearer(token))).status).toBe(204);
    expect((await call('POST', '/auth/validate', { token })).body).toMatchObject({ valid: false });
    expect((await call('POST', '/auth/refresh', { refresh_token: refreshToken })).status).toBe(401);
    expect((await call('POST', '/auth/logout', undefined, bearer(token))).status).toBe(204);
    const other = await register(server);
    expect((await call('POST', '/auth/logout', { refresh_token: other.refreshToken })).status).toBe(204);
    expect((await call('GET', '/auth/me', undefined, bearer(other.token))).status).toBe(401);
    expect((await call('POST', '/auth/logout')).status).toBe(401);
  });

  it('GET /auth/me, GET /users/me', async () => {
    const { token, email } = await register(server);
    for (const path of ['/auth/me', '/users/me']) {
      expect((await call('GET', path, undefined, bearer(token))).body).toMatchObject({ email });
      const { status, headers } = await call('GET', path);
      expect(status).toBe(401);
      expect(headers.get('WWW-Authenticate')).toBe('Bearer realm="promptstack-auth"');
      const refused = await call('GET', path, undefined, bearer('a.b.c'));
      expect(refused.headers.get('WWW-Authenticate')).toMatch(
        /^Bearer realm="promptstack-auth", error="invalid_token"/,
      );
    }
  });

  it('POST /auth/validate/batch decides about each in order', async () => {
    const { token, email } = await register(server);
    const refused = { valid: false, user: null, error: 'Invalid or expired token' };
    const { status, body } = await call('POST', '/auth/validate/batch', {
      tokens: ['x', token, '', 'x'.repeat(17_000)],
    });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { results: [refused, { valid: true, user: { email }, error: null }, refused, refused] },
    });
    for (const tokens of [[], Array.from({ length: 101 }, () => 'x'), [5], 'x', undefined]) {
      const faulty = await call('POST', '/auth/validate/batch', { tokens });
      expect(faulty).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: expect.stringMatching(/^#\/tokens/) }] },
      });
    }
  });

  it('/auth/verify answers gateways, by any method', async () => {
    const { token, id, email, name } = await register(server, { name: 'Zoë' });
    const { body } = await send<{ teams: { id: string }[] }>(server, 'GET', '/auth/me', {
      headers: bearer(token),
    });
    const team = body.teams[0]?.id ?? '';
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const { status, headers } = await send(server, method, '/auth/verify', { headers: bearer(token) });
      expect(status).toBe(204);
      expect(
        ['User-Id', 'Email', 'Name', 'Role', 'Teams', 'Domains'].map((each) => headers.get(`X-Auth-${each}`)),
      ).toEqual([id, email, `UTF-8''${encodeURIComponent(name)}`, 'user', team, 'engineering']);
    }
    const statusOf = async (query: string, headers = bearer(token)) =>
      (await send(server, 'GET', `/auth/verify${query}`, { headers })).status;
    expect(await statusOf(`?team=${team}&domain=engineering&role=user`)).toBe(204);
    expect(await statusOf('?domain=sales')).toBe(403);
    expect(await statusOf('?role=admin')).toBe(403);
    expect(await statusOf('?domain=')).toBe(400);
    expect(await statusOf('?domain=a&domain=b')).toBe(400);
    for (const faulty of ['?role=owner', '?team=x', '?group=x']) expect(await statusOf(faulty)).toBe(400);
    expect(await statusOf(`?team=${team.toUpperCase()}`)).toBe(204);
    expect(await statusOf('?domain=sales', bearer('a.b.c'))).toBe(401);
    expect(await statusOf('', {})).toBe(401);
  });

  it('R18: GET /auth/events tells of a sign-out', async () => {
    const { key } = await credential();
    expect((await send(server, 'GET', '/auth/events')).status).toBe(401);
    expect((await send(server, 'GET', '/auth/events', { headers: bearer(`${key}x`) })).status).toBe(401);
    const stream = await follow(server, key);
    try {
      expect((await stream.next('hello')).data).toMatchObject({ bound_ms: 2_000 });
      const { token, sid } = await register(server);
      await send(server, 'POST', '/auth/logout', { headers: bearer(token) });
      expect((await stream.next('session-ended', { sid })).data).toEqual({ sid });
      await eventually('a heartbeat', () => stream.heartbeats[0]);
    } finally {
      stream.close();
    }
  });

  it('GET /health names the version', async () => {
    const { status, body } = await send(server, 'GET', '/health');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'ok', service: 'auth', version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string },
    });
  });

  it('GET /.well-known/jwks.json is a key set', async () => {
    const { body, headers } = await send(server, 'GET', '/.well-known/jwks.json');
    expect(body).toEqual({ keys: expect.any(Array) as unknown });
    expect(headers.get('Cache-Control')).toMatch(/^public, max-age=\d+/);
  });

  it('unknown paths, other methods, other bodies', async () => {
    expect(await send(server, 'GET', '/nothing')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    const other = await send(server, 'GET', '/auth/validate');
    expect([other.status, other.headers.get('Allow')]).toEqual([405, 'POST']);
    const form = await send(server, 'POST', '/auth/validate', {
      body: 'token=x',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(form).toMatchObject({ status: 415, body: { code: 'unsupported-media-type' } });
    const large = await send(server, 'POST', '/auth/refresh', {
      body: { refresh_token: 'x'.repeat(20_000) },
    });
    expect(large).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
  });
});

describe('POST /__double', () => {
  const control = (body: unknown) => send(double, 'POST', '/__double', { body });
  afterAll(async () => {
    await control({ outage: false, delay_ms: 0 });
  });

  it('revokes, by session, user and token', async () => {
    for (const name of ['sid', 'uid', 'token'] as const) {
      const { sid, id, token } = await register(double);
      const revoke = { sid: { sid }, uid: { uid: id }, token: { token } }[name];
      expect((await control({ revoke })).status).toBe(204);
      const { body } = await send(double, 'POST', '/auth/validate', { body: { token } });
      expect(body).toMatchObject({ valid: false });
    }
    for (const revoke of [{}, { token: 'x' }, { sid: 'x', uid: 'y' }, { sid: 5 }, 'x'])
      expect(await control({ revoke })).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
  });

  it('has it be slow, and away', async () => {
    expect((await control({ delay_ms: 200 })).status).toBe(204);
    const begin = performance.now();
    expect((await send(double, 'GET', '/health')).status).toBe(200);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(195);
    expect((await control({ delay_ms: 0, outage: true })).status).toBe(204);
    for (const path of ['/health', '/auth/me', '/auth/events', '/.well-known/jwks.json']) {
      const { status, headers } = await send(double, 'GET', path);
      expect([path, status, headers.get('Retry-After')]).toEqual([path, 503, '1']);
    }
    expect((await control({ outage: false })).status).toBe(204);
    expect((await send(double, 'GET', '/health')).status).toBe(200);
    expect((await control({ outage: 'yes' })).status).toBe(400);
  });

  it('answers HEAD as GET', async () => {
    const { status, text } = await send(double, 'HEAD', '/health');
    expect([status, text]).toEqual([200, '']);
  });
});
