import { execFileSync } from 'node:child_process';
import { register } from '../../support/http/accounts';
import { anAdmin } from '../../support/http/administration';
import { follow, type Followed } from '../../support/http/event-feed';
import { bearer, send } from '../../support/http/http';
import { sample, scrape } from '../../support/http/metrics';
import { aService } from '../../support/http/services';
import { ended } from '../../support/process/ended';
import { eventually } from '../../support/process/eventually';
import { spawnService, startService, type Service } from '../../support/process/service';
import { useDatabase } from '../../support/database/test-database';

/** Processes whose parent is this one. */
function children({ process: { pid } }: Service): number[] {
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [own, parent] = line.trim().split(/\s+/).map(Number);
    return own !== undefined && parent === pid ? [own] : [];
  });
}

describe('AUTH_WORKERS', () => {
  const database = useDatabase();

  it('has several processes serve one port with one secret, replaces one that dies, and stops in order', async () => {
    const service = await startService({
      databaseUrl: database.url,
      env: {
        AUTH_WORKERS: '2',
        AUTH_JWT_SECRET_KEY: '',
        NODE_ENV: 'development',
        AUTH_ALLOW_DEV_HEADERS: 'true',
      },
    });
    try {
      const workers = children(service);
      expect(workers).toHaveLength(2);
      await eventually(
        'both listen',
        () => service.logs().filter(({ msg }) => msg === 'database ready').length === 2 || undefined,
      );
      const { token } = await register(service);
      const statuses = async () =>
        new Set(
          await Promise.all(
            Array.from({ length: 20 }, async () => {
              const headers = { ...bearer(token), Connection: 'close' };
              return (await send(service, 'GET', '/auth/me', { headers })).status;
            }),
          ),
        );
      expect(await statuses()).toEqual(new Set([200]));
      const validations = async () =>
        sample(await scrape(service), 'http_requests_total', {
          method: 'GET',
          route: '/auth/me',
          status: '200',
        });
      // Whichever worker is scraped, on a connection of its own, tells what both have answered.
      for (let n = 0; n < 4; n++) expect(await validations()).toBe(20);
      expect(sample(await scrape(service), 'auth_database_pool_connections', { state: 'waiting' })).toBe(0);
      process.kill(workers[0]!, 'SIGKILL');
      await eventually('another takes its place', () => {
        const now = children(service);
        return (now.length === 2 && !now.includes(workers[0]!)) || undefined;
      });
      await eventually(
        'it is ready',
        () => service.logs().filter(({ msg }) => msg === 'database ready').length === 3 || undefined,
      );
      expect(await statuses()).toEqual(new Set([200]));
      // What the one that died had counted is still in the sum.
      for (let n = 0; n < 4; n++) expect(await validations()).toBe(40);
      expect(service.output().match(/is ready at/g)).toHaveLength(1);
      const left = children(service);
      expect(await service.stop()).toBe(0);
      for (const pid of left) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    } finally {
      await service.stop('SIGKILL');
    }
  });

  it('R18: divides the event streams among them, and tells each of a sign-out', async () => {
    const service = await startService({
      databaseUrl: database.url,
      env: { AUTH_WORKERS: '2', AUTH_EVENT_STREAMS: '4' },
    });
    const streams: Followed[] = [];
    try {
      await eventually(
        'both listen',
        () => service.logs().filter(({ msg }) => msg === 'database ready').length === 2 || undefined,
      );
      const { key } = await aService(await anAdmin(service, database), ['tokens:validate']);
      await eventually('all streams there are', async () => {
        const stream = await follow(service, key).catch(() => undefined);
        if (stream) streams.push(stream);
        return streams.length === 4 || undefined;
      });
      for (let n = 0; n < 8; n++) {
        const { status, headers } = await send(service, 'GET', '/auth/events', { headers: bearer(key) });
        expect([status, headers.get('Connection')]).toEqual([503, 'close']);
      }
      const { token, sid } = await register(service);
      await send(service, 'POST', '/auth/logout', { headers: bearer(token) });
      await Promise.all(streams.map((stream) => stream.next('session-ended', { sid })));
    } finally {
      for (const stream of streams) stream.close();
      await service.stop();
    }
  });

  it('ends when a worker cannot start', async () => {
    const spawned = spawnService({
      DATABASE_URL: database.url,
      AUTH_WORKERS: '2',
      AUTH_IDENTITY_CACHE_MB: 'x',
    });
    expect(await ended(spawned.process)).toBe(1);
    const taken = await startService({ databaseUrl: database.url });
    try {
      const second = spawnService({
        DATABASE_URL: database.url,
        AUTH_WORKERS: '2',
        PORT: String(taken.port),
      });
      expect(await ended(second.process)).toBe(1);
    } finally {
      await taken.stop();
    }
  });
});
