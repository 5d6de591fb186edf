import { register, type Account } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { administrationRequests, goodRequests } from '../support/http/every-route';
import { bearer, send, type Answer } from '../support/http/http';
import { Load } from '../support/http/load';
import { OwnPostgres } from '../support/database/own-postgres';
import { untilReady } from '../support/process/readiness';
import { startService, type Service } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { query } from '../support/database/test-database';

const CLIENTS = 200;

describe('a database that goes away', () => {
  let server: OwnPostgres;
  let proxy: TcpProxy;
  let service: Service;
  let account: Account;
  let load: Load;

  beforeAll(async () => {
    server = await OwnPostgres.start();
    proxy = await TcpProxy.start(server.url);
    // Memory would go on answering until the loss is noticed, within the bound (`stale-answers.spec.ts`).
    service = await startService({ databaseUrl: proxy.url, env: { AUTH_IDENTITY_CACHE_MB: '0' } });
    account = await register(service);
    await query(server.url, `UPDATE users SET role = 'admin'`);
  });

  afterAll(async () => {
    await service.stop('SIGKILL');
    await proxy.stop();
    await server.remove();
  });

  afterEach(() => load.stop()); // also when a test has failed: its load must not disturb the next one

  /** Every address that was told 201 can sign in (I2, R68). */
  async function expectAllToSignIn(emails: readonly string[]): Promise<void> {
    const rows = await query<{ email: string }>(
      server.url,
      'SELECT email FROM users WHERE email = ANY ($1)',
      [emails],
    );
    const kept = new Set(rows.map(({ email }) => email));
    expect(emails.filter((email) => !kept.has(email))).toEqual([]);
    for (const email of emails.slice(-10)) {
      const login = { email, password: 'correct horse battery' };
      expect((await send(service, 'POST', '/auth/login', { body: login })).status).toBe(200);
    }
  }

  const requests = () => [...goodRequests(account), ...administrationRequests(account)];

  async function expectAllWell(): Promise<void> {
    await untilReady(service);
    for (const request of requests()) {
      expect([request.name, (await request.send(service)).status < 300]).toEqual([request.name, true]);
    }
    expect(service.process.exitCode).toBeNull();
    expect(service.process.signalCode).toBeNull();
  }

  /** What the routes that change a session answer; after an outage the account must be as it was. */
  async function statusesOfSessionRoutes(): Promise<Record<string, number>> {
    const headers = bearer(account.token);
    const body = { refresh_token: account.refreshToken };
    const passwords = { current_password: account.password, new_password: 'another horse, another battery' };
    const requests: [string, Promise<Answer>][] = [
      ['POST /auth/refresh', send(service, 'POST', '/auth/refresh', { body })],
      ['POST /auth/logout with the refresh token', send(service, 'POST', '/auth/logout', { body })],
      ['POST /auth/logout with the access token', send(service, 'POST', '/auth/logout', { headers })],
      ['POST /auth/password', send(service, 'POST', '/auth/password', { headers, body: passwords })],
      ['DELETE /auth/sessions', send(service, 'DELETE', '/auth/sessions', { headers })],
      ['DELETE /auth/sessions/{id}', send(service, 'DELETE', `/auth/sessions/${account.sid}`, { headers })],
    ];
    const answers = await Promise.all(
      requests.map(async ([name, answer]) => [name, (await answer).status] as const),
    );
    return Object.fromEntries(answers);
  }

  it('is killed under load and started again: no request fails but with 503, nothing acknowledged is lost (I2, I5, I7)', async () => {
    load = new Load(service, account, CLIENTS);
    await eventually('people are registered', () => (load.registered.length > 20 ? true : undefined));
    await server.kill();

    // From here on nobody can know anything.
    const dark = await Promise.all(
      requests().map(async ({ name, send: request }) => [name, (await request(service)).status]),
    );
    expect(dark).toEqual(dark.map(([name]) => [name, 503]));
    expect((await send(service, 'GET', '/health/live')).status).toBe(200);

    await server.restart();
    proxy.switchTo(server.url);
    await untilReady(service);
    const before = load.registered.length;
    await eventually('people are registered again', () =>
      load.registered.length > before + 20 ? true : undefined,
    );
    await load.stop();

    expect(load.faults()).toEqual([]);
    expect(load.count(503)).toBeGreaterThan(0);
    await expectAllToSignIn(load.registered);
    await expectAllWell();
  }, 120_000);

  it('loses all its connections again and again under load (O6)', async () => {
    load = new Load(service, account, 50);
    for (let round = 0; round < 30; round++) {
      const before = load.outcomes.length;
      await eventually('requests are under way', () => (load.outcomes.length > before ? true : undefined));
      proxy.cut();
    }
    await load.stop();
    expect(load.faults()).toEqual([]);
    expect(load.count(200)).toBeGreaterThan(0);
    expect(load.count(503)).toBeGreaterThan(0);
    await expectAllToSignIn(load.registered);
    await expectAllWell();
  });

  it('ends every session of ours: what comes after is served (O6)', async () => {
    const backends = () =>
      query<{ pid: number }>(
        server.url,
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'promptstack-auth'`,
      );
    await Promise.all(
      Array.from({ length: 30 }, () =>
        send(service, 'GET', '/auth/me', { headers: { Authorization: `Bearer ${account.token}` } }),
      ),
    );
    const before = await backends();
    expect(before.length).toBeGreaterThan(1);
    await query(
      server.url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'promptstack-auth'`,
    );
    await eventually('the sessions have ended', async () => {
      const left = (await backends()).map(({ pid }) => pid);
      return before.some(({ pid }) => left.includes(pid)) ? undefined : true;
    });
    await expectAllWell();
  });

  it('refuses connections: every answer is 503, and the service lives (I6)', async () => {
    await proxy.refuse();
    load = new Load(service, account, 50);
    await eventually('everything has been asked', () => (load.outcomes.length > 300 ? true : undefined));
    expect((await send(service, 'GET', '/health/live')).status).toBe(200);
    await load.stop();
    expect(new Set(load.outcomes.map(({ answer }) => answer.status))).toEqual(new Set([503]));
    expect(await statusesOfSessionRoutes()).toEqual({
      'POST /auth/refresh': 503,
      'POST /auth/logout with the refresh token': 503,
      'POST /auth/logout with the access token': 503,
      'POST /auth/password': 503,
      'DELETE /auth/sessions': 503,
      'DELETE /auth/sessions/{id}': 503,
    });
    await proxy.accept();
    await expectAllWell();
  });
});
