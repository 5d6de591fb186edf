import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnPostgres } from '../support/database/own-postgres';
import { query } from '../support/database/test-database';
import { Checker, REVOCATION_BOUND_MS } from '../support/fault/checker';
import { Replicas } from '../support/fault/replicas';
import { TcpProxy } from '../support/http/tcp-proxy';
import { untilReady } from '../support/process/readiness';
import { useResource } from '../support/process/use-resource';

/** Where `npm run test:fault -- --report` reads the figures; longer faults then. */
const REPORT = process.env.FAULT_REPORT;
const FAULT_MS = REPORT === undefined ? 1_500 : 15_000;
const CLIENTS = 4;
const REPLICAS = 3;
const LIMIT_MS = 120_000;

interface World {
  readonly server: OwnPostgres;
  readonly proxy: TcpProxy;
  readonly replicas: Replicas;
}

interface Experiment {
  readonly name: string;
  /** What is done to the system for a while. */
  readonly fault: (world: World) => Promise<void>;
  readonly killsReplicas?: boolean;
  /** Whether another file of tests does it too, so that only the report needs it. */
  readonly isForReport?: boolean;
}

const repeatedly = async (intervalMs: number, act: (round: number) => Promise<unknown> | void) => {
  const end = performance.now() + FAULT_MS;
  for (let round = 0; performance.now() < end; round++) {
    await act(round);
    await sleep(Math.max(0, Math.min(intervalMs, end - performance.now())));
  }
};

const EXPERIMENTS: readonly Experiment[] = [
  { name: 'no fault, for comparison', fault: () => sleep(FAULT_MS), isForReport: true },
  {
    name: 'database killed (SIGKILL) and started again',
    fault: async ({ server, proxy }) => {
      await server.kill();
      await sleep(FAULT_MS);
      await server.restart();
      proxy.switchTo(server.url);
    },
  },
  {
    name: 'database frozen (SIGSTOP)',
    fault: async ({ server }) => {
      server.freeze();
      await sleep(FAULT_MS);
      server.thaw();
    },
  },
  {
    name: 'black hole: connections open, every packet lost',
    fault: async ({ proxy }) => {
      proxy.strand();
      proxy.freeze();
      await sleep(FAULT_MS);
      proxy.thaw();
    },
  },
  {
    name: 'slow network: each packet 300 ms late',
    fault: async ({ proxy }) => {
      proxy.delayMs = 300;
      await sleep(FAULT_MS);
      proxy.delayMs = 0;
    },
    isForReport: true,
  },
  {
    name: 'all connections cut each second',
    fault: ({ proxy }) => repeatedly(1_000, () => proxy.cut()),
    isForReport: true,
  },
  {
    name: 'all backends terminated each second',
    fault: ({ server }) =>
      repeatedly(1_000, () =>
        query(
          server.url,
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
        ),
      ),
  },
  {
    name: 'a replica killed (SIGKILL) each 5 s',
    fault: ({ replicas }) => repeatedly(5_000, (round) => replicas.killAndRestart(round % REPLICAS)),
    killsReplicas: true,
  },
];

describe('three replicas under load', () => {
  const world: { -readonly [K in keyof World]?: World[K] } = {};
  useResource(
    async () => {
      world.server = await OwnPostgres.start();
      world.proxy = await TcpProxy.start(world.server.url);
      world.replicas = await Replicas.start(REPLICAS, world.proxy.url);
    },
    async () => {
      await world.replicas?.stop();
      await world.proxy?.stop();
      await world.server?.remove();
    },
  );

  it.each(EXPERIMENTS.filter(({ isForReport }) => REPORT !== undefined || !isForReport))(
    'keep every acknowledged write and I1 to I7: $name',
    async ({ name, fault, killsReplicas = false }) => {
      const { server, replicas } = world as World;
      const checker = new Checker(replicas, CLIENTS, killsReplicas);
      await sleep(500);
      await fault(world as World);
      const recoveryMs = await checker.recovery();
      await sleep(REVOCATION_BOUND_MS);
      const figures = await checker.stop();
      await Promise.all(replicas.all.map(untilReady));
      await checker.confirmRevocations(REPORT === undefined ? 10 : 100);
      const { emails, sessions } = checker.acknowledged;
      const kept = await query<{ email: string }>(
        server.url,
        'SELECT email FROM users WHERE email = ANY ($1)',
        [emails],
      );
      const active = await query(
        server.url,
        'SELECT FROM sessions WHERE id = ANY ($1) AND ended_at IS NULL',
        [[...sessions]],
      );
      const doubles = await query(server.url, 'SELECT FROM users GROUP BY lower(email) HAVING count(*) > 1');
      if (REPORT !== undefined) {
        const missing = { users: emails.length - kept.length, sessions: sessions.size - active.length };
        const acknowledged = { users: emails.length, sessions: sessions.size };
        const violations = [...new Set(checker.violations)];
        const line = { name, faultMs: FAULT_MS, ...figures, recoveryMs, acknowledged, missing, violations };
        appendFileSync(REPORT, `${JSON.stringify(line)}\n`);
      }
      expect([...new Set(checker.violations)]).toEqual([]);
      expect(emails.length).toBeGreaterThan(0);
      expect(kept.length).toBe(emails.length); // I2, I4: one row each
      expect(doubles).toEqual([]);
      expect(active.length).toBe(sessions.size);
      for (const { process: child } of replicas.all) {
        expect([child.exitCode, child.signalCode]).toEqual([null, null]); // I7
      }
    },
    LIMIT_MS,
  );
});
