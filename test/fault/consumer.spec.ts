import { createAuthClient, type AuthClient, type AuthClientOptions } from '../../packages/client/src';
import { register } from '../support/http/accounts';
import { anAdmin } from '../support/http/administration';
import { bearer, send } from '../support/http/http';
import { HAPROXY, NGINX, startHaproxy, startNginx } from '../support/http/reverse-proxies';
import { aService } from '../support/http/services';
import { TcpProxy } from '../support/http/tcp-proxy';
import { describeWith } from '../support/process/debian';
import { startService } from '../support/process/service';
import { useService } from '../support/process/use-service';

/** 2000 for a report; the figures are printed. */
const TRIALS = Number(process.env.CONSUMER_TRIALS ?? 60);
/** `bound_ms` and a heartbeat, and what a busy machine adds. */
const BOUND_MS = 3_000;
const SLACK_MS = 250;

const one = useService({ mayAnswer5xx: true });
const { database } = one;
const other = useService({ database, mayAnswer5xx: true });
let key: string;
const clients: AuthClient[] = [];
beforeAll(async () => {
  key = (await aService(await anAdmin(one, database), ['tokens:validate'])).key;
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

async function cached(
  url: AuthClientOptions['url'],
  more: Partial<AuthClientOptions> = {},
): Promise<AuthClient> {
  const client = createAuthClient({ url, key, ...more });
  clients.push(client);
  await client.ready();
  return client;
}

async function signOut(service: { readonly url: string }, token: string): Promise<void> {
  expect((await send(service, 'POST', '/auth/logout', { headers: bearer(token) })).status).toBe(204);
}

/** Milliseconds from now until a token is refused. */
async function untilRefused(client: AuthClient, token: string): Promise<number> {
  const begin = performance.now();
  while ((await client.verify(token)).valid) {
    if (performance.now() - begin > BOUND_MS + SLACK_MS) throw new Error('it is accepted beyond the bound');
    await new Promise((resolve) => setImmediate(resolve));
  }
  return performance.now() - begin;
}

/** How long after `begin` the last yes came, asked until it cannot be decided; nothing else may come. */
async function lastYes(client: AuthClient, token: string, begin: number): Promise<number> {
  for (let last = 0; ;) {
    const answer = await client.verify(token, { timeoutMs: 100 }).catch((error: unknown) => error);
    if (answer instanceof Error) {
      expect(answer).toMatchObject({ name: 'AuthUnavailableError', status: 503 });
      return last;
    }
    expect(answer).toMatchObject({ valid: true });
    last = performance.now() - begin;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a consumer in mode cached', () => {
  it('R18: refuses what was signed out on another replica', async () => {
    const client = await cached(one.url);
    const times: number[] = [];
    for (let trial = 0; trial < TRIALS; trial++) {
      const { token } = await register(other);
      expect(await client.verify(token)).toMatchObject({ valid: true });
      await signOut(other, token);
      times.push(await untilRefused(client, token));
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.ceil(times.length * share) - 1]?.toFixed(1);
    process.stdout.write(
      `${TRIALS} sign-outs, refused after ms: p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)}\n`,
    );
  }, 600_000);

  it('R96: a feed that is frozen is trusted for the bound, and no longer', async () => {
    const proxy = await TcpProxy.start(one.url);
    try {
      const client = await cached(new URL(proxy.url).origin);
      const { token } = await register(other);
      await client.verify(token);
      const begin = performance.now();
      proxy.freeze();
      await signOut(other, token);
      expect(await lastYes(client, token, begin)).toBeLessThan(BOUND_MS + SLACK_MS);
      proxy.thaw();
      expect(await client.verify(token)).toMatchObject({ valid: false });
    } finally {
      await proxy.stop();
    }
  });

  it('R97: a replica that is killed costs no answer and no refusal', async () => {
    const doomed = await startService({ databaseUrl: database.url });
    const client = await cached([doomed.url, other.url]);
    const { token } = await register(other);
    await client.verify(token);
    doomed.process.kill('SIGKILL');
    const end = performance.now() + BOUND_MS + 1_000;
    while (performance.now() < end) {
      expect(await client.verify(token)).toMatchObject({ valid: true });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await signOut(other, token);
    await untilRefused(client, token);
  });
});

describeWith([NGINX, HAPROXY])('a consumer behind a reverse proxy', () => {
  it.each([
    ['nginx', startNginx],
    ['HAProxy', startHaproxy],
  ])('%s passes events on at once', async (_name, start) => {
    const proxy = await start({ ports: [one.port] });
    try {
      const client = await cached(`http://127.0.0.1:${proxy.port}`);
      const { token } = await register(other);
      await client.verify(token);
      await signOut(other, token);
      expect(await untilRefused(client, token)).toBeLessThan(BOUND_MS);
    } finally {
      for (const client of clients.splice(0)) await client.close();
      await proxy.stop();
    }
  });
});
