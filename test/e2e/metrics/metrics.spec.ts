import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { register } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { sample, scrape } from '../../support/http/metrics';
import { ProviderStub } from '../../support/providers/provider-stub';
import { freePort } from '../../support/process/debian';
import { useService } from '../../support/process/use-service';
import { spawnService, startService } from '../../support/process/service';
import { ended } from '../../support/process/ended';

const PRODUCTION = {
  NODE_ENV: 'production',
  AUTH_JWT_SECRET_KEY: 'vR3#kT9!zQ7@mW2$xN5%bL8^cJ4&hF6*',
  AUTH_PASSWORD_HASH_COST: '10',
};

describe('GET /metrics', () => {
  const provider = ProviderStub.use();
  const service = useService({
    env: () => ({ AUTH_OIDC_ISSUER: provider.issuer, AUTH_OIDC_AUDIENCE: 'app' }),
  });

  it('tells every metric of the contract after a use of the service, in the text format of Prometheus', async () => {
    const account = await register(service);
    const { email, password, token } = account;
    await send(service, 'POST', '/auth/login', { body: { email, password } });
    await send(service, 'POST', '/auth/login', { body: { email, password: 'another one' } });
    await send(service, 'POST', '/auth/validate', { body: { token } });
    await send(service, 'POST', '/auth/validate', { body: { token: 'no token' } });
    await send(service, 'POST', '/auth/validate', { body: { token: provider.mint() } });
    const answer = await fetch(`${service.url}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const metrics = await scrape(service);
    const counted = { method: 'password', result: 'success', reason: 'none' };
    expect(sample(metrics, 'auth_sign_ins_total', counted)).toBe(1);
    expect(
      sample(metrics, 'auth_sign_ins_total', { method: 'password', result: 'failure', reason: 'password' }),
    ).toBe(1);
    expect(sample(metrics, 'auth_sign_ins_total', { method: 'registration' })).toBe(1);
    expect(sample(metrics, 'auth_validations_total', { result: 'invalid' })).toBe(1);
    expect(sample(metrics, 'auth_validations_total', { result: 'valid' })).toBe(2);
    expect(sample(metrics, 'auth_password_hash_duration_seconds_count')).toBe(3);
    expect(sample(metrics, 'auth_password_hash_queue')).toBe(0);
    for (const state of ['idle', 'used', 'waiting']) {
      expect(sample(metrics, 'auth_database_pool_connections', { state })).toBeGreaterThanOrEqual(0);
    }
    expect(sample(metrics, 'auth_database_pool_wait_seconds_count')).toBeGreaterThan(3);
    expect(sample(metrics, 'auth_database_statement_duration_seconds_count')).toBeGreaterThan(3);
    expect(sample(metrics, 'auth_key_set_reads_total', { outcome: 'success' })).toBe(1);
    expect(sample(metrics, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(sample(metrics, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(sample(metrics, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
    // promtool refuses them.
    expect([...metrics.keys()].filter((name) => /^nodejs_active_\w+_total/.test(name))).toEqual([]);
  });

  it('counts requests by route pattern and status: those of the fast lane, of no route, and refused ones too', async () => {
    const before = await scrape(service);
    const { token } = await register(service);
    await send(service, 'POST', '/auth/validate', { body: { token } });
    await send(service, 'GET', '/teams/8f14e45f-ceea-467f-a0e6-7f0b0f0a0b0c', { headers: bearer(token) });
    await send(service, 'GET', '/teams/8f14e45f-ceea-467f-a0e6-7f0b0f0a0b0d', { headers: bearer(token) });
    await send(service, 'GET', '/nobody-knows-this-path?token=x');
    const metrics = await scrape(service);
    const more = (labels: Record<string, string>) =>
      sample(metrics, 'http_requests_total', labels) - sample(before, 'http_requests_total', labels);
    expect(more({ method: 'POST', route: '/auth/validate', status: '200' })).toBe(1);
    expect(more({ method: 'GET', route: '/teams/:id', status: '404' })).toBe(2);
    expect(more({ method: 'GET', route: 'none', status: '404' })).toBe(1);
    const lane = { method: 'POST', route: '/auth/validate' };
    expect(
      sample(metrics, 'http_request_duration_seconds_count', lane) -
        sample(before, 'http_request_duration_seconds_count', lane),
    ).toBe(1);
    const answer = await fetch(`${service.url}/metrics`);
    expect(await answer.text()).not.toMatch(/nobody-knows|8f14e45f|@/);
  });

  it('on a port of its own is not on the main one, and serves nothing else (R58)', async () => {
    const port = await freePort();
    const own = await startService({
      databaseUrl: service.database.url,
      env: { ...PRODUCTION, AUTH_METRICS: 'true', AUTH_METRICS_PORT: String(port) },
    });
    try {
      expect((await send(own, 'GET', '/metrics')).status).toBe(404);
      const listener = { url: `http://127.0.0.1:${port}` };
      expect(sample(await scrape(listener), 'process_start_time_seconds')).toBeGreaterThan(0);
      expect((await fetch(`${listener.url}/metrics`, { method: 'HEAD' })).status).toBe(200);
      expect((await fetch(`${listener.url}/metrics`, { method: 'POST' })).status).toBe(404);
      expect((await fetch(`${listener.url}/auth/me`)).status).toBe(404);
      expect(await own.stop()).toBe(0);
    } finally {
      await own.stop('SIGKILL');
    }
  });

  it.each([
    ['in production', {}],
    ['in production, also with a port', { AUTH_METRICS_PORT: 'a free one' }],
    ['by AUTH_METRICS=false', { NODE_ENV: 'test', AUTH_METRICS: 'false' }],
  ])('is closed %s (R58)', async (_when, env: Record<string, string>) => {
    const port = env.AUTH_METRICS_PORT === undefined ? undefined : await freePort();
    const closed = await startService({
      databaseUrl: service.database.url,
      env: { ...PRODUCTION, ...env, ...(port !== undefined && { AUTH_METRICS_PORT: String(port) }) },
    });
    try {
      expect((await send(closed, 'GET', '/metrics')).status).toBe(404);
      if (port !== undefined) {
        await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow('fetch failed');
        expect(closed.output()).toContain('AUTH_METRICS_PORT has no effect while AUTH_METRICS is false');
      }
    } finally {
      await closed.stop();
    }
  });

  it('stops the start when its port is taken', async () => {
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const spawned = spawnService({
      DATABASE_URL: service.database.url,
      AUTH_METRICS_PORT: String(port),
    });
    expect(await ended(spawned.process)).toBe(1);
    expect(spawned.output()).toContain('AUTH_METRICS_PORT cannot be listened on (EADDRINUSE)');
    taken.close();
  });
});
