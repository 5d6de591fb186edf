import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { register } from '../../support/http/accounts';
import { describeInBrowser, launchBrowser } from '../../support/http/browser';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

/** What a page asks with. */
interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly credentials?: 'include';
}

/** What a page got: the status and some headers of an answer, or what `fetch` threw. */
type Got = { status: number; headers: Record<string, string | null>; text: string } | { error: string };

describeInBrowser('CORS, in Chromium', () => {
  let database: TestDatabase;
  let service: Service;
  let pages: Server;
  let browser: Browser | undefined;
  let allowed: Page;
  let foreign: Page;

  beforeAll(async () => {
    database = await createTestDatabase();
    pages = createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end('<p>'),
    ).listen(0);
    await once(pages, 'listening');
    const { port } = pages.address() as AddressInfo;
    service = await startService({
      databaseUrl: database.url,
      env: { AUTH_API_CORS_ORIGINS: `http://127.0.0.1:${port}` },
    });
    browser = await launchBrowser();
    [allowed, foreign] = await Promise.all([browser.newPage(), browser.newPage()]);
    await allowed.goto(`http://127.0.0.1:${port}`);
    await foreign.goto(`http://localhost:${port}`);
  });

  afterAll(async () => {
    await browser?.close();
    await service.stop();
    pages.close();
    await database.drop();
  });

  const fetchFrom = (page: Page, path: string, options: Asked): Promise<Got> =>
    page.evaluate(
      async ([url, init]) => {
        try {
          const response = await fetch(url, init);
          const names = ['x-request-id', 'www-authenticate', 'retry-after', 'allow', 'date'];
          const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]));
          return { status: response.status, headers, text: await response.text() };
        } catch (error) {
          return { error: String(error) };
        }
      },
      [service.url + path, options] as const,
    );

  /** What frameworks, tracing and caches add to requests. */
  const HEADERS = {
    'Content-Type': 'application/json',
    'X-Requested-With': 'XMLHttpRequest',
    'Cache-Control': 'no-cache',
    Pragma: 'no-cache',
    'If-None-Match': '"x"',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'sentry-trace': '1-1-1',
  };

  it('lets a page of an allowed origin call with the headers that it adds, and read what it needs', async () => {
    const { token } = await register(service);
    const headers = { ...HEADERS, Authorization: `Bearer ${token}` };
    const me = await fetchFrom(allowed, '/auth/me', { headers });
    expect(me).toMatchObject({
      status: 200,
      headers: { date: expect.any(String), 'x-request-id': expect.any(String) },
    });
    const out = await fetchFrom(allowed, '/auth/logout', { method: 'POST', headers });
    expect(out).toMatchObject({ status: 204 });
    const refused = await fetchFrom(allowed, '/auth/me', { headers });
    expect(refused).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('invalid_token') },
    });
    const wrong = await fetchFrom(allowed, '/auth/me', { method: 'PUT', headers });
    expect(wrong).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('lets no page of another origin call, nor one that wants to send cookies', async () => {
    expect(await fetchFrom(foreign, '/auth/login', { method: 'POST', body: '{}', headers: HEADERS })).toEqual(
      {
        error: 'TypeError: Failed to fetch',
      },
    );
    expect(await fetchFrom(foreign, '/health/live', {})).toEqual({ error: 'TypeError: Failed to fetch' });
    expect(await fetchFrom(allowed, '/health/live', { credentials: 'include' })).toEqual({
      error: 'TypeError: Failed to fetch',
    });
  });

  it('lets any page read the keys and the metadata', async () => {
    for (const path of ['/.well-known/jwks.json', '/.well-known/openid-configuration']) {
      for (const headers of [{}, HEADERS])
        expect(await fetchFrom(foreign, path, { headers })).toMatchObject({ status: 200 });
    }
  });
});
