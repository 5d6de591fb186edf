import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrations } from '../../migrations';
import { register } from '../support/http/accounts';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { goodRequests } from '../support/http/every-route';
import { send } from '../support/http/http';
import { expectProblem } from '../support/http/problem';
import { untilReady } from '../support/process/readiness';
import { spawnService, startService, type Service } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { createTestDatabase, query, type TestDatabase } from '../support/database/test-database';

/** The key of the lock in `src/database/migrate.ts`. */
const MIGRATION_LOCK_KEY = 4_815_162_342;

const NOBODY = { email: 'nobody@example.com', password: 'correct horse battery', token: 'x' };

describe('a start without a database', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: Service;

  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
    proxy = await TcpProxy.start(database.url);
  });

  afterEach(async () => {
    await service.stop('SIGKILL');
    await proxy.stop();
    await database.drop();
  });

  const tries = () => service.logs().filter(({ msg }) => String(msg).endsWith('; trying again')).length;

  async function expectToWait(): Promise<void> {
    expect((await send(service, 'GET', '/health/live')).status).toBe(200);
    for (const path of ['/health', '/health/ready']) {
      const answer = await send(service, 'GET', path);
      expect(answer).toMatchObject({ status: 503, body: { status: 'error' } });
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    }
    for (const request of goodRequests(NOBODY).filter(({ name }) => /register|login|logout/.test(name))) {
      expectProblem(await request.send(service), 'service-unavailable');
    }
  }

  async function expectToServe(): Promise<void> {
    await untilReady(service);
    await register(service);
    expect(service.process.exitCode).toBeNull();
  }

  it('waits while nobody listens, and serves as soon as somebody does (O1)', async () => {
    await proxy.refuse();
    service = await startService({ databaseUrl: proxy.url, until: 'listening' });
    await eventually('it has tried more than once', () => tries() > 1 || undefined);
    await expectToWait();
    await proxy.accept();
    await expectToServe();
  });

  it('waits while the server takes connections and says nothing', async () => {
    proxy.freeze();
    service = await startService({ databaseUrl: proxy.url, until: 'listening' });
    await expectToWait();
    proxy.thaw();
    await expectToServe();
  });

  it('waits while something listens that is no PostgreSQL', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    proxy.switchTo(`postgresql://127.0.0.1:${(http.address() as AddressInfo).port}/x`);
    service = await startService({ databaseUrl: proxy.url, until: 'listening' });
    await eventually('it has tried more than once', () => tries() > 1 || undefined);
    await expectToWait();
    http.close();
    proxy.switchTo(database.url);
    await expectToServe();
  });

  it('says what the server refuses: that is not out of reach', async () => {
    const refusals = {
      '28P01': 'the database refuses the password of DATABASE_URL',
      '28000': 'the database lets this user not in from here',
      '3D000': 'the server has no database of the name in DATABASE_URL',
      '53300': 'the database has no connection left',
      '57P03': 'the database is starting, stopping or recovering',
    };
    const codes = Object.keys(refusals);
    let connections = 0;
    // Nobody but a server that says so (PostgreSQL manual, "Message Formats": ErrorResponse).
    const server = createTcpServer((socket) => {
      const fields = Buffer.from(`SFATAL\0VFATAL\0C${codes[connections++ % codes.length]}\0Mno\0\0`);
      const head = Buffer.alloc(5, 'E');
      head.writeInt32BE(fields.length + 4, 1);
      socket.on('error', () => undefined).once('data', () => socket.end(Buffer.concat([head, fields])));
    }).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      proxy.switchTo(`postgresql://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
      service = await startService({ databaseUrl: proxy.url, until: 'listening' });
      const said = () => service.logs().map(({ msg }) => String(msg));
      await eventually(
        'it has said all of them',
        () =>
          Object.values(refusals).every((sentence) => said().some((msg) => msg.startsWith(sentence))) ||
          undefined,
      );
      expect(said().join()).not.toContain('out of reach');
    } finally {
      server.close();
    }
    proxy.switchTo(database.url);
    await expectToServe();
  });

  it('waits while the database does not exist', async () => {
    await database.drop();
    service = await startService({ databaseUrl: proxy.url, until: 'listening' });
    await eventually('it has tried', () => tries() > 0 || undefined);
    await expectToWait();
    const server = new URL(database.url);
    const name = server.pathname.slice(1);
    server.pathname = '/postgres';
    await query(server.href, `CREATE DATABASE ${name} TEMPLATE template0`);
    await expectToServe();
  });

  it('waits for the process that migrates, and goes on when its own connection has died meanwhile', async () => {
    const migrating = new Client({ connectionString: database.url });
    await migrating.connect();
    try {
      await migrating.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_KEY]);
      service = await startService({ databaseUrl: proxy.url, until: 'listening' });
      await eventually('the service is connected', async () => {
        const sessions = await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'promptstack%'`,
        );
        return sessions.length > 0 || undefined;
      });
      await expectToWait();
      proxy.strand();
    } finally {
      await migrating.end();
    }
    await expectToServe();
  });

  it('begins anew when its connections are cut again and again while it migrates', async () => {
    service = await startService({ databaseUrl: proxy.url, until: 'listening' });
    for (let round = 0; round < 50; round++) {
      proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await expectToServe();
    const [count] = await database.query('SELECT count(*)::int AS migrations FROM migrations');
    expect(count).toEqual({ migrations: migrations.length });
  });
});

describe('five processes that start at once on an empty database (R67)', () => {
  it('run each migration and make each default row once, and all come up', async () => {
    const database = await createTestDatabase({ empty: true });
    const services = await Promise.all(
      Array.from({ length: 5 }, () => startService({ databaseUrl: database.url })),
    );
    try {
      const ready = await Promise.all(
        services.map((service) =>
          eventually('it says that it is ready', () =>
            service.logs().find(({ msg }) => msg === 'database ready'),
          ),
        ),
      );
      const ran = ready.flatMap((line) => line.migrations as string[]);
      expect(ran.sort()).toEqual(migrations.map((migration) => new migration().name).sort());
      const seeded = ready.flatMap((line) => line.seeded as string[]);
      expect(new Set(seeded).size).toBe(seeded.length);
      expect(seeded).toHaveLength(9);
      expect(await Promise.all(services.map((service) => service.stop()))).toEqual([0, 0, 0, 0, 0]);
    } finally {
      for (const service of services) await service.stop('SIGKILL');
      await database.drop();
    }
  });
});

describe('a start that must fail', () => {
  it('names every fault of the configuration at once, and no value', async () => {
    const spawned = spawnService({
      NODE_ENV: 'production',
      PORT: 'marked-port',
      DATABASE_URL: 'mysql://user:marked-database-password@db/x',
      AUTH_JWT_SECRET_KEY: 'Your-Secret-Key-Change-In-Production',
      AUTH_API_CORS_ORIGINS: '*',
      AUTH_ALLOW_DEV_HEADERS: 'true',
      AUTH_OIDC_ISSUER: 'http://marked-issuer.example.com',
      AUTH_OIDC_AUDIENCE: 'marked-audience',
      AUTH_OIDC_JWKS_URL: 'http://marked-issuer.example.com/keys',
      AUTH_LOG_LEVEL: 'marked-level',
      AUTH_PASSWORD_HASH_COST: '4',
    });
    expect(await ended(spawned.process)).toBe(1);
    for (const name of [
      'PORT',
      'DATABASE_URL',
      'AUTH_JWT_SECRET_KEY',
      'AUTH_API_CORS_ORIGINS',
      'AUTH_ALLOW_DEV_HEADERS',
      'AUTH_OIDC_ISSUER',
      'AUTH_OIDC_JWKS_URL',
      'AUTH_LOG_LEVEL',
      'AUTH_PASSWORD_HASH_COST',
    ]) {
      expect(spawned.output()).toMatch(new RegExp(`- ${name} `));
    }
    expect(spawned.output()).not.toMatch(/marked|Your-Secret-Key/i);
    expect(spawned.output()).not.toMatch(/listening|\bat .*:\d+:\d+/);
  });

  it('names what production cannot do without', async () => {
    const spawned = spawnService({ NODE_ENV: 'production', AUTH_JWT_SECRET_KEY: '' });
    expect(await ended(spawned.process)).toBe(1);
    for (const name of ['DATABASE_URL', 'AUTH_JWT_SECRET_KEY']) {
      expect(spawned.output()).toMatch(new RegExp(`- ${name} is required`));
    }
  });

  it('names secret files that it cannot use, and neither their paths nor the secrets beside them', async () => {
    const spawned = spawnService({
      DATABASE_URL: 'postgresql://u:marked@127.0.0.1:1/x',
      DATABASE_URL_FILE: '/marked/url',
      AUTH_JWT_SECRET_KEY: '',
      AUTH_JWT_SECRET_KEY_FILE: '/marked/secret',
    });
    expect(await ended(spawned.process)).toBe(1);
    for (const name of ['DATABASE_URL_FILE', 'AUTH_JWT_SECRET_KEY_FILE']) {
      expect(spawned.output()).toMatch(new RegExp(`- .*${name} `));
    }
    expect(spawned.output()).not.toMatch(/marked|listening/);
  });

  it('says that its port is taken, and ends', async () => {
    const database = await createTestDatabase();
    const first = await startService({ databaseUrl: database.url });
    try {
      const second = spawnService({ DATABASE_URL: database.url, PORT: String(first.port) });
      expect(await ended(second.process)).toBe(1);
      expect(second.output()).toMatch(new RegExp(`EADDRINUSE.*${first.port}`));
      expect((await send(first, 'GET', '/health/ready')).status).toBe(200);
    } finally {
      await first.stop();
      await database.drop();
    }
  });

  it('ends when the server is older than PostgreSQL 14', async () => {
    const database = await createTestDatabase();
    const [row] = await database.query<{ server_version_num: string }>('SHOW server_version_num');
    const proxy = await TcpProxy.start(database.url);
    proxy.rewrite = (packet) =>
      Buffer.from(packet.toString('latin1').replace(row?.server_version_num ?? '?', '130012'), 'latin1');
    try {
      const spawned = spawnService({ DATABASE_URL: proxy.url });
      expect(await ended(spawned.process)).toBe(1);
      expect(spawned.output()).toMatch(/DATABASE_URL leads to PostgreSQL 13: this service needs 14 or newer/);
    } finally {
      await proxy.stop();
      await database.drop();
    }
  });

  it('ends with the cause when a migration is broken', async () => {
    const database = await createTestDatabase({ empty: true });
    try {
      await database.query('CREATE TABLE users (something_else int)');
      const spawned = spawnService({ DATABASE_URL: database.url });
      expect(await ended(spawned.process)).toBe(1);
      expect(spawned.output()).toMatch(/users.*already exists/);
    } finally {
      await database.drop();
    }
  });
});

describe('a start in production', () => {
  it('reads its secrets from files, and keeps them to itself', async () => {
    const database = await createTestDatabase();
    const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-secrets-'));
    const file = (name: string, content: string) => {
      writeFileSync(join(directory, name), `${content}\n`, { mode: 0o600 });
      return join(directory, name);
    };
    const secret = 'marked-secret-e31f7c90ab5d4826f04b97d1c86a5e23';
    const service = await startService({
      env: {
        NODE_ENV: 'production',
        DATABASE_URL_FILE: file('url', database.url),
        AUTH_JWT_SECRET_KEY: '',
        AUTH_JWT_SECRET_KEY_FILE: file('secret', secret),
        AUTH_PASSWORD_HASH_COST: '10',
      },
    });
    try {
      const account = await register(service, { password: 'a phrase that is on no list' });
      const validated = await send(service, 'POST', '/auth/validate', { body: { token: account.token } });
      expect(validated.body.valid).toBe(true);
      expect(await service.stop()).toBe(0);
      expect(service.output()).not.toContain(secret);
      expect(service.output()).not.toContain(new URL(database.url).password);
      const lines = service.output().trimEnd().split('\n');
      expect(lines.filter((line) => !line.startsWith('{"level":'))).toEqual([]);
    } finally {
      await service.stop('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
      await database.drop();
    }
  });
});
