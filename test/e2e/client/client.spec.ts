import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthClient } from '../../../packages/client/src';
import type { AuthClient, AuthClientOptions } from '../../../packages/client/src';
import { startTestDouble, type TestDouble } from '../../../packages/client/src/test-double';
import { eventually } from '../../support/process/eventually';

const KEY = `psk_${'k'.repeat(30)}`;
const USER = {
  id: 'b1f0b5b6-6f8f-4a3c-9d5d-3c2b1a000001',
  email: 'ada@example.com',
  name: 'Ada',
  avatar_url: null,
  created_at: '2026-11-27T00:00:00.000Z',
  role: 'user',
  email_verified: true,
  teams: [],
  domains: [],
  effective_domains: [],
};
const YES = { valid: true, user: USER, error: null };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function clientOf(options: AuthClientOptions): AuthClient {
  const client = createAuthClient(options);
  cleanUps.push(() => client.close());
  return client;
}

async function doubleOf(): Promise<TestDouble> {
  const double = await startTestDouble();
  cleanUps.push(() => double.close());
  return double;
}

/** A server that answers as a test says, and the paths that it was asked for. */
async function stub(answer: RequestListener): Promise<{ url: string; asked: string[]; server: Server }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    if (request.url !== '/health') asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
}

const always =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (request, response) => {
    request.resume();
    if (request.url === '/health') return response.end('{"version":"1.1.0"}');
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    return response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

describe('options', () => {
  it.each<[string, unknown]>([
    ['no options', undefined],
    ['no address', { url: [] }],
    ['a relative address', { url: '/auth' }],
    ['an address with credentials', { url: 'http://u:p@localhost' }],
    ['an address of another scheme', { url: 'ftp://localhost' }],
    ['an address with a query', { url: 'http://localhost?a=b' }],
    ['another mode', { url: 'http://localhost', mode: 'fast' }],
    ['mode cached without a key', { url: 'http://localhost', mode: 'cached' }],
    ['mode offline without an issuer', { url: 'http://localhost', mode: 'offline' }],
    ['no time', { url: 'http://localhost', timeoutMs: 0 }],
    ['no entries', { url: 'http://localhost', maxEntries: 0 }],
    ['a negative age', { url: 'http://localhost', maxAgeMs: -1 }],
    ['an unknown option', { url: 'http://localhost', timeout: 5 }],
    ['a hook that is no function', { url: 'http://localhost', hooks: { verify: true } }],
  ])('%s: TypeError at once', (_name, options) => {
    expect(() => createAuthClient(options as AuthClientOptions)).toThrow(TypeError);
  });

  it('R97: a faulty key is named, not quoted', () => {
    const key = 'psk_very secret';
    expect(() => createAuthClient({ url: 'http://localhost', key })).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.not.stringContaining('secret') }) as Error,
    );
  });
});

describe('mode remote', () => {
  it('joins the calls of one turn into a batch, and asks once about one token', async () => {
    const double = await doubleOf();
    const paths: string[] = [];
    const client = clientOf({
      url: double.url,
      hooks: { request: ({ url }) => paths.push(new URL(url).pathname) },
    });
    const tokens = Array.from({ length: 120 }, (_, n) => double.signIn(`u${n}@example.com`).access_token);
    const answers = await Promise.all([...tokens, ...tokens].map((token) => client.verify(token)));
    expect(answers.map(({ user }) => user?.email)).toEqual(
      [...tokens, ...tokens].map((_, n) => `u${n % 120}@example.com`),
    );
    expect(paths).toEqual(['/health', '/auth/validate/batch', '/auth/validate/batch']);
  });

  it('R18: asks anew each time', async () => {
    const double = await doubleOf();
    const client = clientOf({ url: double.url });
    const token = double.signIn('ada@example.com').access_token;
    expect(await client.verify(token)).toMatchObject({ valid: true });
    double.revoke({ token });
    expect(await client.verify(token)).toEqual({
      valid: false,
      user: null,
      error: 'Invalid or expired token',
    });
  });

  it.each([
    ['an empty token', ''],
    ['a token over 16 KiB', 'x'.repeat(16_385)],
  ])('%s is refused without a request', async (_name, token) => {
    const { url, asked } = await stub(always(200, YES));
    expect(await clientOf({ url }).verify(token)).toMatchObject({ valid: false, user: null });
    expect(asked).toEqual([]);
  });

  it.each<[string, number, unknown]>([
    ['no JSON', 200, '<html>'],
    ['no decision', 200, {}],
    ['a yes without a user', 200, { valid: true, user: null, error: null }],
    ['a yes with half a user', 200, { valid: true, user: { id: 'x' }, error: null }],
    ['a yes with an error', 200, { ...YES, error: 'no' }],
    ['a no without a reason', 200, { valid: false, user: null, error: null }],
    ['another good status', 204, ''],
    ['a redirection', 302, YES],
    ['bad input', 400, YES],
    ['an error', 500, YES],
  ])('R97, D8: %s is no decision', async (_name, status, body) => {
    const { url } = await stub(always(status, body, status === 302 ? { Location: '/elsewhere' } : {}));
    const error = await clientOf({ url, timeoutMs: 250 })
      .verify('some.token')
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      name: 'AuthUnavailableError',
      code: 'ERR_AUTH_UNAVAILABLE',
      status: 503,
      reason: 'service',
      retryAfter: 1,
    });
  });

  it.each([401, 403])('a %d for the key of the consumer is no decision either', async (status) => {
    const { url, asked } = await stub(always(status, YES));
    const client = clientOf({ url, key: KEY, mode: 'remote' });
    const error = await client.verify('some.token').catch((cause: unknown) => cause);
    expect(error).toMatchObject({ reason: 'credential', retryAfter: 1 });
    expect(asked).toHaveLength(1);
    expect(JSON.stringify(error) + String(error) + String((error as Error).stack)).not.toMatch(
      /psk_|some\.token/,
    );
  });

  it('says when to come again', async () => {
    const { url } = await stub(always(503, {}, { 'Retry-After': '17' }));
    await expect(clientOf({ url, timeoutMs: 200 }).verify('some.token')).rejects.toMatchObject({
      retryAfter: 17,
    });
  });

  it('names both versions of a service that is too old', async () => {
    const { url } = await stub((request, response) => {
      request.resume();
      response.end(request.url === '/health' ? '{"version":"1.0.0"}' : JSON.stringify(YES));
    });
    await expect(clientOf({ url }).verify('some.token')).rejects.toMatchObject({
      reason: 'incompatible',
      message: expect.stringMatching(/1\.0\.0.*1\.1\.0/) as string,
    });
  });

  it('asks the next address when one fails', async () => {
    const double = await doubleOf();
    const dead = await stub(always(503, {}));
    dead.server.closeAllConnections();
    dead.server.close();
    const client = clientOf({ url: [dead.url, double.url] });
    const token = double.signIn('ada@example.com').access_token;
    expect(await client.verify(token)).toMatchObject({ valid: true });
  });

  it('asks the next address when one says nothing', async () => {
    const double = await doubleOf();
    const silent = await stub((request, response) => {
      if (request.url === '/health') response.end('{"version":"1.1.0"}');
    });
    const client = clientOf({ url: [silent.url, double.url], timeoutMs: 4_000 });
    const token = double.signIn('ada@example.com').access_token;
    expect(await client.verify(token)).toMatchObject({ valid: true });
  });

  it('tries again within the time of the caller', async () => {
    let times = 0;
    const { url } = await stub((request, response) => {
      const status = request.url === '/health' || ++times > 3 ? 200 : 503;
      always(status, YES)(request, response);
    });
    expect(await clientOf({ url }).verify('some.token')).toMatchObject({ valid: true });
    expect(times).toBe(4);
  });

  it('asks about each token by itself when one of a batch cannot be decided', async () => {
    const { url } = await stub((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const isHealth = request.url === '/health';
        always(!isHealth && text.includes('provider') ? 503 : 200, YES)(request, response);
      });
    });
    const client = clientOf({ url, timeoutMs: 700 });
    const [good, bad] = await Promise.allSettled([
      client.verify('good.token'),
      client.verify('provider.token'),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { valid: true } });
    expect(bad).toMatchObject({ status: 'rejected', reason: { reason: 'service' } });
  });

  it('an abort rejects with its reason', async () => {
    const { url } = await stub(() => undefined);
    const reason = new Error('gone');
    const stop = new AbortController();
    const answer = clientOf({ url }).verify('some.token', { signal: stop.signal });
    stop.abort(reason);
    await expect(answer).rejects.toBe(reason);
  });

  it('ends in time', async () => {
    const { url } = await stub(() => undefined);
    await expect(clientOf({ url }).verify('some.token', { timeoutMs: 100 })).rejects.toMatchObject({
      reason: 'timeout',
    });
  });

  it('an open circuit breaker fails at once only those who cannot wait, and lets the others through after a recovery', async () => {
    let isDown = true;
    const { url } = await stub((request, response) =>
      always(isDown && request.url !== '/health' ? 500 : 200, YES)(request, response),
    );
    const client = clientOf({ url });
    await expect(client.verify('some.token', { timeoutMs: 2_500 })).rejects.toMatchObject({ retryAfter: 1 });
    await expect(client.verify('some.token', { timeoutMs: 20 })).rejects.toMatchObject({
      reason: 'circuit-open',
    });
    isDown = false;
    expect(await client.verify('some.token')).toMatchObject({ valid: true });
  });

  it('takes tokens of service accounts where it is told to', async () => {
    const double = await doubleOf();
    const client = clientOf({ url: double.url });
    expect(await client.verify(double.key)).toMatchObject({ valid: false });
    expect(await client.verify(double.key, { accept: ['user', 'service'] })).toEqual({
      valid: true,
      user: null,
      service: { id: expect.any(String), name: 'test-double', scopes: ['tokens:validate'] },
      error: null,
    });
  });

  it('R97: hooks see no key and no token', async () => {
    const double = await doubleOf();
    const seen: string[] = [];
    const client = clientOf({
      url: double.url,
      key: double.key,
      mode: 'remote',
      hooks: {
        request: ({ url, headers }) => {
          seen.push(url, JSON.stringify([...headers]));
          headers.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
        },
        response: (event) => seen.push(JSON.stringify(event)),
        verify: (event) => seen.push(JSON.stringify(event)),
      },
    });
    const token = double.signIn('ada@example.com').access_token;
    expect(await client.verify(token)).toMatchObject({ valid: true });
    expect(seen.join()).not.toMatch(/psk_/);
    expect(seen.join()).not.toContain(token);
  });

  it('sends the key as a bearer token to all but the health check', async () => {
    const sent: Record<string, string | undefined> = {};
    const { url } = await stub((request, response) => {
      sent[request.url ?? ''] =
        `${String(request.headers.authorization)} ${String(request.headers.traceparent)}`;
      always(200, YES)(request, response);
    });
    const client = clientOf({
      url,
      key: KEY,
      mode: 'remote',
      hooks: { request: ({ headers }) => headers.set('traceparent', 'of-the-hook') },
    });
    await client.verify('some.token');
    expect(sent).toEqual({
      '/health': 'undefined of-the-hook',
      '/auth/validate': `Bearer ${KEY} of-the-hook`,
    });
  });

  it('is over after close()', async () => {
    const { url } = await stub(() => undefined);
    const client = clientOf({ url });
    const pending = client.verify('some.token');
    await client.close();
    await expect(pending).rejects.toMatchObject({ reason: 'closed' });
    await expect(client.verify('some.token')).rejects.toMatchObject({ reason: 'closed' });
  });

  it('what hooks throw changes nothing', async () => {
    const double = await doubleOf();
    const fail = () => {
      throw new Error('hook');
    };
    const client = clientOf({ url: double.url, hooks: { verify: fail, request: fail, response: fail } });
    expect(await client.verify(double.signIn('ada@example.com').access_token)).toMatchObject({ valid: true });
  });
});

describe('mode cached', () => {
  async function cached(double: TestDouble, more: Partial<AuthClientOptions> = {}) {
    const sources: string[] = [];
    const feed: string[] = [];
    const client = clientOf({
      url: double.url,
      key: double.key,
      ...more,
      hooks: { verify: ({ source }) => sources.push(source), feed: ({ state }) => feed.push(state) },
    });
    await client.ready();
    return { client, sources, feed };
  }

  it('answers known tokens from memory', async () => {
    const double = await doubleOf();
    const { client, sources } = await cached(double);
    const token = double.signIn('ada@example.com').access_token;
    const first = await client.verify(token);
    expect(await client.verify(token)).toEqual(first);
    expect(await client.verify(token, { fresh: true })).toEqual(first);
    expect(sources).toEqual(['service', 'memory', 'service']);
  });

  it('gives those who accept services alone no user from memory', async () => {
    const double = await doubleOf();
    const { client, sources } = await cached(double);
    const token = double.signIn('ada@example.com').access_token;
    expect(await client.verify(token)).toMatchObject({ valid: true });
    expect(await client.verify(token, { accept: ['service'] })).toMatchObject({ valid: false, user: null });
    expect(await client.verify(token, { accept: ['user', 'service'] })).toMatchObject({ valid: true });
    await expect(client.verify(token, { accept: [] })).rejects.toThrow(TypeError);
    expect(sources).toEqual(['service', 'service', 'memory']);
  });

  it('what one caller does to a user, no other sees', async () => {
    const double = await doubleOf();
    const { client } = await cached(double);
    const token = double.signIn('ada@example.com').access_token;
    const one = await client.verify(token);
    Object.assign(one.user ?? {}, { role: 'admin' });
    expect(() => one.user?.teams.pop()).toThrow(TypeError);
    expect((await client.verify(token)).user).toMatchObject({ role: 'user', teams: [{ name: 'General' }] });
  });

  it.each(['sid', 'uid', 'token'] as const)('R18: forgets at once what is revoked by %s', async (name) => {
    const double = await doubleOf();
    const { client } = await cached(double);
    const { access_token: token, user } = double.signIn('ada@example.com');
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      sid: string;
    };
    const other = double.signIn('bob@example.com').access_token;
    await client.verify(token);
    await client.verify(other);
    double.revoke({ sid: { sid: claims.sid }, uid: { uid: user.id }, token: { token } }[name]);
    await eventually('it is refused', async () => !(await client.verify(token)).valid || undefined);
    expect(await client.verify(other)).toMatchObject({ valid: true });
  });

  it('keeps at most so many', async () => {
    const double = await doubleOf();
    const { client, sources } = await cached(double, { maxEntries: 2 });
    const [a = '', b = '', c = ''] = ['a', 'b', 'c'].map(
      (name) => double.signIn(`${name}@x.example`).access_token,
    );
    for (const token of [a, b, a, c, a, b]) await client.verify(token);
    expect(sources).toEqual(['service', 'service', 'memory', 'service', 'memory', 'service']);
  });

  it('keeps them at most so long', async () => {
    const double = await doubleOf();
    const { client, sources } = await cached(double, { maxAgeMs: 50 });
    const token = double.signIn('ada@example.com').access_token;
    await client.verify(token);
    await sleep(60);
    await client.verify(token);
    expect(sources).toEqual(['service', 'service']);
  });

  it('R96: trusts memory for bound_ms and a heartbeat after the end of the feed, then asks; no answer is a no', async () => {
    const double = await doubleOf();
    const { client, feed } = await cached(double);
    const token = double.signIn('ada@example.com').access_token;
    await client.verify(token);
    const begin = performance.now();
    double.outage(true);
    await eventually('the feed has ended', () => feed.includes('ended') || undefined);
    let lastYes = begin;
    for (let isUp = true; isUp; await sleep(20)) {
      const answer = await client.verify(token, { timeoutMs: 60 }).catch((error: unknown) => error);
      if (answer instanceof Error) {
        expect(answer).toMatchObject({ status: 503 });
        isUp = false;
      } else {
        expect(answer).toMatchObject({ valid: true });
        lastYes = performance.now();
      }
    }
    expect(lastYes - begin).toBeLessThan(3_100); // 2000 + 1000 after what was last read
    expect(lastYes - begin).toBeGreaterThan(2_000); // bound_ms, also right behind hello; a heartbeat ago at most
    await eventually(
      'the hook tells that memory is trusted no longer',
      () => feed.includes('late') || undefined,
    );
    expect(feed.slice(0, 3)).toEqual(['live', 'ended', 'late']);
    double.outage(false);
    expect(await client.verify(token)).toMatchObject({ valid: true });
  });

  it('a feed that is refused fails ready() with the credential', async () => {
    const double = await doubleOf();
    const client = clientOf({ url: double.url, key: KEY });
    await expect(client.ready()).rejects.toMatchObject({ reason: 'credential' });
    expect(await client.verify(double.signIn('ada@example.com').access_token)).toMatchObject({ valid: true });
  });

  it('an answer that an event has overtaken is asked for anew', async () => {
    const double = await doubleOf();
    const { client } = await cached(double);
    const token = double.signIn('ada@example.com').access_token;
    let held: Promise<unknown> | undefined;
    const original = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (...args) => {
      const response = await original(...args);
      if (held === undefined && (args[0] as string).endsWith('/auth/validate')) {
        double.revoke({ token }); // after it has been decided
        held = sleep(100);
        await held;
      }
      return response;
    });
    cleanUps.push(() => spy.mockRestore());
    expect(await client.verify(token)).toMatchObject({ valid: false });
  });
});

describe('mode offline', () => {
  const offline = { issuer: 'promptstack-auth' };

  it('verifies by the keys of the service, whatever becomes of the session', async () => {
    const double = await doubleOf();
    const client = clientOf({ url: double.url, mode: 'offline', offline });
    await client.ready();
    const { access_token: token, refresh_token: refreshToken, user } = double.signIn('ada@example.com');
    double.revoke({ token });
    expect(await client.verify(token)).toEqual({
      valid: true,
      user: { id: user.id, email: 'ada@example.com', email_verified: true },
      error: null,
    });
    const [head = '', payload = ''] = token.split('.');
    const other = (await doubleOf()).signIn('ada@example.com').access_token;
    for (const bad of [refreshToken, double.key, `${head}.${payload}.AAAA`, `${head}.${payload}.`, other])
      expect(await client.verify(bad)).toMatchObject({ valid: false });
  });

  it('holds the issuer and the audience', async () => {
    const double = await doubleOf();
    const token = double.signIn('ada@example.com').access_token;
    for (const wrong of [{ issuer: 'promptstack-auth/' }, { ...offline, audience: 'app' }]) {
      const client = clientOf({ url: double.url, mode: 'offline', offline: wrong });
      expect(await client.verify(token)).toMatchObject({ valid: false });
    }
  });

  it('R97: a service that signs with a secret has no keys: nothing is decided by them', async () => {
    const { url } = await stub((request, response) => {
      const body = request.url === '/health' ? { version: '1.1.0' } : { keys: [] };
      response.end(JSON.stringify(body));
    });
    const client = clientOf({ url, mode: 'offline', offline });
    await expect(client.ready()).rejects.toMatchObject({ reason: 'incompatible' });
    const [head, payload] = ['{"alg":"HS256","typ":"at+jwt"}', '{"iss":"promptstack-auth"}'].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    await expect(client.verify(`${head}.${payload}.AAAA`)).rejects.toMatchObject({ reason: 'incompatible' });
    expect(await client.verify('no token')).toMatchObject({ valid: false });
  });

  it('R97: without keys it cannot decide', async () => {
    const { url } = await stub(always(503, {}));
    const client = clientOf({ url, mode: 'offline', offline });
    const double = await doubleOf();
    await expect(client.verify(double.signIn('ada@example.com').access_token)).rejects.toMatchObject({
      status: 503,
    });
  });
});
