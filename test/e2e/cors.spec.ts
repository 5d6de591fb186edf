import { register } from '../support/accounts';
import { bearer, send } from '../support/http';
import { expectProblem } from '../support/problem';
import { startService, type Service } from '../support/service';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

const EXTENSION = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';

describe('H9, R54: CORS', () => {
  let database: TestDatabase;
  let service: Service;
  let closed: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    const start = (origins: string) =>
      startService({ databaseUrl: database.url, env: { AUTH_API_CORS_ORIGINS: origins } });
    [service, closed] = await Promise.all([
      start('https://good.example, https://port.example:8443, chrome-extension://*'),
      start(','),
    ]);
  });

  afterAll(async () => {
    await Promise.all([service.stop(), closed.stop()]);
    await database.drop();
  });

  const preflight = (to: Service, origin: string, headers: Record<string, string> = {}) =>
    send(to, 'OPTIONS', '/auth/login', {
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', ...headers },
    });

  it.each(['https://good.example', 'https://port.example:8443', EXTENSION])(
    'lets %s in, by name',
    async (origin) => {
      const asked = await preflight(service, origin, {
        'Access-Control-Request-Headers': 'authorization,content-type',
      });
      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
      expect(asked.headers.get('access-control-allow-credentials')).toBe('true');
      expect(asked.headers.get('access-control-allow-headers')).toMatch(/Authorization/i);
      expect(asked.headers.get('access-control-allow-methods')).toContain('POST');
      const plain = await send(service, 'GET', '/health/live', { headers: { Origin: origin } });
      expect(plain.headers.get('access-control-allow-origin')).toBe(origin);
      expect(plain.headers.get('vary')).toMatch(/\bOrigin\b/);
    },
  );

  it.each([
    'null',
    '*',
    'https://evil.example',
    'http://good.example',
    'https://good.example.evil.example',
    'https://evilgood.example',
    'https://good.example:443',
    'https://good.example/',
    'https://good.example.',
    'https://GOOD.example',
    'https://port.example',
    'https://port.example:8444',
    'https://good.example, https://evil.example',
    'https://good.example@evil.example',
    'chrome-extension://',
    'chrome-extension://*',
    'chrome-extension://abc.evil.example',
    `${EXTENSION}/x`,
    `x${EXTENSION}`,
    `moz-extension://${EXTENSION.slice(19)}`,
    'http://localhost:3000',
    'file://',
  ])('lets %s not in', async (origin) => {
    for (const answer of [
      await preflight(service, origin),
      await send(service, 'GET', '/health/live', { headers: { Origin: origin } }),
      await send(service, 'POST', '/auth/login', { headers: { Origin: origin }, body: '{' }),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('lets nobody in when there is no origin in the setting', async () => {
    for (const origin of ['https://good.example', 'null', EXTENSION, 'http://localhost:3000']) {
      expect((await preflight(closed, origin)).headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('lets a page read problems too, and their headers', async () => {
    const headers = { Origin: 'https://good.example' };
    const { headers: refused } = await send(service, 'GET', '/auth/me', {
      headers: { ...headers, ...bearer('x') },
    });
    expect(refused.get('access-control-allow-origin')).toBe('https://good.example');
    expect(refused.get('access-control-expose-headers')).toMatch(/WWW-Authenticate/);
    const malformed = await send(service, 'POST', '/auth/login', { headers, body: '{' });
    expect(malformed.headers.get('access-control-allow-origin')).toBe('https://good.example');
  });

  it('H11: answers OPTIONS without doing what the address does', async () => {
    const { token } = await register(service);
    const answer = await send(service, 'OPTIONS', '/auth/me', { headers: bearer(token) });
    expectProblem(answer, 'method-not-allowed');
  });
});
