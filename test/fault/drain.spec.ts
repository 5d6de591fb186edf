import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { register } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { KeepAliveClient } from '../support/http/keep-alive-client';
import { startService, TEST_SECRET } from '../support/process/service';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const REPLICAS = resolve(__dirname, '../support/process/replicas.cjs');
const DRAINS = [0, 1, 3];
/** Replicas of each drain time; each is stopped once. */
const ROUNDS = 7;
const CLIENTS = 10;
/** So many starts of an application, on a busy machine. */
const START_LIMIT_MS = 60_000;

interface Round {
  readonly drainSeconds: number;
  readonly clients: KeepAliveClient[];
}

describe('a drain (R64)', () => {
  let database: TestDatabase;
  let token: string;
  let replicas: ChildProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    const service = await startService({ databaseUrl: database.url });
    ({ token } = await register(service));
    await service.stop();
  });

  afterAll(async () => {
    replicas.kill('SIGKILL');
    if (replicas.exitCode === null && replicas.signalCode === null) await once(replicas, 'exit');
    await database.drop();
  });

  /** Starts replicas with these drain times, and answers how to hear what they say. */
  function startReplicas(drains: readonly number[]) {
    const child = spawn(process.execPath, [REPLICAS, ...drains.map(String)], {
      cwd: tmpdir(),
      env: {
        PATH: process.env.PATH,
        TEST_BUILD: process.env.TEST_BUILD,
        NODE_ENV: 'test',
        DATABASE_URL: database.url,
        AUTH_JWT_SECRET_KEY: TEST_SECRET,
        AUTH_DATABASE_POOL_SIZE: '2',
        AUTH_PASSWORD_HASH_WORKERS: '1',
        AUTH_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    replicas = child;
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return <T>(name: string) =>
      eventually(
        `it says ${name}`,
        () => {
          const line = output.split('\n').find((text) => text.startsWith(`{"${name}"`) && text.endsWith('}'));
          return line === undefined ? undefined : (JSON.parse(line) as Record<string, T>)[name];
        },
        START_LIMIT_MS,
      );
  }

  /** Clients of different haste: some send at once, some leave their connection idle for a while. */
  function connect(port: number): KeepAliveClient[] {
    const validate = { method: 'POST', path: '/auth/validate', body: JSON.stringify({ token }) };
    const live = { method: 'GET', path: '/health/live' };
    return Array.from(
      { length: CLIENTS },
      (_, n) => new KeepAliveClient(port, n % 5 === 0 ? validate : live, 5 + n * 50),
    );
  }

  it('of 0, 1 and 3 s loses nothing that was sent before its end, and tells kept connections to close', async () => {
    const drains = DRAINS.flatMap((seconds) => Array<number>(ROUNDS).fill(seconds));
    const said = startReplicas(drains);
    const ports = await said<number[]>('ports');
    const rounds = ports.map((port, n): Round => ({ drainSeconds: drains[n] ?? 0, clients: connect(port) }));
    await eventually(
      'every client keeps a connection',
      () => rounds.every(({ clients }) => clients.every(({ attempts }) => attempts.length > 1)) || undefined,
    );
    const stoppedAt = Date.now();
    replicas.kill('SIGTERM');
    for (const { drainSeconds, clients } of rounds) {
      await Promise.all(clients.map(({ refused }) => refused));
      const attempts = clients.flatMap((client) => client.attempts);
      const inTime = attempts.filter(({ sentAt }) => sentAt <= stoppedAt + drainSeconds * 1000);
      expect(inTime.length).toBeGreaterThan(CLIENTS);
      expect(inTime.filter(({ outcome }) => typeof outcome === 'string')).toEqual([]);
      // From the first answer on that says so, all do.
      const answers = attempts.filter(({ outcome }) => typeof outcome === 'number');
      const told = Math.min(...answers.filter(({ close }) => close).map(({ endedAt }) => endedAt));
      expect(told).toBeLessThan(Infinity);
      expect(answers.filter(({ sentAt, close }) => sentAt > told && !close)).toEqual([]);
    }
    expect(await said<boolean[]>('inOrder')).toEqual(drains.map(() => true));
  }, 120_000);
});
