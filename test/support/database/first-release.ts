import { DataSource } from 'typeorm';
import { migrations } from '../../../migrations';
import { migrationDataSourceOptions } from '../../../src/database/data-source-options';
import { createTestDatabase, type TestDatabase } from './test-database';

/** The last migration of version 1.0.0. */
const LAST_OF_FIRST_RELEASE = 1764054000000;

/** A database with the schema of version 1.0.0, and nothing in it; a service that starts on it migrates it. */
export async function createFirstReleaseDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true });
  const source = new DataSource({
    ...migrationDataSourceOptions(database.url),
    migrations: migrations.filter((each) => Number(/\d{13}$/.exec(each.name)?.[0]) <= LAST_OF_FIRST_RELEASE),
  });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
  return database;
}
