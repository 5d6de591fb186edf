import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { migrationDataSourceOptions } from './data-source-options';
import { Seeder, type SeedOutcome } from './seed/seeder';

/** Any number will do, as long as every process takes the same. */
const MIGRATION_LOCK_KEY = 4_815_162_342;
const CONNECT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT = '120s';

/** What preparing the database did. */
export interface PreparedDatabase {
  /** Names of the migrations that this process ran. */
  readonly migrations: readonly string[];
  readonly seeds: readonly SeedOutcome[];
}

/**
 * Runs the pending migrations, then the seeds, one process at a time: TypeORM takes no lock of its own
 * (https://github.com/typeorm/typeorm/issues/4588). The lock is of the session, so it ends with the process, however
 * that ends.
 */
export async function prepareDatabase(url: string, restoreSeeds = false): Promise<PreparedDatabase> {
  return underMigrationLock(url, async () => {
    const dataSource = await new DataSource(migrationDataSourceOptions(url)).initialize();
    try {
      const migrations = await dataSource.runMigrations({ transaction: 'each' });
      const seeds = await new Seeder(dataSource.manager).run(restoreSeeds);
      return { migrations: migrations.map(({ name }) => name), seeds };
    } finally {
      await dataSource.destroy();
    }
  });
}

async function underMigrationLock<T>(url: string, work: () => Promise<T>): Promise<T> {
  const lock = new Client({
    connectionString: url,
    application_name: 'promptstack-auth-migration-lock',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  lock.on('error', () => undefined); // the statement under way reports it
  await lock.connect();
  try {
    await lock.query(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_KEY]);
    return await work();
  } finally {
    await lock.end();
  }
}
