import { request } from 'node:http';
import { register, type Account } from '../../support/http/accounts';
import { describeWith, freePort, type SystemServer } from '../../support/process/debian';
import { eventually } from '../../support/process/eventually';
import { bearer, send } from '../../support/http/http';
import { KeepAliveClient } from '../../support/http/keep-alive-client';
import {
  APACHE,
  HAPROXY,
  NGINX,
  startApache,
  startHaproxy,
  startNginx,
} from '../../support/http/reverse-proxies';
import { RawConnection } from '../../support/http/raw-connection';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

/** Loopback addresses that nobody else has: the proxies call from 127.0.0.1. */
const CALLER = '127.0.0.7';
const FORGED = '9.9.9.9, 127.0.0.1';
const PREFIX = '/identity';

interface Answer {
  readonly status: number;
  readonly id: string;
}

/** Signs in from an address of one's own, and says that one is another. */
function signIn(at: string, body: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${at}/auth/login`, {
      localAddress: CALLER,
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': FORGED },
    });
    sent.on('error', reject).on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      response.resume().on('end', () => resolve({ status, id: String(headers['x-request-id']) }));
    });
    sent.end(JSON.stringify(body));
  });
}

async function get(address: string) {
  const response = await fetch(address);
  return { url: response.url, status: response.status, text: await response.text() };
}

describeWith([NGINX, HAPROXY, APACHE])('behind reverse proxies', () => {
  let database: TestDatabase;
  let account: Account;
  /** Believes the proxies by their network. */
  let service: Service;
  /** Believes nobody. */
  let leaving: Service;
  /** Believes two hops. */
  let staying: Service;
  let proxies: Readonly<Record<'nginx' | 'HAProxy' | 'Apache', SystemServer>>;
  const running: SystemServer[] = [];

  const keep = async (starting: Promise<SystemServer>) => {
    const server = await starting;
    running.push(server);
    return server;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    // The proxies need the port of the service, and the service the address of a proxy.
    const port = await freePort();
    const behind = { ports: [port], prefix: PREFIX };
    proxies = {
      nginx: await keep(startNginx(behind)),
      HAProxy: await keep(startHaproxy(behind)),
      Apache: await keep(startApache(behind)),
    };
    const start = (env: Record<string, string>) => startService({ databaseUrl: database.url, env });
    service = await start({
      PORT: String(port),
      AUTH_PUBLIC_URL: base('nginx'),
      AUTH_TRUSTED_PROXIES: '127.0.0.1',
    });
    leaving = await start({ AUTH_SHUTDOWN_DRAIN_SECONDS: '1', AUTH_KEEP_ALIVE_SECONDS: '600' });
    staying = await start({ AUTH_TRUSTED_PROXIES: '2' });
    account = await register(service);
  });

  afterAll(async () => {
    for (const one of [service, leaving, staying]) await one.stop('SIGKILL');
    for (const server of running) await server.stop();
    await database.drop();
  });

  const base = (name: keyof typeof proxies) => `http://127.0.0.1:${proxies[name].port}${PREFIX}`;

  /** Signs in from CALLER at an address, and answers all that the service then tells of the caller's. */
  async function addressesTold(told: Service, address: string): Promise<unknown[]> {
    const { email, password, token } = account;
    const good = await signIn(address, { email, password });
    const bad = await signIn(address, { email, password: 'not the password' });
    expect([good.status, bad.status]).toEqual([200, 401]);
    const sessions = await send<{ ip_address: string; created_at: string }[]>(told, 'GET', '/auth/sessions', {
      headers: bearer(token),
    });
    const [newest] = sessions.body.sort((a, b) => b.created_at.localeCompare(a.created_at));
    const lines = await eventually('both are in the log', () => {
      const found = told
        .logs()
        .filter(({ msg, request_id: id }) => msg === 'request' && [good.id, bad.id].includes(String(id)));
      return found.length === 2 ? found : undefined;
    });
    const audit = told
      .logs()
      .filter(({ msg }) => msg === 'auth.login.failed')
      .at(-1);
    return [
      newest?.ip_address,
      ...lines.map(({ ip_address: ip }) => ip),
      (audit?.source as { ip: string }).ip,
    ];
  }

  describe.each(['nginx', 'HAProxy', 'Apache'] as const)('%s', (name) => {
    it('tells the caller, whatever the caller has forged', async () => {
      expect(await addressesTold(service, base(name))).toEqual(Array(4).fill(CALLER));
    });

    it('takes a prefix off: the documents and all that they refer to are there', async () => {
      for (const path of ['/docs', '/docs/']) {
        const page = await get(base(name) + path);
        const resources = [...page.text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(
          ([, resource = '']) => resource,
        );
        expect(resources.length).toBeGreaterThan(4);
        for (const resource of resources) {
          const { url, status } = await get(new URL(resource, page.url).href);
          expect([url, status]).toEqual([expect.stringContaining(`${base(name)}/docs/`), 200]);
        }
      }
      // A redirect leads to a place behind the proxy, and so do the servers of the document.
      expect(await get(`${base(name)}/`)).toMatchObject({ url: `${base(name)}/docs`, status: 200 });
      const document = await get(`${base(name)}/openapi.json`);
      const { servers } = JSON.parse(document.text) as { servers: { url: string }[] };
      expect(servers.length).toBeGreaterThan(0);
      for (const { url } of servers) {
        const live = new URL(`${url.replace(/\/$/, '')}/health/live`, document.url);
        expect(await get(live.href)).toMatchObject({
          status: 200,
          text: expect.stringContaining('"status":"ok"'),
        });
      }
      const discovery = await get(`${base(name)}/.well-known/openid-configuration`);
      const { jwks_uri: keys } = JSON.parse(discovery.text) as { jwks_uri: string };
      expect(await get(keys)).toMatchObject({ status: 200, text: expect.stringContaining('keys') });
    });
  });

  it('a caller that comes past them cannot forge', async () => {
    expect(await addressesTold(service, service.url)).toEqual(Array(4).fill(CALLER));
  });

  it('one behind the other, a number of hops tells the caller', async () => {
    const inner = await keep(startHaproxy({ ports: [staying.port] }));
    const outer = await keep(startNginx({ ports: [inner.port] }));
    expect(await addressesTold(staying, `http://127.0.0.1:${outer.port}`)).toEqual(Array(4).fill(CALLER));
  });

  it('believes nobody unless told to', async () => {
    const proxy = await keep(startNginx({ ports: [leaving.port] }));
    expect(await addressesTold(leaving, `http://127.0.0.1:${proxy.port}`)).toEqual(
      Array(4).fill('127.0.0.1'),
    );
  });

  it('keeps idle connections as long as it is told to, and says so', async () => {
    for (const [one, seconds] of [
      [service, 65],
      [leaving, 600],
    ] as const) {
      const connection = await RawConnection.open(one.port);
      connection.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
      await connection.until(new RegExp(`Keep-Alive: timeout=${seconds}\\r\\n`));
      connection.destroy();
    }
  });

  it('one of two replicas stops, and no request through nginx is lost (R64)', async () => {
    const proxy = await keep(startNginx({ ports: [leaving.port, staying.port] }));
    const wanted = { method: 'POST', path: '/auth/validate', body: JSON.stringify({ token: account.token }) };
    const clients = Array.from({ length: 10 }, (_, n) => new KeepAliveClient(proxy.port, wanted, 5 + n * 20));
    const untilServed = (times: number) => {
      const before = clients.map(({ attempts }) => attempts.length);
      const isServed = ({ attempts }: KeepAliveClient, n: number) =>
        attempts.length >= (before[n] ?? 0) + times;
      return eventually('all are served', () => clients.every(isServed) || undefined);
    };
    await untilServed(3);
    expect(await leaving.stop()).toBe(0);
    await untilServed(3);
    await proxy.stop();
    await Promise.all(clients.map(({ refused }) => refused));
    const answers = clients.flatMap(({ attempts }) =>
      attempts.filter(({ outcome }) => typeof outcome === 'number'),
    );
    expect(answers.filter(({ outcome }) => outcome !== 200)).toEqual([]);
  });
});
