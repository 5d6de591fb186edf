import { Client } from 'pg';
import { register, uniqueEmail, type Account } from '../support/http/accounts';
import { administrationRequests, goodRequests, type GoodRequest } from '../support/http/every-route';
import { bearer, send } from '../support/http/http';
import { OwnPostgres } from '../support/database/own-postgres';
import { untilReady } from '../support/process/readiness';
import { startService, type Service } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { query } from '../support/database/test-database';

/** The contract: whatever hangs outside, every answer comes within 5 s. */
const LIMIT_MS = 5_000;

/**
 * So few connections that one which is never given back is missed; and nothing is answered from memory, which would go on within the
 * bound (`stale-answers.spec.ts`).
 */
const ENV = {
  AUTH_ALLOW_DEV_HEADERS: 'true',
  AUTH_DATABASE_POOL_SIZE: '3',
  AUTH_IDENTITY_CACHE_MB: '0',
};

describe('a database that falls silent', () => {
  let server: OwnPostgres;
  let proxy: TcpProxy;
  let service: Service;
  let account: Account;

  beforeAll(async () => {
    server = await OwnPostgres.start();
    proxy = await TcpProxy.start(server.url);
    service = await startService({ databaseUrl: proxy.url, env: ENV });
    account = await register(service);
    await query(server.url, `UPDATE users SET role = 'admin'`);
  });

  afterEach(() => {
    server.thaw();
    proxy.thaw();
  });

  afterAll(async () => {
    await service.stop('SIGKILL');
    await proxy.stop();
    await server.remove();
  });

  const requests = (): GoodRequest[] => [
    ...goodRequests(account),
    ...administrationRequests(account),
    {
      name: 'POST /auth/refresh',
      send: (target, signal) =>
        send(target, 'POST', '/auth/refresh', {
          body: { refresh_token: account.refreshToken },
          ...(signal && { signal }),
        }),
    },
    {
      name: 'GET /auth/me as a new person of the development headers',
      send: (target, signal) =>
        send(target, 'GET', '/auth/me', {
          headers: { 'X-User-Email': uniqueEmail() },
          ...(signal && { signal }),
        }),
    },
  ];

  /** One line for each request that is not answered 503, with Retry-After, in time. */
  async function notRefusedInTime(asked: readonly GoodRequest[]): Promise<string[]> {
    const outcomes = asked.map(async (request) => {
      const answer = await request
        .send(service, AbortSignal.timeout(LIMIT_MS))
        .catch((error: unknown) => error);
      if (answer instanceof Error) return [`${request.name}: ${answer.name}`];
      const { status, headers } = answer as Awaited<ReturnType<GoodRequest['send']>>;
      return status === 503 && headers.has('retry-after') ? [] : [`${request.name}: ${status}`];
    });
    return (await Promise.all(outcomes)).flat();
  }

  async function expectLive(): Promise<void> {
    expect((await send(service, 'GET', '/health/live')).status).toBe(200);
  }

  async function expectAllWell(): Promise<void> {
    await untilReady(service);
    for (const request of goodRequests(account)) {
      expect([request.name, (await request.send(service)).status < 300]).toEqual([request.name, true]);
    }
    expect(service.process.exitCode).toBeNull();
  }

  it('stopped: every route says 503 within 5 s, the process is alive, and all is well when it goes on (I6)', async () => {
    server.freeze();
    // The first round meets the connections of before, the second makes new ones.
    for (const _round of ['open connections', 'new connections']) {
      expect(await notRefusedInTime(requests())).toEqual([]);
      await expectLive();
    }
    server.thaw();
    await expectAllWell();
  });

  it('stopped while 150 clients ask: each of them has its answer within 5 s', async () => {
    server.freeze();
    const many = Array.from({ length: 10 }, requests).flat();
    expect(many.length).toBeGreaterThanOrEqual(150);
    const refused = notRefusedInTime(many);
    await expectLive();
    expect(await refused).toEqual([]);
    server.thaw();
    await expectAllWell();
  });

  it('behind a network that swallows everything: the same', async () => {
    proxy.freeze();
    expect(await notRefusedInTime(requests())).toEqual([]);
    await expectLive();
    proxy.thaw();
    await expectAllWell();
  });

  it('on the connections of now for ever: new ones take their place', async () => {
    await Promise.all(goodRequests(account).map((request) => request.send(service)));
    proxy.strand();
    const outcomes = await Promise.all(
      requests().map((request) => request.send(service, AbortSignal.timeout(LIMIT_MS))),
    );
    for (const { status } of outcomes) expect([200, 201, 204, 503]).toContain(status);
    await expectAllWell();
  });

  it.each(['users', 'sessions', 'teams'])(
    'about %s alone, because somebody holds a lock: nothing waits longer than 5 s',
    async (table) => {
      const locker = new Client({ connectionString: server.url });
      await locker.connect();
      try {
        await locker.query('BEGIN');
        await locker.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
        const asked = requests().filter(({ name }) => /me|login|register|refresh|validate/.test(name));
        const affected =
          table === 'teams' ? asked : asked.filter(({ name }) => !name.includes('development'));
        expect(await notRefusedInTime(affected)).toEqual([]);
        expect((await send(service, 'GET', '/health/ready')).status).toBe(200);
      } finally {
        await locker.end();
      }
      await expectAllWell();
    },
  );

  it('leaves no session behind that waits in a transaction', async () => {
    await expectAllWell();
    const stuck = await query(
      server.url,
      `SELECT state FROM pg_stat_activity WHERE application_name = 'promptstack-auth' AND state LIKE 'idle in transaction%'`,
    );
    expect(stuck).toEqual([]);
    const answer = await send(service, 'GET', '/auth/me', { headers: bearer(account.token) });
    expect(answer.status).toBe(200);
  });
});
