import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, MigrationExecutor, type EntityManager, type QueryRunner } from 'typeorm';
import { ConfigurationError } from '../config/configuration-error';
import { ADVISORY_LOCKS, tryLockForSession } from './advisory-locks';
import { withinDatabaseLimit } from './bounded-client';
import { migrationDataSourceOptions } from './data-source-options';
import { checkServer } from './server-check';
import { grantServing, roleOf } from './serving-role';
import { Seeder, type SeedOutcome } from './seed/seeder';

const LOCK_PAUSE_MS = 250;
const LOCK_ANSWER_LIMIT_MS = 5_000;
const OPEN_LIMIT_MS = 15_000;

/** The result of preparing the database. */
export interface PreparedDatabase {
  /** Names of the migrations that this process ran. */
  readonly migrations: readonly string[];
  readonly seeds: readonly SeedOutcome[];
}

/** Options of preparing the database. */
export interface PrepareOptions {
  /** Address of the serving role, if it differs from the migrating one: it is granted what it needs. */
  readonly servingUrl?: string | undefined;
  /** Restores default rows that were removed or renamed. */
  readonly restoreSeeds?: boolean;
  /** Aborts the work; uncommitted changes are rolled back. */
  readonly signal?: AbortSignal;
  /** Checks that run last, under the same lock; their errors are rethrown. */
  readonly checks?: readonly DatabaseCheck[];
}

/** Throws when the service must not run with the content of the database. */
export type DatabaseCheck = (manager: EntityManager) => Promise<void>;

/**
 * Runs the pending migrations, then the seeds, one process at a time: TypeORM takes no lock of its own
 * (https://github.com/typeorm/typeorm/issues/4588). The migrating session holds the lock, so neither can outlive the other.
 */
export async function prepareDatabase(
  url: string,
  { servingUrl, restoreSeeds = false, signal, checks = [] }: PrepareOptions = {},
): Promise<PreparedDatabase> {
  const dataSource = new DataSource(migrationDataSourceOptions(url));
  const done = new AbortController();
  const stop = signal ? AbortSignal.any([done.signal, signal]) : done.signal;
  stop.throwIfAborted();
  try {
    return await Promise.race([
      prepare(dataSource, { servingUrl, restoreSeeds, checks }, stop),
      aborted(stop),
    ]);
  } finally {
    done.abort();
    await close(dataSource);
  }
}

async function prepare(
  dataSource: DataSource,
  {
    servingUrl,
    restoreSeeds,
    checks,
  }: Pick<PrepareOptions, 'servingUrl'> & Required<Pick<PrepareOptions, 'restoreSeeds' | 'checks'>>,
  stop: AbortSignal,
): Promise<PreparedDatabase> {
  await withinDatabaseLimit(OPEN_LIMIT_MS, dataSource.initialize());
  const { changesSessions } = await withinDatabaseLimit(OPEN_LIMIT_MS, checkServer(dataSource));
  const runner = dataSource.createQueryRunner();
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = 'each';
  if (changesSessions) await requireNothingPending(executor);
  else await lock(runner, stop);
  const migrations = await executor.executePendingMigrations();
  const seeds = changesSessions ? [] : await new Seeder(runner.manager).run(restoreSeeds);
  if (servingUrl !== undefined) await grantServing(await roleOf(servingUrl), runner.manager);
  for (const check of checks) await check(runner.manager);
  return { migrations: migrations.map(({ name }) => name), seeds };
}

/** Refuses to change anything without a session lock that holds. */
async function requireNothingPending(executor: MigrationExecutor): Promise<void> {
  const pending = await executor.getPendingMigrations();
  if (pending.length === 0) return;
  throw new ConfigurationError([
    `DATABASE_URL leads to a pooler in transaction mode, and ${pending.length} migrations are pending, which need a session of ` +
      'their own: name a direct address in AUTH_DATABASE_MIGRATION_URL, or run `npm run seed` with one in DATABASE_URL first',
  ]);
}

/**
 * Polls for the lock. A statement waiting in the database would hold a snapshot, for which a concurrent index build of the
 * migrating process would wait in turn.
 */
async function lock(runner: QueryRunner, stop: AbortSignal): Promise<void> {
  for (;;) {
    const answered = tryLockForSession(ADVISORY_LOCKS.migrations, runner.manager);
    if (await withinDatabaseLimit(LOCK_ANSWER_LIMIT_MS, answered)) return;
    await sleep(LOCK_PAUSE_MS, undefined, { signal: stop });
  }
}

/** Rejects when aborted. */
function aborted(stop: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    stop.addEventListener('abort', () => reject(stop.reason as Error), { once: true });
  });
}

/** Closes everything that is open, also after a partly failed start. */
async function close(dataSource: DataSource): Promise<void> {
  if (dataSource.isInitialized) await dataSource.destroy();
  else await dataSource.driver.disconnect().catch(() => undefined);
}
