import { register } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { operations } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import type { Service } from '../../support/process/service';
import { useDatabase } from '../../support/database/test-database';
import { useService } from '../../support/process/use-service';

const EXTENSION = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';
const FIREFOX = 'moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc';
const SAFARI = 'safari-web-extension://E5C3A8A0-1B2C-4D5E-8F90-0A1B2C3D4E5F';
/** What pages send besides what they always may: tracing, the marks of frameworks, caches and conditions. */
const PAGE_HEADERS =
  'authorization,baggage,cache-control,content-type,if-match,if-none-match,pragma,sentry-trace,traceparent,tracestate,x-csrf-token,x-requested-with';

describe('H9, R54: CORS', () => {
  const database = useDatabase();
  const allowing = (origins: string) => useService({ database, env: { AUTH_API_CORS_ORIGINS: origins } });
  const service = allowing('https://good.example, https://port.example:8443, chrome-extension://*');
  const closed = allowing(',');
  const extensions = allowing('moz-extension://*, safari-web-extension://*');

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
      expect(asked.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
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
    FIREFOX,
    SAFARI,
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

  it.each([FIREFOX, FIREFOX.toUpperCase().replace('MOZ-EXTENSION', 'moz-extension'), SAFARI])(
    'lets the extension %s in where extensions of its browser are allowed',
    async (origin) => {
      expect((await preflight(extensions, origin)).headers.get('access-control-allow-origin')).toBe(origin);
    },
  );

  it.each([
    EXTENSION,
    'moz-extension://',
    'moz-extension://*',
    `${FIREFOX}.evil.example`,
    `${FIREFOX}/x`,
    `${FIREFOX}:80`,
    `x${SAFARI}`,
    'safari-extension://com.example.x-ABCDEF',
  ])('lets %s not in where extensions of Firefox and Safari are', async (origin) => {
    expect((await preflight(extensions, origin)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets an allowed origin send the headers that it asks for', async () => {
    const asked = await preflight(service, 'https://good.example', {
      'Access-Control-Request-Headers': PAGE_HEADERS,
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-headers')).toBe(PAGE_HEADERS);
    expect(asked.headers.get('vary')).toMatch(/\bAccess-Control-Request-Headers\b/i);
  });

  it('allows names of headers only, and not without bounds', async () => {
    const answerTo = async (names: string) => {
      const asked = await preflight(service, 'https://good.example', {
        'Access-Control-Request-Headers': names,
      });
      return asked.headers.get('access-control-allow-headers');
    };
    expect(await answerTo('x-a, b c, x:y, "q", , x-é, *, x-z')).toBe('x-a,*,x-z');
    expect(await answerTo('x-a, <b>')).toBe('x-a');
    expect(await answerTo('"')).toBeNull();
    const many = Array.from({ length: 1000 }, (_, n) => `x-${n}`);
    expect(await answerTo(many.join(','))).toBe(many.slice(0, 64).join(','));
    expect(await answerTo('x'.repeat(8000))).toBeNull();
  });

  it('R54: offers no credentials of the browser, whoever asks', async () => {
    for (const origin of ['https://good.example', EXTENSION, 'https://evil.example']) {
      for (const answer of [
        await preflight(service, origin),
        await send(service, 'GET', '/health/live', { headers: { Origin: origin, Cookie: 'a=b' } }),
        await send(service, 'GET', '/.well-known/jwks.json', { headers: { Origin: origin } }),
      ])
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  describe.each([
    '/.well-known/jwks.json',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
  ])('%s', (path) => {
    it.each(['https://evil.example', 'null', EXTENSION, 'http://localhost:1', 'https://good.example'])(
      'is readable for %s, without a list of origins too',
      async (origin) => {
        for (const to of [service, closed]) {
          const answer = await send(to, 'GET', path, { headers: { Origin: origin } });
          expect(answer.status).toBe(200);
          expect(answer.headers.get('access-control-allow-origin')).toBe('*');
          expect(answer.headers.get('vary')).toBeNull();
          const asked = await send(to, 'OPTIONS', path, {
            headers: {
              Origin: origin,
              'Access-Control-Request-Method': 'GET',
              'Access-Control-Request-Headers': 'cache-control,traceparent',
            },
          });
          expect(asked.status).toBe(204);
          expect(asked.headers.get('access-control-allow-origin')).toBe('*');
          expect(asked.headers.get('access-control-allow-methods')).toBe('GET,HEAD');
          expect(asked.headers.get('access-control-allow-headers')).toBe('cache-control,traceparent');
        }
      },
    );
  });

  it('says so of open documents to those who name no origin, for caches in between', async () => {
    const answer = await send(service, 'GET', '/.well-known/jwks.json');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expectProblem(await send(service, 'OPTIONS', '/.well-known/jwks.json'), 'method-not-allowed');
  });

  it('opens nothing else to any origin', async () => {
    const headers = { Origin: 'https://evil.example' };
    for (const path of ['/.well-known', '/x/.well-known/jwks.json', '/health', '/auth/me', '/openapi.json']) {
      const answer = await send(service, 'GET', path, { headers });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('lets pages read every header that the document names', async () => {
    const answer = await send(service, 'GET', '/health/live', {
      headers: { Origin: 'https://good.example' },
    });
    const exposed = (answer.headers.get('access-control-expose-headers') ?? '').split(',');
    const documented = operations().flatMap(
      ({ operation }) =>
        Object.values(operation.responses)
          .flatMap((response) => Object.keys(response.headers ?? {}))
          .filter((name) => !name.startsWith('X-Auth-')), // for gateways
    );
    expect(exposed).toEqual(
      expect.arrayContaining([...new Set(documented), 'Allow', 'Date', 'ETag', 'Location']),
    );
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
