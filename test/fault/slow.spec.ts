import { prepareDatabase } from '../../src/database/migrate';
import { register, type Account } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { newPerson } from '../support/http/every-route';
import { bearer, send } from '../support/http/http';
import { Load } from '../support/http/load';
import { OwnPostgres } from '../support/database/own-postgres';
import { untilReady } from '../support/process/readiness';
import { startService, type Service } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { createTestDatabase, query, type TestDatabase } from '../support/database/test-database';

describe('a slow database (O4)', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await TcpProxy.start(database.url);
    service = await startService({ databaseUrl: proxy.url });
  });

  afterAll(async () => {
    await service.stop('SIGKILL');
    await proxy.stop();
    await database.drop();
  });

  it('under 200 clients: the queue is bounded, every answer is good or 503, the process is alive, and it recovers', async () => {
    const account = await register(service);
    proxy.delayMs = 300;
    const load = new Load(service, account, 200);
    const live: number[] = [];
    await eventually('the clients have had many answers', async () => {
      live.push((await send(service, 'GET', '/health/live')).status);
      return load.outcomes.length > 600 ? true : undefined;
    });
    await load.stop();
    expect(load.faults()).toEqual([]);
    expect(load.count(503)).toBeGreaterThan(0);
    expect(new Set(live)).toEqual(new Set([200]));

    proxy.delayMs = 0;
    await untilReady(service);
    const after = new Load(service, account, 20);
    await eventually('it has answered', () => (after.outcomes.length > 200 ? true : undefined));
    await after.stop();
    expect(after.faults()).toEqual([]);
    expect(after.count(503)).toBe(0);
  });

  it('serves a single client all the same', async () => {
    const account = await register(service);
    proxy.delayMs = 300;
    const answer = await send(service, 'GET', '/auth/me', { headers: bearer(account.token) });
    expect(answer.status).toBe(200);
  });
});

describe('a failover (O5)', () => {
  let old: OwnPostgres;
  let next: OwnPostgres;
  let proxy: TcpProxy;
  let service: Service;
  let account: Account;

  beforeAll(async () => {
    [old, next] = await Promise.all([OwnPostgres.start(), OwnPostgres.start()]);
    proxy = await TcpProxy.start(old.url);
    // What is answered from memory is believed for the bound: stale-answers.spec.ts.
    service = await startService({ databaseUrl: proxy.url, env: { AUTH_IDENTITY_CACHE_MB: '0' } });
    account = await register(service);
  });

  afterAll(async () => {
    await service.stop('SIGKILL');
    await proxy.stop();
    await Promise.all([old.remove(), next.remove()]);
  });

  const me = () => send(service, 'GET', '/auth/me', { headers: bearer(account.token) });
  const registerAnother = () => send(service, 'POST', '/auth/register', { body: newPerson() });
  const readOnly = async (server: OwnPostgres, value: 'on' | 'off') => {
    await query(server.url, `ALTER SYSTEM SET default_transaction_read_only = ${value}`);
    await query(server.url, 'SELECT pg_reload_conf()');
    await eventually('the server takes the setting', async () => {
      const [row] = await query<{ setting: string }>(
        server.url,
        `SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only'`,
      );
      return row?.setting === value || undefined;
    });
  };

  const sessions = async () => {
    const rows = await query<{ pid: number }>(
      old.url,
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'promptstack-auth'`,
    );
    return rows.map(({ pid }) => pid);
  };

  it('answers 503 to everything while the server takes no writes: it may be an old primary, and its sessions old news', async () => {
    await Promise.all(Array.from({ length: 10 }, registerAnother)); // several connections are open
    expect((await me()).status).toBe(200);
    const before = await sessions();
    await readOnly(old, 'on');
    for (let n = 0; n < 5; n++) {
      for (const refused of [await me(), await registerAnother()]) {
        expect(refused).toMatchObject({ status: 503, body: { code: 'service-unavailable' } });
        expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
      }
      expect((await send(service, 'GET', '/health/ready')).status).toBe(503);
    }
    await eventually('none of the connections of before is left', async () => {
      const left = await sessions();
      return before.some((pid) => left.includes(pid)) ? undefined : true;
    });
    await readOnly(old, 'off');
    expect((await registerAnother()).status).toBe(201);
    expect((await me()).status).toBe(200);
  });

  it('R18 a service that only validates believes an old primary no more from the moment that it takes no writes', async () => {
    await Promise.all(Array.from({ length: 20 }, me)); // connections that have never written
    await readOnly(old, 'on');
    const answers = await Promise.all(Array.from({ length: 50 }, me));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    await readOnly(old, 'off');
    expect((await me()).status).toBe(200);
  });

  it('believes no standby, and works as soon as that is promoted', async () => {
    await old.kill();
    await old.restart({ standby: true });
    proxy.switchTo(old.url);
    await eventually('it has noticed', async () => ((await me()).status === 503 ? true : undefined));
    for (let n = 0; n < 10; n++) expect((await me()).status).toBe(503);
    await query(old.url, 'SELECT pg_promote()');
    await untilReady(service);
    expect((await me()).status).toBe(200);
    expect((await registerAnother()).status).toBe(201);
  });

  it('goes to the new primary, and believes nothing any more that the old one says', async () => {
    await prepareDatabase(next.url);
    const { username, password } = new URL(old.url);
    await query(next.url, `ALTER ROLE ${username} PASSWORD '${password}'`);
    await Promise.all(Array.from({ length: 10 }, registerAnother)); // several connections are open
    await readOnly(old, 'on');
    proxy.switchTo(next.url);
    expect((await registerAnother()).status).toBe(503);
    expect((await registerAnother()).status).toBe(201);
    const [row] = await query<{ users: number }>(proxy.url, 'SELECT count(*)::int AS users FROM users');
    expect(row).toEqual({ users: 1 });
    // The account is not in the new database: whoever lets it in has asked the old one.
    const answers = await Promise.all(Array.from({ length: 30 }, me));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    expect(service.process.exitCode).toBeNull();
  });
});
