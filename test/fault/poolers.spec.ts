import { setTimeout as sleep } from 'node:timers/promises';
import { register } from '../support/http/accounts';
import { describeWith } from '../support/process/debian';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { goodRequests } from '../support/http/every-route';
import { bearer, send } from '../support/http/http';
import { Load } from '../support/http/load';
import { OwnPostgres } from '../support/database/own-postgres';
import {
  carriesPreparedStatements,
  PGBOUNCER,
  startPgBouncer,
  type PgBouncer,
} from '../support/database/pgbouncer';
import { untilReady } from '../support/process/readiness';
import { spawnService, startService, type Service } from '../support/process/service';
import { query } from '../support/database/test-database';

describeWith([PGBOUNCER])('behind PgBouncer', () => {
  let server: OwnPostgres;
  let pooler: PgBouncer | undefined;
  let service: Service | undefined;

  beforeAll(async () => {
    server = await OwnPostgres.start();
  });

  afterEach(async () => {
    await service?.stop('SIGKILL');
    await pooler?.stop();
    service = pooler = undefined;
  });

  afterAll(() => server.remove());

  it('in session mode, everything works, from the first migration on', async () => {
    pooler = await startPgBouncer(server.url, 'session');
    service = await startService({ databaseUrl: pooler.url(server.url) });
    const account = await register(service);
    for (const { name, send: ask } of goodRequests(account)) {
      expect([name, (await ask(service)).status < 300]).toEqual([name, true]);
    }
    const load = new Load(service, await register(service), 20);
    await eventually('it has answered', () => load.outcomes.length > 200 || undefined);
    await load.stop();
    expect(load.faults()).toEqual([]);
    const sessions = await query<{ name: string }>(
      server.url,
      `SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE application_name LIKE 'promptstack%'`,
    );
    expect(sessions).toContainEqual({ name: 'promptstack-auth' });
  });

  it('in session mode, limits count as ever: of 40 wrong passwords at once ten are evaluated, and refreshes have one child (R24, R40)', async () => {
    pooler = await startPgBouncer(server.url, 'session');
    service = await startService({
      databaseUrl: pooler.url(server.url),
      env: { AUTH_RATE_LIMIT_ACCOUNT_FAILURES: '', AUTH_RATE_LIMIT_SOURCE_FAILURES: '' },
    });
    const { email, refreshToken } = await register(service);
    const started = performance.now();
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const body = { email, password: `guess number ${n}` };
        return (await send(service!, 'POST', '/auth/login', { body })).status;
      }),
    );
    const waited = Math.floor(Math.log2((performance.now() - started) / 1000 + 1));
    const evaluated = statuses.filter((status) => status === 401).length;
    expect(evaluated).toBeGreaterThan(0);
    expect(evaluated).toBeLessThanOrEqual(10 + waited);
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => ![401, 429, 503].includes(status))).toEqual([]); // 503: a busy machine
    const children = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const body = { refresh_token: refreshToken };
        return (await send<{ refresh_token: string }>(service!, 'POST', '/auth/refresh', { body })).body
          .refresh_token;
      }),
    );
    expect(new Set(children).size).toBe(1);
  });

  it('in session mode, a server that takes no writes any more is not believed, and one that does again is (O5)', async () => {
    pooler = await startPgBouncer(server.url, 'session');
    service = await startService({ databaseUrl: pooler.url(server.url) });
    const { token } = await register(service);
    const running = service;
    const status = async () => (await send(running, 'POST', '/auth/validate', { body: { token } })).status;
    expect(await status()).toBe(200);
    const set = async (value: 'on' | 'off') => {
      await query(server.url, `ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await query(server.url, 'SELECT pg_reload_conf()');
    };
    await set('on');
    try {
      await sleep(2_000); // R18: the bound
      for (let n = 0; n < 10; n++) expect(await status()).toBe(503);
    } finally {
      await set('off');
    }
    await untilReady(service);
    expect(await status()).toBe(200);
    expect((await send(service, 'GET', '/auth/me', { headers: bearer(token) })).status).toBe(200);
  });

  it('in statement mode, it does not start, and says why', async () => {
    pooler = await startPgBouncer(server.url, 'statement');
    const spawned = spawnService({ DATABASE_URL: pooler.url(server.url) });
    expect(await ended(spawned.process)).toBe(1);
    await eventually(
      'it says why',
      () => /DATABASE_URL leads to a pooler in statement mode/.test(spawned.output()) || undefined,
    );
  });

  it('in transaction mode, it starts if prepared statements are carried, else it says why not', async () => {
    pooler = await startPgBouncer(server.url, 'transaction');
    const spawned = spawnService({ DATABASE_URL: pooler.url(server.url) });
    if (carriesPreparedStatements()) {
      await eventually('it is ready', () => /"database ready"/.test(spawned.output()) || undefined);
      expect(await spawned.stop()).toBe(0);
    } else {
      expect(await ended(spawned.process)).toBe(1);
      await eventually(
        'it says why',
        () =>
          /DATABASE_URL leads to a pooler that does not carry prepared statements/.test(spawned.output()) ||
          undefined,
      );
    }
  });

  it('that goes over to transaction mode under load, it answers 503 to what is mixed up, never 500', async () => {
    pooler = await startPgBouncer(server.url, 'session');
    service = await startService({
      databaseUrl: pooler.url(server.url),
      env: { AUTH_DATABASE_POOL_SIZE: '30' },
    });
    const account = await register(service);
    const load = new Load(service, account, 40);
    await eventually('it has answered', () => load.outcomes.length > 100 || undefined);
    pooler.setMode('transaction');
    // Connections of before stay in session mode.
    await query(
      server.url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'promptstack-auth'`,
    );
    const before = load.outcomes.length;
    await eventually('much has been answered since', () => load.outcomes.length > before + 500 || undefined);
    await load.stop();
    expect(load.faults()).toEqual([]);
    if (!carriesPreparedStatements()) expect(load.count(503)).toBeGreaterThan(0);
    expect(service.output()).not.toContain('"unexpected error"');
  });
});
