import { Client } from 'pg';
import { register } from '../support/http/accounts';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { Load } from '../support/http/load';
import { OwnPostgres } from '../support/database/own-postgres';
import { RawConnection } from '../support/http/raw-connection';
import { bearer, send } from '../support/http/http';
import { startService, type Service } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { query, useDatabase } from '../support/database/test-database';

describe('a stop (R64)', () => {
  const database = useDatabase();
  let service: Service;

  afterEach(() => service.stop('SIGKILL'));

  const start = async (env: Record<string, string> = {}) =>
    (service = await startService({ databaseUrl: database.url, env }));
  const untilNotReady = () =>
    eventually('it is not ready', async () => {
      const { status } = await send(service, 'GET', '/health/ready');
      return status === 503 || undefined;
    });

  /** Makes logins wait in the database until the function that it answers is called. */
  async function holdLogins(): Promise<() => Promise<void>> {
    const locker = new Client({ connectionString: database.url });
    await locker.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
    return () => locker.end();
  }

  async function untilLoginWaits(): Promise<void> {
    await eventually('the login is under way', async () => {
      const waiting = await query(
        database.url,
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length > 0 || undefined;
    });
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s drains: not ready, still serving, then the request under way ends well and the status is 0',
    async (signal) => {
      await start({ AUTH_SHUTDOWN_DRAIN_SECONDS: '1' });
      const { email, password } = await register(service);
      const release = await holdLogins();
      const login = send(service, 'POST', '/auth/login', { body: { email, password } });
      await untilLoginWaits();
      service.process.kill(signal);
      await untilNotReady();
      for (const path of ['/health/live', '/health', '/openapi.json', '/auth/me', '/nowhere']) {
        const { status, headers } = await send(service, 'GET', path);
        expect([path, status < 500, headers.get('connection')]).toEqual([path, true, 'close']);
      }
      await release();
      const { status, headers } = await login;
      expect([status, headers.get('connection')]).toEqual([200, 'close']);
      expect(await ended(service.process)).toBe(0);
      expect(service.output()).not.toMatch(/"level":"error"|Error/);
    },
  );

  it('waits for the request under way after it accepts nothing more', async () => {
    await start();
    const { email, password } = await register(service);
    const release = await holdLogins();
    const login = send(service, 'POST', '/auth/login', { body: { email, password } });
    await untilLoginWaits();
    service.process.kill('SIGTERM');
    await eventually('it accepts nothing more', () =>
      RawConnection.open(service.port).then(
        (connection) => connection.destroy(),
        () => true,
      ),
    );
    await release();
    expect((await login).status).toBe(200);
    expect(await ended(service.process)).toBe(0);
  });

  it('closes idle connections, and does not wait for the grace time', async () => {
    await start({ AUTH_SHUTDOWN_GRACE_SECONDS: '120' });
    const idle = await Promise.all([RawConnection.open(service.port), RawConnection.open(service.port)]);
    idle[0].write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await idle[0].until(/"status":"ok"/);
    service.process.kill('SIGTERM');
    for (const connection of idle) await connection.untilClosed();
    expect(await ended(service.process)).toBe(0);
  });

  it('answers what is pipelined behind a request under way, and closes after the last answer', async () => {
    await start({ AUTH_SHUTDOWN_DRAIN_SECONDS: '1' });
    const { email, password } = await register(service);
    const release = await holdLogins();
    const client = await RawConnection.open(service.port);
    const body = JSON.stringify({ email, password });
    client.write(
      `POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await untilLoginWaits();
    service.process.kill('SIGTERM');
    await untilNotReady();
    client.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await send(service, 'GET', '/health/live'); // what was written before has arrived
    await release();
    await client.untilClosed();
    expect(client.received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
    expect(client.received.match(/Connection: close/g)).toHaveLength(1);
    expect(await ended(service.process)).toBe(0);
  });

  it('cuts a request that does not end within the grace time, and says so in its status', async () => {
    await start({ AUTH_SHUTDOWN_GRACE_SECONDS: '1' });
    const stuck = await RawConnection.open(service.port);
    stuck.write(
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await send(service, 'GET', '/health/live'); // what was written before has arrived
    service.process.kill('SIGTERM');
    await stuck.untilClosed();
    expect(await ended(service.process)).toBe(1);
  });

  it('is the same stop when it is asked for more than once', async () => {
    await start({ AUTH_SHUTDOWN_DRAIN_SECONDS: '1' });
    service.process.kill('SIGTERM');
    await untilNotReady();
    service.process.kill('SIGTERM');
    service.process.kill('SIGINT');
    expect((await send(service, 'GET', '/health/live')).status).toBe(200);
    expect(await ended(service.process)).toBe(0);
  });

  it.each(['refuses', 'says nothing'] as const)(
    'ends a process that still waits for its database, which %s',
    async (kind) => {
      const proxy = await TcpProxy.start(database.url);
      try {
        if (kind === 'refuses') await proxy.refuse();
        else proxy.freeze();
        service = await startService({ databaseUrl: proxy.url, until: 'listening' });
        expect(await service.stop()).toBe(0);
        expect(service.output()).not.toContain('is ready');
      } finally {
        await proxy.stop();
      }
    },
  );

  it('ends a process that waits for another one that migrates', async () => {
    const migrating = new Client({ connectionString: database.url });
    await migrating.connect();
    try {
      await migrating.query('SELECT pg_advisory_lock(4815162342)');
      service = await startService({ databaseUrl: database.url, until: 'listening' });
      expect(await service.stop()).toBe(0);
    } finally {
      await migrating.end();
    }
  });

  it('ends although the database has stopped answering', async () => {
    const proxy = await TcpProxy.start(database.url);
    try {
      service = await startService({ databaseUrl: proxy.url });
      const { token } = await register(service);
      proxy.freeze();
      const me = send(service, 'GET', '/auth/me', { headers: bearer(token) });
      await send(service, 'GET', '/health/live'); // what was sent before has arrived
      service.process.kill('SIGTERM');
      expect((await me).status).toBe(503);
      expect(await ended(service.process)).toBe(0);
    } finally {
      await proxy.stop();
    }
  });
});

describe('a kill (R68)', () => {
  it('of service and database at once under load loses nobody whose registration was acknowledged', async () => {
    const server = await OwnPostgres.start();
    const service = await startService({ databaseUrl: server.url });
    try {
      const account = await register(service);
      const load = new Load(service, account, 50);
      await eventually('people are registered', () => (load.registered.length > 50 ? true : undefined));
      service.process.kill('SIGKILL');
      await server.kill();
      await load.stop().catch(() => undefined); // the requests under way have failed
      await server.restart();
      const rows = await query<{ email: string }>(
        server.url,
        'SELECT email FROM users WHERE email = ANY ($1)',
        [load.registered],
      );
      const kept = new Set(rows.map(({ email }) => email));
      expect(load.registered.filter((email) => !kept.has(email))).toEqual([]);
      // Who is there is there whole: with the team, the domain and the session of the answer.
      const [halves] = await query(
        server.url,
        `SELECT count(*)::int AS halves FROM users u
         WHERE NOT EXISTS (SELECT FROM team_memberships m WHERE m.user_id = u.id)
            OR NOT EXISTS (SELECT FROM user_domains d WHERE d.user_id = u.id)
            OR NOT EXISTS (SELECT FROM sessions s WHERE s.user_id = u.id)`,
      );
      expect(halves).toEqual({ halves: 0 });
    } finally {
      await service.stop('SIGKILL');
      await server.remove();
    }
  });
});
